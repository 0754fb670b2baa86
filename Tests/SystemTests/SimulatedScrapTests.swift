import Diagnostics
import Foundation
import TestSupport
import Testing

/// To networks, the simulated scrap is to be as hard as real scrap: color alone and spectra alone
/// find as much as is published for recordings of copper, brass, aluminium and steels.
///
/// Source: Picon et al. 2024, per-pixel F1 of spectral networks, encoder-decoders and U-Nets: .48 to
/// .77 with three bands, .69 to .84 with 76; spectra lead by .07 to .21.
@Suite("Simulated scrap", .tags(.slow))
struct SimulatedScrapTests {
  private static let experiment = """
    {
      name: "alone",
      data: {
        manifest: "belt/manifest.json",
        recipe: {
          colorSize: 32, cubeSize: 16, cropMillimeters: 40, pretreatment: { steps: ["log-mean"] },
        },
        split: { method: "groups", testShare: 0.35, validationShare: 0.1, calibrationShare: 0.1 },
      },
      seeds: [0], arms: ["color", "spectral"],
      network: {
        stem: 16,
        stages: [{ filters: 16, stride: 1, blocks: 1 }, { filters: 32, stride: 2, blocks: 1 }],
      },
      training: {
        steps: 500, labelledBatch: 64, pairBatch: 32,
        optimizer: { learningRate: 0.002, weightDecay: 0.05 },
      },
    }
    """

  private struct Results: Decodable {
    struct ArmResult: Decodable {
      struct Metrics: Decodable { let macroF1: Double }
      let arm: String
      let metrics: [Metrics]
    }
    let arms: [ArmResult]
  }

  @Test(
    "is as hard to color and to spectra as real scrap is",
    .enabled(if: isOptimized, "takes far too long without optimization; run Tools/test"),
    .timeLimit(.minutes(20)))
  func bands() throws {
    try withTemporaryFolder { folder in
      let recorded = try run(
        "mirage-simulate",
        ["record", "--out", "belt", "--recordings", "120", "--groups", "12", "--seed", "12"],
        in: folder)
      try #require(recorded.status == 0, "\(recorded.error)")
      try AtomicFile.write(Self.experiment, to: folder.appending(path: "alone.json5"))
      let trained = try run("mirage-train", ["fit", "alone.json5", "--out", "run"], in: folder)
      try #require(trained.status == 0, "\(trained.error)")
      let results = try JSONFile.read(Results.self, at: folder.appending(path: "run/results.json"))
      func score(_ arm: String) throws -> Double {
        try #require(results.arms.first { $0.arm == arm }?.metrics.first?.macroF1)
      }
      let (color, spectral) = (try score("color"), try score("spectral"))
      #expect((0.48...0.77).contains(color), "\(color)")
      #expect((0.69...0.84).contains(spectral), "\(spectral)")
      #expect((0.07...0.21).contains(spectral - color), "\(spectral) − \(color)")
      print("simulated scrap: macro F1 \(color) by color alone, \(spectral) by spectra alone")
    }
  }
}
