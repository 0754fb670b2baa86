import BeltSimulation
import CameraCalibration
import Foundation
import Imaging
import Tensors
import Units

/// How many random rigs a test tries: few in the ordinary run, all of them in the long form,
/// `MIRAGE_FORM=long swift test --configuration release --filter HonestyTests`.
enum Trials {
  static let isLong = ProcessInfo.processInfo.environment["MIRAGE_FORM"] == "long"

  static func count(_ few: Int) -> Int { isLong ? 200 : few }
}

/// A chessboard's corners: 9 × 6 at 22 mm, from the upper left.
enum PlainBoard {
  static let columns = 9
  static let rows = 6
  static let square = 22.0

  static let corners: [Point<BoardFrame>] = (0..<(columns * rows)).map {
    Point(x: Double($0 % columns) * square, y: Double($0 / columns) * square)
  }
}

/// Chessboard squares with white paper around them.
struct PlainBoardPrint: FlatTarget {
  let extent = Rectangle<BoardFrame>(x: -44, y: -44, width: 264, height: 198)

  func reflectance(x: Double, y: Double) -> Float? {
    let (column, row) = (
      Int((x / PlainBoard.square).rounded(.down)), Int((y / PlainBoard.square).rounded(.down))
    )
    let isInside =
      (-1..<PlainBoard.columns).contains(column) && (-1..<PlainBoard.rows).contains(row)
    return isInside && (column + row) & 1 == 0 ? 0.06 : 0.85
  }
}

/// A board that rides on the belt of a known rig, and the corners that a detector would give.
struct RidingBoards {
  let rig: RigTruth
  let noise: Double
  private var random: SplitMix64

  init(_ rig: RigTruth, noise: Double, seed: UInt64) {
    self.rig = rig
    self.noise = noise
    random = SplitMix64(seed: seed, purpose: "riding boards")
  }

  /// Where a board may lie across and along, so that it shows whole when the belt is at 0.
  mutating func laid() -> RigScene.Laid {
    RigScene.Laid(
      PlainBoardPrint(), x: random.nextUniform(60, 110), y: random.nextUniform(60, 110),
      degrees: random.nextUniform(-5, 5))
  }

  /// What the camera sees of a board when the belt has traveled to `position`.
  ///
  /// - Parameter speed: of the belt; a rolling shutter then bends the view.
  mutating func colorView(
    _ laid: RigScene.Laid, at position: Double, speed: Double = 0, name: String
  ) -> BoardView {
    guard let back = rig.color.inverse else {
      return BoardView(name: name, width: 1, height: 1, corners: [])
    }
    let middle = Double(rig.height - 1) / 2
    let lens = StraightView(rig.lens)
    let corners = PlainBoard.corners.enumerated().compactMap { number, corner -> BoardCorner? in
      let belt = laid.belt(corner)
      guard var seen = lens.bent(back(Point(x: belt.x, y: belt.y - position))) else { return nil }
      // The row decides when it is exposed, and that decides the row.
      for _ in 0..<4 {
        let travel = speed * rig.lineDelayMicroseconds * 1e-6 * (seen.y - middle)
        seen = lens.bent(back(Point(x: belt.x, y: belt.y - position - travel))) ?? seen
      }
      let noisy = Point<ColorFrame>(
        x: seen.x + noise * random.nextNormal(), y: seen.y + noise * random.nextNormal())
      guard noisy.x > 1, noisy.y > 1, noisy.x < Double(rig.width - 2),
        noisy.y < Double(rig.height - 2)
      else { return nil }
      return BoardCorner(number: number, board: corner, picture: noisy)
    }
    return BoardView(name: name, width: rig.width, height: rig.height, corners: corners)
  }

