import Foundation
import Units

/// From reflectance over the visible wavelengths to the color that a person sees by daylight.
///
/// Source: CIE, *Colorimetry*, CIE 015:2018, section 7; IEC 61966-2-1:1999 for sRGB.
/// Differs: each of X, Y, Z is scaled so that a white tile is exactly white, whatever the bands
/// leave out at both ends.
struct NaturalColor {
  /// What each band adds to X, Y and Z, `[bands]` each.
  let weights: [SIMD3<Double>]

  /// Daylight's own X, Y, Z.
  private static let white = SIMD3(0.95047, 1.0, 1.08883)
  /// Bands further apart than this leave colors out.
  private static let widestGap = 45.0

  /// Nil where the bands do not cover the visible.
  init?(_ wavelengths: [Wavelength], except bad: Set<Int>) {
    let order = wavelengths.indices.filter { !bad.contains($0) }
      .sorted { wavelengths[$0] < wavelengths[$1] }
    let centers = order.map { wavelengths[$0].nanometers }
    let visible = centers.filter { (380...780).contains($0) }
    guard let low = visible.first, let high = visible.last, low <= 450, high >= 660,
      zip(visible.dropFirst(), visible).allSatisfy({ $0 - $1 <= Self.widestGap })
    else { return nil }
    var weights = [SIMD3<Double>](repeating: .zero, count: wavelengths.count)
    for (place, band) in order.enumerated() {
      let before = place > 0 ? centers[place - 1] : centers[place]
      let after = place + 1 < centers.count ? centers[place + 1] : centers[place]
      // A band stands for what lies nearer to it than to its neighbors.
      let start = (before + centers[place]) / 2
      let end = (after + centers[place]) / 2
      weights[band] = Self.integral(from: start, to: end)
    }
    let sum = weights.reduce(.zero, +)
    guard sum.x > 0, sum.y > 0, sum.z > 0 else { return nil }
    self.weights = weights.map { $0 / sum * Self.white }
  }

  private static func integral(from start: Double, to end: Double) -> SIMD3<Double> {
    let steps = max(1, Int((end - start).rounded(.up)))
    var sum = SIMD3<Double>.zero
    for step in 0..<steps {
      let at = start + (Double(step) + 0.5) * (end - start) / Double(steps)
      let power = StandardObserver.value(StandardObserver.daylight, at: at)
      sum +=
        power
        * SIMD3(
          StandardObserver.value(StandardObserver.x, at: at),
          StandardObserver.value(StandardObserver.y, at: at),
          StandardObserver.value(StandardObserver.z, at: at))
    }
    return sum * (end - start) / Double(steps)
  }

  /// Red, green and blue of sRGB from 0 to 1, before their curve.
  static func linear(_ color: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(
      3.2406 * color.x - 1.5372 * color.y - 0.4986 * color.z,
      -0.9689 * color.x + 1.8758 * color.y + 0.0415 * color.z,
      0.0557 * color.x - 0.2040 * color.y + 1.0570 * color.z)
  }

  /// The curve of sRGB.
  static func curved(_ value: Double) -> Double {
    value <= 0.0031308 ? 12.92 * max(0, value) : 1.055 * pow(min(1, value), 1 / 2.4) - 0.055
  }
}
