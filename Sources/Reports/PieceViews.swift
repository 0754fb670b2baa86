import Datasets
import Foundation
import Hyperspectral
import Imaging
import Samples

/// Samples turned back from what the networks see to what people know: colors and spectra.
struct PieceViews {
  /// Mean and deviation of a class's spectra, `[shown]`, standardized.
  struct ClassSpectrum: Equatable {
    let mean: [Double]
    let deviation: [Double]
  }

  let dataset: PairedDataset
  private var recipe: SampleRecipe { dataset.recipe }
  private var channels: Int { dataset.spectra.shape[3] }

  init(_ dataset: PairedDataset) { self.dataset = dataset }

  /// The RGB crop of a row of the dataset, its standardization undone; background is gray.
  func picture(_ row: Int) -> Picture {
    let (height, width) = (dataset.color.shape[1], dataset.color.shape[2])
    let start = row * dataset.color.rowCount
    var pixels = [UInt8](repeating: 128, count: height * width * 3)
    for pixel in 0..<(height * width) {
      let place = start + pixel * 3
      let values = dataset.color.values[place..<(place + 3)]
      if recipe.masksBackground, values.allSatisfy({ $0 == 0 }) { continue }
      for (channel, value) in values.enumerated() {
        let share = value * recipe.colorDeviation[channel] + recipe.colorMean[channel]
        pixels[pixel * 3 + channel] = UInt8(min(255, max(0, (share * 255).rounded())))
      }
    }
    return Picture(width: width, height: height, channels: 3, pixels: pixels)
  }

  /// The picture as the address of an `img` element.
  func address(_ row: Int) throws -> String {
    "data:image/png;base64," + (try PictureFile.encodePNG(picture(row))).base64EncodedString()
  }

  /// Mean spectrum of rows of the dataset over the pixels that show the piece, `[shown]`,
  /// standardized as the networks see it.
  func spectrum(_ rows: [Int]) -> [Double] {
    var sums = [Double](repeating: 0, count: channels)
    var count = 0.0
    let values = dataset.spectra.values
    for row in rows {
      let start = row * dataset.spectra.rowCount
      for pixel in 0..<(dataset.spectra.rowCount / channels) {
        let place = start + pixel * channels
        let isBackground =
          recipe.masksBackground && values[place..<(place + channels)].allSatisfy { $0 == 0 }
        if isBackground { continue }
        for channel in 0..<channels { sums[channel] += Double(values[place + channel]) }
        count += 1
      }
    }
    return (0..<shownChannels).map { sums[$0] / max(1, count) }
  }

  /// A spectrum, `[shown]`, with the standardization undone; as it is where that is not known.
  func undone(_ spectrum: [Double]) -> [Double] {
    guard isUndone else { return spectrum }
    return spectrum.enumerated().map { channel, value in
      value * Double(recipe.bandDeviation[channel]) + Double(recipe.bandMean[channel])
    }
  }

  /// Mean and deviation over labelled rows of a class, from at most `limit` of them, evenly taken.
  func classSpectrum(_ label: Int, rows: [Int], limit: Int = 200) -> ClassSpectrum? {
    let own = rows.filter { dataset.labels[$0] == label }
    guard !own.isEmpty else { return nil }
    let step = max(1, (own.count + limit - 1) / limit)
    let spectra = stride(from: 0, to: own.count, by: step).map { spectrum([own[$0]]) }
    let mean = Curves.mean(spectra)
    let deviation = mean.indices.map { channel -> Double in
      let squares = spectra.reduce(0) { sum, spectrum in
        sum + (spectrum[channel] - mean[channel]) * (spectrum[channel] - mean[channel])
      }
      return (squares / Double(max(1, spectra.count - 1))).squareRoot()
    }
    return ClassSpectrum(mean: mean, deviation: deviation)
  }

  private var hasWavelengths: Bool {
    !recipe.wavelengths.isEmpty && recipe.wavelengths.count <= channels
      && recipe.pretreatment.keepsBands
  }

  /// Channels behind the bands (such as the mean's logarithm) have no wavelength and are left out.
  private var shownChannels: Int { hasWavelengths ? recipe.wavelengths.count : channels }

  private var isUndone: Bool {
    recipe.bandMean.count == channels && recipe.bandDeviation.count == channels
  }

  /// Where the channels stand on the x axis.
  var positions: [Double] {
    hasWavelengths
      ? recipe.wavelengths.map(\.nanometers) : (0..<channels).map { Double($0 + 1) }
  }

  var positionTitle: String { hasWavelengths ? "wavelength, nm" : "channel" }

  /// What the values of `undone` are.
  var valueTitle: String {
    guard isUndone else { return "standardized" }
    var title = "reflectance"
    for step in recipe.pretreatment.steps {
      switch step {
      case .standardNormalVariate: title = "reflectance, SNV"
      case .scatterCorrection: title = "reflectance, MSC"
      case .savitzkyGolay(_, _, derivative: 1): title = "slope per band"
      case .savitzkyGolay(_, _, derivative: 2): title = "curvature per band"
      case .continuumRemoval: title = "reflectance over its continuum"
      case .absorbance: title = "absorbance"
      case .principalComponents: title = "score"
      case .savitzkyGolay, .logMeanReflectance: break
      }
    }
    return title
  }
}
