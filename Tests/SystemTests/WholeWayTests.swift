import Diagnostics
import Foundation
import TestSupport
import Testing

/// From nothing to sorting decisions, with the programs as a person runs them.
@Suite("The whole way")
struct WholeWayTests {
  private static let experiment = """
    // Small enough for a test; a real one lies in SampleData/Experiments.
    {
      name: "small",
      data: {
        manifest: "belt/manifest.json",
        recipe: { colorSize: 16, cubeSize: 8, cropMillimeters: 24 },
        split: { method: "groups", testShare: 0.3, validationShare: 0.2, calibrationShare: 0.2 },
      },
      seeds: [0, 1],
      network: {
        stem: 16, spectralStem: 16, stages: [{ filters: 16, stride: 2, blocks: 1 }],
        compactStem: 16, compactStages: [{ filters: 16, stride: 2, blocks: 1 }],
      },
      training: { steps: 8, labelledBatch: 8, pairBatch: 8, warmUpSteps: 2 },
    }
    """

  /// Records a small belt and trains the small experiment on it.
  private func train(in folder: URL) throws {
    let recorded = try run(
      "mirage-simulate",
      [
        "record", "--out", "belt", "--recordings", "10", "--groups", "5", "--pieces", "12",
        "--scanner-pixel", "2", "--unlabelled-share", "0.2",
      ], in: folder)
    #expect(recorded.status == 0, "\(recorded.error)")
    try AtomicFile.write(Self.experiment, to: folder.appending(path: "small.json5"))
    let trained = try run("mirage-train", ["fit", "small.json5", "--out", "run"], in: folder)
    #expect(trained.status == 0, "\(trained.error)")
    #expect(trained.output.contains("student: RGB + hallucination"))
    #expect(trained.output.contains("verdict: "))
  }

  @Test("records, trains, judges, reports, exports and sorts", .timeLimit(.minutes(20)))
  func wholeWay() throws {
    try withTemporaryFolder { folder in
      try train(in: folder)
      for name in [
        "run.json", "results.json", "log.jsonl", "report.html", "bundle/SEAL", "bundle/CARD.md",
        "seed-0/split.json", "tensorboard/seed-1/student/events.out.tfevents.0.mirage",
      ] {
        let file = folder.appending(path: "run/\(name)")
        #expect(FileManager.default.fileExists(atPath: file.path), "\(name) is missing")
      }
      let judged = try run("mirage-train", ["evaluate", "run"], in: folder)
      #expect(judged.status == 0, "\(judged.error)")
      let exported = try run(
        "mirage-train", ["export", "run/bundle", "--unchecked"], in: folder)
      #expect(exported.status == 0, "\(exported.error)")
      let sorted = try run(
        "miraged",
        [
          "run", "--bundle", "run/bundle", "--simulate", "--seconds", "2", "--eject", "copper",
          "--summary", "summary.json",
        ], in: folder)
      #expect(sorted.status == 0, "\(sorted.error)")
      let decisions = sorted.output.split(separator: "\n")
      #expect(!decisions.isEmpty)
      for line in decisions {
        #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "\(line)")
      }
    }
  }

  @Test("a killed fit goes on to the same bits, and an altered bundle does not sort")
  func killed() throws {
    try withTemporaryFolder { folder in
      try train(in: folder)
      let weights = folder.appending(path: "run/seed-1/compact.safetensors")
      let whole = try Digest(ofFile: weights)
      // What a kill in the middle of the last stage leaves behind.
      try FileManager.default.removeItem(at: weights)
      try FileManager.default.removeItem(at: folder.appending(path: "run/bundle"))
      let again = try run("mirage-train", ["fit", "small.json5", "--out", "run"], in: folder)
      #expect(again.status == 0, "\(again.error)")
      let digest = try Digest(ofFile: weights)
      #expect(digest == whole)

      let card = folder.appending(path: "run/bundle/weights.safetensors")
      var bytes = try Data(contentsOf: card)
      bytes[bytes.count - 1] ^= 1
      try bytes.write(to: card)
      let refused = try run("miraged", ["run", "--bundle", "run/bundle", "--simulate"], in: folder)
      #expect(refused.status == 1)
      #expect(refused.error.hasPrefix("miraged: run/bundle: weights.safetensors was altered"))
    }
  }

  @Test("a misspelt setting is refused by name, and nothing is written")
  func misspelt() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(
        "{ name: \"x\", training: { step: 3 } }", to: folder.appending(path: "x.json5"))
      let result = try run("mirage-train", ["fit", "x.json5", "--out", "run"], in: folder)
      #expect(result.status == 1)
      #expect(
        result.error.hasPrefix(
          "mirage-train: x.json5: 'training.step': no such key; known here are "))
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "run").path))
    }
  }
}
