import Cameras
import Conveyor
import Diagnostics
import Units

/// Plays a source through a pipeline to its end and keeps the books.
public struct LineRun<Source: FrameSource, Classifier: PieceClassifier, Clock: LineClock> {
  /// The frame's work is done; what it showed is made where it is asked for, at the cost of a copy.
  public typealias Paint = (_ frame: () -> PaintedFrame) -> Void

  /// Whether decisions are remembered to the end.
  public enum Memory: Sendable {
    /// For a score: grows with the run.
    case decisions
    /// For runs of months.
    case nothing
  }

  public private(set) var pipeline: Pipeline<Classifier, Clock>
  public private(set) var source: Source
  /// Every decision so far, where they are remembered.
  public private(set) var decisions: [PieceDecision] = []

  private let clock: Clock
  private let memory: Memory
  private let album: PieceAlbum?
  private let exchange: RecipeExchange<Classifier>?
  /// Says how closely is looked while time is short; nil where that is always the same.
  public private(set) var ladder: OverloadLadder?
  private var summary = RunSummary()
  private var slack = SlackTally()
  private var told = 0

  /// - Parameters:
  ///   - album: keeps pictures of the pieces decided last.
  ///   - exchange: where other recipes come from, between two frames.
  ///   - ladder: how closely is looked while time is short.
  public init(
    _ source: Source, through pipeline: Pipeline<Classifier, Clock>, clock: Clock,
    remembering memory: Memory = .decisions, album: PieceAlbum? = nil,
    exchange: RecipeExchange<Classifier>? = nil, ladder: OverloadLadder? = nil
  ) {
    self.source = source
    self.memory = memory
    self.album = album
    self.exchange = exchange
    self.ladder = ladder
    self.pipeline = pipeline
    self.clock = clock
  }

  /// Sorts frame after frame until the source ends or `isAskedToStop`; gives the whole summary.
  ///
  /// - Parameters:
  ///   - emit: gets each event at once, on the frame thread, in order; a change of recipe comes
  ///     between the decisions of the old one and those of the new.
  ///   - complain: gets each reason for a lost frame.
  ///   - report: gets what each frame came to, after its events.
  ///   - sight: gets what is new of pieces on their way, before they are decided.
  ///   - keep: gets each frame as the camera took it, after its events.
  ///   - paint: gets the way to each frame's picture, after its events.
  public mutating func play(
    until isAskedToStop: () -> Bool, emit: (SortEvent) -> Void,
    complain: (any Explained) -> Void = { _ in }, report: (FrameOutcome) -> Void = { _ in },
    sight: (PieceSight) -> Void = { _ in }, keep: ((CameraFrame) -> Void)? = nil,
    paint: Paint? = nil
  ) throws -> RunSummary {
    var events: [SortEvent] = []
    var start: LineInstant?
    while !isAskedToStop(), let frame = try source.next() {
      clock.follow(frame.exposedAt)
      start = start ?? frame.exposedAt
      events.removeAll(keepingCapacity: true)
      changeRecipe(&events, emit: emit)
      takeStep(&events, emit: emit)
      // At once: the valves need not wait until the frame's last stage is done.
      let seen = try pipeline.sort(frame, sight: sight) { event in
        emit(event)
        events.append(event)
      }
      note(events)
      keep?(frame)
      tellTroubles(to: complain)
      keepPictures(of: events, from: seen)
      watchTime(events)
      var outcome = FrameOutcome(pipeline, exposedAt: frame.exposedAt, doneAt: clock.now)
      outcome.overload = ladder.map { FrameOutcome.Overload($0) }
      report(outcome)
      paint?({ PaintedFrame(seen, pipeline, events, at: clock.now) })
    }
    exchange?.end()
    summary.isInterrupted = isAskedToStop()
    events.removeAll(keepingCapacity: true)
    pipeline.finish { event in
      emit(event)
      events.append(event)
    }
    note(events)
    tellTroubles(to: complain)
    return closed(start.map { $0.duration(to: clock.now).seconds } ?? 0)
  }

  /// Takes up another recipe, if one is at hand.
  private mutating func changeRecipe(
    _ events: inout [SortEvent], emit: (SortEvent) -> Void
  ) {
    exchange?.pass { recipe in
      let first = events.count
      let former = pipeline.adopt(recipe) { events.append($0) }
      events.append(.change(RecipeChange(number: recipe.change, recipe: recipe.recipe.name)))
      for event in events[first...] { emit(event) }
      return former
    }
  }

