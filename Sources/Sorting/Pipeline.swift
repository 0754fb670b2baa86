import CameraCalibration
import Cameras
import Conveyor
import Diagnostics
import Imaging
import Samples
import Units

/// From camera frames to sort events: the path of a frame, its stages in order.
///
/// Owned by one thread, the frame thread. After the first frames its buffers are warm; what still
/// allocates is small and per piece: its evidence, its verdict, the texts of its events, and the
/// lists of what a frame shows and decides. Time is the injected clock's.
public struct Pipeline<Classifier: PieceClassifier, Clock: LineClock> {
  public private(set) var settings: PipelineSettings
  public private(set) var frames = FrameAccount()
  public private(set) var times = StageTimes()
  /// The last frame's label map, for those who draw it.
  public private(set) var found = Segmentation(width: 0, height: 0)
  /// The stretch of belt from the first frame to the last, and the width that all saw.
  public private(set) var seenBelt: Rectangle<BeltFrame>?
  /// The rule by which is decided now.
  public var rule: DecisionRule { loaded.rule }
  /// The recipe by which is sorted now, and how often it was changed.
  public var recipe: SortingRecipe { loaded.recipe }
  public private(set) var recipeChanges = 0
  public var recipeChange: Int { loaded.change }
  public var pieces: PieceAccount { tracker.account }
  public var ejections: EjectionQueue { queue }
  /// In millimeters a second; nil before two frames at different times.
  public var beltSpeed: Double? { motion.speedMillimetersPerSecond }
  /// The pieces that the last frame showed, for those who draw them.
  public private(set) var shown: [ShownPiece] = []

  /// How closely pieces are looked at now.
  public private(set) var rung = SortingRung.full
  /// Whether colors alone would tell apart what is blown out.
  public var knowsColors: Bool { baseline.isKnown(loaded.ejected) }

  private let calibration: RigCalibration
  private let registration: Registration
  private let clock: Clock
  private let companion: Companion?
  private var paths = PathTeller()
  /// Where crops are laid for a second opinion.
  private var tap: CropTap?
  private var loaded: LoadedRecipe<Classifier>
  /// Whether a decision of a change of recipe came too late, for the next frame's account.
  private var wasLateAtChange = false
  private var baseline: ColorBaseline
  private var segmenter: Segmenter
  private var tracker: Tracker
  private var motion = BeltMotion()
  private var queue: EjectionQueue
  private var sightings: [Sighting] = []
  private var matches: [Tracker.Match] = []
  private var gone: [Track] = []
  private var due: [Ejection] = []
  /// Holds the rectified picture from frame to frame, where the camera has a lens to undo.
  private var rectified = Picture(width: 1, height: 1)

  /// - Parameter ejected: names of the classes that are blown out.
  /// - Throws: a `Complaint` where a class is none of the classifier's, or the calibration cannot
  ///   be inverted.
  public init(
    _ classifier: Classifier, calibration: RigCalibration, ejected names: [String],
    settings: PipelineSettings, clock: Clock, with companion: Companion? = nil
  ) throws {
    try self.init(
      LoadedRecipe(classifier, SortingRecipe(ejected: names)), calibration: calibration,
      settings: settings, clock: clock, with: companion)
  }

  /// - Parameter recipe: what is sorted by until another one is adopted.
  /// - Parameter companion: does half of a frame's work, so that it is done sooner; what it comes
  ///   to is the same.
  /// - Throws: a `Complaint` where the calibration cannot be inverted.
  public init(
    _ recipe: LoadedRecipe<Classifier>, calibration: RigCalibration, settings: PipelineSettings,
    clock: Clock, with companion: Companion? = nil
  ) throws {
    loaded = recipe
    baseline = ColorBaseline(classes: recipe.rule.classes.count)
    self.calibration = calibration
    self.settings = settings
    self.clock = clock
    registration = try Registration(calibration, place: "calibration '\(calibration.rig)'")
    self.companion = companion
    segmenter = Segmenter(settings.segmentation, with: companion)
    tracker = Tracker(settings.tracking)
    queue = EjectionQueue(settings.valves)
  }

  /// From now on it is told of pieces on their way.
  public mutating func tellPaths() { paths.isOn = true }

