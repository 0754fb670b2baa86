import Cameras
import Conveyor
import Diagnostics
import Foundation
import Imaging
import Sorting
import TestSupport
import Testing
import Units

@Suite("Pipeline")
struct PipelineTests {
  @Test(
    "every piece of a seeded belt is found, told right and ejected inside its window",
    arguments: 0..<6)
  func wholeRun(_ seed: Int) throws {
    let source = SeededSource(seed: UInt64(seed))
    let run = try TestRun(source)
    let score = Score(
      of: run.decisions, against: TestLine.truth(of: source.belt), seen: run.seen,
      targets: ["copper"], classes: TestLine.classes)
    #expect(score.truePieces == source.belt.pieces.count)
    #expect(score.missed == 0)
    #expect(score.falsePieces == 0)
    #expect(score.accuracy == 1)
    #expect(run.decisions.count == source.belt.pieces.count)
    #expect(Set(run.decisions.map(\.piece)).count == run.decisions.count)
    let copper = source.belt.pieces.filter { $0.classIndex == 0 }
    #expect(run.ejections.count == copper.count)
    for ejection in run.ejections {
      let opens = source.drive.position(at: ejection.opensAt.seconds) - 150
      let closes = source.drive.position(at: ejection.closesAt.seconds) - 150
      let middle = (ejection.fromMillimeters + ejection.toMillimeters) / 2
      #expect(
        copper.contains {
          $0.bounds.y <= opens && closes <= $0.bounds.y + $0.bounds.height
            && abs($0.center.x - middle) < 2
        }, "seed \(seed), piece \(ejection.piece)")
    }
  }

  @Test("two threads come to what one comes to, whatever the seed", arguments: 0..<4)
  func companion(_ seed: Int) throws {
    let alone = try TestRun(SeededSource(seed: UInt64(seed)))
    let together = try TestRun(SeededSource(seed: UInt64(seed)), companion: Companion())
    #expect(together.events == alone.events)
    #expect(alone.decisions.count > 3)
  }

  @Test("counts of frames and pieces add up, with frames missing", arguments: 0..<4)
  func accounts(_ seed: Int) throws {
    let source = SeededSource(seed: UInt64(seed), missing: 0.25)
    let run = try TestRun(source)
    let (frames, pieces) = (run.summary.frames, run.summary.pieces)
    #expect(frames.lost > 0)
    #expect(frames.exposed == run.summary.framesExposed)
    #expect(pieces.isBalanced)
    #expect(pieces.open == 0)
    #expect(pieces.decided + pieces.late == run.decisions.count)
    #expect(pieces.lost == run.losses.count)
    #expect(run.summary.classes.values.reduce(0, +) == run.decisions.count)
  }

  @Test("decisions that take too long are late, told, counted and never fire")
  func late() throws {
    let clock = SimulatedClock()
    var classifier = ColorClassifier()
    classifier.work = .seconds(1)
    classifier.clock = clock
    let run = try TestRun(
      SeededSource(seed: 2), classifier, ejected: TestLine.classes, clock: clock)
    let late = Set(run.decisions.filter(\.isLate).map(\.piece))
    #expect(!late.isEmpty)
    #expect(run.summary.pieces.late == late.count)
    #expect(run.summary.frames.late > 0)
    for decision in run.decisions where decision.isLate {
      #expect(decision.action == .pass)
      #expect(try #require(decision.slackMilliseconds) < 0)
    }
    #expect(run.ejections.allSatisfy { !late.contains($0.piece) })
  }

  @Test("two runs give the same events")
  func repeatable() throws {
    #expect(try TestRun(SeededSource(seed: 4)).events == TestRun(SeededSource(seed: 4)).events)
  }

  /// Frames of one picture, over and over.
  private struct StillSource: FrameSource {
    let picture: Picture
    let millimeters: Double
    var account = SourceAccount()
    var troubles = SourceTroubles()
    var nextExposure: LineInstant? { nil }
    mutating func skip() {}

    mutating func next() throws -> CameraFrame? {
      guard account.delivered < 10 else { return nil }
      defer { account.delivered += 1 }
      return CameraFrame(
        picture: picture, sequence: account.delivered,
        exposedAt: LineInstant(seconds: Double(account.delivered) / 20),
        beltMillimeters: millimeters * Double(account.delivered))
    }
  }

  @Test(
    "an empty belt, a white picture and a single pixel give no decision and whole accounts",
    arguments: [
      Picture(width: 120, height: 100, repeating: 22),
      Picture(width: 120, height: 100, repeating: 255),
      Picture(width: 1, height: 1, repeating: 255),
    ], [0.0, 20])
  func nothing(_ picture: Picture, _ millimeters: Double) throws {
    let run = try TestRun(StillSource(picture: picture, millimeters: millimeters))
    #expect(run.events.isEmpty)
    #expect(run.summary.frames.decided == 10)
    #expect(run.summary.pieces == PieceAccount())
  }

  @Test("on a belt that stands, pieces are decided once and nothing fires")
  func standing() throws {
    let belt = SeededBelt(seed: 6, lengthMillimeters: 160)
    let run = try TestRun(
      StillSource(picture: belt.picture(at: 130), millimeters: 0), ejected: TestLine.classes)
    #expect(!run.decisions.isEmpty)
    #expect(run.ejections.isEmpty)
    #expect(run.decisions.allSatisfy { $0.deadline == nil && !$0.isLate })
    #expect(run.summary.ejections.waiting == run.decisions.count)
  }

  @Test("a class that the bundle does not know is refused with those that it knows")
  func unknownClass() {
    let text = complaint { _ = try TestRun(SeededSource(seed: 1), ejected: ["gold"]) }
    #expect(text.contains("class 'gold': is none of the bundle's: copper, brass, steel"))
  }

  @Test("events are one flat line of JSON each and read back the same")
  func lines() throws {
    let run = try TestRun(SeededSource(seed: 3))
    #expect(!run.events.isEmpty)
    for event in run.events {
      let line = try JSONFile.line(event)
      #expect(!line.contains("\n"))
      #expect(line.contains("\"event\":\""))
      let back = try JSONFile.decode(SortEvent.self, from: Data(line.utf8), place: "line")
      #expect(try JSONFile.line(back) == line)
    }
    let first = try JSONFile.line(#require(run.events.first))
    for key in ["piece", "class", "confidence", "beltMillimeters", "deadline", "slackMilliseconds"]
    {
      #expect(first.contains("\"\(key)\":"), "\(key) in \(first)")
    }
  }

  @Test("a run that is asked to stop ends with a whole summary")
  func interrupted() throws {
    let clock = SimulatedClock()
    let pipeline = try Pipeline(
      ColorClassifier(), calibration: TestLine.calibration, ejected: [],
      settings: TestLine.settings, clock: clock)
    var run = LineRun(SeededSource(seed: 1), through: pipeline, clock: clock)
    var asked = 0
    let summary = try run.play(
      until: {
        asked += 1
        return asked > 8
      }, emit: { _ in })
    #expect(summary.isInterrupted)
    #expect(summary.frames.decided == 8)
    #expect(summary.pieces.open == 0)
    #expect(summary.text.contains("frames 8 = 8 decided + 0 late + 0 dropped + 0 lost"))
  }
}
