import Foundation
import Hyperspectral
import Samples
import Tensors

extension Augmentation {
  /// Changes each sample of a batch by its own draw; the same generator state gives the same bits.
  ///
  /// Pixels of the masked background (0 in all channels) stay 0.
  public func apply(
    to batch: inout PairedBatch, recipe: SampleRecipe,
    using random: inout some RandomNumberGenerator
  ) {
    if self == .none { return }
    let noise = NoiseTable(using: &random)
    for sample in batch.labels.indices {
      let turn = SquareTurn.random(self, using: &random)
      turn.apply(
        to: &batch.color.values, at: sample * recipe.colorCount, size: recipe.colorSize,
        channels: 3)
      turn.apply(
        to: &batch.spectra.values, at: sample * recipe.cubeCount, size: recipe.cubeSize,
        channels: recipe.spectralChannels)
      if spectra != SpectralPhotometry() {
        let change = spectra.change(for: recipe, using: &random)
        change.apply(
          to: &batch.spectra.values, at: sample * recipe.cubeCount, count: recipe.cubeCount,
          keepsBackground: recipe.masksBackground, noise: noise, using: &random)
      }
      if color != ColorPhotometry() {
        let blurs = Float(random.nextUniform()) < color.blurProbability
        let change = color.change(for: recipe, using: &random)
        let start = sample * recipe.colorCount
        if blurs { Self.blur(&batch.color.values, at: start, recipe: recipe) }
        change.apply(
          to: &batch.color.values, at: start, count: recipe.colorCount,
          keepsBackground: recipe.masksBackground, noise: noise, using: &random)
      }
    }
  }

  /// Mixes each pixel with its neighbors (1 2 1 down and across); background has no part in it.
  private static func blur(_ values: inout [Float], at start: Int, recipe: SampleRecipe) {
    let size = recipe.colorSize
    let old = Array(values[start..<(start + recipe.colorCount)])
    func isBackground(_ pixel: Int) -> Bool {
      recipe.masksBackground && old[pixel * 3] == 0 && old[pixel * 3 + 1] == 0
        && old[pixel * 3 + 2] == 0
    }
    for pixel in 0..<(size * size) where !isBackground(pixel) {
      let (row, column) = (pixel / size, pixel % size)
      var (red, green, blue, weight): (Float, Float, Float, Float) = (0, 0, 0, 0)
      for y in max(0, row - 1)...min(size - 1, row + 1) {
        for x in max(0, column - 1)...min(size - 1, column + 1) {
          let neighbor = y * size + x
          if isBackground(neighbor) { continue }
          let share: Float = (y == row ? 2 : 1) * (x == column ? 2 : 1)
          red += share * old[neighbor * 3]
          green += share * old[neighbor * 3 + 1]
          blue += share * old[neighbor * 3 + 2]
          weight += share
        }
      }
      values[start + pixel * 3] = red / weight
      values[start + pixel * 3 + 1] = green / weight
      values[start + pixel * 3 + 2] = blue / weight
    }
  }
}

extension Augmentation.SpectralPhotometry {
  /// The change of each channel in the recipe's standardized numbers.
  ///
  /// A reflectance `R` becomes `g R + o`, so a standardized `x = (R - m) / s` becomes
  /// `g x + ((g - 1) m + o) / s`. After the standard normal variate and its like gain and offset
  /// are gone and only the slope is left; the logarithm of the mean gains the logarithm of `g`.
  func change(
    for recipe: SampleRecipe, using random: inout some RandomNumberGenerator
  ) -> ChannelChange {
    let gain = 1 + self.gain * Self.signed(&random)
    let slope = self.slope * Self.signed(&random)
    let offset = self.offset * Self.signed(&random)
    let bands = recipe.wavelengths.count
    // Behind the bands, or behind the components that replace them.
    let logMeans =
      recipe.spectralChannels - recipe.pretreatment.steps.count { $0 == .logMeanReflectance }
    let response = recipe.pretreatment.lightResponse
    var change = ChannelChange(channels: recipe.spectralChannels, noise: noise)
    for channel in 0..<recipe.spectralChannels {
      let (mean, deviation) = (recipe.bandMean[channel], recipe.bandDeviation[channel])
      if channel >= logMeans {
        change.sum[channel] = Float(log(Double(gain))) / deviation
        continue
      }
      let position = bands > 1 ? 2 * Float(channel) / Float(bands - 1) - 1 : 0
      switch response {
      case .cancels: change.sum[channel] = slope * position / deviation
      case .scales:
        let factor = gain * (1 + slope * position)
        change.factor[channel] = factor
        change.sum[channel] = ((factor - 1) * mean + offset) / deviation
      // What light does to such a channel follows from all bands: noise alone is left.
      case .mingles: break
      }
      if bandDropout > 0, Float(random.nextUniform()) < bandDropout {
        change.factor[channel] = 0
        change.sum[channel] = 0
      }
    }
    return change
  }

  private static func signed(_ random: inout some RandomNumberGenerator) -> Float {
    Float(random.nextUniform(-1, 1))
  }
}

extension Augmentation.ColorPhotometry {
  func change(
    for recipe: SampleRecipe, using random: inout some RandomNumberGenerator
  ) -> ChannelChange {
    let exposure = 1 + self.exposure * Float(random.nextUniform(-1, 1))
    var change = ChannelChange(channels: 3, noise: noise)
    for channel in 0..<3 {
      let factor = exposure * (1 + whiteBalance * Float(random.nextUniform(-1, 1)))
      change.factor[channel] = factor
      change.sum[channel] =
        (factor - 1) * recipe.colorMean[channel] / recipe.colorDeviation[channel]
    }
    return change
  }
}

/// `x -> factor · x + sum`, channel by channel, and noise.
struct ChannelChange {
  var factor: [Float]
  var sum: [Float]
  let noise: Float

  init(channels: Int, noise: Float) {
    factor = [Float](repeating: 1, count: channels)
    sum = [Float](repeating: 0, count: channels)
    self.noise = noise
  }

  func apply(
    to values: inout [Float], at start: Int, count: Int, keepsBackground: Bool, noise: NoiseTable,
    using random: inout some RandomNumberGenerator
  ) {
    let channels = factor.count
    for pixel in stride(from: start, to: start + count, by: channels) {
      if keepsBackground, values[pixel..<(pixel + channels)].allSatisfy({ $0 == 0 }) { continue }
      for channel in 0..<channels {
        values[pixel + channel] = factor[channel] * values[pixel + channel] + sum[channel]
      }
      guard self.noise > 0 else { continue }
      let first = random.nextIndex(below: NoiseTable.count)
      for channel in 0..<channels {
        values[pixel + channel] += self.noise * noise[first + channel]
      }
    }
  }
}

/// Normal numbers made once per batch; a random place in the table stands for fresh ones.
struct NoiseTable {
  static let count = 4096
  private let values: [Float]

  init(using random: inout some RandomNumberGenerator) {
    values = (0..<Self.count).map { _ in Float(random.nextNormal()) }
  }

  subscript(position: Int) -> Float { values[position % Self.count] }
}
