import Synchronization
import Units

/// Keeps what is told of the line: takes reports, gives the state, its reasons and its figures.
///
/// Everything in it is bounded, however long a run. Not for the frame thread: it takes a lock.
public final class LineWatch: Sendable {
  /// Pieces that are remembered.
  public static let remembered = 100
  /// Pieces of the last minute that slack is reckoned from, at most.
  static let minuteCapacity = 4096
  /// Without a frame for so long, there is no picture.
  static let patience = Duration.seconds(2)

  struct Books: Sendable {
    var facts: LineFacts?
    /// Those before, as long as a remembered piece was decided under them; newest first.
    var formerFacts: [LineFacts] = []
    var isHalted = false
    /// Why nothing is sorted, where that is so on purpose.
    var held: LineReason?
    var latest: FrameReport?
    var frames = FrameCounts()
    /// Frames with their times and counts, one a second, for rates over the last minute.
    var seconds: [(at: LineInstant, frames: FrameCounts, late: Int)] = []
    var stageTimes: [Histogram] = []
    var latency = Histogram.work
    var slack = Histogram.slack
    var decided: [String: Int] = [:]
    var decidedLate = 0
    var ejected = 0
    /// The last minute's decisions.
    var minute: [(at: LineInstant, slack: Double?, isLate: Bool)] = []
    /// Newest last.
    var pieces: [PieceReport] = []
  }

  /// What is asked of others whenever someone wants to know the state.
  public struct Sources: Sendable {
    /// The line's clock.
    public var now: @Sendable () -> LineInstant
    /// Frames that were dropped before anyone worked on them, and that never came.
    public var missing: @Sendable () -> (dropped: Int, lost: Int)
    public var valves: (@Sendable () -> ValveStatus)?
    public var camera: (@Sendable () -> CameraHealth)?
    public var store: (@Sendable () -> StoreStatus)?
    public var broker: (@Sendable () -> BrokerStatus)?
    public var recording: (@Sendable () -> RecordingStatus)?
    public var shadow: (@Sendable () -> ShadowStatus)?

    public init(
      now: @escaping @Sendable () -> LineInstant,
      missing: @escaping @Sendable () -> (dropped: Int, lost: Int)
    ) {
      self.now = now
      self.missing = missing
    }
  }

  let books = Mutex(Books())
  private let sources = Mutex(
    Sources(now: { LineInstant(nanoseconds: 0) }, missing: { (0, 0) }))

  public init() {}

  /// The bundle is open and the frames are at hand.
  public func begin(_ facts: LineFacts, _ sources: Sources) {
    self.sources.withLock { $0 = sources }
    books.withLock { books in
      books.facts = facts
      books.stageTimes = facts.stages.map { _ in Histogram.work }
    }
  }

  /// Another recipe is sorted by: pieces told of from now on are decided under these facts.
  public func change(_ facts: LineFacts) {
    books.withLock { books in
      if let former = books.facts { books.formerFacts.insert(former, at: 0) }
      books.facts = facts
      books.forgetFacts()
    }
  }

  /// Nothing is sorted for now, and why.
  public func hold(_ reason: LineReason) { books.withLock { $0.held = reason } }

  /// The run has ended.
  public func halt() { books.withLock { $0.isHalted = true } }

  /// Takes in what a frame came to.
  public func note(_ report: FrameReport) {
    books.withLock { books in
      for (index, seconds) in report.stages.enumerated() where index < books.stageTimes.count {
        books.stageTimes[index].note(seconds)
      }
      books.latency.note(report.exposedAt.duration(to: report.doneAt).seconds)
      books.latest = report
      books.frames.decided = report.framesDecided
      books.frames.late = report.framesLate
      books.count(at: report.doneAt)
    }
  }

  /// Takes in a decision; gives it with the change of recipe that it was decided under.
  @discardableResult
  public func note(_ piece: PieceReport) -> PieceReport {
    var piece = piece
    books.withLock { books in
      piece.change = books.facts?.change ?? 0
      books.decided[piece.class, default: 0] += 1
      if piece.isLate { books.decidedLate += 1 }
      if piece.isEjected { books.ejected += 1 }
      if let slack = piece.slackMilliseconds { books.slack.note(slack / 1e3) }
      if books.minute.count == Self.minuteCapacity { books.minute.removeFirst(256) }
      books.minute.append((piece.decidedAt, piece.slackMilliseconds, piece.isLate))
      if books.pieces.count == Self.remembered {
        books.pieces.removeFirst()
        books.forgetFacts()
      }
      books.pieces.append(piece)
    }
    return piece
  }

  /// The line's clock; stands at zero until the run begins.
  public var now: LineInstant { sources.withLock { $0.now }() }

