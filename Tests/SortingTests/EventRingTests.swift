import Diagnostics
import Foundation
import Testing
import Units

@testable import Sorting

/// A ring that expectations may change.
private final class HeldRing {
  private var ring: EventRing

  init(_ settings: RecorderSettings) { ring = EventRing(settings) }

  var count: Int { ring.count }
  var bytes: Int { ring.bytes }
  var isRecording: Bool { ring.isRecording }
  var passedOver: Int { ring.passedOver }

  func add(_ frame: KeptFrame) -> EventRecording? { ring.add(frame) }
  func note(_ decision: PieceDecision) -> RecordingReason? { ring.note(decision) }
  func record(_ reason: RecordingReason, wall: Date) { ring.record(reason, wall: wall) }
  func due(at now: LineInstant) -> EventRecording? { ring.due(at: now) }
  func cut() -> EventRecording? { ring.cut() }
}

/// The last seconds of frames, and what is made of them.
@Suite("Seconds before and after an event")
struct EventRingTests {
  static func settings(_ change: (inout RecorderSettings) -> Void = { _ in }) -> RecorderSettings {
    var settings = RecorderSettings(folder: URL(filePath: "/nowhere"))
    (settings.before, settings.after) = (2, 1)
    change(&settings)
    return settings
  }

  static func frame(_ number: Int, bytes: Int = 1000) -> KeptFrame {
    KeptFrame(
      sequence: number, exposedAt: LineInstant(seconds: Double(number) / 10),
      beltMillimeters: Double(number), jpeg: Data(repeating: 7, count: bytes))
  }

  static func reason(_ kind: RecordingReason.Kind, at seconds: Double) -> RecordingReason {
    RecordingReason(kind, "it happened", at: LineInstant(seconds: seconds))
  }

  static func decision(_ piece: Int, frame: Int, isLate: Bool = false, isKnown: Bool = true)
    -> PieceDecision
  {
    PieceDecision(
      piece: piece, frame: frame, class: isKnown ? "copper" : PieceDecision.unknown,
      likeliest: "copper", confidence: 0.9, probabilities: [0.9, 0.1], energy: 0, views: 3,
      action: .pass, beltMillimeters: Rectangle(x: 0, y: 0, width: 1, height: 1),
      areaSquareMillimeters: 1, exposedAt: LineInstant(seconds: Double(frame) / 10),
      decidedAt: LineInstant(seconds: Double(frame) / 10), deadline: nil, slackMilliseconds: nil,
      isLate: isLate)
  }

  @Test("a recording has the seconds before and after the event, and the pieces in them")
  func seconds() throws {
    let ring = HeldRing(Self.settings())
    for number in 0...100 { #expect(ring.add(Self.frame(number)) == nil) }
    #expect(ring.count == 21)
    for piece in 0...100 { #expect(ring.note(Self.decision(piece, frame: piece)) == nil) }
    ring.record(Self.reason(.alarm, at: 10), wall: Date())
    #expect(ring.due(at: LineInstant(seconds: 10)) == nil && ring.isRecording)
    for number in 101...109 { #expect(ring.add(Self.frame(number)) == nil) }
    #expect(ring.due(at: LineInstant(seconds: 10.9)) == nil)
    ring.record(Self.reason(.late, at: 10.5), wall: Date())
    _ = ring.add(Self.frame(110))
    let made = try #require(ring.due(at: LineInstant(seconds: 11)))
    #expect(made.frames.map(\.sequence) == Array(80...110))
    #expect(!made.isCut && !ring.isRecording)
    let document = try #require(made.document("x"))
    #expect(document.summary.reasons.map(\.kind) == [.alarm, .late])
    #expect(document.decisions.map(\.piece) == Array(80...100))
    #expect(abs(document.summary.secondsBefore - 2) < 1e-6)
    #expect(abs(document.summary.secondsAfter - 1) < 1e-6)
    #expect(document.summary.framesMissed == 0)
    #expect(document.summary.picture == EventFolder.pictureName(20))
    #expect(ring.count == 21, "what may be before the next event is kept")
  }

  @Test("memory is bounded: idle the oldest go, and a recording ends early")
  func memory() throws {
    let ring = HeldRing(Self.settings { $0.bytesInMemory = 10_000 })
    for number in 0..<15 { #expect(ring.add(Self.frame(number)) == nil) }
    #expect(ring.count == 10 && ring.bytes == 10_000)
    ring.record(Self.reason(.asked, at: 1.4), wall: Date())
    let made = try #require(ring.add(Self.frame(15)))
    #expect(made.isCut && made.frames.count == 11 && !ring.isRecording)
    #expect(ring.add(Self.frame(16)) == nil && ring.bytes <= 10_000)
    // One frame that is too large alone is still there.
    #expect(ring.add(Self.frame(17, bytes: 50_000)) == nil && ring.count == 1)
  }

  @Test("events that nobody asked for leave a minute between; who asks is always heard")
  func quiet() throws {
    let ring = HeldRing(Self.settings())
    for number in 0...30 { _ = ring.add(Self.frame(number)) }
    ring.record(Self.reason(.late, at: 2), wall: Date())
    #expect(ring.due(at: LineInstant(seconds: 3)) != nil)
    ring.record(Self.reason(.late, at: 30), wall: Date())
    #expect(!ring.isRecording && ring.passedOver == 1)
    ring.record(Self.reason(.asked, at: 30), wall: Date())
    #expect(ring.isRecording)
    #expect(ring.cut()?.isCut == true)
    ring.record(Self.reason(.late, at: 95), wall: Date())
    #expect(ring.isRecording)
  }

  @Test("without frames a recording ends by the clock, and one without any is none")
  func noFrames() throws {
    let ring = HeldRing(Self.settings())
    ring.record(Self.reason(.alarm, at: 5), wall: Date())
    _ = ring.add(Self.frame(40))
    #expect(ring.due(at: LineInstant(seconds: 9.9)) == nil)
    let made = try #require(ring.due(at: LineInstant(seconds: 10.1)))
    #expect(made.document("x")?.summary.frames == 1)
    // A camera that froze some seconds ago: what it showed last is kept.
    let frozen = HeldRing(Self.settings())
    for number in 0...30 { _ = frozen.add(Self.frame(number)) }
    frozen.record(Self.reason(.alarm, at: 9), wall: Date())
    let last = try #require(frozen.due(at: LineInstant(seconds: 15)))
    #expect(last.frames.map(\.sequence) == Array(10...30))
    let empty = HeldRing(Self.settings())
    empty.record(Self.reason(.asked, at: 5), wall: Date())
    let nothing = try #require(empty.due(at: LineInstant(seconds: 11)))
    #expect(nothing.document("x") == nil)
  }

  @Test("a late piece is an event, and more unknown pieces than usual are one")
  func events() {
    let ring = HeldRing(Self.settings())
    #expect(ring.note(Self.decision(1, frame: 1, isLate: true))?.kind == .late)
    var found: [RecordingReason] = []
    for piece in 2..<60 {
      if let reason = ring.note(
        Self.decision(piece, frame: piece, isKnown: !piece.isMultiple(of: 2)))
      {
        found.append(reason)
      }
    }
    #expect(found.isEmpty, "half of them is not more than half")
    for piece in 60..<62 {
      if let reason = ring.note(Self.decision(piece, frame: piece, isKnown: false)) {
        found.append(reason)
      }
    }
    #expect(found.map(\.kind) == [.uncertain])
    #expect(found.first?.text == "21 of the last 40 pieces were unknown")
  }
}
