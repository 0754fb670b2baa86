import Diagnostics

/// Why a recipe was refused, or does not fit the recording at hand.
public struct RecipeError: Explained, Equatable {
  /// What is wrong, with the value found and the value wanted.
  public enum Reason: Equatable, Sendable {
    case version(found: Int)
    case sizes(color: Int, cube: Int)
    case evenScenePatch(Int)
    case cropMillimeters(Double)
    case statistics(String, found: Int, wanted: Int)
    case notPositive(String)
    case noBands
    case pretreatment(String)
    case bandMissing(wanted: Double, nearest: Double)
    case noValue(nanometers: Double, line: Int, sample: Int)
    case sceneSize(picture: [Int], cube: [Int])
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .version(let found): "recipe version \(found), version 1 was wanted"
    case .sizes(let color, let cube):
      "crops of \(color) pixels (color) and \(cube) (cube); color must be the same or twice as many"
    case .evenScenePatch(let size):
      "a patch of \(size) pixels has no center; a scene wants equal odd sizes for both sensors"
    case .cropMillimeters(let found): "a crop of \(found) mm, a length above 0 was wanted"
    case .statistics(let key, let found, let wanted):
      "'\(key)' has \(found) numbers, \(wanted) were wanted"
    case .notPositive(let key): "'\(key)' has a number that is not above 0"
    case .noBands: "no band is left by the choice of wavelengths"
    case .pretreatment(let problem): problem
    case .bandMissing(let wanted, let nearest):
      "no band at \(wanted) nm, the nearest is at \(nearest) nm"
    case .noValue(let nanometers, let line, let sample):
      "no value at \(nanometers) nm, line \(line), sample \(sample)"
    case .sceneSize(let picture, let cube):
      "the picture is \(picture[0]) × \(picture[1]) but the cube \(cube[0]) × \(cube[1])"
    }
  }

  public var remedy: String? {
    switch reason {
    case .bandMissing:
      "use the camera that the recipe was made for, or choose bands that this one has"
    case .noValue: "leave that band out in the recipe's choice of bands"
    case .version: "make the bundle again with this version of Mirage"
    default: nil
    }
  }
}
