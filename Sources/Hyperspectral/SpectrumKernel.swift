import Foundation

/// Changes of one spectrum in place, four bands at a time.
struct SpectrumKernel {
  let bands: Int
  /// The spectrum as it is now.
  private(set) var spectrum: UnsafeMutablePointer<Float>
  private var spare: UnsafeMutablePointer<Float>
  private let corners: UnsafeMutablePointer<Float>

  /// `room` has three times as many numbers as a spectrum has bands.
  init(bands: Int, room: UnsafeMutablePointer<Float>) {
    self.bands = bands
    spectrum = room
    spare = room + bands
    corners = room + 2 * bands
  }

  /// Darker spectra than this share of white count as this dark; the logarithm has no floor.
  private static let darkest: Float = 1e-3

  func load(_ source: UnsafePointer<Float>) { spectrum.update(from: source, count: bands) }

  /// The logarithm of the mean.
  var logMean: Float { log(max(sum() / Float(bands), Self.darkest)) }

  mutating func apply(_ stage: SpectralTreatment.Stage) {
    switch stage {
    case .standardize: standardize()
    case .matchScatter(let direction, let mean, let reference):
      direction.withUnsafeBufferPointer { matchScatter($0, mean: mean, reference) }
    case .fit(let filter): fit(filter)
    case .removeContinuum(let positions):
      positions.withUnsafeBufferPointer { removeContinuum($0) }
    case .absorb(let floor): absorb(floor)
    case .project(let center, let axes): project(center, axes)
    }
  }

  // MARK: Sums

  @inline(__always) private func four(_ start: UnsafePointer<Float>) -> SIMD4<Float> {
    UnsafeRawPointer(start).loadUnaligned(as: SIMD4<Float>.self)
  }

  /// Of a function of four bands and of one.
  @inline(__always) private func sum(
    _ four: (Int) -> SIMD4<Float>, _ one: (Int) -> Float
  ) -> Float {
    var (even, odd) = (SIMD4<Float>(repeating: 0), SIMD4<Float>(repeating: 0))
    var band = 0
    while band + 8 <= bands {
      even += four(band)
      odd += four(band + 4)
      band += 8
    }
    var rest: Float = 0
    while band < bands {
      rest += one(band)
      band += 1
    }
    let both = even + odd
    return rest + ((both[0] + both[2]) + (both[1] + both[3]))
  }

  private func sum() -> Float { sum({ four(spectrum + $0) }, { spectrum[$0] }) }

  @inline(__always) private func forEach(
    _ change: (SIMD4<Float>, Int) -> SIMD4<Float>, _ one: (Float, Int) -> Float
  ) {
    var band = 0
    while band + 4 <= bands {
      UnsafeMutableRawPointer(spectrum + band).storeBytes(
        of: change(four(spectrum + band), band), as: SIMD4<Float>.self)
      band += 4
    }
    while band < bands {
      spectrum[band] = one(spectrum[band], band)
      band += 1
    }
  }

  // MARK: Steps

  /// The deviation is over bands − 1, as in the paper.
  private func standardize() {
    let mean = sum() / Float(bands)
    let squares = sum(
      {
        let difference = four(spectrum + $0) - mean
        return difference * difference
      },
      { (spectrum[$0] - mean) * (spectrum[$0] - mean) })
    let deviation = bands > 1 ? (squares / Float(bands - 1)).squareRoot() : 0
    let gain = deviation > 1e-7 ? 1 / deviation : 0
    forEach({ four, _ in (four - mean) * gain }, { one, _ in (one - mean) * gain })
  }

  /// Least squares of the spectrum on the reference; one without that shape becomes its mean.
  private func matchScatter(
    _ direction: UnsafeBufferPointer<Float>, mean reference: Float, _ whole: [Float]
  ) {
    guard let direction = direction.baseAddress else { return }
    let mean = sum() / Float(bands)
    let slope = sum(
      { (four(spectrum + $0) - mean) * four(direction + $0) },
      { (spectrum[$0] - mean) * direction[$0] })
    let gain = abs(slope) > 1e-7 ? 1 / slope : 0
    forEach(
      { four, _ in (four - mean) * gain + reference }, { one, _ in (one - mean) * gain + reference }
    )
  }

