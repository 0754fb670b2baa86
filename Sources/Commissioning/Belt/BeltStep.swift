import CalibrationTargets
import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Pages
import Tensors
import Units

/// The camera's plane on the belt, the travel and the speed, from a board that rides on the belt.
///
/// Recordings: `board/` with pictures of the board at several belt positions, and `running/`, if
/// there, with frames of the running belt; each with `frames.json` for times and encoder.
public enum BeltStep: CalibrationStep {
  /// What the step was told.
  public struct Settings: Codable, Equatable, Sendable {
    public var board: CalibrationBoard
    /// A point of the picture on the belt's left edge, `x` and `y` in pixels.
    public var leftEdge: Point<ColorFrame>?
    public var boardThicknessMillimeters = 0.0
    public var cameraHeightMillimeters: Double?
    public var lineDelayMicroseconds: Double?
    /// Takes pictures as they come, whatever is known of the lens; nil is no.
    public var ignoresLens: Bool?
    public var limits = BeltPlane.Limits()

    public init(_ board: CalibrationBoard) { self.board = board }
  }

  public static let name = StepName.belt
  /// The picture with lines of the belt, for the certificate.
  static let pictureName = "belt.png"

  /// Finds the board in each picture, explains all of them together, then follows the texture.
  public static func perform(
    _ settings: Settings, on work: StepWork
  ) throws -> StepOutcome<BeltStep> {
    let seen = try SeenBoards(settings.board, in: "board", of: work)
    var inputs = seen.inputs
    let lens = settings.ignoresLens == true ? nil : try work.findSound(IntrinsicsStep.self)?.result
    if let lens {
      work.tell("the lens's distortion is taken out: \(lens.views.count) views told it")
    }
    var setup = BeltSetup()
    setup.lens = lens?.lens
    setup.leftEdge = settings.leftEdge
    setup.boardThicknessMillimeters = settings.boardThicknessMillimeters
    setup.cameraHeightMillimeters = settings.cameraHeightMillimeters
    setup.lineDelaySeconds = settings.lineDelayMicroseconds.map { $0 * 1e-6 }
    var plane = try BeltPlane.estimate(seen.boards, setup: setup)
    if let lens { plane = plane.widened(by: lens) }
    for view in plane.views {
      if let rejection = view.rejection,
        let index = inputs.firstIndex(where: { $0.name == view.name })
      {
        inputs[index].rejection = rejection
      }
    }
    if RecordedFrames.exist("running", of: work.recordings) {
      inputs += try follow(&plane, work)
    }
    var outcome = StepOutcome<BeltStep>(
      settings, plane, plane.judgement(settings.limits), inputs: inputs)
    outcome.maps["uncertainty"] = [("radius", plane.uncertainty.tensor)]
    if let sample = seen.sample {
      outcome.pictures[pictureName] = overlay(plane, on: sample.picture, view: sample.view)
    }
    return outcome
  }

  /// Measures the speed on frames of the running belt, and takes it where it is better known.
  private static func follow(_ plane: inout BeltPlane, _ work: StepWork) throws -> [StepInput] {
    var tracker = try TextureTracker(
      plane.color, width: plane.width, height: plane.height, lens: plane.lens)
    var inputs: [StepInput] = []
    for frame in try RecordedFrames("running", of: work.recordings).frames {
      guard let seconds = frame.seconds else { throw BeltError(frame.name, .noTimes) }
      try tracker.add(
        BeltShot(
          frame.name, PictureFile.read(frame.file), seconds: seconds,
          encoderMillimeters: frame.encoderMillimeters))
      inputs.append(try work.input(frame.name))
    }
    work.tell("following the belt's texture over \(inputs.count) frames")
    let found = try tracker.speed(scalePercent: plane.scaleUncertaintyPercent)
    if plane.speed.map({ $0.uncertainty > found.speed.uncertainty }) ?? true {
      plane.speed = found.speed
    }
    if let encoder = found.encoder,
      plane.encoderFactorUncertainty.map({ $0 > encoder.uncertainty }) ?? true
    {
      plane.encoderFactor = encoder.factor
      plane.encoderFactorUncertainty = encoder.uncertainty
    }
    return inputs
  }

