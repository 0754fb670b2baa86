import Units

extension Cube {
  /// `[lines, samples, bands]`.
  public var shape: [Int] { [lines, samples, bands] }

  /// The cube with some of its bands, in the order given.
  public func selecting(bands numbers: [Int]) -> Cube {
    precondition(
      numbers.allSatisfy { (0..<bands).contains($0) }, "cube of \(bands) bands: \(numbers)")
    var selected: [Float] = []
    selected.reserveCapacity(lines * samples * numbers.count)
    for pixel in 0..<(lines * samples) {
      for band in numbers { selected.append(values[pixel * bands + band]) }
    }
    return Cube(
      lines: lines, samples: samples, wavelengths: numbers.map { wavelengths[$0] },
      values: selected)
  }

  /// The numbers of the bands from short to long wavelengths; several spectrometers in one camera
  /// overlap, so a cube need not be in this order.
  public var bandsByWavelength: [Int] {
    wavelengths.indices.sorted {
      (wavelengths[$0], $0) < (wavelengths[$1], $1)
    }
  }

  /// The number of the band nearest to a wavelength.
  public func band(nearest wavelength: Wavelength) -> Int? {
    wavelengths.indices.min {
      abs(wavelengths[$0].nanometers - wavelength.nanometers)
        < abs(wavelengths[$1].nanometers - wavelength.nanometers)
    }
  }
}
