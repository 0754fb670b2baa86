import NeuralNetworks
import Tensors

/// A frozen network whose outputs students learn from.
public struct Teacher {
  /// Output that holds the features a hint compares, `[N, H, W, C]`.
  static let features = "spectral.features"
  static let pooled = "spectral.pooled"

  private let plan: InferencePlan

  /// - Parameter graph: a fusion network (step 2), with outputs `logits` and `spectral.*`.
  init(_ graph: Graph, _ parameters: Parameters, batch: Int, on engine: Engine) throws {
    plan = try InferencePlan(
      graph, batch: batch, parameters: parameters,
      outputs: ["logits", "spectral.logits", Self.features, Self.pooled], on: engine)
  }

  /// What the teacher says of a batch, with both sensors and the student's own augmentation.
  func callAsFunction(_ batch: Batch) throws -> [String: Tensor] { try plan(batch.inputs) }
}

extension DistillationSettings {
  /// The output of the fusion network whose logits teach.
  var teachingOutput: String { teacher == .fusion ? "logits" : "spectral.logits" }

  /// The soft term of one batch: labelled rows and pairs alike.
  func softLoss(_ logits: Tensor, teacher: Tensor, batch: Batch) -> LossValue {
    switch soft {
    case .hinton:
      return distillation(logits, teacher: teacher, temperature: temperature)
    case .published:
      let cooled = Tensor(shape: logits.shape, values: logits.values.map { $0 / temperature })
      let loss = softCrossEntropy(cooled, targets: softened(teacher, temperature: temperature))
      return LossValue(
        value: loss.value,
        gradient: Tensor(
          shape: logits.shape, values: loss.gradient.values.map { $0 / temperature }))
    case .confidenceWeighted:
      return distillation(
        logits, teacher: teacher, temperature: temperature,
        weights: confidence(of: teacher, batch: batch))
    }
  }

  /// The teacher's probability of the true class, or of its own choice where there is no label.
  private func confidence(of teacher: Tensor, batch: Batch) -> [Float] {
    let probabilities = softened(teacher, temperature: 1)
    let classes = teacher.shape[1]
    return (0..<batch.count).map { row in
      let p = probabilities.values[(row * classes)..<((row + 1) * classes)]
      guard row < batch.labelledCount else { return p.max() ?? 0 }
      return p[p.startIndex + batch.labels[row]]
    }
  }
}

/// The hallucination hint: holds a student's features to the teacher's.
final class Hint: CarriedState {
  private let form: DistillationSettings.HintForm
  private let reduction: HintReduction
  private let ratio: Float
  private var projector: VkD
  /// Fixed at the first step by the gradient ratio, then kept.
  private(set) var weight: Float?

  init(_ settings: DistillationSettings, channels: Int, seed: UInt64) {
    form = settings.hint
    reduction = settings.hintReduction
    ratio = settings.hintRatio
    weight = settings.hintWeight
    var random = SplitMix64(seed: seed, purpose: "hint projector")
    projector = VkD(studentChannels: channels, teacherChannels: channels, using: &random)
  }

  var state: [(String, Tensor)] {
    get {
      [("projector", projector.projector)]
        + (weight.map { [("weight", Tensor(shape: [1], values: [$0]))] } ?? [])
    }
    set {
      for (name, tensor) in newValue {
        if name == "projector" { projector = VkD(restoring: tensor) }
        if name == "weight" { weight = tensor.values.first }
      }
    }
  }

  /// Sets the weight once, so that the hint's gradient is `hintRatio` times that of `others`, both
  /// measured as norms over the network's weights.
  func weigh(
    against others: StepLosses, prefix: String, _ now: StepContext, _ teacher: [String: Tensor]
  ) throws {
    guard form != .none, weight == nil else { return }
    let (output, loss, _) = evaluate(prefix: prefix, now.outputs, teacher)
    let own = try now.gradientNorm([output: loss.gradient])
    let other = try now.gradientNorm(others.gradients)
    weight = own > 0 ? ratio * other / own : 1
  }

  /// Adds the weighted hint to `losses`, and moves the projector where the form has one.
  func add(
    to losses: inout StepLosses, prefix: String, _ now: StepContext, _ teacher: [String: Tensor]
  ) {
    guard form != .none else { return }
    let (output, loss, projection) = evaluate(prefix: prefix, now.outputs, teacher)
    if let projection { projector.step(along: projection, rate: 0.01) }
    losses.add("hint", loss, to: output, weight: weight ?? 1)
  }

  private func evaluate(
    prefix: String, _ outputs: [String: Tensor], _ teacher: [String: Tensor]
  ) -> (output: String, loss: LossValue, projection: Tensor?) {
    let features = "\(prefix)features"
    let pooled = "\(prefix)pooled"
    guard let own = outputs[features], let wanted = teacher[Teacher.features],
      let ownPooled = outputs[pooled], let wantedPooled = teacher[Teacher.pooled],
      let logits = teacher["logits"]
    else { preconditionFailure("hint: network without outputs '\(features)' and '\(pooled)'") }
    switch form {
    case .none, .logistic:
      return (features, hint(own, wanted, .logistic), nil)
    case .standardized:
      return (features, hint(own, wanted, .standardized(deviation: deviation(of: wanted))), nil)
    case .orthonormal:
      let (loss, gradient) = projector(ownPooled, teacher: wantedPooled)
      return (pooled, loss, gradient)
    case .similarity:
      return (pooled, similarityPreserving(ownPooled, teacher: wantedPooled), nil)
    case .entropySimilarity:
      let probabilities = softened(logits, temperature: 1)
      return (
        pooled,
        similarityPreserving(
          ownPooled, teacher: wantedPooled,
          weights: .entropy(teacherProbabilities: probabilities)), nil
      )
    }
  }

  private func hint(
    _ own: Tensor, _ wanted: Tensor, _ form: NeuralNetworks.HintForm
  ) -> LossValue {
    hallucinationHint(own, teacher: wanted, form: form, reduction: reduction)
  }

  /// Standard deviation of each channel over the batch and the map; at least 1e-3.
  private func deviation(of tensor: Tensor) -> [Float] {
    let channels = tensor.shape[tensor.shape.count - 1]
    var sums = [Double](repeating: 0, count: channels)
    var squares = sums
    for (index, value) in tensor.values.enumerated() {
      sums[index % channels] += Double(value)
      squares[index % channels] += Double(value) * Double(value)
    }
    let count = Double(tensor.count / channels)
    return zip(sums, squares).map { sum, square in
      Float(max(1e-6, square / count - (sum / count) * (sum / count)).squareRoot())
    }
  }
}
