import Foundation

/// Numbers as people read them: units behind a narrow space, a true minus sign, few digits.
public enum NumberText {
  /// What stands between a number and its unit.
  public static let space = "\u{202F}"
  public static let minus = "\u{2212}"
  /// A space at which a line is never broken.
  public static let noBreak = "\u{00A0}"

  /// A share as `93.1 %`.
  public static func percent(_ share: Double, digits: Int = 1) -> String {
    guard share.isFinite else { return "?" }
    return fixed(100 * share, digits: digits) + space + "%"
  }

  /// A difference with its sign: `+2.3`.
  public static func signed(_ value: Double, digits: Int = 1) -> String {
    guard value.isFinite else { return "?" }
    let text = fixed(abs(value), digits: digits)
    // What rounds to zero has no sign.
    if !text.contains(where: { ("1"..."9").contains($0) }) { return text }
    return (value < 0 ? minus : "+") + text
  }

  /// `[+1.2, +3.4]`; nothing where the interval is not known.
  public static func interval(_ low: Double, _ high: Double, digits: Int = 1) -> String {
    guard low.isFinite, high.isFinite else { return "" }
    return "[\(signed(low, digits: digits)),\(noBreak)\(signed(high, digits: digits))]"
  }

  /// A fixed number of digits behind the point.
  public static func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return "?" }
    let text = String(format: "%.\(digits)f", abs(value))
    let isNegative = value < 0 && text.contains { ("1"..."9").contains($0) }
    return (isNegative ? minus : "") + text
  }

  /// A p-value; small ones as a bound.
  public static func probability(_ p: Double) -> String {
    guard p.isFinite else { return "?" }
    return p < 0.001 ? "<\(noBreak)0.001" : String(format: "%.3f", p)
  }

  /// A count with groups of three: `1 234 567`.
  public static func count(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? minus : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += space }
      text.append(digit)
    }
    return text
  }

  /// A large count with three digits and a prefix: `1.23 M`.
  public static func scaled(_ value: Int) -> String {
    let steps: [(Double, String)] = [(1e9, "G"), (1e6, "M"), (1e3, "k")]
    guard let (unit, prefix) = steps.first(where: { Double(value.magnitude) >= $0.0 }) else {
      return "\(value)"
    }
    let share = Double(value) / unit
    let digits = abs(share) >= 100 ? 0 : abs(share) >= 10 ? 1 : 2
    return fixed(share, digits: digits) + space + prefix
  }

  /// A coordinate of a drawing: one digit behind the point, none where it would be 0.
  public static func coordinate(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let tenths = Int((value * 10).rounded())
    let (whole, rest) = (abs(tenths) / 10, abs(tenths) % 10)
    let sign = tenths < 0 ? "-" : ""
    return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
  }
}
