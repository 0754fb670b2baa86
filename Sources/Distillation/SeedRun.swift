import Datasets
import Foundation
import Models
import NeuralNetworks
import Tensors

/// What the steps of one seed share: data, settings and the place where stages are kept.
struct SeedRun {
  let engine: Engine
  let experiment: Experiment
  let architecture: Architecture
  let dataset: PairedDataset
  let split: Split
  let seed: UInt64
  let training: StageTraining

  var settings: DistillationSettings { experiment.distillation }
  var steps: Int { experiment.training.steps }
  var batchSize: Int { experiment.training.labelledBatch + experiment.training.pairBatch }

  func length(_ stage: StageName) -> Int { stage.steps(experiment) }

  /// Fresh weights; the same seed and purpose give the same.
  func initial(_ graph: Graph, _ purpose: String) -> Parameters {
    var random = SplitMix64(seed: seed, purpose: "weights/\(purpose)")
    return Parameters(initializing: graph, using: &random)
  }

  func batches(_ stage: String) -> BatchMaker {
    BatchMaker(
      dataset: dataset, split: split, settings: experiment.training, seed: seed, stage: stage)
  }

  func teacher(_ fusion: Parameters) throws -> Teacher {
    try Teacher(
      Networks.fusion(architecture, joining: experiment.network.joining), fusion,
      batch: batchSize, on: engine)
  }

  /// Cross entropy of the labelled rows.
  func addLabels(_ now: StepContext, to losses: inout StepLosses) {
    guard now.batch.labelledCount > 0, let logits = now.outputs["logits"] else { return }
    let loss = crossEntropy(
      logits.rows(Array(0..<now.batch.labelledCount)), labels: now.batch.labels,
      smoothing: experiment.training.labelSmoothing)
    losses.add("labels", loss, to: "logits", firstRow: 0, of: now.batch.count)
  }

  /// The soft term of all rows.
  func addTeacher(_ teacher: [String: Tensor], _ now: StepContext, to losses: inout StepLosses) {
    guard let logits = now.outputs["logits"], let wanted = teacher[settings.teachingOutput] else {
      return
    }
    losses.add(
      "teacher", settings.softLoss(logits, teacher: wanted, batch: now.batch), to: "logits",
      weight: settings.softWeight)
  }

  /// A stage that learns from labels alone, beginning with what `others` have learnt.
  func learnFromLabels(
    _ name: String, _ graph: Graph, adopting others: [Parameters] = []
  ) throws -> Parameters {
    var start = initial(graph, name)
    for other in others { start.adopt(other) { $0 } }
    let stage = Stage(name: name, graph: graph, start: start, steps: steps, filling: .labelled)
    return try training.train(stage, batches: batches(name)) { now in
      var losses = StepLosses()
      addLabels(now, to: &losses)
      return losses
    }
  }
}

extension Architecture {
  /// Channels of the last stage: what features and pooled features have.
  var featureChannels: Int { stages.last?.filters ?? stem }
}