  /// How things stand now.
  public func state() -> LineState {
    let sources = sources.withLock { $0 }
    let now = sources.now()
    let (valves, camera, missing) = (sources.valves?(), sources.camera?(), sources.missing())
    let (store, broker) = (sources.store?(), sources.broker?())
    let (recording, shadow) = (sources.recording?(), sources.shadow?())
    return books.withLock { books in
      books.take(missing, at: now)
      books.forget(before: now.advanced(by: .seconds(-60)))
      var state = LineState(books, at: now, valves: valves, camera: camera)
      (state.store, state.broker) = (store, broker)
      (state.recording, state.shadow) = (recording, shadow)
      state.judge(books, at: now)
      return state
    }
  }
}

extension LineWatch.Books {
  /// Forgets facts that no remembered piece was decided under.
  mutating func forgetFacts() {
    guard !formerFacts.isEmpty else { return }
    let oldest = pieces.first?.change ?? .max
    formerFacts.removeAll { $0.change < oldest }
    // Where it is changed more often than pieces come, the last hundred changes are enough.
    formerFacts = Array(formerFacts.prefix(LineWatch.remembered))
  }

  mutating func take(_ missing: (dropped: Int, lost: Int), at now: LineInstant) {
    frames.dropped = missing.dropped
    frames.lost = missing.lost
    if latest != nil { count(at: now) }
  }

  /// Keeps the counts of each second, so that rates over the last minute can be told.
  mutating func count(at now: LineInstant) {
    if let last = seconds.last, last.at.duration(to: now) < .seconds(1) { return }
    if seconds.count > 60 { seconds.removeFirst() }
    seconds.append((now, frames, latest?.blastsLate ?? 0))
  }

  mutating func forget(before start: LineInstant) {
    minute.removeAll { $0.at < start }
    while seconds.count > 1, seconds[1].at <= start { seconds.removeFirst() }
  }
}

extension LineState {
  init(
    _ books: LineWatch.Books, at now: LineInstant, valves: ValveStatus?, camera: CameraHealth?
  ) {
    let latest = books.latest
    let speed = latest?.speedMillimetersPerSecond
    minute = Minute(books, speed: speed)
    state = VisionState(books, at: now, camera: camera)
    word = books.held == nil || state == .halted ? state.word : "SAFE MODE"
    frames = books.frames
    piecesDecided = books.decided.values.reduce(0, +)
    piecesLost = latest?.piecesLost ?? 0
    blastsFired = latest?.blastsFired ?? 0
    blastsLate = latest?.blastsLate ?? 0
    blastsDropped = latest?.blastsDropped ?? 0
    beltMillimetersPerSecond = speed
    facts = books.facts
    formerFacts = books.formerFacts
    seconds = now.seconds
    ageSeconds = latest.map { max(0, $0.doneAt.duration(to: now).seconds) }
    self.valves = valves
    self.camera = camera
    overload = latest?.overload
    pieces = books.pieces.reversed()
    let total = piecesDecided
    composition = books.decided.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { Share($0.key, $0.value, of: total) }
    alarms = []
    sentence = ""
    isFit = false
  }

  /// What is not as it should be, from all that is known.
  mutating func judge(_ books: LineWatch.Books, at now: LineInstant) {
    alarms = reasons(books, at: now)
    isFit = state == .continuousExecution && !alarms.contains(where: \.isUnfit)
    sentence = currentSentence
  }
}

extension LineState.Minute {
  fileprivate init(_ books: LineWatch.Books, speed: Double?) {
    pieces = books.minute.count
    late = books.minute.count { $0.isLate }
    let slacks = books.minute.compactMap(\.slack).sorted()
    slackLeastMilliseconds = slacks.first
    slackMedianMilliseconds = slacks.isEmpty ? nil : slacks[slacks.count / 2]
    slackLeastMillimeters = speed.flatMap { speed in slacks.first.map { $0 / 1e3 * speed } }
    slackMedianMillimeters = speed.flatMap { speed in
      slackMedianMilliseconds.map { $0 / 1e3 * speed }
    }
    guard let latest = books.latest else { return }
    frameMilliseconds = latest.exposedAt.duration(to: latest.doneAt).seconds * 1e3
    if let first = books.seconds.first {
      let span = first.at.duration(to: latest.doneAt).seconds
      let frames = books.frames.decided + books.frames.late
      let before = first.frames.decided + first.frames.late
      if span > 0 { framesPerSecond = Double(frames - before) / span }
    }
  }
}

extension VisionState {
  fileprivate init(_ books: LineWatch.Books, at now: LineInstant, camera: CameraHealth?) {
    if books.isHalted {
      self = .halted
    } else if books.held != nil {
      self = .error
    } else if books.facts == nil {
      self = .preoperational
    } else if let latest = books.latest {
      if latest.doneAt.duration(to: now) > LineWatch.patience {
        self = .error
      } else {
        self = (latest.speedMillimetersPerSecond ?? 1) < 1 ? .ready : .continuousExecution
      }
    } else {
      self = camera.map { !$0.isStreaming } ?? false ? .error : .initialized
    }
  }
}
