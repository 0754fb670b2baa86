import Diagnostics
import Units

/// Which bands of a cube a recipe keeps: their positions, found once per cube.
public struct KeptBands: Sendable, Equatable {
  /// Positions in the cube's spectra, in the order of the recipe's wavelengths.
  public let positions: [Int]

  /// Finds each of the recipe's wavelengths among the cube's bands, within 0.5 nm.
  ///
  /// `place` is the cube's file, for the message where a band is missing.
  public init(
    of recipe: SampleRecipe, in wavelengths: [Wavelength], place: String
  ) throws(RecipeError) {
    guard !recipe.wavelengths.isEmpty, !wavelengths.isEmpty else {
      throw RecipeError(place, .noBands)
    }
    var positions: [Int] = []
    for wanted in recipe.wavelengths {
      var best = 0
      for (position, found) in wavelengths.enumerated() {
        let distance = abs(found.nanometers - wanted.nanometers)
        if distance < abs(wavelengths[best].nanometers - wanted.nanometers) { best = position }
      }
      guard abs(wavelengths[best].nanometers - wanted.nanometers) <= 0.5 else {
        throw RecipeError(
          place,
          .bandMissing(wanted: wanted.nanometers, nearest: wavelengths[best].nanometers))
      }
      positions.append(best)
    }
    self.positions = positions
  }
}

/// Which bands a recipe is to keep.
public struct BandChoice: Codable, Equatable, Sendable {
  /// Shortest and longest wavelength kept, in nanometers; nil for no limit.
  public var fromNanometers: Double?
  public var toNanometers: Double?
  /// Keeps one band of so many, the first of each run.
  public var every: Int

  public init(fromNanometers: Double? = nil, toNanometers: Double? = nil, every: Int = 1) {
    self.fromNanometers = fromNanometers
    self.toNanometers = toNanometers
    self.every = every
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case fromNanometers, toNanometers, every
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
    fromNanometers = try container.decodeIfPresent(Double.self, forKey: .fromNanometers)
    toNanometers = try container.decodeIfPresent(Double.self, forKey: .toNanometers)
    every = try container.decodeIfPresent(Int.self, forKey: .every) ?? 1
    guard every > 0 else {
      throw DecodingError.dataCorruptedError(
        forKey: .every, in: container, debugDescription: "\(every) found, 1 or more wanted")
    }
  }

  /// The wavelengths kept, sorted; `place` is the cube's file.
  public func applied(to wavelengths: [Wavelength], place: String) throws(RecipeError)
    -> [Wavelength]
  {
    let inside = wavelengths.sorted().filter {
      $0.nanometers >= fromNanometers ?? -.infinity && $0.nanometers <= toNanometers ?? .infinity
    }
    let kept = inside.enumerated().filter { $0.offset % max(1, every) == 0 }.map(\.element)
    guard !kept.isEmpty else { throw RecipeError(place, .noBands) }
    return kept
  }
}
