import CV4L2

/// Counts the frames that a driver lost, from the numbers that it gives them.
struct SequenceCounter: Sendable {
  private var last: UInt32?
  private var zeros = 0
  private var hasCounted = false

  /// Frames after which a number that stays 0 counts as none at all.
  private static let patience = 8

  init() {}

  /// Whether the driver numbers its frames; losses are unknown otherwise.
  var isCounting: Bool { zeros < Self.patience }

  /// How many frames are missing before this one.
  ///
  /// Numbers wrap from 2³² − 1 to 0. A number given twice, or one that runs backwards, tells
  /// nothing about losses.
  mutating func lost(before sequence: UInt32) -> Int {
    defer { last = sequence }
    if sequence != 0 { hasCounted = true }
    zeros = sequence == 0 && !hasCounted ? zeros + 1 : 0
    guard let last else { return 0 }
    let step = sequence &- last
    return step == 0 || step > UInt32(Int32.max) ? 0 : Int(step) - 1
  }
}

/// Finds out when a frame was exposed, from the driver's stamp or, where that cannot be, from its
/// arrival.
struct StampReader: Sendable {
  /// Why a stamp was not used.
  enum Fault: String, Sendable, CaseIterable {
    case foreign = "does not come from the monotonic clock"
    case zero = "is 0"
    case ahead = "lies in the future"
    case old = "lies more than 5 s in the past"
    case backward = "is earlier than that of the frame before"
  }

  private var last = Int64.min
  /// The faults that were met so far.
  private(set) var faults: Set<Fault> = []

  private static let oldestNanoseconds: Int64 = 5_000_000_000

  init() {}

  /// The monotonic nanoseconds of a frame that came at `now`, never later than that.
  ///
  /// `isNew` tells that the fault was not met before.
  mutating func read(
    _ buffer: v4l2_buffer, arrivedAt now: Int64
  ) -> (nanoseconds: Int64, meaning: StampMeaning, fault: Fault?, isNew: Bool) {
    let stamp = Self.nanoseconds(of: buffer)
    guard let fault = fault(of: buffer, stamp: stamp, now: now) else {
      last = stamp ?? last
      let source = buffer.flags & UInt32(V4L2_BUF_FLAG_TSTAMP_SRC_MASK)
      let isStart = source == UInt32(V4L2_BUF_FLAG_TSTAMP_SRC_SOE)
      return (stamp ?? now, isStart ? .startOfExposure : .endOfFrame, nil, false)
    }
    if fault == .ahead || fault == .backward { last = min(stamp ?? last, now) }
    return (now, .arrival, fault, faults.insert(fault).inserted)
  }

  private func fault(of buffer: v4l2_buffer, stamp: Int64?, now: Int64) -> Fault? {
    let clock = buffer.flags & UInt32(V4L2_BUF_FLAG_TIMESTAMP_MASK)
    guard clock == UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) else { return .foreign }
    guard let stamp else { return .ahead }
    if stamp == 0 { return .zero }
    if stamp > now { return .ahead }
    if now - stamp > Self.oldestNanoseconds { return .old }
    return stamp < last ? .backward : nil
  }

  /// nil where the stamp is beyond 290 years.
  private static func nanoseconds(of buffer: v4l2_buffer) -> Int64? {
    let (seconds, microseconds) = (buffer.timestamp.tv_sec, buffer.timestamp.tv_usec)
    let (whole, isOver) = Int64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let (part, isPartOver) = Int64(microseconds).multipliedReportingOverflow(by: 1000)
    let (sum, isSumOver) = whole.addingReportingOverflow(part)
    return isOver || isPartOver || isSumOver ? nil : max(0, sum)
  }
}

/// How many frames a second really come.
struct RateMeter: Sendable {
  private struct Mark: Sendable {
    var nanoseconds: Int64 = 0
    var exposed = 0
  }

  /// The rates over the last two seconds, or the last few frames of a slow camera.
  struct Rates: Sendable, Equatable {
    /// Frames that came.
    var received: Double
    /// Frames that the camera made, the lost ones included.
    var exposed: Double
    /// How long was measured.
    var seconds: Double
  }

  private var marks = [Mark](repeating: Mark(), count: 256)
  private var count = 0
  private var exposed = 0

  private static let windowNanoseconds: Int64 = 2_000_000_000
  private static let leastFrames = 4

  init() {}

  /// Counts a frame that came at `now`, after `lost` others.
  mutating func count(at now: Int64, lost: Int) {
    exposed += lost + 1
    marks[count % marks.count] = Mark(nanoseconds: now, exposed: exposed)
    count += 1
  }

  /// nil until enough frames came.
  var rates: Rates? {
    guard count > Self.leastFrames else { return nil }
    let newest = marks[(count - 1) % marks.count]
    var frames = 0
    var oldest = newest
    for back in 1..<min(count, marks.count) {
      let mark = marks[(count - 1 - back) % marks.count]
      let isInside = newest.nanoseconds - mark.nanoseconds <= Self.windowNanoseconds
      guard isInside || back <= Self.leastFrames else { break }
      (oldest, frames) = (mark, back)
    }
    let seconds = Double(newest.nanoseconds - oldest.nanoseconds) / 1e9
    guard seconds > 0 else { return nil }
    return Rates(
      received: Double(frames) / seconds,
      exposed: Double(newest.exposed - oldest.exposed) / seconds, seconds: seconds)
  }
}
