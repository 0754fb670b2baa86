import Tensors

/// What one line's arithmetic needs to know of the detector: a dark level and a gain for each
/// column and each band that is kept.
struct DetectorTerms: Sendable, Equatable {
  let samples: Int
  /// Bands of a stored line.
  let storedBands: Int
  /// The stored band behind each kept one.
  let kept: [Int]
  /// Counts without light, `[samples, kept]`.
  var dark: [Float]
  /// Reflectance per count, `[samples, kept]`; 0 where there is no signal.
  var gain: [Float]
  let ceiling: Float

  var bands: Int { kept.count }

  /// Values that were below 0, and above the ceiling.
  struct Clipped: Equatable {
    var low = 0
    var high = 0
  }

  /// How the numbers of a line lie, in the byte order of this machine.
  enum Form: Sendable {
    /// `[bands, samples]`.
    case bandMajorCounts, bandMajorNumbers
    /// `[samples, bands]`.
    case pixelMajorCounts, pixelMajorNumbers
  }

  /// Reflectance `[samples, kept]` of a line of 16-bit counts or `Float` numbers, clipped to
  /// 0…ceiling.
  func correct(_ line: RawSpan, _ form: Form, into values: inout MutableSpan<Float>) -> Clipped {
    let width = form == .bandMajorCounts || form == .pixelMajorCounts ? 2 : 4
    precondition(
      line.byteCount == samples * storedBands * width && values.count == samples * bands,
      "correction: \(line.byteCount) bytes into \(values.count) values")
    return line.withUnsafeBytes { line in
      withKernel(&values) { kernel, rows in
        guard let start = line.baseAddress else { return }
        switch form {
        case .bandMajorCounts: kernel.transpose8(start, rows)
        case .bandMajorNumbers: kernel.transpose4(start, rows)
        case .pixelMajorCounts: kernel.pass8(start, rows)
        case .pixelMajorNumbers: kernel.pass4(start, rows)
        }
      }
    }
  }

  private func withKernel(
    _ values: inout MutableSpan<Float>, _ work: (inout CorrectionKernel, KeptRows) -> Void
  ) -> Clipped {
    dark.withUnsafeBufferPointer { dark in
      gain.withUnsafeBufferPointer { gain in
        kept.withUnsafeBufferPointer { kept in
          values.withUnsafeMutableBufferPointer { values in
            guard let darkest = dark.baseAddress, let gains = gain.baseAddress,
              let target = values.baseAddress, let bands = kept.baseAddress
            else { return Clipped() }
            var kernel = CorrectionKernel(
              dark: darkest, gain: gains, target: target, ceiling: ceiling)
            let isRun = kept.indices.allSatisfy { bands[$0] == bands[0] + $0 }
            work(
              &kernel,
              KeptRows(
                samples: samples, stored: storedBands, bands: bands, count: kept.count,
                isRun: isRun))
            return Clipped(
              low: kernel.low + Int(kernel.lows.wrappedSum()),
              high: kernel.high + Int(kernel.highs.wrappedSum()))
          }
        }
      }
    }
  }
}

/// Where the kept bands lie in a stored line.
private struct KeptRows {
  let samples: Int
  let stored: Int
  let bands: UnsafePointer<Int>
  let count: Int
  /// Whether the kept bands are neighbors in rising order.
  let isRun: Bool

  /// The count, or number, at a place of the line.
  @inline(__always) func number<Stored: BitwiseCopyable>(
    _ line: UnsafeRawPointer, at place: Int, as type: Stored.Type
  ) -> Stored {
    line.loadUnaligned(fromByteOffset: place * MemoryLayout<Stored>.size, as: type)
  }
}

/// (counts − dark) · gain, clipped, four values at a time.
private struct CorrectionKernel {
  let dark: UnsafePointer<Float>
  let gain: UnsafePointer<Float>
  let target: UnsafeMutablePointer<Float>
  let ceiling: Float
  var lows = SIMD4<Int32>()
  var highs = SIMD4<Int32>()
  var low = 0
  var high = 0

  init(
    dark: UnsafePointer<Float>, gain: UnsafePointer<Float>, target: UnsafeMutablePointer<Float>,
    ceiling: Float
  ) {
    self.dark = dark
    self.gain = gain
    self.target = target
    self.ceiling = ceiling
  }

  @inline(__always) mutating func put(_ count: Float, at place: Int) {
    let value = (count - dark[place]) * gain[place]
    if value < 0 { low += 1 }
    if value > ceiling { high += 1 }
    // What is not a number in the counts is no light here.
    let positive = value > 0 ? value : 0
    target[place] = positive < ceiling ? positive : ceiling
  }