  /// From now on crops are laid into `tap`, too, as long as they are cut as it wants them.
  public mutating func lay(into tap: CropTap) { self.tap = tap }

  /// Sorts one frame; hands out what happened, in order.
  ///
  /// Where somebody wants to know, `sight` gets what is new of pieces on their way, before they are
  /// decided.
  ///
  /// Returns the frame that the stages saw: with its picture rectified where the calibration has a
  /// lens. Errors: a picture of another extent than the calibration's, and those of the classifier.
  @discardableResult
  public mutating func sort(
    _ raw: CameraFrame, sight: (PieceSight) -> Void = { _ in }, emit: (SortEvent) -> Void
  ) throws -> CameraFrame {
    times.beginFrame()
    let frame = try rectify(raw)
    let view = register(frame)
    segment(frame.picture, in: view)
    let seen = track(frame, in: view)
    sample(seen, from: frame.picture)
    layDown(seen)
    try infer(seen.count)
    let decisions = decide(seen, in: view)
    for one in paths.sights { sight(one) }
    schedule(decisions, emit: emit)
    eject(from: view, emit: emit)
    learn(from: frame.picture)
    times.endFrame()
    return frame
  }

  /// Sorts by another recipe from the next frame on; gives the one that sorted until now.
  ///
  /// Each piece is decided by one network and one rule: what was heard is decided at once, by the
  /// recipe that heard it, and whoever had no chance to be believed yet begins anew.
  public mutating func adopt(
    _ recipe: LoadedRecipe<Classifier>, emit: (SortEvent) -> Void
  ) -> LoadedRecipe<Classifier> {
    settleHeard(emit: emit)
    baseline = ColorBaseline(classes: recipe.rule.classes.count)
    recipeChanges += 1
    var former = loaded
    loaded = recipe
    guard let valves = recipe.valves else { return former }
    former.valves = settings.valves
    settings.valves = valves
    queue.adopt(valves)
    return former
  }

  /// Looks at pieces more or less closely from the next frame on.
  ///
  /// What colors said is never added to what the network said: where one takes the other's place,
  /// pieces that were heard are decided at once.
  public mutating func stand(on rung: SortingRung, emit: (SortEvent) -> Void) {
    if max(rung, self.rung) >= .color { settleHeard(emit: emit) }
    self.rung = rung
  }

  /// Decides all that was heard; what nobody believes yet begins anew.
  private mutating func settleHeard(emit: (SortEvent) -> Void) {
    let decisions = settleOpen(at: clock.now) { _, _ in true }
    wasLateAtChange = wasLateAtChange || decisions.contains(where: \.isLate)
    schedule(decisions, emit: emit)
    tracker.unhear()
    paths.forget()
  }

  /// Ends the run: what has evidence is decided, the rest is lost, blasts still waiting go out.
  public mutating func finish(emit: (SortEvent) -> Void) {
    let now = clock.now
    schedule(settleOpen(at: now) { _, _ in true }, emit: emit)
    tracker.finish(into: &gone)
    for track in gone { emit(.loss(track.loss(.runEnded))) }
    queue.finish(at: now, motion: motion, into: &due)
    for ejection in due { emit(.ejection(PieceEjection(ejection))) }
    precondition(pieces.open == 0, "a finished run has \(pieces.open) open pieces")
  }

  /// Where on the belt a frame looks.
  func view(of frame: CameraFrame) -> BeltView {
    BeltView(
      camera: calibration.color, beltMillimeters: frame.beltMillimeters,
      exposedAt: frame.exposedAt, width: frame.picture.width, height: frame.picture.height)
  }

  // MARK: Stages

  /// The frame as a camera without distortion that looks straight down would have taken it.
  private mutating func rectify(_ frame: CameraFrame) throws -> CameraFrame {
    defer { times.end(.rectify) }
    let place = "frame \(frame.sequence)"
    try calibration.check(
      pictureWidth: frame.picture.width, height: frame.picture.height, place: place)
    guard let rectification = registration.rectification else { return frame }
    try rectification.apply(frame.picture, into: &rectified, place: place)
    var frame = frame
    frame.picture = rectified
    return frame
  }

