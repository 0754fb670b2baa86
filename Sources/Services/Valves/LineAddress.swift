import Diagnostics

/// Lines of a GPIO chip, the first for nozzle 0: `gpio:CHIP:LINES[:active-low]`.
public struct LineAddress: Sendable, Equatable, CustomStringConvertible {
  /// The name of its device, such as `gpiochip0`.
  public let chip: String
  /// Numbers of lines within the chip, one for each nozzle.
  public let offsets: [Int]
  /// Whether a valve is on while its line is low, as relay boards often have it.
  public let isActiveLow: Bool

  /// The kernel hands out so many lines at once.
  public static let limit = 64
  static let example =
    "gpio:gpiochip0:4-11, gpio:gpiochip0:17,27,22 or gpio:gpiochip0:4-11:active-low"

  /// Reads `text`; says what is wrong with it.
  init(_ text: String) throws(Complaint) {
    func refusal(_ reason: String) -> Complaint {
      Complaint(text, reason, remedy: "write it as \(Self.example)")
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3 || parts.count == 4, parts[0] == "gpio" else {
      throw refusal("no lines of a chip: a chip and its lines are wanted")
    }
    guard parts.count == 3 || parts[3] == "active-low" else {
      throw refusal("'\(parts[3])' found after the lines, nothing or active-low wanted")
    }
    let number = parts[1].dropFirst(8)
    guard parts[1].hasPrefix("gpiochip"), (1...4).contains(number.count),
      number.utf8.allSatisfy({ (48...57).contains($0) })
    else { throw refusal("'\(parts[1])' found, the name of a chip wanted; gpiodetect lists them") }
    var offsets: [Int] = []
    for range in parts[2].split(separator: ",", omittingEmptySubsequences: false) {
      let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
        first >= 0, first <= last, last < 1024
      else { throw refusal("'\(range)' found, a line from 0 to 1023 or first-last wanted") }
      offsets += first...last
      guard offsets.count <= Self.limit else {
        throw refusal("more than \(Self.limit) lines, which nobody can set at one instant")
      }
    }
    guard Set(offsets).count == offsets.count else { throw refusal("a line is named twice") }
    chip = parts[1]
    self.offsets = offsets
    isActiveLow = parts.count == 4
  }

  public var description: String {
    let list = offsets.map(String.init).joined(separator: ",")
    return "gpio:\(chip):\(list)\(isActiveLow ? ":active-low" : "")"
  }
}
