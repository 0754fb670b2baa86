import Diagnostics
import Distillation
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing

@testable import Reports

@Suite("Curves")
struct CurvesSuite {
  /// Softmax outputs of three classes with some signal.
  private static func decisions(_ count: Int) -> (p: [[Double]], truth: [Int]) {
    var random = SplitMix64(seed: 11)
    let truth = (0..<count).map { _ in random.nextIndex(below: 3) }
    let logits = truth.flatMap { label in
      (0..<3).map { Float(($0 == label ? 1.5 : 0) + random.nextNormal()) }
    }
    return (Metrics.probabilities(Tensor(shape: [count, 3], values: logits)), truth)
  }

  @Test("purity agrees with the metrics at every recovery")
  func purity() {
    let (p, truth) = Self.decisions(200)
    let recoveries = [0.5, 0.8, 0.95, 1]
    for label in 0..<3 {
      let (scores, isTarget) = (p.map { $0[label] }, truth.map { $0 == label })
      expectClose(
        Curves.purity(scores: scores, isTarget: isTarget, recoveries: recoveries),
        recoveries.map { Metrics.purity(scores: scores, isTarget: isTarget, recovery: $0) },
        absolute: 1e-12)
    }
    #expect(Curves.purity(scores: [1], isTarget: [false], recoveries: [0.95])[0].isNaN)
  }

  @Test("risk at full coverage is the error, and bins give the metrics' calibration error")
  func riskAndBins() {
    var random = SplitMix64(seed: 3)
    let truth = (0..<150).map { _ in random.nextIndex(below: 3) }
    let logits = Tensor(
      shape: [150, 3],
      values: truth.flatMap { label in
        (0..<3).map { Float(($0 == label ? 1.5 : 0) + random.nextNormal()) }
      })
    let metrics = Metrics(logits: logits, truth: truth)
    let p = Metrics.probabilities(logits)
    expectClose(
      Curves.risk(p, truth: truth, coverages: [1]), [1 - metrics.accuracy], absolute: 1e-12)
    expectClose(
      Curves.calibrationError(Curves.bins(p, truth: truth, count: 15)), metrics.calibrationError,
      absolute: 1e-12)
  }

  @Test("quantiles and thinning")
  func smallOnes() {
    expectClose(
      [0, 0.25, 0.5, 1].map { Curves.quantile([1, 2, 3, 4], $0) }, [1, 1.75, 2.5, 4],
      absolute: 1e-12)
    let thin = Curves.thinned((0..<100).map { (Double($0), 2 * Double($0)) }, limit: 10)
    #expect(thin.count == 10)
    expectClose(thin.map(\.x), (0..<10).map { Double($0) * 10 + 4.5 }, absolute: 1e-12)
  }

  @Test("Holm's correction is that of the textbook")
  func holm() {
    expectClose(
      DifferenceSection.holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02],
      absolute: 1e-12)
  }

  @Test("an interval over seeds is Student's t")
  func seedMean() throws {
    let mean = SeedMean([0.90, 0.92, 0.94, 0.91, 0.93])
    expectClose(mean.mean, 0.92, absolute: 1e-12)
    // t(0.975, 4) = 2.776445; s = 0.0158114.
    expectClose(
      try #require(mean.half), 2.776445 * 0.0158114 / 5.0.squareRoot(), absolute: 1e-6)
    #expect(SeedMean([0.5]).half == nil)
    #expect(SeedMean([]).percent == "–")
  }
}

@Suite("Piece views")
struct PieceViewsSuite {
  @Test("standardization is undone, and background has no part in a spectrum")
  func undone() throws {
    try withTemporaryFolder { folder in
      let (run, _) = try WrittenRun().write(in: folder)
      let views = PieceViews(run.dataset)
      let picture = views.picture(0)
      #expect(picture.pixels.prefix(3).allSatisfy { $0 == 128 })
      let row = run.dataset.color
      let middle = (4 * 8 + 4) * 3
      let wanted = (0..<3).map { channel -> UInt8 in
        let share = row.values[middle + channel] * 0.2 + run.dataset.recipe.colorMean[channel]
        return UInt8(min(255, max(0, (share * 255).rounded())))
      }
      let found: [UInt8] = (0..<3).map { picture[4, 4, $0] }
      #expect(found == wanted)
      // Copper's curve is 0.4 + 0.1 · (1.5 · exp(−(band − 1)² / 6) − 0.5).
      let curve = (0..<12).map { 0.35 + 0.15 * exp(-pow(Double($0) - 1, 2) / 6) }
      expectClose(views.undone(views.spectrum([0])), curve, absolute: 0.02)
      let copper = try #require(views.classSpectrum(0, rows: run.splits[1]?.labelled ?? []))
      expectClose(views.undone(copper.mean), curve, absolute: 0.01)
      // Pixels deviate by 0.3; 12 to 16 of them make a piece.
      #expect(copper.deviation.allSatisfy { (0.02...0.2).contains($0) })
      #expect(views.positions.first == 900 && views.positionTitle == "wavelength, nm")
      #expect(views.valueTitle == "reflectance")
    }
  }
}
