import CPixelRows

/// The factors from luma and chroma to red, green and blue, in whole numbers of 2⁻¹³.
///
/// A channel is `(luma·(Y·2⁸) + Σ chroma·((C − 128)·2⁸)) / 2¹⁶`, each product rounded down, plus
/// `offset`, divided by 2⁵ and cut to 0...255. Every kernel computes exactly this, on 16-bit
/// numbers, so that all processors give the same bytes, within ±1 of the formula in real numbers.
///
/// Source: Recommendations ITU-R BT.601-7, BT.709-6 and BT.2020-2, luma equations and digital
/// representation.
struct ColorWeights: Sendable, Equatable {
  var luma: UInt16
  var redFromCr: Int16
  var greenFromCb: Int16
  var greenFromCr: Int16
  var blueFromCb: Int16
  /// Half for rounding, what rounding down loses on average, and minus the level of black.
  var offset: Int16

  init(_ rules: ColorRules) {
    let (red, blue): (Double, Double) =
      switch rules.matrix {
      case .bt601: (0.299, 0.114)
      case .bt709: (0.2126, 0.0722)
      case .bt2020: (0.2627, 0.0593)
      case .smpte240m: (0.212, 0.087)
      }
    let green = 1 - red - blue
    let isLimited = rules.range == .limited
    let (lumaGain, chromaGain) = isLimited ? (255.0 / 219, 255.0 / 224) : (1, 1)
    func weight(_ value: Double) -> Int16 { Int16((value * 8192).rounded()) }
    luma = UInt16((lumaGain * 8192).rounded())
    redFromCr = weight(2 * (1 - red) * chromaGain)
    blueFromCb = weight(2 * (1 - blue) * chromaGain)
    greenFromCb = weight(-2 * (1 - blue) * blue / green * chromaGain)
    greenFromCr = weight(-2 * (1 - red) * red / green * chromaGain)
    offset = 16 + 1 - (isLimited ? Int16((16 * 32 * lumaGain).rounded()) : 0)
  }

  /// The same for `CPixelRows`.
  var row: pixel_weights {
    pixel_weights(
      luma: luma, red_from_cr: redFromCr, green_from_cb: greenFromCb, green_from_cr: greenFromCr,
      blue_from_cb: blueFromCb, offset: offset)
  }

  /// What chroma adds to luma, for red, green and blue.
  typealias Chroma = (red: Int32, green: Int32, blue: Int32)

  @inline(__always)
  func chroma(cb: UInt8, cr: UInt8) -> Chroma {
    let (u, v) = (Int32(cb) - 128, Int32(cr) - 128)
    return (
      (v &* Int32(redFromCr)) >> 8,
      (u &* Int32(greenFromCb)) >> 8 &+ (v &* Int32(greenFromCr)) >> 8,
      (u &* Int32(blueFromCb)) >> 8
    )
  }

  /// One pixel, from bytes to bytes.
  @inline(__always)
  func color(luma y: UInt8, _ chroma: Chroma) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let light = (Int32(y) &* Int32(luma)) >> 8 &+ Int32(offset)
    return (
      Self.byte(light &+ chroma.red), Self.byte(light &+ chroma.green),
      Self.byte(light &+ chroma.blue)
    )
  }

  /// One value without color: luma alone, or one of red, green and blue in the same range.
  @inline(__always)
  func level(_ value: UInt8) -> UInt8 {
    Self.byte((Int32(value) &* Int32(luma)) >> 8 &+ Int32(offset))
  }

  @inline(__always)
  private static func byte(_ value: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(value >> 5, 0), 255))
  }
}
