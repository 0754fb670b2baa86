import Hyperspectral

extension SampleRecipe {
  /// Numbers for each pixel of a cube crop: the kept bands after pretreatment.
  public var spectralChannels: Int { pretreatment.outputBands(of: wavelengths.count) }
  /// Numbers in one cube crop, `[cubeSize, cubeSize, spectralChannels]`.
  public var cubeCount: Int { cubeSize * cubeSize * spectralChannels }

  /// Standardizes cube crops in place, band by band: `(value - mean) / deviation`; pixels that
  /// are not a number (background) become 0.
  public func standardizeSpectra(_ values: inout [Float], in range: Range<Int>) {
    let channels = spectralChannels
    precondition(
      bandMean.count == channels && bandDeviation.count == channels,
      "standardize: \(bandMean.count) means, \(channels) channels")
    let mean = bandMean.span
    let deviation = bandDeviation.span
    var span = values.mutableSpan
    var place = range.lowerBound
    while place < range.upperBound {
      if span[place].isNaN {
        for band in 0..<channels { span[place + band] = 0 }
      } else {
        for band in 0..<channels {
          span[place + band] = (span[place + band] - mean[band]) / deviation[band]
        }
      }
      place += channels
    }
  }
}
