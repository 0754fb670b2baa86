import Conveyor
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@Suite("Tracking and timing")
struct TrackingTests {
  /// Sightings of a belt as a frame at `seconds` would give them, encoder error included.
  private func sightings(
    of belt: SeededBelt, _ drive: SeededDrive, at seconds: Double, random: inout SplitMix64
  ) -> (found: [(piece: Int, sighting: Sighting)], view: BeltView) {
    let (position, encoder) = (drive.position(at: seconds), drive.encoder(at: seconds))
    let view = BeltView(
      camera: SeededBelt.camera, beltMillimeters: encoder, exposedAt: LineInstant(seconds: seconds),
      width: SeededBelt.width, height: SeededBelt.height)
    var found: [(piece: Int, sighting: Sighting)] = []
    for (number, piece) in belt.pieces.enumerated() {
      let top = max(0, piece.center.y - piece.radius - position)
      let bottom = min(Double(SeededBelt.height), piece.center.y + piece.radius - position)
      guard bottom - top > 4 else { continue }
      let noise = random.nextUniform(-0.3, 0.3)
      let isCut = top == 0 || bottom == Double(SeededBelt.height)
      let blob = Blob(
        label: UInt16(number + 1), area: 100, centroid: Point(x: piece.center.x, y: top),
        columns: 0...9, rows: 0...9, touchesBorder: isCut)
      found.append(
        (
          number,
          Sighting(
            blob: blob, centroid: Point(x: piece.center.x, y: (top + bottom) / 2 + encoder + noise),
            bounds: Rectangle(
              x: piece.center.x - piece.radius, y: top + encoder + noise,
              width: 2 * piece.radius, height: bottom - top),
            areaSquareMillimeters: 2 * piece.radius * (bottom - top))
        ))
    }
    return (found, view)
  }

  private struct Run {
    var decided: [Int: [Int]] = [:]  // True piece -> numbers it was decided under.
    var isLate: [Int: Bool] = [:]  // Number -> late.
    var ejections: [(truth: Int, ejection: Ejection)] = []
    var account = PieceAccount()
    var blasts: EjectionQueue
  }

  /// Plays a seeded belt: every decided piece is to be blown out, frames go missing with
  /// `missing`, and the work on a frame takes up to `work` seconds.
  private func play(seed: UInt64, missing: Double, work: Double) -> Run {
    let (belt, drive) = (SeededBelt(seed: seed, lengthMillimeters: 800), SeededDrive(seed: seed))
    var random = SplitMix64(seed: seed, purpose: "run")
    var valves = ValveSettings(barMillimeters: 60)
    valves.leadMilliseconds = 60
    var (tracker, motion) = (Tracker(TrackingSettings()), BeltMotion())
    var run = Run(blasts: EjectionQueue(valves))
    var truthOfPiece: [Int: Int] = [:]
    var (matches, due, lost): ([Tracker.Match], [Ejection], [Track]) = ([], [], [])
    let interval = 25 / drive.speed
    var (seconds, frame) = (0.0, 0)
    while drive.position(at: seconds) < 1000 {
      seconds += interval * random.nextUniform(0.97, 1.03)
      frame += 1
      guard random.nextUniform() >= missing else { continue }
      let (found, view) = sightings(of: belt, drive, at: seconds, random: &random)
      motion.observe(view.beltMillimeters, at: view.exposedAt)
      tracker.follow(found.map(\.sighting), frame: frame, in: view, into: &matches)
      for (one, match) in zip(found, matches) {
        guard case .track(let track) = match else { continue }
        truthOfPiece[tracker.tracks[track].piece] = one.piece
        if one.sighting.isWhole { tracker.hear([1, 0], weight: 1, of: track) }
      }
      let now = LineInstant(seconds: seconds + random.nextUniform(0, work))
      for index in tracker.tracks.indices {
        let track = tracker.tracks[index]
        let deadline = Deadline(
          leadingMillimeters: track.sighting.leadingMillimeters, valves: valves, motion: motion,
          decidedAt: now)
        let isLeaving = tracker.isLeaving(track, from: view, travel: 50)
        guard
          DecisionTiming().isDue(
            track, deadline: deadline, nextFrame: motion.interval ?? .zero, isLeaving: isLeaving)
        else { continue }
        tracker.settle(index, isLate: deadline.isLate)
        run.decided[truthOfPiece[track.piece] ?? -1, default: []].append(track.piece)
        run.isLate[track.piece] = deadline.isLate
        if !deadline.isLate { run.blasts.add(piece: track.piece, bounds: track.sighting.bounds) }
      }
      run.blasts.due(at: now, interval: motion.interval ?? .zero, motion: motion, into: &due)
      run.ejections += due.map { (truthOfPiece[$0.piece] ?? -1, $0) }
      tracker.dismiss(from: view, into: &lost)
      #expect(tracker.account.isBalanced)
    }
    tracker.finish(into: &lost)
    run.blasts.finish(at: LineInstant(seconds: seconds), motion: motion, into: &due)
    run.ejections += due.map { (truthOfPiece[$0.piece] ?? -1, $0) }
    run.account = tracker.account
    return run
  }

