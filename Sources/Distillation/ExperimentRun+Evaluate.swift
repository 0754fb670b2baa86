import Datasets
import Diagnostics
import Foundation
import Models
import NeuralNetworks
import Tensors

extension ExperimentRun {
  /// Judges every arm of every seed by decision unit, on the test samples unless told otherwise.
  ///
  /// Choices are made on the validation samples; the test samples are for the figures reported.
  ///
  /// - Parameters:
  ///   - facts: counts, digests and overlaps of the data.
  ///   - environment: program, compiler, engine: what else the figures depend on.
  public func evaluate(
    on part: Predictions.Part = .test, facts: InputFacts, flattery: Flattery? = nil,
    environment: [String: String]
  ) throws -> ExperimentResults {
    let arms = try experiment.arms.map { try result($0, on: part) }
    let comparisons = Self.comparisons(arms)
    func difference(_ first: Arm, _ second: Arm) -> PairedComparison? {
      comparisons.first {
        $0.first == first.rawValue && $0.second == second.rawValue && $0.metric == "accuracy"
      }
    }
    let student = difference(.student, .twoColor) ?? difference(.compact, .compactPlain)
    let teacher = difference(.fusion, .twoColor) ?? difference(.fusion, .color)
    let verdict =
      student.flatMap { student in teacher.map { Verdict(student: student, teacher: $0) } }
      ?? Verdict(
        answer: .undecided,
        sentence: "undecided: the arms 'student', 'two-color' and 'fusion' were not all trained")
    return ExperimentResults(
      name: experiment.name, classes: dataset.classes, seeds: experiment.seeds, arms: arms,
      comparisons: comparisons, verdict: verdict, data: facts, flattery: flattery,
      environment: environment)
  }

  /// Mean logits and truth per decision unit: the samples of one piece count once.
  ///
  /// Source: mean of logits over a track, as Garcia et al. average over frames.
  public func byPiece(_ logits: Tensor, rows: [Int]) -> (logits: Tensor, truth: [Int]) {
    let classes = logits.shape[1]
    var order: [String] = []
    var sums: [String: (values: [Float], count: Float, label: Int)] = [:]
    for (index, row) in rows.enumerated() {
      guard let label = dataset.labels[row] else { continue }
      let piece = dataset.pieces[row]
      if sums[piece] == nil {
        order.append(piece)
        sums[piece] = ([Float](repeating: 0, count: classes), 0, label)
      }
      for column in 0..<classes {
        sums[piece]?.values[column] += logits.values[index * classes + column]
      }
      sums[piece]?.count += 1
    }
    let entries = order.compactMap { sums[$0] }
    return (
      Tensor(
        shape: [entries.count, classes],
        values: entries.flatMap { entry in entry.values.map { $0 / entry.count } }),
      entries.map(\.label)
    )
  }

  private func result(_ arm: Arm, on part: Predictions.Part) throws -> ArmResult {
    var result = ArmResult(
      arm: arm, metrics: [], temperatures: [], parameters: 0, multiplyAdds: 0,
      featureAgreement: nil)
    if let stage = arm.stage {
      let graph = SeedStages.graph(stage, architecture, joining: experiment.network.joining)
      result.parameters = graph.parts.filter(\.isTrained).reduce(0) { $0 + $1.count }
      result.multiplyAdds = graph.multiplyAdds
    }
    for seed in experiment.seeds {
      guard let split = splits[seed], let found = try predictions(arm, seed),
        let judged = found.logits[part]
      else {
        throw Complaint(
          folder.relativePath, "arm '\(arm.rawValue)' of seed \(seed) was not trained",
          remedy: "run 'mirage-train fit' to the end first")
      }
      var temperature: Float = 1
      if let held = found.logits[.calibration], held.shape[0] > 0 {
        let (logits, truth) = byPiece(held, rows: split.calibration)
        temperature = Confidence.temperature(logits, truth: truth)
      }
      let (logits, truth) = byPiece(judged, rows: split.rows(part))
      result.metrics.append(Metrics(logits: logits, truth: truth, temperature: temperature))
      result.temperatures.append(temperature)
      if let imagination = found.imagination {
        let cosines = imagination.agreement
        let mean = cosines.values.reduce(0) { $0 + Double($1) } / Double(max(1, cosines.count))
        result.featureAgreement = (result.featureAgreement ?? []) + [mean]
        result.spectrumExplained =
          (result.spectrumExplained ?? [])
          + [imagination.explainedShare(of: dataset.meanSpectra(split.test))]
      }
    }
    return result
  }

  /// Every arm against the bars it has to beat, in points of accuracy, macro F1 and mean purity
  /// at 95 % recovery.
  static func comparisons(_ arms: [ArmResult]) -> [PairedComparison] {
    let pairs: [(Arm, Arm)] = [
      (.student, .twoColor), (.student, .logits), (.logits, .twoColor), (.compact, .compactPlain),
      (.compact, .twoColor), (.fusion, .twoColor), (.fusion, .color), (.fusion, .spectral),
      (.spectral, .color), (.twoColor, .color), (.modalityDropout, .twoColor),
      (.shuffled, .twoColor), (.oracle, .twoColor), (.oracle, .student),
    ]
    let measures: [(String, (Metrics) -> Double)] = [
      ("accuracy", { $0.accuracy }), ("macro F1", { $0.macroF1 }),
      (
        "purity at 95 % recovery",
        { $0.purityAt95Recovery.reduce(0, +) / Double(max(1, $0.purityAt95Recovery.count)) }
      ),
    ]
    return pairs.flatMap { first, second -> [PairedComparison] in
      guard let a = arms.first(where: { $0.arm == first }),
        let b = arms.first(where: { $0.arm == second })
      else { return [] }
      return measures.map { name, value in
        PairedComparison(
          first: first.rawValue, second: second.rawValue, metric: name,
          differences: zip(a.metrics, b.metrics).map { 100 * (value($0) - value($1)) })
      }
    }
  }
}

extension Verdict {
  init(answer: Answer, sentence: String) {
    self.answer = answer
    self.sentence = sentence
  }
}
