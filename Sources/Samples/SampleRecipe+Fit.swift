import Diagnostics

extension SampleRecipe {
  /// Sets mean and deviation of R, G and B over some crops that are not standardized yet.
  ///
  /// `values` holds crops `[colorSize, colorSize, 3]` behind one another, `samples` the numbers of
  /// those that count (training samples only). Background pixels, not a number, are left out.
  public mutating func fitColor(to values: [Float], samples: [Int]) {
    (colorMean, colorDeviation) = Self.statistics(
      of: values, samples: samples, count: colorCount, channels: 3)
  }

  /// Sets mean and deviation of each band after pretreatment, as `fitColor(to:samples:)`.
  public mutating func fitSpectra(to values: [Float], samples: [Int]) {
    (bandMean, bandDeviation) = Self.statistics(
      of: values, samples: samples, count: cubeCount, channels: spectralChannels)
  }

  /// Mean and deviation (with the count as divisor) of each channel; the deviation of a channel
  /// that never changes is 1, so that it becomes 0 and not infinite.
  private static func statistics(
    of values: [Float], samples: [Int], count: Int, channels: Int
  ) -> (mean: [Float], deviation: [Float]) {
    precondition(!samples.isEmpty, "fit: no sample to fit the recipe to")
    let source = values.span
    var sums = [Double](repeating: 0, count: channels)
    var pixels = 0
    for sample in samples {
      for pixel in stride(from: sample * count, to: (sample + 1) * count, by: channels) {
        if source[pixel].isNaN { continue }
        pixels += 1
        for channel in 0..<channels { sums[channel] += Double(source[pixel + channel]) }
      }
    }
    let means = sums.map { $0 / Double(max(1, pixels)) }
    var squares = [Double](repeating: 0, count: channels)
    for sample in samples {
      for pixel in stride(from: sample * count, to: (sample + 1) * count, by: channels) {
        if source[pixel].isNaN { continue }
        for channel in 0..<channels {
          let difference = Double(source[pixel + channel]) - means[channel]
          squares[channel] += difference * difference
        }
      }
    }
    let deviations = squares.map { ($0 / Double(max(1, pixels))).squareRoot() }
    return (means.map { Float($0) }, deviations.map { $0 > 1e-9 ? Float($0) : 1 })
  }

  /// Digest of the recipe: two recipes that make the same input have the same digest.
  public var digest: Digest {
    get throws { Digest(of: try JSONFile.encode(self)) }
  }

  /// Refuses a recipe that this version cannot reproduce; `place` is the file that holds it.
  public func check(place: String) throws(RecipeError) {
    guard version == 1 else { throw RecipeError(place, .version(found: version)) }
    if let cropMillimeters {
      guard cubeSize > 0, colorSize == cubeSize || colorSize == 2 * cubeSize else {
        throw RecipeError(place, .sizes(color: colorSize, cube: cubeSize))
      }
      guard cropMillimeters > 0, cropMillimeters.isFinite else {
        throw RecipeError(place, .cropMillimeters(cropMillimeters))
      }
    } else {
      guard colorSize == cubeSize, colorSize > 0, colorSize % 2 == 1 else {
        throw RecipeError(place, .evenScenePatch(colorSize == cubeSize ? colorSize : cubeSize))
      }
    }
    guard !wavelengths.isEmpty else { throw RecipeError(place, .noBands) }
    if let problem = pretreatment.problem(bands: wavelengths.count) {
      throw RecipeError(place, .pretreatment(problem))
    }
    let lists: [(String, [Float], Int)] = [
      ("colorMean", colorMean, 3), ("colorDeviation", colorDeviation, 3),
      ("bandMean", bandMean, spectralChannels), ("bandDeviation", bandDeviation, spectralChannels),
    ]
    for (key, values, wanted) in lists {
      guard values.count == wanted else {
        throw RecipeError(place, .statistics(key, found: values.count, wanted: wanted))
      }
    }
    for (key, values) in [("colorDeviation", colorDeviation), ("bandDeviation", bandDeviation)] {
      guard values.allSatisfy({ $0 > 0 && $0.isFinite }) else {
        throw RecipeError(place, .notPositive(key))
      }
    }
  }
}
