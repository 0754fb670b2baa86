import Units

/// Turns a camera's own numbers into numbers since the source began, also over restarts.
///
/// A camera's number may wrap, and starts anew with each connection. Within a connection gaps are
/// counted from the numbers; over a break they are reckoned from the belt's travel or else from
/// time, so that distances in the recording stay right.
struct LineNumbering: Sendable {
  /// Larger jumps are no gap of a running camera.
  static let gapLimit: UInt64 = 100_000_000

  /// What a line's number says.
  enum Placed: Sendable, Equatable {
    /// `lost` lines came before it; reckoned, not counted, where `isEstimated`.
    case next(sequence: Int, lost: Int, isEstimated: Bool)
    /// Was here already.
    case repeated
  }

  private let millimetersPerLine: Double?
  private var period: Duration?
  private var lastSequence = -1
  private var lastNumber: UInt64?
  private var lastArrival: LineInstant?
  private var lastMillimeters: Double?
  private var stream: UInt64?
  private var isBroken = false

  init(_ format: LineFormat) {
    millimetersPerLine = format.millimetersPerLine
    period = format.linesPerSecond.flatMap { $0 > 0 ? .seconds(1 / $0) : nil }
  }

  /// Tells that the next number stands in no relation to the last one, unless the camera itself
  /// says so: `stream` names one count of lines.
  mutating func connect(stream: UInt64?) {
    guard lastNumber != nil else {
      self.stream = stream
      return
    }
    isBroken = stream == nil || stream != self.stream
    self.stream = stream
  }

  /// Places a line with the camera's `number`.
  mutating func place(
    _ number: UInt64, arrivedAt: LineInstant, beltMillimeters: Double?
  ) -> Placed {
    var lost = 0
    var isEstimated = false
    if let lastNumber {
      let step = number &- lastNumber
      if isBroken || (step > Self.gapLimit && step < UInt64.max - Self.gapLimit) {
        lost = reckonedGap(arrivedAt: arrivedAt, beltMillimeters: beltMillimeters)
        isEstimated = true
      } else if step == 0 || step > Self.gapLimit {
        return .repeated
      } else {
        lost = Int(step) - 1
        measurePeriod(of: lost + 1, arrivedAt: arrivedAt)
      }
    }
    isBroken = false
    lastSequence += lost + 1
    lastNumber = number
    lastArrival = arrivedAt
    lastMillimeters = beltMillimeters ?? lastMillimeters
    return .next(sequence: lastSequence, lost: lost, isEstimated: isEstimated)
  }

  private func reckonedGap(arrivedAt: LineInstant, beltMillimeters: Double?) -> Int {
    if let beltMillimeters, let lastMillimeters, let millimetersPerLine, millimetersPerLine > 0 {
      return Self.whole((beltMillimeters - lastMillimeters) / millimetersPerLine - 1)
    }
    guard let period, let lastArrival, period > .zero else { return 0 }
    return Self.whole(lastArrival.duration(to: arrivedAt) / period - 1)
  }

  private static func whole(_ lines: Double) -> Int {
    guard lines.isFinite, lines > 0 else { return 0 }
    return Int(min(lines.rounded(), Double(gapLimit)))
  }

  /// Follows the rate that lines really come at, where the camera does not tell its own.
  private mutating func measurePeriod(of lines: Int, arrivedAt: LineInstant) {
    guard let lastArrival else { return }
    let measured = lastArrival.duration(to: arrivedAt) / lines
    // A belt that stood for a while says nothing about the rate.
    guard measured > .zero, period.map({ measured < $0 * 8 }) ?? true else { return }
    period = period.map { $0 + (measured - $0) / 32 } ?? measured
  }
}