  @inline(__always) mutating func put(_ counts: SIMD4<Float>, at place: Int) {
    let darkest = UnsafeRawPointer(dark + place).loadUnaligned(as: SIMD4<Float>.self)
    let gains = UnsafeRawPointer(gain + place).loadUnaligned(as: SIMD4<Float>.self)
    let value = (counts - darkest) * gains
    let most = SIMD4<Float>(repeating: ceiling)
    // A mask that holds is −1 in each place.
    lows &-= unsafeBitCast(value .< 0, to: SIMD4<Int32>.self)
    highs &-= unsafeBitCast(value .> most, to: SIMD4<Int32>.self)
    let positive = SIMD4<Float>(repeating: 0).replacing(with: value, where: value .> 0)
    let clipped = most.replacing(with: positive, where: positive .< most)
    UnsafeMutableRawPointer(target + place).storeBytes(of: clipped, as: SIMD4<Float>.self)
  }

  @inline(__always) mutating func put(_ counts: SIMD8<UInt16>, at place: Int) {
    let (first, second) = Tile8.floats(counts)
    put(first, at: place)
    put(second, at: place + 4)
  }

  /// Counts `[bands, samples]`, in tiles of 8 × 8.
  mutating func transpose8(_ line: UnsafeRawPointer, _ rows: KeptRows) {
    let (samples, bands) = (rows.samples, rows.count)
    let (wholeSamples, wholeBands) = (samples & ~7, bands & ~7)
    for sample in stride(from: 0, to: wholeSamples, by: 8) {
      for band in stride(from: 0, to: wholeBands, by: 8) {
        @inline(__always) func row(_ number: Int) -> SIMD8<UInt16> {
          (line + 2 * (rows.bands[band + number] * samples + sample))
            .loadUnaligned(as: SIMD8<UInt16>.self)
        }
        let tile = Tile8(
          a: row(0), b: row(1), c: row(2), d: row(3), e: row(4), f: row(5), g: row(6), h: row(7)
        ).transposed
        let place = sample * bands + band
        put(tile.a, at: place)
        put(tile.b, at: place + bands)
        put(tile.c, at: place + 2 * bands)
        put(tile.d, at: place + 3 * bands)
        put(tile.e, at: place + 4 * bands)
        put(tile.f, at: place + 5 * bands)
        put(tile.g, at: place + 6 * bands)
        put(tile.h, at: place + 7 * bands)
      }
    }
    for sample in 0..<samples {
      for band in (sample < wholeSamples ? wholeBands : 0)..<bands {
        let count = rows.number(
          line, at: rows.bands[band] * samples + sample, as: UInt16.self)
        put(Float(count), at: sample * bands + band)
      }
    }
  }

  /// Floating numbers `[bands, samples]`, in tiles of 4 × 4.
  mutating func transpose4(_ line: UnsafeRawPointer, _ rows: KeptRows) {
    let (samples, bands) = (rows.samples, rows.count)
    let (wholeSamples, wholeBands) = (samples & ~3, bands & ~3)
    for sample in stride(from: 0, to: wholeSamples, by: 4) {
      for band in stride(from: 0, to: wholeBands, by: 4) {
        @inline(__always) func row(_ number: Int) -> SIMD4<Float> {
          (line + 4 * (rows.bands[band + number] * samples + sample))
            .loadUnaligned(as: SIMD4<Float>.self)
        }
        let tile = Tile4(a: row(0), b: row(1), c: row(2), d: row(3)).transposed
        let place = sample * bands + band
        put(tile.a, at: place)
        put(tile.b, at: place + bands)
        put(tile.c, at: place + 2 * bands)
        put(tile.d, at: place + 3 * bands)
      }
    }
    for sample in 0..<samples {
      for band in (sample < wholeSamples ? wholeBands : 0)..<bands {
        let number = rows.number(
          line, at: rows.bands[band] * samples + sample, as: Float.self)
        put(number, at: sample * bands + band)
      }
    }
  }

  /// Counts `[samples, bands]`.
  mutating func pass8(_ line: UnsafeRawPointer, _ rows: KeptRows) {
    for sample in 0..<rows.samples {
      var band = 0
      if rows.isRun {
        let start = line + 2 * (sample * rows.stored + rows.bands[0])
        while band + 8 <= rows.count {
          let eight = (start + 2 * band).loadUnaligned(as: SIMD8<UInt16>.self)
          put(eight, at: sample * rows.count + band)
          band += 8
        }
      }
      while band < rows.count {
        let count = rows.number(
          line, at: sample * rows.stored + rows.bands[band], as: UInt16.self)
        put(Float(count), at: sample * rows.count + band)
        band += 1
      }
    }
  }

