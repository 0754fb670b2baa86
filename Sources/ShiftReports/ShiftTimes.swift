import Diagnostics
import Foundation
import Services

/// Times as people write and read them, by the clock on the wall.
public struct ShiftTimes: Sendable {
  private let calendar: Calendar

  public init(_ zone: TimeZone) {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    self.calendar = calendar
  }

  /// `2026-12-01 06:00:05`.
  public func text(_ time: WallTime) -> String {
    let parts = calendar.dateComponents(
      [.year, .month, .day, .hour, .minute, .second], from: time.date)
    func two(_ value: Int?) -> String { String(format: "%02d", value ?? 0) }
    return "\(String(format: "%04d", parts.year ?? 0))-\(two(parts.month))-\(two(parts.day)) "
      + "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))"
  }

  /// `06:00`, with the date in front where the day is another than that of `other`.
  func short(_ time: WallTime, after other: WallTime?) -> String {
    let whole = text(time)
    let isSameDay = other.map { text($0).prefix(10) == whole.prefix(10) } ?? false
    return isSameDay ? String(whole.dropFirst(11).prefix(5)) : String(whole.prefix(16))
  }

  /// `3 h 20 min`, `4 min 5 s`, `7.2 s`.
  static func length(_ seconds: Double) -> String {
    guard seconds.isFinite, abs(seconds) < 1e12 else { return "?" }
    if seconds < 60 { return String(format: "%.1f s", seconds) }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    if whole < 48 * 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
    return "\(whole / 86_400) days \(whole % 86_400 / 3600) h"
  }

  /// Reads `2026-12-01`, `2026-12-01 06:00`, the same with `T` or seconds, or `06:00`, which is the
  /// last such moment before `now`.
  public func time(_ text: String, of name: String, now: WallTime) throws(Complaint) -> WallTime {
    let form = /(?:(\d{4})-(\d{2})-(\d{2}))?[T ]?(?:(\d{2}):(\d{2})(?::(\d{2}))?)?/
    guard !text.isEmpty, let match = text.wholeMatch(of: form),
      match.1 != nil || match.4 != nil
    else { throw wrong(name, text) }
    func number(_ text: Substring?) -> Int? { text.flatMap { Int($0) } }
    var parts = calendar.dateComponents([.year, .month, .day], from: now.date)
    if let year = number(match.1) {
      (parts.year, parts.month, parts.day) = (year, number(match.2), number(match.3))
    }
    (parts.hour, parts.minute, parts.second) =
      (number(match.4) ?? 0, number(match.5) ?? 0, number(match.6) ?? 0)
    guard parts.isValidDate(in: calendar), let date = calendar.date(from: parts) else {
      throw wrong(name, text)
    }
    if match.1 == nil, WallTime(date) > now,
      let before = calendar.date(byAdding: .day, value: -1, to: date)
    {
      return WallTime(before)
    }
    return WallTime(date)
  }

  /// Reads `90m`, `8h`, `7d`.
  public static func duration(_ text: String, of name: String) throws(Complaint) -> Duration {
    let units: [Character: Int] = ["m": 60, "h": 3600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()),
      (1...100_000).contains(count)
    else {
      throw Complaint(name, "takes a time such as 90m, 8h or 7d, not '\(text)'")
    }
    return .seconds(count * unit)
  }

  private func wrong(_ name: String, _ text: String) -> Complaint {
    Complaint(
      name, "takes a time such as '2026-12-01 06:00', '2026-12-01' or '06:00', not '\(text)'")
  }
}
