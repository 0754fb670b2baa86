import Models
import NeuralNetworks
import Tensors

/// The networks that the student is compared with: equal size, equal steps, no hallucination.
extension SeedRun {
  /// Two RGB streams, labels only: what the student's size and steps give without a teacher.
  func learnTwoColor(color: Parameters, second: Parameters) throws -> Parameters {
    let (graph, start) = twoStreams("two-color", color: color, second: second)
    let stage = Stage(
      name: "two-color", graph: graph, start: start, steps: length(.twoColor), filling: .labelled)
    return try train(stage) { now, losses in
      addLabels(now, to: &losses)
    }
  }

  /// Two RGB streams, labels, and the teacher's softened logits on all pairs; no hint and no
  /// spectral start: logit distillation without the hallucination branch.
  func learnLogits(
    color: Parameters, second: Parameters, fusion: Parameters
  ) throws -> Parameters {
    let (graph, start) = twoStreams("logits", color: color, second: second)
    let teacher = try teacher(fusion)
    let stage = Stage(
      name: "logits", graph: graph, start: start, steps: length(.logits), filling: .pairs)
    return try train(stage) { now, losses in
      addLabels(now, to: &losses)
      addTeacher(try teacher(now.batch), now, to: &losses)
    }
  }

  /// As `learnLogits`, but each sample meets the teacher's logits of another one.
  func learnShuffled(
    color: Parameters, second: Parameters, fusion: Parameters
  ) throws -> Parameters {
    let (graph, start) = twoStreams("shuffled", color: color, second: second)
    let teacher = try teacher(fusion)
    let stage = Stage(
      name: "shuffled", graph: graph, start: start, steps: length(.shuffled), filling: .pairs)
    return try train(stage) { now, losses in
      addLabels(now, to: &losses)
      // A shift by half the batch: every sample gets a stranger's answer.
      let shift = (0..<now.batch.count).map { ($0 + now.batch.count / 2) % now.batch.count }
      let wanted = try teacher(now.batch).mapValues { $0.rows(shift) }
      addTeacher(wanted, now, to: &losses)
    }
  }

  /// Two RGB streams with the true labels of all training samples.
  func learnOracle(color: Parameters, second: Parameters) throws -> Parameters {
    let (graph, start) = twoStreams("oracle", color: color, second: second)
    let stage = Stage(
      name: "oracle", graph: graph, start: start, steps: length(.oracle), filling: .pairsWithLabels)
    return try train(stage) { now, losses in
      addLabels(now, to: &losses)
    }
  }

  /// The compact network with labels only, for as many steps as the taught one.
  func learnCompactPlain() throws -> Parameters {
    let graph = Networks.compact(architecture)
    let stage = Stage(
      name: "compact-plain", graph: graph, start: initial(graph, "compact"),
      steps: length(.compactPlain),
      filling: .labelled)
    return try train(stage) { now, losses in
      addLabels(now, to: &losses)
    }
  }

  /// The fusion network trained with the spectra of some samples blanked, so that it can do
  /// without them.
  ///
  /// Source: Neverova et al., *ModDrop: Adaptive Multi-Modal Gesture Recognition*, 2016, as the
  /// control of Garcia, Morerio, Murino, PAMI 2020.
  func learnModalityDropout(color: Parameters, spectral: Parameters) throws -> Parameters {
    let graph = Networks.fusion(architecture, joining: .mean)
    var start = initial(graph, "modality-dropout")
    start.adopt(color) { $0 }
    start.adopt(spectral) { $0 }
    let stage = Stage(
      name: "modality-dropout", graph: graph, start: start, steps: length(.modalityDropout),
      filling: .labelled)
    var maker = batches("modality-dropout")
    maker.blanksSpectra = settings.modalityDropout
    return try training.train(stage, batches: maker) { now in
      var losses = StepLosses()
      addLabels(now, to: &losses)
      return losses
    }
  }

  private func twoStreams(
    _ name: String, color: Parameters, second: Parameters
  ) -> (Graph, Parameters) {
    let graph = Networks.student(architecture, joining: experiment.network.joining)
    var start = initial(graph, name)
    start.adopt(color) { $0 }
    start.adopt(second) { $0.replacingPrefix("color.", by: "hallucination.") }
    return (graph, start)
  }

  private func train(
    _ stage: Stage, losses: (StepContext, inout StepLosses) throws -> Void
  ) throws -> Parameters {
    try training.train(stage, batches: batches(stage.name)) { now in
      var sum = StepLosses()
      try losses(now, &sum)
      return sum
    }
  }
}
