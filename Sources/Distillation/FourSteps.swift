import Models
import NeuralNetworks
import Tensors

/// The four steps of modality hallucination, then the compact student for the line.
///
/// Source: Garcia, Morerio, Murino, *Modality Distillation with Multiple Stream Networks for
/// Action Recognition*, ECCV 2018, section 3.3, with the hyperspectral stream as the privileged
/// one; Hoffman, Gupta, Darrell, *Learning with Side Information through Modality Hallucination*,
/// CVPR 2016. Differs: the hint is a mean; unlabelled pairs take part through the teacher's logits.
extension SeedRun {
  /// Step 1, RGB: cross entropy on the labels.
  func learnColor(named name: String = "color") throws -> Parameters {
    try learnFromLabels(name, Networks.color(architecture))
  }

  /// Step 1, spectra: cross entropy on the labels.
  func learnSpectral() throws -> Parameters {
    try learnFromLabels("spectral", Networks.spectral(architecture))
  }

  /// Step 2: both streams together, cross entropy of the mean of the two logits.
  func learnFusion(color: Parameters, spectral: Parameters) throws -> Parameters {
    let graph = Networks.fusion(architecture, joining: experiment.network.joining)
    return try learnFromLabels("fusion", graph, adopting: [color, spectral])
  }

  /// Step 3: the hallucination stream sees RGB and learns the frozen spectral stream's features
  /// and the teacher's softened logits, on labelled samples and unlabelled pairs.
  ///
  /// Its trunk begins as the spectral stream of step 2 behind the RGB stream's stem, as published,
  /// or as an RGB stream of another seed.
  func learnHallucination(fusion: Parameters, second: Parameters) throws -> Parameters {
    let graph = Networks.hallucination(architecture)
    var start = initial(graph, "hallucination")
    switch settings.start {
    case .spectral:
      start.adopt(fusion) { $0.replacingPrefix("spectral.", by: "hallucination.") }
      start.adopt(fusion) { $0.replacingPrefix("color.stem", by: "hallucination.stem") }
    case .color: start.adopt(second) { $0.replacingPrefix("color.", by: "hallucination.") }
    }
    let teacher = try teacher(fusion)
    let hint = Hint(settings, channels: architecture.featureChannels, seed: seed)
    let hintOnly = Int(Double(steps) * settings.hintOnlyShare)
    let stage = Stage(
      name: "hallucination", graph: graph, start: start, steps: steps, filling: .pairs)
    return try training.train(stage, batches: batches("hallucination"), carried: hint) {
      now in
      let wanted = try teacher(now.batch)
      var losses = StepLosses()
      addLabels(now, to: &losses)
      addTeacher(wanted, now, to: &losses)
      try hint.weigh(against: losses, prefix: "", now, wanted)
      if now.step < hintOnly { losses = StepLosses() }
      hint.add(to: &losses, prefix: "", now, wanted)
      return losses
    }
  }

  /// Step 4: RGB and hallucination streams together, from RGB only; the labels and, unless the
  /// settings are the published ones, the teacher's softened logits on all pairs and the hint.
  ///
  /// The RGB stream begins as that of step 2, as published; or, where the hallucination stream
  /// began as an RGB stream, as that of step 1, since the fused one leaned on the spectra.
  func learnStudent(
    color: Parameters, fusion: Parameters, hallucination: Parameters
  ) throws -> Parameters {
    let graph = Networks.student(architecture, joining: experiment.network.joining)
    var start = initial(graph, "student")
    let seen = settings.start == .spectral ? fusion : color
    start.adopt(seen) { $0.hasPrefix("color.") ? $0 : nil }
    start.adopt(hallucination) { $0 }
    let teacher = try teacher(fusion)
    let hint = Hint(settings, channels: architecture.featureChannels, seed: seed)
    let stage = Stage(
      name: "student", graph: graph, start: start, steps: length(.student),
      // Without a teacher's word on them pairs teach nothing.
      filling: settings.keepsTeacher || settings.keepsHint ? .pairs : .labelled)
    return try training.train(stage, batches: batches("student"), carried: hint) {
      now in
      let wanted = try teacher(now.batch)
      var losses = StepLosses()
      addLabels(now, to: &losses)
      if settings.keepsTeacher { addTeacher(wanted, now, to: &losses) }
      if settings.keepsHint {
        try hint.weigh(against: losses, prefix: "hallucination.", now, wanted)
        hint.add(to: &losses, prefix: "hallucination.", now, wanted)
      }
      return losses
    }
  }

  /// The same knowledge in one small network: labels, and on all pairs the mean of what the
  /// teacher (both sensors) and the two-stream student (RGB) say.
  func learnCompact(fusion: Parameters, student: Parameters) throws -> Parameters {
    let graph = Networks.compact(architecture)
    let teacher = try teacher(fusion)
    let colleague = try InferencePlan(
      Networks.student(architecture, joining: experiment.network.joining),
      batch: batchSize, parameters: student, outputs: ["logits"], on: engine)
    let stage = Stage(
      name: "compact", graph: graph, start: initial(graph, "compact"),
      steps: length(.compact),
      filling: .pairs)
    return try training.train(stage, batches: batches("compact")) { now in
      var wanted = try teacher(now.batch)
      if let first = wanted[settings.teachingOutput],
        let second = try colleague(
          now.batch.inputs.filter { $0.key == "color" })["logits"]
      {
        wanted[settings.teachingOutput] = mean(of: [first, second])
      }
      var losses = StepLosses()
      addLabels(now, to: &losses)
      addTeacher(wanted, now, to: &losses)
      return losses
    }
  }
}

extension String {
  /// The string with another prefix, or nil where it does not begin with `prefix`.
  func replacingPrefix(_ prefix: String, by other: String) -> String? {
    hasPrefix(prefix) ? other + dropFirst(prefix.count) : nil
  }
}