  private mutating func fit(_ filter: SavitzkyGolay) {
    let (window, half) = (filter.window, filter.window / 2)
    filter.weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      let middle = weights + half * window
      var band = half
      while band + 4 <= bands - half {
        var sum = SIMD4<Float>(repeating: 0)
        for offset in 0..<window { sum += middle[offset] * four(spectrum + band - half + offset) }
        UnsafeMutableRawPointer(spare + band).storeBytes(of: sum, as: SIMD4<Float>.self)
        band += 4
      }
      let ends = [0..<half, band..<bands]
      for end in ends {
        for band in end {
          let first = min(max(band - half, 0), bands - window)
          let row = weights + (band - first) * window
          var sum: Float = 0
          for offset in 0..<window { sum += row[offset] * spectrum[first + offset] }
          spare[band] = sum
        }
      }
    }
    swap(&spectrum, &spare)
  }

  /// Divides by the upper convex hull (Andrew's monotone chain over the bands).
  private func removeContinuum(_ positions: UnsafeBufferPointer<Float>) {
    // `corners` holds the numbers of the hull's bands.
    var count = 0
    for band in 0..<bands {
      while count > 1 {
        let (a, b) = (Int(corners[count - 2]), Int(corners[count - 1]))
        let left = (positions[b] - positions[a]) * (spectrum[band] - spectrum[a])
        let right = (spectrum[b] - spectrum[a]) * (positions[band] - positions[a])
        if left < right { break }
        count -= 1
      }
      corners[count] = Float(band)
      count += 1
    }
    var corner = 0
    for band in 0..<bands {
      if corner + 2 < count, band >= Int(corners[corner + 1]) { corner += 1 }
      let (a, b) = (Int(corners[corner]), Int(corners[min(corner + 1, count - 1)]))
      let distance = positions[b] - positions[a]
      let share = distance != 0 ? (positions[band] - positions[a]) / distance : 0
      let hull = spectrum[a] + share * (spectrum[b] - spectrum[a])
      // A black spectrum has no shape.
      spare[band] = hull > 1e-7 ? spectrum[band] / hull : 1
    }
    spectrum.update(from: spare, count: bands)
  }

  private func absorb(_ floor: Float) {
    forEach(
      { four, _ in Self.absorbance(four, floor) },
      { one, _ in Self.absorbance(SIMD4(repeating: one), floor)[0] })
  }

  /// −log₁₀ of numbers above 0, to the last digit or two.
  ///
  /// x = m · 2ᵉ with m in 0.707…1.414; ln m = 2 artanh((m − 1) / (m + 1)).
  @inline(__always) private static func absorbance(
    _ values: SIMD4<Float>, _ floor: Float
  ) -> SIMD4<Float> {
    let least = SIMD4<Float>(repeating: floor)
    let x = least.replacing(with: values, where: values .> least)
    let bits = unsafeBitCast(x, to: SIMD4<UInt32>.self)
    // Shifted so that the exponent changes at the root of a half.
    let shifted = bits &+ SIMD4<UInt32>(repeating: 0x3f80_0000 - 0x3f35_04f3)
    let exponent =
      SIMD4<Int32>(truncatingIfNeeded: shifted &>> 23) &- SIMD4<Int32>(repeating: 127)
    let mantissa =
      (shifted & SIMD4<UInt32>(repeating: 0x007f_ffff))
      &+ SIMD4<UInt32>(repeating: 0x3f35_04f3)
    let m = unsafeBitCast(mantissa, to: SIMD4<Float>.self)
    let s = (m - 1) / (m + 1)
    let t = s * s
    var series = SIMD4<Float>(repeating: 2.0 / 9)
    for coefficient: Float in [2.0 / 7, 2.0 / 5, 2.0 / 3, 2] { series = series * t + coefficient }
    series *= s
    let e = SIMD4<Float>(exponent)
    // −log₁₀ 2 and −1 / ln 10.
    return e * Float(-0.301_029_995_663_981_2) + series * Float(-0.434_294_481_903_251_83)
  }

  /// Coordinates along each axis instead of bands; `axes` is `[components, bands]`.
  private mutating func project(_ center: [Float], _ axes: [Float]) {
    let components = axes.count / max(1, bands)
    center.withUnsafeBufferPointer { center in
      axes.withUnsafeBufferPointer { axes in
        guard let center = center.baseAddress, let axes = axes.baseAddress else { return }
        forEach({ $0 - four(center + $1) }, { $0 - center[$1] })
        for component in 0..<components {
          let axis = axes + component * bands
          spare[component] = sum(
            { four(spectrum + $0) * four(axis + $0) }, { spectrum[$0] * axis[$0] })
        }
      }
    }
    swap(&spectrum, &spare)
  }
}

extension LineBlend {
  /// Blends `source`, a line's values, into `target`.
  func apply(to source: [Float], into target: inout [Float]) {
    precondition(source.count == weights.count && target.count == weights.count)
    source.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        weights.withUnsafeBufferPointer { weights in
          for run in runs {
            for offset in 0..<run.count {
              let first = source[run.first + offset]
              let second = source[run.second + offset]
              target[run.target + offset] =
                first + weights[run.target + offset] * (second - first)
            }
          }
        }
      }
    }
  }
}

extension BandMixing {
  /// Sums `source`, `[pixels, bands]`, into `target`, `[pixels, rows]`.
  func apply(to source: [Float], bands: Int, into target: inout [Float]) {
    precondition(target.count == source.count / bands * rows.count)
    source.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        for (number, row) in rows.enumerated() {
          row.weights.withUnsafeBufferPointer { weights in
            for pixel in 0..<(source.count / bands) {
              let start = pixel * bands + row.first
              var sum: Float = 0
              for offset in 0..<weights.count { sum += weights[offset] * source[start + offset] }
              target[pixel * rows.count + number] = sum
            }
          }
        }
      }
    }
  }
}
