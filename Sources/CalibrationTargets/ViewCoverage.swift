import CameraCalibration
import Foundation
import Units

/// The side of the board that a person turns towards the camera.
public enum BoardSide: String, Codable, Sendable, CaseIterable {
  case left, right, upper, lower

  /// The side that an angle in the picture points to; 0 right, 90 down, in degrees.
  init(degrees: Double) {
    switch degrees {
    case 45..<135: self = .lower
    case 135..<225: self = .left
    case 225..<315: self = .upper
    default: self = .right
    }
  }
}

/// Which part of the picture views have shown corners in, and which tilts there were.
public struct ViewCoverage: Codable, Equatable, Sendable {
  /// Cells across and down that the picture is divided into.
  public static let columns = 9
  public static let rows = 6
  /// From this tilt on a view says something about the focal length.
  public static let leastTiltDegrees = 15.0

  public let width: Int
  public let height: Int
  /// Corners seen in each cell, row by row.
  public private(set) var counts = [Int](repeating: 0, count: columns * rows)
  /// How the board lay in each view.
  public private(set) var attitudes: [BoardAttitude] = []

  public init(width: Int, height: Int) {
    precondition(width > 0 && height > 0, "coverage: \(width) × \(height) pixels")
    (self.width, self.height) = (width, height)
  }

  /// Counts the corners of a view.
  public mutating func add(_ sighting: BoardSighting) {
    for cell in cells(of: sighting) { counts[cell] += 1 }
    attitudes.append(sighting.attitude)
  }

  /// The cell of each corner that lies in the picture.
  func cells(of sighting: BoardSighting) -> [Int] {
    sighting.view.corners.compactMap { corner in
      let column = Int(
        ((corner.picture.x + 0.5) / Double(width) * Double(Self.columns)).rounded(.down))
      let row = Int(((corner.picture.y + 0.5) / Double(height) * Double(Self.rows)).rounded(.down))
      guard (0..<Self.columns).contains(column), (0..<Self.rows).contains(row) else { return nil }
      return row * Self.columns + column
    }
  }

  /// Share of the cells in which corners were seen.
  public var share: Double { Double(counts.count { $0 > 0 }) / Double(counts.count) }

  /// How many views were tilted with this side near the camera.
  public func tilts(_ side: BoardSide) -> Int {
    attitudes.count {
      $0.tiltDegrees >= Self.leastTiltDegrees && BoardSide(degrees: $0.nearSideDegrees) == side
    }
  }

  /// Largest over smallest scale of all views; 1 for none.
  public var scaleRatio: Double {
    let scales = attitudes.map(\.pixelsPerMillimeter)
    guard let least = scales.min(), let most = scales.max(), least > 0 else { return 1 }
    return most / least
  }

  /// A ninth of the picture.
  public struct Region: Hashable, Codable, Sendable {
    /// 0 left, 1 middle, 2 right.
    public var column: Int
    /// 0 upper, 1 middle, 2 lower.
    public var row: Int

    /// `lower left`, `middle`, `right`.
    public var text: String {
      let (across, down) = (["left", "", "right"][column], ["upper", "", "lower"][row])
      switch (across, down) {
      case ("", ""): return "middle"
      case ("", _): return "\(down) middle"
      case (_, ""): return "middle \(across)"
      default: return "\(down) \(across)"
      }
    }
  }

  /// Share of a region's cells in which corners were seen.
  public func share(of region: Region) -> Double {
    let (across, down) = (Self.columns / 3, Self.rows / 3)
    var seen = 0
    for row in (region.row * down)..<((region.row + 1) * down) {
      for column in (region.column * across)..<((region.column + 1) * across)
      where counts[row * Self.columns + column] > 0 { seen += 1 }
    }
    return Double(seen) / Double(across * down)
  }

  /// The regions, corners of the picture first: lenses bend most there.
  static let regions: [Region] = [
    (0, 0), (2, 0), (2, 2), (0, 2), (0, 1), (2, 1), (1, 0), (1, 2), (1, 1),
  ].map { Region(column: $0.0, row: $0.1) }
}
