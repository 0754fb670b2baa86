import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Distillation

/// Values from SciPy 1.17: `stats.t`, `stats.binomtest`, `stats.ttest_1samp`, `stats.beta.ppf`.
@Suite("Statistics")
struct StatisticsTests {
  @Test(
    "Student's t has SciPy's distribution",
    arguments: [(1.5, 4.0, 0.896), (-0.7, 2.0, 0.2781965123164327), (0.0, 9.0, 0.5)])
  func cumulative(t: Double, freedom: Double, wanted: Double) {
    #expect(abs(StudentT.cumulative(t, freedom: freedom) - wanted) < 1e-9)
  }

  @Test(
    "Student's t has SciPy's quantiles",
    arguments: [(4.0, 2.7764451051977934), (9.0, 2.262157162798205)])
  func quantile(freedom: Double, wanted: Double) {
    #expect(abs(StudentT.quantile(0.975, freedom: freedom) - wanted) < 1e-8)
  }

  @Test("paired differences give SciPy's p-value and interval")
  func paired() {
    let entry = PairedComparison(
      first: "a", second: "b", metric: "accuracy", differences: [1.2, 0.4, -0.3, 2.2, 1.0])
    #expect(abs(entry.pValue - 0.09715170662005065) < 1e-9)
    #expect(abs(entry.low + 0.25814707678202986) < 1e-8)
    #expect(abs(entry.high - 2.05814707678203) < 1e-8)
    #expect(entry.wins == 4)
  }

  @Test("runs that share their data get a wider interval")
  func corrected() {
    let plain = PairedComparison(
      first: "a", second: "b", metric: "accuracy", differences: [1, 2, 3, 2])
    let corrected = PairedComparison(
      first: "a", second: "b", metric: "accuracy", differences: [1, 2, 3, 2],
      testToTraining: 0.25)
    #expect(abs(corrected.standardError / plain.standardError - 2.0.squareRoot()) < 1e-12)
  }

  @Test("McNemar's test is the exact binomial one")
  func mcNemar() {
    #expect(abs(McNemar.pValue(onlyFirstRight: 3, onlySecondRight: 12) - 0.03515625) < 1e-12)
    #expect(abs(McNemar.pValue(onlyFirstRight: 6, onlySecondRight: 0) - 0.03125) < 1e-12)
    #expect(McNemar.pValue(onlyFirstRight: 0, onlySecondRight: 0) == 1)
  }

  @Test(
    "the bound on errors is Clopper and Pearson's",
    arguments: [(0, 100, 0.02276277904418932), (3, 100, 0.06558575150289181)])
  func bound(errors: Int, count: Int, wanted: Double) {
    #expect(abs(Confidence.upperBound(errors, of: count, doubt: 0.1) - wanted) < 1e-9)
  }

  @Test("one seed never makes a verdict")
  func oneSeed() {
    let one = PairedComparison(
      first: "student", second: "two-color", metric: "accuracy", differences: [9])
    #expect(Verdict(student: one, teacher: one).answer == .undecided)
  }

  @Test("a comparison is stored as it is, also where one seed leaves its interval open")
  func stored() throws {
    for differences in [[9.0], [1, 2, 4]] {
      let comparison = PairedComparison(
        first: "student", second: "two-color", metric: "accuracy", differences: differences)
      let text = try JSONFile.line(comparison)
      let read = try JSONFile.decode(PairedComparison.self, from: Data(text.utf8), place: "test")
      #expect(read == comparison)
    }
  }

  @Test(
    "the verdict follows the margins",
    arguments: [
      ([3.0, 4.0, 3.5], [9.0, 10.0, 9.5], Verdict.Answer.worthIt),
      ([0.1, -0.1, 0.0], [0.2, 0.5, 0.1], .notWorthIt),
      ([0.5, 0.6, 0.55], [9.0, 10.0, 9.5], .suggestive),
      ([-1.0, 1.0, 0.0], [9.0, 10.0, 9.5], .notTransferred),
      ([-3.0, 3.0, 0.0], [-20.0, 30.0, 5.0], .undecided),
    ])
  func verdict(student: [Double], teacher: [Double], wanted: Verdict.Answer) {
    func comparison(_ differences: [Double]) -> PairedComparison {
      PairedComparison(first: "a", second: "b", metric: "accuracy", differences: differences)
    }
    #expect(
      Verdict(student: comparison(student), teacher: comparison(teacher)).answer == wanted)
  }
}

@Suite("Metrics")
struct MetricsTests {
  @Test("count by hand what a small table says")
  func byHand() {
    let logits = Tensor(shape: [4, 2], values: [2, 0, 0, 2, 3, 0, 0, 1])
    let metrics = Metrics(logits: logits, truth: [0, 0, 0, 1])
    #expect(metrics.confusion == [[2, 1], [0, 1]])
    #expect(metrics.accuracy == 0.75)
    #expect(abs(metrics.recall[0] - 2.0 / 3) < 1e-12 && metrics.recall[1] == 1)
    #expect(abs(metrics.precision[1] - 0.5) < 1e-12)
    #expect(abs(metrics.macroF1 - (0.8 + 2.0 / 3) / 2) < 1e-12)
  }

  @Test("a class that never occurs does not enter the means")
  func absent() {
    let logits = Tensor(shape: [2, 3], values: [5, 0, 0, 0, 5, 0])
    #expect(Metrics(logits: logits, truth: [0, 1]).balancedAccuracy == 1)
  }

  @Test("purity is the precision where recovery is first reached")
  func purity() {
    let found = Metrics.purity(
      scores: [0.9, 0.8, 0.7, 0.6], isTarget: [true, false, true, false], recovery: 0.95)
    #expect(abs(found - 2.0 / 3) < 1e-12)
  }

  @Test("the temperature brings back logits that were scaled by it")
  func temperature() {
    var random = SplitMix64(seed: 4)
    var values: [Float] = []
    var truth: [Int] = []
    for _ in 0..<3000 {
      let z = (0..<3).map { _ in random.nextNormal() * 1.5 }
      let p = Metrics.probabilities(
        Tensor(shape: [1, 3], values: z.map { Float($0) }))[0]
      let draw = random.nextUniform()
      truth.append(draw < p[0] ? 0 : draw < p[0] + p[1] ? 1 : 2)
      values += z.map { Float($0 * 3) }
    }
    let found = Confidence.temperature(Tensor(shape: [3000, 3], values: values), truth: truth)
    #expect(abs(found - 3) < 0.25)
  }
}