  @Test("no piece is ejected outside its window, whatever the seed", arguments: 0..<40)
  func windows(_ block: Int) throws {
    for seed in (block * 5)..<(block * 5 + 5) {
      let (belt, drive) = (
        SeededBelt(seed: UInt64(seed), lengthMillimeters: 800), SeededDrive(seed: UInt64(seed))
      )
      let run = play(seed: UInt64(seed), missing: seed % 3 == 0 ? 0.15 : 0, work: 0.02)
      #expect(!run.ejections.isEmpty, "seed \(seed)")
      for (truth, ejection) in run.ejections {
        let piece = belt.pieces[truth].bounds
        let opens = drive.position(at: ejection.opensAt.seconds) - 60
        let closes = drive.position(at: ejection.closesAt.seconds) - 60
        #expect(
          piece.y <= opens && closes <= piece.y + piece.height,
          "seed \(seed), piece \(ejection.piece): \(opens - piece.y) to \(closes - piece.y) mm"
        )
      }
    }
  }

  @Test("each piece is decided exactly once, over many frames", arguments: 0..<20)
  func once(_ seed: Int) {
    let belt = SeededBelt(seed: UInt64(seed), lengthMillimeters: 800)
    let run = play(seed: UInt64(seed), missing: 0, work: 0.001)
    #expect(run.decided.count == belt.pieces.count)
    #expect(run.decided.values.allSatisfy { $0.count == 1 })
    #expect(run.account.found == belt.pieces.count)
    #expect(run.account.decided == belt.pieces.count)
    #expect(run.account.open == 0)
  }

  @Test(
    "with frames missing no piece is decided twice, and the counts still add up", arguments: 0..<20)
  func missing(_ seed: Int) {
    let belt = SeededBelt(seed: UInt64(seed), lengthMillimeters: 800)
    let run = play(seed: UInt64(seed), missing: 0.3, work: 0.001)
    #expect(run.decided.values.allSatisfy { $0.count == 1 })
    #expect(run.account.isBalanced)
    #expect(run.account.decided >= belt.pieces.count * 6 / 10)
  }

  @Test("a late decision never fires", arguments: 0..<20)
  func late(_ seed: Int) {
    let run = play(seed: UInt64(seed), missing: 0.1, work: 0.6)
    #expect(run.account.late > 0)
    #expect(run.account.isBalanced)
    for (_, ejection) in run.ejections { #expect(run.isLate[ejection.piece] == false) }
    #expect(
      run.blasts.fired + run.blasts.late + run.blasts.dropped + run.blasts.waitingCount
        == run.account.decided)
  }

  @Test("a piece that is never seen whole is lost, not guessed")
  func neverWhole() {
    var tracker = Tracker(TrackingSettings())
    var (matches, lost): ([Tracker.Match], [Track]) = ([], [])
    for frame in 0..<10 {
      let position = Double(frame) * 25
      let view = BeltView(
        camera: SeededBelt.camera, beltMillimeters: position,
        exposedAt: LineInstant(seconds: Double(frame)), width: 120, height: 100)
      let blob = Blob(
        label: 1, area: 500, centroid: Point(x: 5, y: 50), columns: 0...9, rows: 0...9,
        touchesBorder: true)
      let sighting = Sighting(
        blob: blob, centroid: Point(x: 5, y: 75),
        bounds: Rectangle(x: 0, y: 60, width: 10, height: 30), areaSquareMillimeters: 500)
      tracker.follow(
        position < 60 ? [sighting] : [], frame: frame, in: view, into: &matches)
      tracker.dismiss(from: view, into: &lost)
      if !lost.isEmpty { #expect(lost.map(\.isWhole) == [false]) }
    }
    #expect(tracker.account.found == 1)
    #expect(tracker.account.lost == 1)
  }

  @Test("more pieces than can be followed are dropped and counted")
  func capacity() {
    var settings = TrackingSettings()
    settings.capacity = 2
    var tracker = Tracker(settings)
    let view = BeltView(
      camera: SeededBelt.camera, beltMillimeters: 0, exposedAt: LineInstant(seconds: 0), width: 120,
      height: 100)
    let sightings = (0..<5).map { number in
      Sighting(
        blob: Blob(
          label: UInt16(number + 1), area: 100, centroid: Point(x: 0, y: 0), columns: 0...9,
          rows: 0...9, touchesBorder: false),
        centroid: Point(x: Double(number) * 20, y: 50),
        bounds: Rectangle(x: Double(number) * 20 - 5, y: 45, width: 10, height: 10),
        areaSquareMillimeters: 100)
    }
    var matches: [Tracker.Match] = []
    tracker.follow(sightings, frame: 0, in: view, into: &matches)
    #expect(tracker.account.found == 5)
    #expect(tracker.account.dropped == 3)
    #expect(tracker.account.isBalanced)
    #expect(matches.filter { $0 == .none }.count == 3)
  }
}
