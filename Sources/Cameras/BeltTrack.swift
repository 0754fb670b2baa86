import Units

/// Where the belt was when its counter was read, for the last seconds: from counts to travel, and
/// from moments to places.
struct BeltTrack: Sendable {
  private struct Mark: Sendable {
    var at = LineInstant(nanoseconds: 0)
    var millimeters = 0.0
  }

  /// Readings that are kept.
  static let capacity = 4096
  /// How far behind the last reading the travel is still told, by the speed before it.
  static let reachNanoseconds: Int64 = 100_000_000
  /// Faster than any belt, in millimeters a second.
  static let fastest = 20_000.0
  /// Jitter of a machine that stops may look like a jump; so much is always allowed.
  static let slackMillimeters = 50.0

  private let place: String
  private let millimetersPerCount: Double
  /// How many numbers the counter has before it begins anew; nil where it does not.
  private let modulus: UInt64?
  private var marks = [Mark](repeating: Mark(), count: capacity)
  private var first = 0
  private var held = 0
  private var lastCount: Int64?
  /// Travel by the counts alone, which may run backwards.
  private var travel = 0.0
  private var furthest = 0.0

  init(place: String, millimetersPerCount: Double, modulus: UInt64?) {
    self.place = place
    self.millimetersPerCount = millimetersPerCount
    self.modulus = modulus
  }

  /// Takes a reading; a belt that runs backwards stays where it was furthest.
  ///
  /// - Throws: an `EncoderFault` where the count jumped; the readings before it are forgotten, and
  ///   travel goes on from this one.
  mutating func note(_ count: Int64, at instant: LineInstant) throws(EncoderFault) {
    let step = lastCount.map { self.step(from: $0, to: count) * millimetersPerCount } ?? 0
    let before = lastCount
    lastCount = count
    if held > 0, let before {
      let seconds = mark(held - 1).at.duration(to: instant).seconds
      guard abs(step) <= Self.fastest * max(0, seconds) + Self.slackMillimeters else {
        forget()
        keep(Mark(at: instant, millimeters: furthest))
        throw EncoderFault(place, .jump(from: before, to: count))
      }
      travel += step
    }
    furthest = max(furthest, travel)
    keep(Mark(at: instant, millimeters: furthest))
  }

  /// Forgets where the belt was, as its counter was lost; travel goes on with the next reading.
  mutating func forget() {
    (first, held) = (0, 0)
    travel = furthest
  }

  /// Travel at a moment: between readings along a straight line, behind the last one by the speed
  /// before it.
  func millimeters(at instant: LineInstant) throws(EncoderFault) -> Double {
    guard held > 0 else { throw EncoderFault(place, .silent(seconds: 0)) }
    let (oldest, newest) = (mark(0), mark(held - 1))
    if instant < oldest.at {
      throw EncoderFault(place, .early(seconds: instant.duration(to: oldest.at).seconds))
    }
    guard instant < newest.at else {
      let ahead = newest.at.duration(to: instant)
      guard ahead <= .nanoseconds(Self.reachNanoseconds) else {
        throw EncoderFault(place, .silent(seconds: ahead.seconds))
      }
      return newest.millimeters + speed * ahead.seconds
    }
    var (low, high) = (0, held - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if mark(middle).at <= instant { low = middle } else { high = middle }
    }
    let (before, after) = (mark(low), mark(high))
    let span = before.at.duration(to: after.at).seconds
    let share = span > 0 ? before.at.duration(to: instant).seconds / span : 0
    return before.millimeters + share * (after.millimeters - before.millimeters)
  }

  /// Over the last tenth of a second, in millimeters a second.
  private var speed: Double {
    let newest = mark(held - 1)
    var index = held - 1
    while index > 0, mark(index).at.duration(to: newest.at) < .nanoseconds(Self.reachNanoseconds) {
      index -= 1
    }
    let seconds = mark(index).at.duration(to: newest.at).seconds
    return seconds > 0 ? (newest.millimeters - mark(index).millimeters) / seconds : 0
  }

  /// Counts from one reading to the next, the short way around where the counter begins anew.
  private func step(from last: Int64, to count: Int64) -> Double {
    guard let modulus else { return Double(count) - Double(last) }
    let ahead =
      (UInt64(bitPattern: count) &+ modulus &- UInt64(bitPattern: last) % modulus) % modulus
    return ahead > modulus / 2 ? -Double(modulus - ahead) : Double(ahead)
  }

  private func mark(_ index: Int) -> Mark { marks[(first + index) % Self.capacity] }

  private mutating func keep(_ mark: Mark) {
    if held == Self.capacity {
      first = (first + 1) % Self.capacity
      held -= 1
    }
    marks[(first + held) % Self.capacity] = mark
    held += 1
  }
}
