import CameraCalibration
import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Commissioning

@Suite("Rig folder")
struct RigFolderSuite {
  private static let noon = Date(timeIntervalSince1970: 1_769_860_800)

  private func keep(
    _ shots: [Double], in folder: URL, at moment: Date = noon
  ) throws -> (rig: RigFolder, step: URL) {
    let recordings = folder.appending(path: "Coins")
    try writeShots(shots, in: recordings)
    let rig = try RigFolder(root: folder.appending(path: "Rigs"), rig: "line-1")
    let work = StepWork(recordings, rig: rig)
    let outcome = try CoinStep.perform(.init(), on: work)
    let kept = try rig.keep(outcome, of: work, stamp: .init(operatorName: "Eva", moment: moment))
    return (rig, kept.folder)
  }

  @Test("a step is read as it was kept, with files, digests and verdict")
  func kept() throws {
    try withTemporaryFolder { folder in
      let (rig, step) = try keep([3, 4], in: folder)
      #expect(step.path.hasSuffix("Rigs/line-1/2026-01-31/timing"))
      let (document, found) = try #require(try rig.latest(CoinStep.self))
      #expect(found.path == step.path)
      #expect(document.result.delayMilliseconds == 3.5)
      #expect(document.record.operatorName == "Eva")
      #expect([document.record.date, document.record.time] == ["2026-01-31", "12:00:00"])
      #expect(document.record.files.map(\.name) == ["nozzles.safetensors", "shot.png"])
      #expect(document.record.inputs.map(\.rejection) == [nil, "shown twice"])
      #expect(document.record.judgement.verdict == .pass)
      let names = try FileManager.default.contentsOfDirectory(atPath: step.path).sorted()
      #expect(names == ["nozzles.safetensors", "shot.png", "step.json"])
      // Nothing half written is left beside the dated folder.
      let all = try FileManager.default.contentsOfDirectory(atPath: rig.folder.path)
      #expect(all == ["2026-01-31"])
    }
  }

  @Test("what is there is never edited: a second run the same day is a second folder")
  func secondRun() throws {
    try withTemporaryFolder { folder in
      let (rig, first) = try keep([3], in: folder)
      let before = try Digest(ofFile: first.appending(path: "step.json"))
      let (_, second) = try keep([4], in: folder)
      let (_, third) = try keep([4.5], in: folder)
      #expect(second.path.hasSuffix("2026-01-31.2/timing"))
      #expect(third.path.hasSuffix("2026-01-31.3/timing"))
      #expect(try Digest(ofFile: first.appending(path: "step.json")) == before)
      #expect(try rig.latest(CoinStep.self)?.document.result.delayMilliseconds == 4.5)
      let (_, later) = try keep([5], in: folder, at: Self.noon.addingTimeInterval(86_400))
      #expect(later.path.hasSuffix("2026-02-01/timing"))
      #expect(rig.days.map(\.lastPathComponent).last == "2026-02-01")
    }
  }

  @Test("an edited document and a damaged file are refused by name")
  func edited() throws {
    try withTemporaryFolder { folder in
      let (rig, step) = try keep([3], in: folder)
      let picture = step.appending(path: "shot.png")
      try AtomicFile.write("no picture", to: picture)
      #expect(throws: StepError(step.relativePath, .damaged(file: "shot.png"))) {
        _ = try rig.latest(CoinStep.self)
      }
      let file = step.appending(path: "step.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      try AtomicFile.write(
        text.replacing("\"delayMilliseconds\" : 3", with: "\"delayMilliseconds\" : 2"), to: file)
      let error = #expect(throws: StepError.self) { _ = try rig.latest(CoinStep.self) }
      #expect(error?.problem.contains("it was edited") == true)
    }
  }

  @Test("damaged documents are refused, never a trap")
  func mutated() throws {
    try withTemporaryFolder { folder in
      let (rig, step) = try keep([3], in: folder)
      let file = step.appending(path: "step.json")
      for bytes in mutations(of: try Data(contentsOf: file), count: 200, seed: 5) {
        try bytes.write(to: file)
        // Either the damage fell on white space, or it is told.
        do { _ = try rig.latest(CoinStep.self) } catch { #expect(error is any Explained) }
      }
    }
  }

  @Test(
    "a rig has a plain name", arguments: ["", "..", ".hidden", "a/b", "line 1", "Straße"])
  func names(name: String) {
    #expect(throws: StepError("--rig", .badName(name))) {
      _ = try RigFolder(root: URL(filePath: "/"), rig: name)
    }
  }

  @Test("days are sorted by date and number, and nothing else counts")
  func days() {
    let names = ["2026-01-31.10", "2026-01-31.2", "2026-01-31", "2025-12-31", "x", "2026-01-31.1"]
    #expect(
      names.compactMap(Day.init).sorted().map(\.name)
        == ["2025-12-31", "2026-01-31", "2026-01-31.2", "2026-01-31.10"])
  }

  @Test("a step that needs another says which command to run")
  func missing() throws {
    let rig = try RigFolder(root: URL(filePath: "/nowhere"), rig: "line-1")
    let error = #expect(throws: StepError.self) {
      _ = try StepWork(URL(filePath: "/"), rig: rig).require(CoinStep.self)
    }
    #expect(
      error?.description == """
        /nowhere/line-1: the step 'timing' was not done yet on this rig
          help: run 'mirage-calibrate timing' first
        """)
  }
}

@Suite("Step text")
struct StepTextSuite {
  @Test("figures have the digits that their uncertainty deserves")
  func figures() {
    #expect(
      StepText.text(of: Figure("", 0.6234, "mm", .atMost(1.5), uncertainty: 0.05))
        == "0.623 ± 0.050 mm, at most 1.5")
    #expect(StepText.text(of: Figure("", 123.4, "px", .atLeast(100))) == "123 px, at least 100")
    #expect(StepText.text(of: Figure("", .nan, "mm", .atMost(1))) == "unknown mm, at most 1")
  }

  @Test("a judgement tells verdict, misses, rejected inputs and the next thing to do")
  func judgement() {
    let judgement = Judgement(
      figures: [Figure("delay", 6, "ms", .atMost(5))],
      advice: [Advice(.warning, "two shots", remedy: "fire ten")])
    let input = StepInput("a.png", digest: Digest(of: ""), rejection: "three corners")
    #expect(
      StepText.text(of: judgement, inputs: [input]) == """
        verdict: fail
          ✕ delay  6.00 ms, at most 5
          not used: a.png: three corners
        warning: two shots
          next: fire ten
        """)
  }
}
