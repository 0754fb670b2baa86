import Diagnostics
import Foundation
import Models
import NeuralNetworks
import Tensors

/// The trained networks of one seed, each trained when first asked for and kept.
enum StageName: String, CaseIterable, Sendable {
  case color, spectral, fusion, hallucination, student, compact, logits, shuffled, oracle
  case colorSecond = "color-second"
  case twoColor = "two-color"
  case compactPlain = "compact-plain"
  case modalityDropout = "modality-dropout"

  /// Stages that this one begins with or learns from.
  var needs: [StageName] {
    switch self {
    case .color, .colorSecond, .spectral, .compactPlain: []
    case .fusion, .modalityDropout: [.color, .spectral]
    case .hallucination: [.fusion, .colorSecond]
    case .student: [.color, .fusion, .hallucination]
    case .compact: [.fusion, .student]
    case .twoColor, .oracle: [.color, .colorSecond]
    case .logits, .shuffled: [.color, .colorSecond, .fusion]
    }
  }

  /// Steps of the stage; step 4 depends on how the hallucination stream began.
  ///
  /// Student and control see equally many: with two RGB streams, one step of both counts two. The
  /// control takes 2 · 1 in step 1 and 2 · 2 together. The student takes 2 · 1 in step 1, 1 in
  /// step 3 and 2 · 1.5 in step 4; or, as published, 2 · 1 with spectra in steps 1 and 2, and
  /// 2 · 1 in step 4.
  func steps(_ experiment: Experiment) -> Int {
    let unit = experiment.training.steps
    switch self {
    case .color, .colorSecond, .spectral, .fusion, .hallucination: return unit
    case .student: return experiment.distillation.start == .color ? unit * 3 / 2 : unit
    case .twoColor, .logits, .shuffled, .oracle, .modalityDropout: return unit * 2
    case .compact, .compactPlain: return unit * 3
    }
  }

  /// Whether the distillation settings matter; other stages are the same under all of them.
  var isDistilled: Bool {
    switch self {
    case .hallucination, .student, .compact, .logits, .shuffled, .modalityDropout: true
    default: false
    }
  }

  /// All stages that the arms need, each behind what it needs.
  static func needed(for arms: [Arm]) -> [StageName] {
    var found: [StageName] = []
    func add(_ stage: StageName) {
      guard !found.contains(stage) else { return }
      stage.needs.forEach(add)
      found.append(stage)
    }
    arms.compactMap(\.stage).forEach(add)
    return found
  }
}

extension Arm {
  /// The stage whose network the arm tests; nil for classical arms.
  var stage: StageName? { StageName(rawValue: rawValue) }
}

/// Runs the stages of one seed in order and hands out their weights.
final class SeedStages {
  let run: SeedRun
  private var known: [StageName: Parameters] = [:]

  init(_ run: SeedRun) { self.run = run }

  func parameters(_ stage: StageName) throws -> Parameters {
    if let found = known[stage] { return found }
    let learnt = try learn(stage)
    known[stage] = learnt
    return learnt
  }

  private func learn(_ stage: StageName) throws -> Parameters {
    switch stage {
    case .color: try run.learnColor()
    case .colorSecond: try run.learnColor(named: "color-second")
    case .spectral: try run.learnSpectral()
    case .fusion:
      try run.learnFusion(color: parameters(.color), spectral: parameters(.spectral))
    case .hallucination:
      try run.learnHallucination(
        fusion: parameters(.fusion), second: parameters(.colorSecond))
    case .student:
      try run.learnStudent(
        color: parameters(.color), fusion: parameters(.fusion),
        hallucination: parameters(.hallucination))
    case .compact:
      try run.learnCompact(fusion: parameters(.fusion), student: parameters(.student))
    case .compactPlain: try run.learnCompactPlain()
    case .twoColor:
      try run.learnTwoColor(color: parameters(.color), second: parameters(.colorSecond))
    case .logits:
      try run.learnLogits(
        color: parameters(.color), second: parameters(.colorSecond), fusion: parameters(.fusion))
    case .shuffled:
      try run.learnShuffled(
        color: parameters(.color), second: parameters(.colorSecond), fusion: parameters(.fusion))
    case .oracle:
      try run.learnOracle(color: parameters(.color), second: parameters(.colorSecond))
    case .modalityDropout:
      try run.learnModalityDropout(color: parameters(.color), spectral: parameters(.spectral))
    }
  }

  /// The network that a stage trains.
  static func graph(
    _ stage: StageName, _ architecture: Architecture, joining: Networks.Joining
  ) -> Graph {
    switch stage {
    case .color, .colorSecond: Networks.color(architecture)
    case .spectral: Networks.spectral(architecture)
    case .hallucination: Networks.hallucination(architecture)
    case .fusion: Networks.fusion(architecture, joining: joining)
    case .modalityDropout: Networks.fusion(architecture, joining: .mean)
    case .student, .twoColor, .logits, .shuffled, .oracle:
      Networks.student(architecture, joining: joining)
    case .compact, .compactPlain: Networks.compact(architecture)
    }
  }
}
