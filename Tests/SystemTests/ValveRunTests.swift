import Diagnostics
import Foundation
import Sorting
import TestSupport
import Testing

/// `miraged run` with a box of valves beside it, each in a program of its own.
@Suite("miraged run --valves", .serialized, .timeLimit(.minutes(20)))
struct ValveRunTests {
  private struct Line: Decodable {
    let event: String
    let port: Int?
    let sequence: Int?
    let nozzles: [Int]?
    let why: String?
  }

  private func lines(_ box: RunningProgram) throws -> [Line] {
    try box.output.split(separator: "\n").map {
      try JSONFile.decode(Line.self, from: Data($0.utf8), place: "box.py")
    }
  }

  private func waits(until isSo: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if try isSo() { return true }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return false
  }

  private func withBox(_ body: (_ box: RunningProgram, _ arguments: [String], URL) throws -> Void)
    throws
  {
    try withTemporaryFolder { folder in
      let bundle = folder.appending(path: "bundle")
      try MiragedTests.writeBundle(to: bundle)
      let script = packageRoot.appending(path: "Tools/valve-box/box.py")
      let box = try RunningProgram("/usr/bin/env", ["python3", script.path, "udp:127.0.0.1:0"])
      #expect(waits(until: { box.output.contains("\n") }))
      let port = try #require(try lines(box).first?.port)
      let arguments = [
        "run", "--bundle", bundle.path, "--simulate", "--rate", "4", "--speed", "150",
        "--eject", "copper,brass,aluminium", "--nozzles", "64",
        "--valves", "udp://127.0.0.1:\(port)",
      ]
      try body(box, arguments, folder)
    }
  }

  @Test("each blast of the lines is on at the box once, with its nozzles, or is counted")
  func fires() throws {
    try withBox { box, arguments, folder in
      let file = folder.appending(path: "summary.json")
      let result = try run("miraged", arguments + ["--seconds", "6", "--summary", file.path])
      #expect(result.status == 0, "\(result.error)")
      let told = try result.output.split(separator: "\n").compactMap { line -> PieceEjection? in
        let event = try JSONFile.decode(
          SortEvent.self, from: Data(line.utf8), place: "line")
        if case .ejection(let ejection) = event { return ejection }
        return nil
      }
      let counts = try #require(try JSONFile.read(RunSummary.self, at: file).outputs["valves"])
      #expect(counts["taken"] == told.count)
      #expect(counts["waiting"] == 0)
      let accepted = try #require(counts["accepted"])
      #expect(accepted > 3, "\(result.error)")
      #expect(result.error.contains("valves: \(told.count) blasts = \(accepted) accepted"))
      let opened = try lines(box).filter { $0.event == "on" }
      #expect(opened.count == accepted)
      #expect(Set(opened.compactMap(\.sequence)).count == opened.count)
      let known = Set(told.compactMap(\.nozzles))
      for line in opened { #expect(known.contains(line.nozzles ?? [])) }
      #expect(try lines(box).last?.event == "closed")
    }
  }

  @Test("a killed daemon leaves no valve open; one that is asked to end says goodbye within 2 s")
  func ends() throws {
    try withBox { box, arguments, _ in
      for signal in [SIGKILL, SIGTERM] {
        let before = try lines(box).count
        let daemon = try RunningProgram("miraged", arguments + ["--seconds", "3600"])
        #expect(
          try waits(until: { try lines(box).dropFirst(before).contains { $0.event == "on" } }))
        let start = ContinuousClock.now
        daemon.send(signal)
        let result = daemon.finish()
        if signal == SIGTERM {
          #expect(result.status == 130)
          #expect(start.duration(to: .now) < .seconds(2))
          #expect(result.error.contains("valves: "))
        }
        let why = signal == SIGKILL ? "silence" : "close all"
        #expect(
          try waits(until: { try lines(box).dropFirst(before).contains { $0.why == why } }))
        let after = try lines(box).dropFirst(before)
        #expect(after.count { $0.event == "on" } == after.count { $0.event == "off" })
      }
    }
  }

  @Test(
    "a wrong command line is answered with what to do",
    arguments: [
      (["--valves", "udp://127.0.0.1:9"], "--valves: found without real time", 2),
      (["--nozzles", "9"], "--nozzles: found without --valves", 2),
      (["--rate", "5", "--valves", "tcp://x"], "tcp://x: no address of a valve box or", 1),
      (["--rate", "5", "--valves", "gpio:gpiochip0:9-4"], "'9-4' found, a line from 0 to 1023", 1),
    ] as [([String], String, Int32)])
  func wrong(_ arguments: [String], _ text: String, _ status: Int32) throws {
    let result = try run("miraged", ["run", "--bundle", "x", "--simulate"] + arguments)
    #expect(result.status == status)
    #expect(result.error.contains(text), "\(result.error)")
  }
}