  /// Where on the belt the frame looks, and how the belt moves.
  private mutating func register(_ frame: CameraFrame) -> BeltView {
    defer { times.end(.register) }
    motion.observe(frame.beltMillimeters, at: frame.exposedAt)
    let view = view(of: frame)
    let start = seenBelt?.y ?? view.along.lowerBound
    seenBelt = Rectangle(
      x: view.across.lowerBound, y: start, width: view.across.upperBound - view.across.lowerBound,
      height: view.along.upperBound - start)
    return view
  }

  /// Pieces of the picture, then on the belt.
  private mutating func segment(_ picture: Picture, in view: BeltView) {
    defer { times.end(.segment) }
    segmenter.segment(
      picture, squareMillimetersPerPixel: view.squareMillimetersPerPixel, into: &found)
    view.register(found, of: picture, into: &sightings, with: companion)
  }

  /// Which sighting is which piece; the tracks that are to be heard this time.
  private mutating func track(_ frame: CameraFrame, in view: BeltView) -> [Seen] {
    defer { times.end(.track) }
    tracker.follow(sightings, frame: frame.sequence, in: view, into: &matches)
    var seen: [Seen] = []
    shown.removeAll(keepingCapacity: true)
    paths.beginFrame()
    for (sighting, match) in zip(sightings, matches) {
      guard case .track(let index) = match else { continue }
      shown.append(ShownPiece(piece: tracker.tracks[index].piece, blob: sighting.blob))
      paths.saw(tracker.tracks[index])
      if sighting.isWhole, !tracker.tracks[index].isDecided {
        seen.append(Seen(track: index, sighting: sighting))
      }
    }
    return seen
  }

  /// One crop for each, `[N, colorSize, colorSize, 3]`, by the bundle's own recipe.
  private mutating func sample(_ seen: [Seen], from picture: Picture) {
    defer { times.end(.sample) }
    loaded.makeRoom(for: seen.count)
    guard rung < .blind else { return }
    loaded.cut(
      seen.map(\.sighting.blob.region), from: picture, mask: found.labels, through: registration,
      with: companion)
  }

  /// The same crops for a second opinion, if there is one that takes them and a place for them.
  private func layDown(_ seen: [Seen]) {
    guard let tap, tap.recipe == loaded.classifier.recipe else { return }
    tap.put(loaded.crops, count: seen.count) { index in
      (tracker.tracks[seen[index].track].piece, seen[index].sighting.weight)
    }
  }

  /// Logits `[N, classes]` of all crops together.
  private mutating func infer(_ count: Int) throws {
    defer { times.end(.infer) }
    guard count > 0 else { return }
    let (size, classes) = (loaded.classifier.recipe.colorCount, rule.classes.count)
    switch rung {
    case .full, .fewerViews:
      try loaded.classifier.classify(loaded.crops, count: count, into: &loaded.logits)
      guard settings.learnsColors else { return }
      for view in 0..<min(count, ColorBaseline.viewsPerFrame) {
        baseline.learn(
          loaded.crops[(view * size)..<((view + 1) * size)],
          loaded.logits[(view * classes)..<((view + 1) * classes)], by: rule)
      }
    case .color:
      for view in 0..<count {
        baseline.classify(
          loaded.crops[(view * size)..<((view + 1) * size)], into: &loaded.logits,
          at: view * classes)
      }
    case .blind:
      for place in 0..<(count * classes) { loaded.logits[place] = 0 }
    }
  }

  /// Adds what the views said; decides each piece whose time has come.
  private mutating func decide(_ seen: [Seen], in view: BeltView) -> [PieceDecision] {
    defer { times.end(.decide) }
    let classes = rule.classes.count
    for (index, one) in seen.enumerated() {
      tracker.hear(
        loaded.logits[(index * classes)..<((index + 1) * classes)], weight: one.sighting.weight,
        of: one.track)
      paths.heard(tracker.tracks[one.track], by: rule)
    }
    let interval = motion.interval ?? .zero
    // Twice the way to the next frame, in case that one goes missing.
    let travel = 2 * interval.seconds * (motion.speedMillimetersPerSecond ?? 0)
    var timing = settings.timing
    timing.views = rung == .full ? recipe.views ?? timing.views : 1
    let tracker = tracker
    let decisions = settleOpen(at: clock.now) { track, deadline in
      timing.isDue(
        track, deadline: deadline, nextFrame: interval,
        isLeaving: tracker.isLeaving(track, from: view, travel: travel))
    }
    let isLate = wasLateAtChange || decisions.contains(where: \.isLate)
    if isLate { frames.late += 1 } else { frames.decided += 1 }
    wasLateAtChange = false
    return decisions
  }

