import Services

/// Counts of a stretch of time: a bar of the report's plot, a line of its table.
public struct TimeSlice: Sendable, Equatable {
  public var from: WallTime
  public var to: WallTime
  public var pieces = 0
  public var ejected = 0
  public var late = 0
  public var lost = 0
  public var classes: [String: Int] = [:]

  /// Pieces an hour.
  public var rate: Double {
    let hours = Double(to.microseconds - from.microseconds) / 3.6e9
    return hours > 0 ? Double(pieces) / hours : 0
  }
}

/// How much time decisions had left, in steps of a millisecond.
public struct SlackCounts: Sendable, Equatable {
  static let lowest = -1000
  static let highest = 10_000

  private var counts = [Int](repeating: 0, count: highest - lowest + 1)
  public private(set) var count = 0
  public private(set) var least: Double?

  mutating func note(_ milliseconds: Double) {
    guard milliseconds.isFinite else { return }
    least = min(least ?? milliseconds, milliseconds)
    let step = Int(min(max(milliseconds.rounded(.down), -1000), 10_000))
    counts[step - Self.lowest] += 1
    count += 1
  }

  /// The millisecond below which a share of all lies; nil where there are none.
  public func milliseconds(below share: Double) -> Double? {
    var seen = 0
    for (index, bucket) in counts.enumerated() {
      seen += bucket
      if count > 0, Double(seen) >= share * Double(count), seen > 0 {
        return Double(index + Self.lowest)
      }
    }
    return nil
  }

  /// How many lie in each of `bars` steps between two bounds; what lies outside is in the
  /// outermost.
  func bars(_ bars: Int, from low: Double, to high: Double) -> [Int] {
    var found = [Int](repeating: 0, count: bars)
    for (index, bucket) in counts.enumerated() where bucket > 0 {
      let share = (Double(index + Self.lowest) - low) / (high - low)
      found[min(max(Int(share * Double(bars)), 0), bars - 1)] += bucket
    }
    return found
  }
}

/// Takes in pieces one by one, in any order; needs no more memory the more there are.
struct ShiftTally: Sendable {
  /// Blocks of time between which the scatter of shares is measured.
  static let blocks = 60
  /// Slices of the plot, at most.
  static let slices = 96
  private static let widths: [Int64] = [
    60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400, 28 * 86_400, 366 * 86_400, 36_600 * 86_400,
  ]

  let from: WallTime
  let to: WallTime
  /// Microseconds.
  let sliceWidth: Int64
  private let zone: Int64
  private(set) var slices: [Int64: TimeSlice] = [:]
  private(set) var blocks: [[String: Int]]
  private(set) var blockPieces: [Int]
  private(set) var classes: [String: Int] = [:]
  private(set) var ejectedByClass: [String: Int] = [:]
  private(set) var (pieces, ejected, late) = (0, 0, 0)
  private(set) var (blownOut, leftOn) = (ExpectedPieces(), ExpectedPieces())
  private(set) var losses: [String: Int] = [:]
  private(set) var blasts = 0
  private(set) var slack = SlackCounts()

  /// - Parameter zone: seconds by which the clock on the wall is ahead of UTC, for whole hours.
  init(from: WallTime, to: WallTime, zone: Int) {
    self.from = from
    self.to = to
    self.zone = Int64(zone) * 1_000_000
    let seconds = max(1, (to.microseconds - from.microseconds) / 1_000_000)
    sliceWidth =
      (Self.widths.first { seconds / $0 < Self.slices } ?? 36_600 * 86_400) * 1_000_000
    blocks = [[String: Int]](repeating: [:], count: Self.blocks)
    blockPieces = [Int](repeating: 0, count: Self.blocks)
  }

  mutating func note(_ stored: StoredPiece, targets: [Bool]) {
    let piece = stored.piece
    pieces += 1
    classes[piece.class, default: 0] += 1
    if piece.isEjected {
      ejected += 1
      ejectedByClass[piece.class, default: 0] += 1
    }
    if piece.isLate { late += 1 }
    if let milliseconds = piece.slackMilliseconds { slack.note(milliseconds) }
    if targets.count == piece.probabilities.count, targets.contains(true) {
      let wanted = zip(targets, piece.probabilities).reduce(0) { $0 + ($1.0 ? $1.1 : 0) }
      if piece.isEjected { blownOut.note(wanted) } else { leftOn.note(wanted) }
    }
    let span = max(1, to.microseconds - from.microseconds)
    let share = Double(stored.at.microseconds - from.microseconds) / Double(span)
    let block = Int(min(max(share * Double(Self.blocks), 0), Double(Self.blocks - 1)))
    blocks[block][piece.class, default: 0] += 1
    blockPieces[block] += 1
    slice(at: stored.at) { slice in
      slice.pieces += 1
      if piece.isEjected { slice.ejected += 1 }
      if piece.isLate { slice.late += 1 }
      slice.classes[piece.class, default: 0] += 1
    }
  }

  mutating func note(_ loss: LossReport, at time: WallTime) {
    losses[loss.reason, default: 0] += 1
    slice(at: time) { $0.lost += 1 }
  }

  mutating func noteBlast() { blasts += 1 }

  /// The share of a class with its interval.
  func share(of name: String) -> Proportion {
    Proportion.share(
      inBlocks: zip(blocks, blockPieces).map { (hits: $0[name] ?? 0, pieces: $1) })
  }

  /// All slices from the first piece or loss to the last, without a gap where they are few.
  var row: [TimeSlice] {
    guard let first = slices.keys.min(), let last = slices.keys.max(),
      last - first < Int64(2 * Self.slices)
    else { return slices.sorted { $0.key < $1.key }.map(\.value) }
    return (first...last).map { slices[$0] ?? empty($0) }
  }

  private mutating func slice(at time: WallTime, _ change: (inout TimeSlice) -> Void) {
    let (local, overflow) = time.microseconds.addingReportingOverflow(zone)
    guard !overflow else { return }
    var number = local / sliceWidth
    if local % sliceWidth < 0 { number -= 1 }
    let fresh = empty(number)
    change(&slices[number, default: fresh])
  }

  /// A slice begins and ends at whole hours of the clock on the wall, or where the report does.
  private func empty(_ number: Int64) -> TimeSlice {
    let start = WallTime(microseconds: number * sliceWidth - zone)
    let end = WallTime(microseconds: (number + 1) * sliceWidth - zone)
    return TimeSlice(from: max(start, min(from, end)), to: min(end, max(to, start)))
  }
}
