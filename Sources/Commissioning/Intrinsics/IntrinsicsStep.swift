import CalibrationTargets
import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Pages
import Tensors

/// The lens of the RGB camera, from pictures of one board.
public enum IntrinsicsStep: CalibrationStep {
  /// Which board the pictures show, and what is wanted of them.
  public struct Settings: Codable, Equatable, Sendable {
    public var board: CalibrationBoard
    public var sighting = SightingLimits()
    public var lens = LensSettings()
    public var limits = LensLimits()

    public init(board: CalibrationBoard) { self.board = board }
  }

  public static let name = StepName.intrinsics

  /// Estimates the lens from the pictures of a folder; those that are no use are named.
  ///
  /// Errors: a folder without pictures, and too few of them that show the board.
  public static func perform(
    _ settings: Settings, on work: StepWork
  ) throws -> StepOutcome<Self> {
    try settings.board.check(place: "board")
    let viewed = try ViewedPictures(in: work, settings)
    let result: LensCalibration
    do {
      result = try LensCalibration(
        of: viewed.views, settings: settings.lens, place: work.recordings.relativePath)
    } catch {
      throw TooFewViews(
        place: work.recordings.relativePath, cause: error, refusals: viewed.refusals,
        pictures: viewed.entries.count)
    }
    let drawn = viewed.drawn(with: result)
    var outcome = StepOutcome<Self>(
      settings, result, result.judgement(settings.limits), inputs: drawn.inputs,
      hardware: viewed.hardware)
    outcome.judgement.advice += viewed.advice
    outcome.pictures = drawn.pictures
    let errors = result.errorsAfterAlignment(atMillimeters: result.beltMillimeters)
    outcome.maps["lens-error"] = [
      (
        "millimeters",
        Tensor(
          shape: [errors.rows, errors.columns],
          values: errors.millimeters.map { Float($0 ?? .nan) })
      )
    ]
    return outcome
  }

  /// What the same pixels show on the belt moved by, less what a new map of the belt takes up.
  public static func moves(from stored: LensCalibration, to fresh: LensCalibration) -> [Figure] {
    let distance = stored.beltMillimeters
    let (first, second) = (LensInverse(stored.lens), LensInverse(fresh.lens))
    let places = stored.errorsAfterAlignment(atMillimeters: distance).pixels
    let pairs = places.compactMap { pixel -> ((Double, Double), (Double, Double))? in
      guard let a = first(pixel), let b = second(pixel) else { return nil }
      return ((a.x * distance, a.y * distance), (b.x * distance, b.y * distance))
    }
    let moved = SimilarityMap.residuals(pairs).sorted()
    let bound = moved.isEmpty ? .infinity : moved[Int(0.95 * Double(moved.count - 1))]
    return [
      Figure("lens moved on the belt, 95 % of the picture", bound, "mm", .atMost(0.7)),
      Figure(
        "focal length moved", 100 * abs(fresh.lens.focalX / stored.lens.focalX - 1), "%",
        .atMost(1)),
    ]
  }
}

extension LensCalibration {
  /// The distance that errors are told for: as given, or else that of the boards.
  var beltMillimeters: Double { settings.distanceMillimeters ?? boardMillimeters }
}

/// Too few of a folder's pictures can be used.
struct TooFewViews: Explained {
  let place: String
  let cause: LensCalibrationError
  let refusals: [ViewRefusal]
  let pictures: Int

  var problem: String {
    let listed = refusals.prefix(8).map { "\($0.place): \($0.problem)" }
    let more = refusals.count > 8 ? ["and \(refusals.count - 8) more"] : []
    guard !refusals.isEmpty else { return cause.problem }
    return "\(pictures - refusals.count) of \(pictures) pictures show a usable board; "
      + (listed + more).joined(separator: "; ") + "; \(cause.problem)"
  }

  var remedy: String? { refusals.first?.remedy ?? cause.remedy }
}

/// Turn, scale and shift of the plane that bring points nearest to others.
enum SimilarityMap {
  /// The distances that are left.
  ///
  /// Source: least squares for z' = a z + b with complex numbers; Horn, *Closed-form solution of
  /// absolute orientation*, 1987, in the plane.
  static func residuals(
    _ pairs: [(first: (Double, Double), second: (Double, Double))]
  ) -> [Double] {
    let count = Double(pairs.count)
    guard count >= 2 else { return [] }
    let (ax, ay) = (
      pairs.reduce(0) { $0 + $1.first.0 } / count, pairs.reduce(0) { $0 + $1.first.1 } / count
    )
    let (bx, by) = (
      pairs.reduce(0) { $0 + $1.second.0 } / count, pairs.reduce(0) { $0 + $1.second.1 } / count
    )
    var (real, imaginary, size) = (0.0, 0.0, 0.0)
    for pair in pairs {
      let (x, y) = (pair.first.0 - ax, pair.first.1 - ay)
      let (u, v) = (pair.second.0 - bx, pair.second.1 - by)
      real += x * u + y * v
      imaginary += x * v - y * u
      size += x * x + y * y
    }
    guard size > 0 else { return [] }
    let (c, s) = (real / size, imaginary / size)
    return pairs.map { pair in
      let (x, y) = (pair.first.0 - ax, pair.first.1 - ay)
      let (u, v) = (pair.second.0 - bx, pair.second.1 - by)
      return hypot(u - c * x + s * y, v - s * x - c * y)
    }
  }
}
