import Foundation
import NeuralNetworks
import Sorting
import TestSupport
import Testing

/// A line that goes on: what a frame costs in memory and what is counted must not drift.
@Suite("Sustained line")
struct SustainedLineTests {
  /// An hour of virtual time with a hundred decisions a second in the long form, twenty seconds of
  /// a small line otherwise.
  @Test("goes on as it began: all pieces decided, none late, no memory kept", .tags(.slow))
  func hour() throws {
    let isLong = ProcessInfo.processInfo.environment["MIRAGE_FORM"] == "long"
    let recording = LineRecording(isLong ? .half : .small)
    let seconds = isLong ? 3600.0 : 20
    let count = Int(seconds * LineRecording.framesPerSecond)
    try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      let student = try LineStudent(for: recording, on: engine)
      var run = try LineBenchmarks.run(recording, student, threads: 1, count: count)
      var frames = 0
      var early = 0
      let summary = try run.play(
        until: { false }, emit: { _ in },
        report: { _ in
          frames += 1
          if frames == count / 10 { early = Self.residentKilobytes }
        })
      let late = Self.residentKilobytes
      #expect(summary.frames.decided == count)
      #expect(summary.pieces.isBalanced)
      #expect(summary.pieces.late == 0)
      let rate = Double(summary.pieces.decided) / seconds
      #expect(rate >= (isLong ? 100 : 20), "decisions a second")
      // Other tests beside this one take memory as they like.
      if isLong { #expect(late - early < 16 << 10, "kB more than after a tenth") }
      print(
        "\(Int(seconds)) s of virtual time: \(summary.pieces.decided) decisions,"
          + " \(Int(rate)) a second, \(late - early) kB more than after a tenth of it")
    }
  }

  private static var residentKilobytes: Int {
    let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let pages = text?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return (pages ?? 0) * 4
  }
}