  /// The picture with the corners, lines every 50 mm of belt, and the way of pieces.
  private static func overlay(
    _ plane: BeltPlane, on picture: Picture, view: BoardView
  ) -> Picture {
    let canvas = Canvas(picture)
    guard let back = plane.color.inverse else { return picture }
    let area = plane.uncertainty.area
    let lens = StraightView(plane.lens)
    // A lens bends lines; twelve pieces look like a bow.
    let pieces = plane.lens == nil ? 1 : 12
    func line(_ from: Point<BeltFrame>, _ to: Point<BeltFrame>, _ color: Color, _ width: Double) {
      let places = (0...pieces).compactMap { step -> Point<ColorFrame>? in
        let share = Double(step) / Double(pieces)
        return lens.bent(
          back(Point(x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y))))
      }
      canvas.stroke(line: places, color, width: width)
    }
    let grid = Color(86, 180, 233, opacity: 0.8)
    for x in stride(from: 0, through: area.x + area.width, by: 50) {
      line(Point(x: x, y: area.y), Point(x: x, y: area.y + area.height), grid, 1)
    }
    for y in stride(from: 0, through: area.y + area.height, by: 50) {
      line(Point(x: area.x, y: y), Point(x: area.x + area.width, y: y), grid, 1)
    }
    for corner in view.corners {
      canvas.stroke(
        Rectangle(x: corner.picture.x - 3, y: corner.picture.y - 3, width: 6, height: 6),
        Color(230, 159, 0), width: 1.5)
    }
    let middle = Point<BeltFrame>(x: area.x + area.width / 2, y: area.y + area.height / 2)
    let tip = Point<BeltFrame>(x: middle.x, y: middle.y - 40)
    let arrow = Color(213, 94, 0)
    line(middle, tip, arrow, 3)
    line(tip, Point(x: tip.x - 8, y: tip.y + 10), arrow, 3)
    line(tip, Point(x: tip.x + 8, y: tip.y + 10), arrow, 3)
    return canvas.picture
  }

  /// How far places on the belt and the direction of travel moved.
  public static func moves(from stored: BeltPlane, to fresh: BeltPlane) -> [Figure] {
    let area = stored.uncertainty.area
    guard let back = stored.color.inverse else { return [] }
    let (then, now) = (StraightView(stored.lens), StraightView(fresh.lens))
    var worst = 0.0
    for (u, v) in [(0.0, 0.0), (1, 0), (0, 1), (1, 1), (0.5, 0.5)] {
      let point = Point<BeltFrame>(x: area.x + u * area.width, y: area.y + v * area.height)
      // What the same pixel showed and shows.
      guard let pixel = then.bent(back(point)), let place = now.straight(pixel) else { continue }
      let moved = fresh.color(place)
      worst = max(worst, hypot(moved.x - point.x, moved.y - point.y))
    }
    var figures = [
      Figure(
        "the RGB camera's view of the belt moved", worst, "mm", .atMost(1),
        uncertainty: hypot(stored.uncertainty.bound, fresh.uncertainty.bound)),
      Figure(
        "the direction of travel moved",
        abs(fresh.travelDegrees - stored.travelDegrees), "°", .atMost(0.2)),
    ]
    if let old = stored.speed, let new = fresh.speed {
      figures.append(
        Figure(
          "the belt's speed changed",
          100 * abs(new.millimetersPerSecond / old.millimetersPerSecond - 1), "%"))
    }
    return figures
  }
}

extension UncertaintyMap {
  /// The 95 % radii as `[rows, columns]`, in millimeters.
  var tensor: Tensor { Tensor(shape: [rows, columns], values: radii.map { Float($0) }) }
}
