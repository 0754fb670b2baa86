import Foundation
import Units

/// What of a calibration a trained bundle remembers, to be held against the one it is used with.
public struct RigFacts: Codable, Equatable, Sendable {
  /// Rig, date and digest of the calibration.
  public var id: String
  public var rig: String
  public var date: String
  public var registrationErrorMillimeters: Double
  public var picture: PictureExtent?
  /// Side of the belt that one pixel shows in the middle of the picture, across and along.
  public var millimetersPerPixel: [Double]
  /// Focal lengths in pixels of the lens whose distortion is taken out, across and along; empty
  /// where pictures are taken as they are, nil in facts that do not say it.
  public var focalPixels: [Double]?

  /// The facts of a calibration whose fields were checked.
  public init(of calibration: RigCalibration) throws {
    id = try calibration.id
    rig = calibration.rig
    date = calibration.date
    registrationErrorMillimeters = calibration.registrationErrorMillimeters
    picture = calibration.cameraPicture
    // The map of rectified pictures has the same sides everywhere.
    let middle = Point<ColorFrame>(
      x: Double(picture?.width ?? 0) / 2, y: Double(picture?.height ?? 0) / 2)
    millimetersPerPixel = calibration.color.pixelSides(at: middle)
    focalPixels = calibration.lens.map { [$0.lens.focalX, $0.lens.focalY] } ?? []
  }

  /// The limits above which a calibration no longer is like the one trained with.
  public struct Limits: Codable, Equatable, Sendable {
    /// Change of the belt that a pixel shows, in percent.
    public var pixelPercent = 10.0
    /// Age of the calibration in use, in days.
    public var ageDays = 90

    public init() {}
  }

  /// What a person should know before a bundle trained through this is used with `calibration`.
  ///
  /// - Parameter today: as `2026-01-31`.
  public func mismatches(
    with calibration: RigCalibration, today: String, limits: Limits = Limits()
  ) throws -> [Advice] {
    let found = try RigFacts(of: calibration)
    var advice = Self.staleness(of: calibration, today: today, limits: limits)
    if found.id == id { return advice }
    if found.rig != rig {
      advice.append(
        Advice(
          .warning, "trained on rig '\(rig)', used on rig '\(found.rig)'",
          remedy: "check the bundle on recordings of '\(found.rig)' before you trust it"))
    }
    if let picture, let other = found.picture, picture != other {
      advice.append(
        Advice(
          .warning,
          "trained on pictures of \(picture.width) × \(picture.height), the calibration is for "
            + "\(other.width) × \(other.height)",
          remedy: "set the camera as in training, or train again"))
    }
    advice += lensMismatches(with: found, limits)
    let sidesOfBoth = zip(millimetersPerPixel, found.millimetersPerPixel)
    for (axis, sides) in zip(["across", "along"], sidesOfBoth) {
      let change = 100 * (sides.1 / sides.0 - 1)
      guard abs(change) > limits.pixelPercent else { continue }
      advice.append(
        Advice(
          .warning,
          "a pixel shows \(Self.text(sides.1)) mm of belt \(axis), \(Self.text(sides.0)) mm in "
            + "training (\(change > 0 ? "+" : "")\(Int(change.rounded())) %, at most "
            + "\(Int(limits.pixelPercent)) % are harmless)",
          remedy: "mount the camera as in training, or train again"))
    }
    if found.registrationErrorMillimeters > registrationErrorMillimeters + 1e-9 {
      advice.append(
        Advice(
          .warning,
          "registration error \(Self.text(found.registrationErrorMillimeters)) mm, "
            + "\(Self.text(registrationErrorMillimeters)) mm in training",
          remedy: "register the cameras again: mirage-calibrate registration"))
    }
    if advice.isEmpty {
      advice.append(
        Advice(
          .note, "trained through calibration \(id), used with \(found.id)",
          remedy: "nothing of what is compared moved beyond its limit"))
    }
    return advice
  }

  /// Warnings where one has a lens to undo and the other has not, or another one.
  private func lensMismatches(with found: RigFacts, _ limits: Limits) -> [Advice] {
    guard let own = focalPixels, let other = found.focalPixels else { return [] }
    guard own.isEmpty == other.isEmpty else {
      return [
        Advice(
          .warning,
          own.isEmpty
            ? "trained on pictures as they came, the calibration takes a lens's distortion out"
            : "trained on pictures without their lens's distortion, the calibration knows no lens",
          remedy: "calibrate as in training, or train again")
      ]
    }
    return zip(["across", "along"], zip(own, other)).compactMap { axis, focal in
      let change = 100 * (focal.1 / focal.0 - 1)
      guard abs(change) > limits.pixelPercent else { return nil }
      return Advice(
        .warning,
        "a lens of \(Self.text(focal.1)) px focal length \(axis), \(Self.text(focal.0)) px in "
          + "training (\(change > 0 ? "+" : "")\(Int(change.rounded())) %)",
        remedy: "mount the lens of the training, or train again")
    }
  }

  /// A warning where the calibration in use is older than its limit.
  private static func staleness(
    of calibration: RigCalibration, today: String, limits: Limits
  ) -> [Advice] {
    guard let from = dayNumber(calibration.date), let to = dayNumber(today),
      to - from > limits.ageDays
    else { return [] }
    return [
      Advice(
        .warning,
        "the calibration of \(calibration.date) is \(to - from) days old, at most "
          + "\(limits.ageDays) were wanted",
        remedy: "run 'mirage-calibrate verify --rig \(calibration.rig)' on fresh recordings")
    ]
  }

  /// Days of the calendar since 1970; `nil` where the text is no date.
  static func dayNumber(_ date: String) -> Int? {
    // Whatever the reason, a text that is no date has no number.
    guard let day = try? Date("\(date)T00:00:00Z", strategy: .iso8601) else { return nil }
    return Int((day.timeIntervalSince1970 / 86_400).rounded(.down))
  }

  /// Three digits that count.
  private static func text(_ value: Double) -> String {
    let scale = value >= 10 ? 10.0 : value >= 1 ? 100 : 1000
    return "\((value * scale).rounded() / scale)"
  }
}

extension Homography where From == ColorFrame, To == BeltFrame {
  /// How far neighboring pixels lie apart on the belt: of a column and of a row, in millimeters.
  public func pixelSides(at point: Point<ColorFrame>) -> [Double] {
    func distance(_ dx: Double, _ dy: Double) -> Double {
      let (first, second) = (
        self(Point(x: point.x - dx / 2, y: point.y - dy / 2)),
        self(Point(x: point.x + dx / 2, y: point.y + dy / 2))
      )
      let (x, y) = (second.x - first.x, second.y - first.y)
      return (x * x + y * y).squareRoot()
    }
    return [distance(1, 0), distance(0, 1)]
  }
}
