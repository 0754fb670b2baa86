import Hyperspectral

extension LineFormat {
  /// How a `ReflectanceCorrector` is told to read `ScanLine.counts`.
  public var layout: LineLayout {
    LineLayout(samples: samples, bands: bands, type: .uint16, interleave: .bil)
  }
}
