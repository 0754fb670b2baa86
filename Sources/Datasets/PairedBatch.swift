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

extension PairedDataset {
  /// The given samples as one batch; labels of samples in `hidden` are left out.
  public func batch(_ samples: [Int], hidingLabelsOf hidden: Set<Int> = []) -> PairedBatch {
    PairedBatch(
      color: color.rows(samples), spectra: spectra.rows(samples),
      labels: samples.map { hidden.contains($0) ? nil : labels[$0] }, samples: samples)
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
