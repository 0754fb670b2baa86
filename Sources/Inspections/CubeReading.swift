import Foundation
import Hyperspectral
import Tensors

/// One way to understand a file of numbers: what an ENVI header says about its layout.
public struct CubeReading: Sendable, Hashable {
  public var lines: Int
  public var samples: Int
  public var bands: Int
  public var interleave: Interleave
  public var type: ScalarType
  public var byteOrder: ByteOrder
  /// Bytes in front of the numbers.
  public var headerOffset: Int

  /// Bytes of offset and numbers; nil where they exceed what a machine can count.
  public var byteCount: Int? {
    var count = type.byteCount
    for extent in [lines, samples, bands] {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      if overflows { return nil }
      count = product
    }
    let (sum, overflows) = count.addingReportingOverflow(headerOffset)
    return overflows ? nil : sum
  }

  /// Bytes of what is stored one behind the other: a line, or a band's picture (`bsq`), or as many
  /// as can be counted.
  var unitByteCount: Int {
    let (pixels, overflows) = (interleave == .bsq ? lines : bands)
      .multipliedReportingOverflow(by: samples)
    let (bytes, overflowsToo) = pixels.multipliedReportingOverflow(by: type.byteCount)
    return overflows || overflowsToo ? .max : bytes
  }

  /// Where a number begins in the file.
  func offset(line: Int, sample: Int, band: Int) -> Int {
    let number =
      switch interleave {
      case .bip: (line * samples + sample) * bands + band
      case .bil: (line * bands + band) * samples + sample
      case .bsq: (band * lines + line) * samples + sample
      }
    return headerOffset + number * type.byteCount
  }

  /// `6 × 5 × 4 × 2 bytes = 240 bytes`, with what lies in front.
  var arithmetic: String {
    let front = headerOffset == 0 ? "" : "\(headerOffset) + "
    return "\(front)\(lines) × \(samples) × \(bands) × \(type.byteCount) bytes = "
      + "\(byteCount.map(String.init) ?? "more than a machine can count") bytes"
  }

  /// How a file of `size` bytes compares: `which is 301 and a third lines`.
  func held(in size: Int) -> String {
    guard size > headerOffset else { return "not even what lies in front" }
    let amount = Double(size - headerOffset) / Double(max(1, unitByteCount))
    return "\(AmountText.words(amount)) \(interleave == .bsq ? "bands" : "lines")"
  }
}

/// Amounts as a person says them.
enum AmountText {
  /// `301.333` as `301 and a third`.
  static func words(_ amount: Double) -> String {
    let whole = amount.rounded(.down)
    let shares = [
      (0.0, ""), (0.25, "a quarter"), (1 / 3.0, "a third"), (0.5, "a half"),
      (2 / 3.0, "two thirds"), (0.75, "three quarters"),
    ]
    for (share, name) in shares where abs(amount - whole - share) < 0.004 {
      if name.isEmpty { return short(whole) }
      return whole == 0 ? name : "\(short(whole)) and \(name)"
    }
    return String(format: "%.2f", amount)
  }

  /// Up to six digits.
  static func short(_ value: Double) -> String { String(format: "%.6g", value) }

  static func percent(_ part: Int, of whole: Int) -> String {
    String(format: "%.3g %%", 100 * Double(part) / Double(max(1, whole)))
  }

  /// Up to 16 numbers, and how many there are.
  static func list(_ numbers: [Int]) -> String {
    let shown = numbers.prefix(16).map(String.init).joined(separator: ", ")
    return numbers.count > 16 ? "\(shown), … (\(numbers.count) in all)" : shown
  }

  private static let bars = Array("▁▂▃▄▅▆▇█")

  /// A bar for each value, from the least to the largest; a space for what is not finite.
  static func sparkline(_ values: [Double]) -> String {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return "" }
    return String(
      values.map { value -> Character in
        guard value.isFinite else { return " " }
        guard high > low else { return bars[0] }
        return bars[min(7, Int((value - low) / (high - low) * 8))]
      })
  }

  /// Up to `count` means of neighboring values; what is not finite does not count.
  static func grouped(_ values: [Double], count: Int = 48) -> [Double] {
    let count = min(count, values.count)
    return (0..<count).map { group in
      let part = values[(group * values.count / count)..<((group + 1) * values.count / count)]
        .filter(\.isFinite)
      return part.reduce(0, +) / Double(part.count)
    }
  }
}