  /// Floating numbers `[samples, bands]`.
  mutating func pass4(_ line: UnsafeRawPointer, _ rows: KeptRows) {
    for sample in 0..<rows.samples {
      var band = 0
      if rows.isRun {
        let start = line + 4 * (sample * rows.stored + rows.bands[0])
        while band + 4 <= rows.count {
          let four = (start + 4 * band).loadUnaligned(as: SIMD4<Float>.self)
          put(four, at: sample * rows.count + band)
          band += 4
        }
      }
      while band < rows.count {
        let number = rows.number(
          line, at: sample * rows.stored + rows.bands[band], as: Float.self)
        put(number, at: sample * rows.count + band)
        band += 1
      }
    }
  }
}

/// Eight rows of eight counts.
struct Tile8 {
  var a, b, c, d, e, f, g, h: SIMD8<UInt16>

  /// Rows become columns: neighbors of 16 bits are paired, then of 32, then of 64.
  @inline(__always) var transposed: Tile8 {
    let (ab, cd, ef, gh) = (Self.pairs(a, b), Self.pairs(c, d), Self.pairs(e, f), Self.pairs(g, h))
    let (first, second) = (Self.quads(ab.low, cd.low), Self.quads(ab.high, cd.high))
    let (third, fourth) = (Self.quads(ef.low, gh.low), Self.quads(ef.high, gh.high))
    let (one, two) = (Self.octets(first.low, third.low), Self.octets(first.high, third.high))
    let (three, four) = (
      Self.octets(second.low, fourth.low), Self.octets(second.high, fourth.high)
    )
    return Tile8(
      a: one.low, b: one.high, c: two.low, d: two.high, e: three.low, f: three.high, g: four.low,
      h: four.high)
  }

  @inline(__always)
  private static func pairs(
    _ x: SIMD8<UInt16>, _ y: SIMD8<UInt16>
  ) -> (low: SIMD4<UInt32>, high: SIMD4<UInt32>) {
    (
      unsafeBitCast(low(x, y), to: SIMD4<UInt32>.self),
      unsafeBitCast(high(x, y), to: SIMD4<UInt32>.self)
    )
  }

  @inline(__always)
  private static func quads(
    _ x: SIMD4<UInt32>, _ y: SIMD4<UInt32>
  ) -> (low: SIMD2<UInt64>, high: SIMD2<UInt64>) {
    (
      unsafeBitCast(SIMD4(x[0], y[0], x[1], y[1]), to: SIMD2<UInt64>.self),
      unsafeBitCast(SIMD4(x[2], y[2], x[3], y[3]), to: SIMD2<UInt64>.self)
    )
  }

  @inline(__always)
  private static func octets(
    _ x: SIMD2<UInt64>, _ y: SIMD2<UInt64>
  ) -> (low: SIMD8<UInt16>, high: SIMD8<UInt16>) {
    (
      unsafeBitCast(SIMD2(x[0], y[0]), to: SIMD8<UInt16>.self),
      unsafeBitCast(SIMD2(x[1], y[1]), to: SIMD8<UInt16>.self)
    )
  }

  @inline(__always)
  private static func low(_ x: SIMD8<UInt16>, _ y: SIMD8<UInt16>) -> SIMD8<UInt16> {
    SIMD8(x[0], y[0], x[1], y[1], x[2], y[2], x[3], y[3])
  }

  @inline(__always)
  private static func high(_ x: SIMD8<UInt16>, _ y: SIMD8<UInt16>) -> SIMD8<UInt16> {
    SIMD8(x[4], y[4], x[5], y[5], x[6], y[6], x[7], y[7])
  }

  /// The counts as floating numbers, exactly.
  ///
  /// The bits 0x4B00 above a count x make the number 2²³ + x.
  @inline(__always)
  static func floats(_ counts: SIMD8<UInt16>) -> (SIMD4<Float>, SIMD4<Float>) {
    let exponent = SIMD8<UInt16>(repeating: 0x4b00)
    let offset = SIMD4<Float>(repeating: 0x1p23)
    return (
      unsafeBitCast(low(counts, exponent), to: SIMD4<Float>.self) - offset,
      unsafeBitCast(high(counts, exponent), to: SIMD4<Float>.self) - offset
    )
  }
}

/// Four rows of four numbers.
struct Tile4 {
  var a, b, c, d: SIMD4<Float>

  /// Rows become columns, by two perfect shuffles.
  @inline(__always) var transposed: Tile4 { shuffled.shuffled }

  @inline(__always) private var shuffled: Tile4 {
    Tile4(
      a: SIMD4(a[0], c[0], a[1], c[1]), b: SIMD4(a[2], c[2], a[3], c[3]),
      c: SIMD4(b[0], d[0], b[1], d[1]), d: SIMD4(b[2], d[2], b[3], d[3]))
  }
}
