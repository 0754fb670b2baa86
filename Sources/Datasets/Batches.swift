import Samples
import Tensors

/// Samples for one step: row `i` of each tensor is sample `samples[i]`.
public struct PairedBatch: Sendable, Equatable {
  /// `[batch, h, w, 3]`.
  public var color: Tensor
  /// `[batch, h', w', channels]`.
  public var spectra: Tensor
  /// Class of each row; nil where it is unknown or must not be used.
  public var labels: [Int?]
  /// Numbers of the samples in the dataset.
  public var samples: [Int]
}

/// The order of samples, epoch by epoch: a function of seed and epoch alone, so that training can
/// be resumed anywhere.
public struct Batches: Sendable, Equatable {
  /// Numbers of the samples to go through.
  public let samples: [Int]
  /// Samples in each batch; no more than there are samples.
  public let size: Int
  public let seed: UInt64

  public init(_ samples: [Int], size: Int, seed: UInt64) {
    precondition(size > 0, "batches: size \(size), 1 or more wanted")
    self.samples = samples
    self.size = max(1, min(size, samples.count))
    self.seed = seed
  }

  /// Batches in an epoch; an incomplete last one is dropped.
  public var count: Int { samples.count / size }

  /// The sample numbers of each batch of an epoch.
  public func epoch(_ number: Int) -> [[Int]] {
    var random = SplitMix64(seed: seed, purpose: "order of epoch \(number)")
    let order = random.permutation(samples.count)
    return (0..<count).map { batch in
      order[(batch * size)..<((batch + 1) * size)].map { samples[$0] }
    }
  }

  /// The generator for augmenting one batch of an epoch.
  public func random(epoch: Int, batch: Int) -> SplitMix64 {
    SplitMix64(seed: seed, purpose: "augmentation of epoch \(epoch), batch \(batch)")
  }
}

extension PairedDataset {
  /// The given samples as one batch; labels of samples in `hidden` are left out.
  public func batch(_ samples: [Int], hidingLabelsOf hidden: Set<Int> = []) -> PairedBatch {
    PairedBatch(
      color: color.rows(samples), spectra: spectra.rows(samples),
      labels: samples.map { hidden.contains($0) ? nil : labels[$0] }, samples: samples)
  }

  /// One batch of an epoch, augmented by the draw that belongs to it.
  public func batch(
    _ number: Int, ofEpoch epoch: Int, in batches: Batches, augmentation: Augmentation
  ) -> PairedBatch {
    precondition(number < batches.count, "batch \(number) of \(batches.count)")
    var made = batch(batches.epoch(epoch)[number])
    var random = batches.random(epoch: epoch, batch: number)
    augmentation.apply(to: &made, recipe: recipe, using: &random)
    return made
  }

  /// The same samples with a poorer spectral sensor: each cube crop shows its center pixel's
  /// spectrum everywhere, with noise of `noise` deviations of each band, drawn once per sample.
  ///
  /// Fusion has something to add only where neither sensor knows all; this makes such a regime
  /// out of a cube that knows too much.
  public func reducedToCenterSpectra(
    noise: Float, using random: inout some RandomNumberGenerator
  ) -> PairedDataset {
    let channels = recipe.spectralChannels
    let pixels = recipe.cubeSize * recipe.cubeSize
    var reduced = spectra.values
    for sample in 0..<count {
      let start = sample * recipe.cubeCount
      let center =
        start + (recipe.cubeSize / 2 * recipe.cubeSize + recipe.cubeSize / 2) * channels
      for channel in 0..<channels {
        let value = spectra.values[center + channel] + noise * Float(random.nextNormal())
        for pixel in 0..<pixels { reduced[start + pixel * channels + channel] = value }
      }
    }
    return PairedDataset(
      classes: classes, color: color, spectra: Tensor(shape: spectra.shape, values: reduced),
      labels: labels, pieces: pieces, groups: groups, recipe: recipe, calibration: calibration)
  }
}