  /// What the cube shows of a board, recorded at `position`.
  mutating func cubeView(_ laid: RigScene.Laid, at position: Double, name: String) -> BoardView {
    let corners = PlainBoard.corners.enumerated().compactMap { number, corner -> BoardCorner? in
      let belt = laid.belt(corner)
      let seen = rig.scan.cube(Point(x: belt.x, y: belt.y - position))
      let noisy = Point<ColorFrame>(
        x: seen.x + 1.4 * noise * random.nextNormal(), y: seen.y + 1.4 * noise * random.nextNormal()
      )
      guard noisy.x > 1, noisy.y > 1, noisy.x < Double(rig.samples - 2),
        noisy.y < Double(rig.lines - 2)
      else { return nil }
      return BoardCorner(number: number, board: corner, picture: noisy)
    }
    return BoardView(name: name, width: rig.samples, height: rig.lines, corners: corners)
  }

  /// A board seen at several belt positions, first standing, then riding, with times and encoder.
  mutating func ride(standing: Int, riding: Int) -> [RidingBoard] {
    let laid = laid()
    var sightings: [RidingBoard] = []
    for number in 0..<standing {
      sightings.append(
        RidingBoard(
          colorView(laid, at: -60, name: "still-\(number + 1)"), seconds: Double(number) * 0.2,
          encoderMillimeters: 0))
    }
    let rig = SimulatedRig(rig, seed: 0)
    let speed = rig.truth.beltMillimetersPerSecond
    for number in 0..<riding {
      let seconds = 180 * Double(number) / Double(riding - 1) / speed
      let traveled = rig.beltMillimeters(at: seconds)
      sightings.append(
        RidingBoard(
          colorView(
            laid, at: traveled - 60, speed: rig.speed(at: seconds), name: "moving-\(number + 1)"),
          seconds: 5 + seconds, encoderMillimeters: traveled / rig.truth.encoderFactor))
    }
    return sightings
  }
}

extension Homography where To == BeltFrame, From == ColorFrame {
  /// Largest distance in millimeters between this map and the true one over an area of belt, once
  /// both agree on where the middle of the picture lies; each behind its own lens.
  func worstError(
    against truth: Self, over area: Rectangle<BeltFrame>, width: Int, height: Int,
    lens: LensModel? = nil, trueLens: LensModel? = nil
  ) -> Double {
    let middle = Point<ColorFrame>(x: Double(width - 1) / 2, y: Double(height - 1) / 2)
    let (found, known) = (StraightView(lens), StraightView(trueLens))
    func across(_ place: Point<ColorFrame>) -> Point<BeltFrame> {
      found.bent(place).flatMap { known.straight($0) }.map { truth($0) }
        ?? Point(x: .infinity, y: .infinity)
    }
    let (own, wanted) = (self(middle), across(middle))
    guard let back = inverse else { return .infinity }
    var worst = 0.0
    for row in 0...8 {
      for column in 0...12 {
        let point = Point<BeltFrame>(
          x: area.x + area.width * Double(column) / 12, y: area.y + area.height * Double(row) / 8)
        let place = across(back(point))
        worst = max(
          worst, hypot(place.x - wanted.x - point.x + own.x, place.y - wanted.y - point.y + own.y))
      }
    }
    return worst
  }
}

/// How often a stated bound held, and how wide it was.
struct Honesty: CustomStringConvertible {
  let name: String
  private(set) var held = 0
  private(set) var count = 0
  private var ratios: [Double] = []

  init(_ name: String) { self.name = name }

  mutating func note(error: Double, bound: Double) {
    count += 1
    if error <= bound { held += 1 }
    ratios.append(bound / max(error, 1e-12))
  }

  var share: Double { Double(held) / Double(max(1, count)) }
  /// Middle of bound / error: a bound that is always twice or thrice the error is honest and sharp.
  var ratio: Double { ratios.sorted()[ratios.count / 2] }

  var description: String {
    "\(name): bound held in \(held) of \(count) rigs (\(text(100 * share, 1)) %), "
      + "bound / error in the middle \(text(ratio, 2))"
  }

  private func text(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}