  /// Queues what is to be blown out; a late decision never fires.
  private mutating func schedule(_ decisions: [PieceDecision], emit: (SortEvent) -> Void) {
    defer { times.end(.schedule) }
    for decision in decisions {
      emit(.decision(decision))
      paths.end(decision.piece)
      guard decision.action == .eject else { continue }
      queue.add(piece: decision.piece, bounds: decision.beltMillimeters)
    }
  }

  /// Hands out the blasts whose time is near and the pieces that left undecided.
  private mutating func eject(from view: BeltView, emit: (SortEvent) -> Void) {
    defer { times.end(.eject) }
    queue.due(
      at: clock.now, interval: motion.interval ?? .zero, motion: motion, into: &due)
    for ejection in due { emit(.ejection(PieceEjection(ejection))) }
    tracker.dismiss(from: view, into: &gone)
    for track in gone {
      emit(.loss(track.loss(track.isWhole ? .tooBrief : .neverWhole)))
      paths.end(track.piece)
    }
    pieces.audit()
  }

  /// How the belt looks now; last, since no piece waits for it.
  private mutating func learn(from picture: Picture) {
    defer { times.end(.learn) }
    segmenter.learn(from: picture, between: found)
  }

  // MARK: Parts of stages

  /// A piece that this frame shows whole and that is not decided yet.
  private struct Seen {
    var track: Int
    var sighting: Sighting
  }

  /// Decides the open pieces that have evidence and for which `isDue` holds.
  private mutating func settleOpen(
    at now: LineInstant, where isDue: (Track, Deadline) -> Bool
  ) -> [PieceDecision] {
    var decisions: [PieceDecision] = []
    let usual = recipe.minimumViews ?? settings.tracking.minimumViews
    let minimumViews = rung == .full ? usual : 1
    let rule = rung == .color ? baseline.rule(rule) : rule
    for index in tracker.tracks.indices {
      let track = tracker.tracks[index]
      guard !track.isDecided, track.views >= minimumViews else { continue }
      let deadline = Deadline(
        leadingMillimeters: track.sighting.leadingMillimeters, valves: settings.valves,
        motion: motion, decidedAt: now)
      guard isDue(track, deadline), let verdict = rule.verdict(on: track.evidence) else {
        continue
      }
      tracker.settle(index, isLate: deadline.isLate)
      decisions.append(decision(on: track, verdict, deadline, at: now))
    }
    return decisions
  }

  private func decision(
    on track: Track, _ verdict: Verdict, _ deadline: Deadline, at now: LineInstant
  ) -> PieceDecision {
    let isBlind = rung == .blind
    let isTarget =
      isBlind
      ? recipe.blindAction == .eject : verdict.classIndex.map(loaded.ejected.contains) ?? false
    return PieceDecision(
      recipe: recipe.name, piece: track.piece, frame: track.frame,
      class: (isBlind ? nil : verdict.classIndex).map { rule.classes[$0] }
        ?? (verdict.isUncertain && !isBlind ? PieceDecision.uncertain : PieceDecision.unknown),
      likeliest: rule.classes[verdict.likeliest], confidence: verdict.confidence,
      probabilities: verdict.probabilities, set: verdict.set?.map { rule.classes[$0] },
      energy: verdict.energy, views: verdict.views,
      action: isTarget && !deadline.isLate ? .eject : .pass,
      beltMillimeters: track.sighting.bounds,
      areaSquareMillimeters: track.sighting.areaSquareMillimeters, exposedAt: track.exposedAt,
      decidedAt: now, deadline: deadline.at,
      slackMilliseconds: deadline.slack.map { $0.seconds * 1e3 }, isLate: deadline.isLate)
  }
}
