import Units

/// When which lines are on, without the lines and without a clock of its own.
///
/// A blast whose time has come is opened at once or never: what opens late hits the next piece.
struct LineSchedule {
  /// By how much a line may be set later than it should be.
  static let tolerance = Duration.milliseconds(2)
  /// Blasts that wait, at most.
  static let capacity = 512

  private let lineCount: Int
  private(set) var status = ValveStatus()
  /// By their beginning, the next one first.
  private var pending: [Blast] = []
  private var open: [Blast] = []
  /// How many of the open ones the last turn opened; they stand at the end.
  private var openedLast = 0

  /// - Parameter lines: nozzles have the numbers below this.
  init(lines: Int, chip: String) {
    lineCount = lines
    status.nozzles = lines
    status.chip = chip
    status.state = .ready
  }

  /// Whether blasts wait or lines are on.
  var isBusy: Bool { !pending.isEmpty || !open.isEmpty }

  /// When something is to be done next; nil where nothing waits.
  var next: LineInstant? {
    let ends = open.lazy.map(\.offAt)
    return [pending.first?.onAt, ends.min()].compactMap { $0 }.min()
  }

  /// Takes over a blast; nil stands for one that nobody could do.
  mutating func take(_ blast: Blast?, at now: LineInstant) {
    status.account.taken += 1
    guard let blast else {
      status.account.unaimed += 1
      return
    }
    guard blast.nozzles.last.map({ $0 < lineCount }) ?? false else {
      status.account.refused += 1
      return
    }
    guard blast.onAt > now else {
      status.account.late += 1
      return
    }
    guard pending.count < Self.capacity else {
      status.account.dropped += 1
      return
    }
    let place = pending.firstIndex { blast.onAt < $0.onAt } ?? pending.count
    pending.insert(blast, at: place)
    status.account.waiting = pending.count
  }

  /// Ends and begins what is due; each line's level from now on, 1 where it is on.
  mutating func levels(at now: LineInstant) -> [Int32] {
    for blast in open where blast.offAt <= now {
      if blast.offAt.duration(to: now) > Self.tolerance { status.boxFailed += 1 }
    }
    open.removeAll { $0.offAt <= now }
    openedLast = 0
    while let blast = pending.first, blast.onAt <= now {
      pending.removeFirst()
      guard status.state == .ready, now < blast.offAt,
        blast.onAt.duration(to: now) <= Self.tolerance
      else {
        status.account.late += 1
        continue
      }
      open.append(blast)
      openedLast += 1
      status.account.accepted += 1
      status.boxFired += 1
    }
    status.account.waiting = pending.count
    var levels = [Int32](repeating: 0, count: lineCount)
    for blast in open { for nozzle in blast.nozzles { levels[nozzle] = 1 } }
    return levels
  }

  /// The lines cannot be set: what was to begin just now did or did not, what was on may still be.
  mutating func noteFailure(_ reason: String) {
    status.account.accepted -= openedLast
    status.account.unanswered += openedLast
    status.boxFired -= openedLast
    status.boxFailed += open.count - openedLast
    openedLast = 0
    open.removeAll()
    status.linkFailures += 1
    status.trouble = reason
    status.state = .silent
  }

  /// The lines are there again, all off.
  mutating func noteReturn() {
    status.restarts += 1
    status.state = .ready
  }

  /// Gives up what waits and what is on.
  mutating func end() {
    status.account.accepted -= open.count
    status.account.abandoned += open.count + pending.count
    status.account.waiting = 0
    open.removeAll()
    pending.removeAll()
  }
}
