import Foundation
import Hyperspectral
import LineScan
import TestSupport
import Testing

/// `mirage-train record` from outside, against `mirage-simulate lines`.
@Suite("Recording a line scan camera", .serialized, .timeLimit(.minutes(20)))
struct RecordLinesTests {
  /// Starts a simulated camera and gives its program and address.
  private func camera(_ folder: URL, _ arguments: [String] = []) throws -> (RunningProgram, String)
  {
    let path = folder.appending(path: "camera").path
    let program = try RunningProgram(
      "mirage-simulate",
      ["lines", "--at", "unix:\(path)", "--samples", "64", "--bands", "16"] + arguments)
    while program.isRunning, !FileManager.default.fileExists(atPath: path) {
      Thread.sleep(forTimeInterval: 0.01)
    }
    return (program, "unix:\(path)")
  }

  private func waitUntil(_ isTrue: () -> Bool) {
    let end = ContinuousClock.now + .seconds(20)
    while !isTrue(), ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.01) }
  }

  @Test("what the camera lost is marked, and both programs count alike")
  func faults() throws {
    try withTemporaryFolder { folder in
      let (camera, address) = try camera(
        folder, ["--lines", "600", "--rate", "2000", "--drop", "0.05", "--corrupt", "0.02"])
      let out = folder.appending(path: "r")
      let result = try run("mirage-train", ["record", address, "--out", out.path])
      #expect(result.status == 0, "\(result.error)")
      let sent = camera.finish()
      let file = try ENVIFile.open(out.appending(path: "cube.hdr"))
      let rows = try LineTable.read(
        out.appending(path: "cube.lines.csv"), lineCount: file.header.lines)
      let measured = rows.count { $0.state == .measured }
      let numbers = sent.output.matches(of: /(\d+) lines sent, (\d+) of them damaged/)
        .first.map { (Int($0.output.1) ?? 0, Int($0.output.2) ?? 0) }
      let (count, damaged) = try #require(numbers)
      #expect(measured == count - damaged)
      #expect(file.header["missing line count"] == "\(rows.count - measured)")
      #expect(result.output.contains("marked gaps: \(rows.count - measured) lines"))
      for (line, row) in rows.enumerated() {
        #expect(row.sequence == line)
        let isZero = try file.counts(lines: line..<(line + 1)).values.allSatisfy { $0 == 0 }
        #expect(isZero == (row.state == .missing))
      }
    }
  }

  @Test("a disk that takes no more leaves every line that it took")
  func fullDisk() throws {
    try withTemporaryFolder { folder in
      let (camera, address) = try camera(folder, ["--rate", "5000"])
      let out = folder.appending(path: "r")
      let tests = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      let program = tests.appending(path: "mirage-train").path
      // 2,000 blocks of 1,024 bytes; a program that ignores the signal sees a write that fails.
      let result = try run(
        "/bin/bash",
        [
          "-c",
          "ulimit -f 2000; trap '' XFSZ; exec '\(program)' record \(address) --out '\(out.path)'",
        ])
      #expect(result.status == 1)
      #expect(result.error.contains("cube.raw: cannot be written after 1000 lines: File too large"))
      let file = try ENVIFile.open(out.appending(path: "cube.hdr"))
      #expect(file.header.lines == 1000)
      #expect(file.header["recording state"] == "cut")
      #expect(file.notes.isEmpty)
      let names = try FileManager.default.contentsOfDirectory(atPath: out.path).sorted()
      #expect(names == ["cube.hdr", "cube.lines.csv", "cube.raw"])
      camera.send(SIGINT)
      _ = camera.finish()
    }
  }

  @Test("Ctrl-C leaves a whole recording, a kill one that opens and can be mended")
  func ended() throws {
    try withTemporaryFolder { folder in
      let (camera, address) = try camera(folder, ["--rate", "500"])
      for (name, signal) in [("kind", SIGINT), ("hard", SIGKILL)] {
        let out = folder.appending(path: name)
        let header = out.appending(path: "cube.hdr")
        let recording = try RunningProgram("mirage-train", ["record", address, "--out", out.path])
        waitUntil { (try? ENVIFile.open(header).header.lines) ?? 0 > 100 }
        recording.send(signal)
        let result = recording.finish()
        #expect(result.status == (signal == SIGINT ? 0 : 128 + SIGKILL))
        if signal == SIGKILL {
          #expect(try ENVIFile.open(header).header.lines > 100)
          let mended = try run("mirage-train", ["record", "--repair", header.path])
          #expect(mended.status == 0, "\(mended.error)")
        }
        let file = try ENVIFile.open(header)
        #expect(file.notes.isEmpty)
        #expect(file.header["recording state"] == (signal == SIGINT ? "complete" : "cut"))
        #expect(try file.counts(lines: 100..<101).values.allSatisfy { $0 > 0 })
      }
      camera.send(SIGINT)
      _ = camera.finish()
    }
  }
}
