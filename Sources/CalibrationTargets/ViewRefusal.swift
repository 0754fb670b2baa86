import Diagnostics

/// Why a picture of a board cannot be used; the place is the picture's name.
public struct ViewRefusal: Explained, Equatable {
  public enum Reason: Equatable, Sendable {
    case noBoard
    case otherSize(width: Int, height: Int, wantedWidth: Int, wantedHeight: Int)
    /// Blur across edges, in pixels.
    case blurred(pixels: Double, most: Double)
    case fewCorners(found: Int, wanted: Int)
    case oblique(degrees: Double, most: Double)
    /// Corners found of those that the board has, across and down.
    case cut(columns: Int, rows: Int, wantedColumns: Int, wantedRows: Int)
    case foreignTags([Int], wanted: ClosedRange<Int>)
    case otherFamily(String, wanted: String)
    /// Gap as a share of the tag's side.
    case otherProportion(found: Double, wanted: Double)
    /// Tags in a row.
    case otherColumns(found: Int, wanted: Int)
    /// The board moved by so many pixels since the frame before.
    case moving(pixels: Double, most: Double)
    /// The board has only just come into the picture.
    case firstSight
    /// All that the view shows was seen before.
    case nothingNew
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    func tenths(_ value: Double) -> String { short((value * 10).rounded() / 10) }
    return switch reason {
    case .noBoard: "no board found"
    case .otherSize(let width, let height, let wantedWidth, let wantedHeight):
      "\(width) × \(height) pixels, the pictures before it have \(wantedWidth) × \(wantedHeight)"
    case .blurred(let pixels, let most):
      "blurred: edges are \(tenths(pixels)) pixels wide, at most \(tenths(most)) wanted"
    case .fewCorners(let found, let wanted):
      "too few corners: \(found) found, \(wanted) or more wanted"
    case .oblique(let degrees, let most):
      "too oblique: tilted by \(short(degrees.rounded()))°, at most \(short(most.rounded()))° "
        + "wanted"
    case .cut(let columns, let rows, let wantedColumns, let wantedRows):
      "board cut: \(columns) × \(rows) corners found, all \(wantedColumns) × \(wantedRows) wanted"
    case .foreignTags(let tags, let wanted):
      "wrong board: \(tags.count == 1 ? "tag" : "tags") \(Self.listed(tags)) found, "
        + "\(wanted.lowerBound) to \(wanted.upperBound) wanted"
    case .otherFamily(let found, let wanted):
      "wrong board: tags of \(found) found, \(wanted) wanted"
    case .otherProportion(let found, let wanted):
      "wrong board: the gap is \(short((found * 1000).rounded() / 1000)) of a tag's side, "
        + "\(short((wanted * 1000).rounded() / 1000)) wanted"
    case .otherColumns(let found, let wanted):
      "wrong board: tags lie in rows of \(found), rows of \(wanted) wanted"
    case .moving(let pixels, let most):
      pixels.isFinite
        ? "moving: \(tenths(pixels)) pixels since the frame before, at most \(tenths(most)) wanted"
        : "moving: other corners than in the frame before"
    case .firstSight: "the board has just come into the picture"
    case .nothingNew: "shows nothing that other views do not show"
    }
  }

  public var remedy: String? {
    switch reason {
    case .noBoard: "show all of the board, evenly lit and without glare"
    case .otherSize: "take all pictures with the same camera settings"
    case .blurred: "hold the board still and in focus, with more light or a shorter exposure"
    case .fewCorners: "bring more of the board into the picture"
    case .oblique: "turn the board's face more towards the camera"
    case .cut: "show the whole chessboard with its white border; a tag grid may be cut"
    case .foreignTags, .otherFamily, .otherProportion, .otherColumns:
      "give the file that was written with the board by --board, or the sizes of the board at hand"
    case .moving, .firstSight: "hold the board still for a moment"
    case .nothingNew: nil
    }
  }

  /// A few numbers; the rest is counted.
  private static func listed(_ numbers: [Int]) -> String {
    let shown = numbers.prefix(5).map { "\($0)" }.joined(separator: ", ")
    return numbers.count > 5 ? "\(shown) and \(numbers.count - 5) more" : shown
  }
}