  /// Looks more or less closely, if that was announced long enough ago.
  private mutating func takeStep(_ events: inout [SortEvent], emit: (SortEvent) -> Void) {
    let now = clock.now
    guard let rung = ladder?.step(at: now) else { return }
    pipeline.stand(on: rung) { event in
      emit(event)
      events.append(event)
    }
  }

  /// Takes the slack of a frame's decisions to the ladder.
  private mutating func watchTime(_ events: [SortEvent]) {
    guard ladder != nil else { return }
    var (least, isLate): (Duration?, Bool) = (nil, false)
    for case .decision(let decision) in events {
      isLate = isLate || decision.isLate
      guard let slack = decision.slackMilliseconds else { continue }
      least = min(least ?? .milliseconds(slack), .milliseconds(slack))
    }
    let (knowsColors, now) = (pipeline.knowsColors, clock.now)
    ladder?.observe(slack: least, isLate: isLate, at: now) { $0 != .color || knowsColors }
  }

  private mutating func note(_ events: [SortEvent]) {
    for event in events {
      guard case .decision(let decision) = event else { continue }
      if memory == .decisions { decisions.append(decision) }
      summary.classes[decision.class, default: 0] += 1
      slack.note(decision.slackMilliseconds)
    }
    pipeline.pieces.audit()
  }

  /// Keeps a picture of each piece that was decided at a frame which shows it.
  private func keepPictures(of events: [SortEvent], from frame: CameraFrame) {
    guard let album else { return }
    for event in events {
      guard case .decision(let decision) = event,
        let shown = pipeline.shown.first(where: { $0.piece == decision.piece })
      else { continue }
      album.keep(
        decision.piece, shown.blob, of: frame.picture, labels: pipeline.found.labels)
    }
  }

  private mutating func tellTroubles(to complain: (any Explained) -> Void) {
    let troubles = source.troubles
    for trouble in troubles.since(told) { complain(trouble) }
    told = troubles.count
  }

  /// The summary with every count filled in and checked.
  private func closed(_ seconds: Double) -> RunSummary {
    var summary = summary
    let account = source.account
    summary.seconds = seconds
    summary.frames = pipeline.frames
    summary.frames.dropped = account.dropped
    summary.frames.lost = account.lost
    summary.framesExposed = account.exposed
    summary.pieces = pipeline.pieces
    summary.recipe = pipeline.recipe.name
    summary.recipeChanges = pipeline.recipeChanges
    summary.ejections.fired = pipeline.ejections.fired
    summary.ejections.late = pipeline.ejections.late
    summary.ejections.dropped = pipeline.ejections.dropped
    summary.ejections.waiting = pipeline.ejections.waitingCount
    summary.slackMillisecondsLeast = slack.least
    summary.slackMillisecondsMedian = slack.median
    summary.work = pipeline.times.frame.milliseconds
    for (stage, durations) in zip(Stage.allCases, pipeline.times.stages) {
      summary.stages[stage.rawValue] = durations.milliseconds
    }
    summary.troubles = source.troubles.recent.map { "\($0)" }
    summary.audit()
    return summary
  }
}

extension Durations {
  fileprivate var milliseconds: RunSummary.Milliseconds {
    RunSummary.Milliseconds(
      median: milliseconds(at: 0.5), most: milliseconds(at: 0.99), worst: worst.seconds * 1e3)
  }
}

/// Least and median slack, in buckets of 1 ms, so that a long run needs no more memory.
private struct SlackTally {
  private(set) var least: Double?
  private var counts = [Int](repeating: 0, count: 10_000)
  private var total = 0

  mutating func note(_ milliseconds: Double?) {
    guard let milliseconds else { return }
    least = min(least ?? milliseconds, milliseconds)
    counts[Int(min(max(milliseconds, 0), 9_999))] += 1
    total += 1
  }

  var median: Double? {
    var seen = 0
    for (bucket, count) in counts.enumerated() {
      seen += count
      if seen * 2 >= total, total > 0 { return Double(bucket) }
    }
    return nil
  }
}
