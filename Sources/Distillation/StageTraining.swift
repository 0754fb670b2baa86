import Diagnostics
import Foundation
import Models
import NeuralNetworks
import Tensors

/// One stage of training: a network that learns for a fixed number of steps.
public struct Stage {
  /// Name in files, logs and progress: `hallucination`.
  public let name: String
  public let graph: Graph
  /// Weights to begin with.
  public let start: Parameters
  public let steps: Int
  public let filling: BatchMaker.Filling
}

/// One step as a loss sees it.
struct StepContext {
  let step: Int
  let batch: Batch
  /// The network's outputs for the batch.
  let outputs: [String: Tensor]
  /// Norm of the weights' gradient that the given gradients of outputs cause; for setting weights.
  let gradientNorm: ([String: Tensor]) throws -> Float
}

/// Runs stages of one seed, each resumable at any kill with the same bits.
///
/// A finished stage is a file `<stage>.safetensors`; a stage in progress has
/// `<stage>.partial.safetensors` with weights, optimizer state and the step's number. Batches
/// follow from the step's number, so going on from a checkpoint repeats what would have come.
final class StageTraining {
  let engine: Engine
  let settings: TrainingSettings
  let folder: URL
  /// Digest of everything a stage's weights depend on; a file with another one is not reused.
  let identity: (_ stage: String) -> String
  let seed: UInt64
  let advance: (_ steps: Int, _ note: String) throws -> Void

  init(
    engine: Engine, settings: TrainingSettings, folder: URL,
    identity: @escaping (String) -> String,
    seed: UInt64,
    advance: @escaping (Int, String) throws -> Void
  ) {
    self.engine = engine
    self.settings = settings
    self.folder = folder
    self.identity = identity
    self.seed = seed
    self.advance = advance
  }

  /// The weights of a stage that was finished before, if its file fits this run.
  func finished(_ stage: Stage) throws -> Parameters? {
    let file = folder.appending(path: "\(stage.name).safetensors")
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let (tensors, metadata) = try Safetensors.read(file)
    guard metadata["identity"] == identity(stage.name) else { return nil }
    let parameters = Parameters(tensors)
    guard parameters.names == stage.graph.parts.map(\.name) else { return nil }
    try advance(stage.steps, stage.name)
    return parameters
  }

  /// The weights of a finished stage, or nil.
  func weights(
    of stage: StageName, _ architecture: Architecture, _ experiment: Experiment
  ) throws -> Parameters? {
    let graph = SeedStages.graph(stage, architecture, joining: experiment.network.joining)
    let file = folder.appending(path: "\(stage.rawValue).safetensors")
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let (tensors, metadata) = try Safetensors.read(file)
    guard metadata["identity"] == identity(stage.rawValue) else { return nil }
    let parameters = Parameters(tensors)
    return parameters.names == graph.parts.map(\.name) ? parameters : nil
  }

  /// Trains a stage: `losses` says what each batch's outputs are worth.
  ///
  /// With `carried`, values of the loss itself (a projector) are part of the checkpoint.
  func train(
    _ stage: Stage, batches: BatchMaker, carried: (any CarriedState)? = nil,
    losses: (StepContext) throws -> StepLosses
  ) throws -> Parameters {
    if let done = try finished(stage) { return done }
    var optimizer = Optimizer(settings.optimizer, parts: stage.graph.parts)
    let plan = try TrainingPlan(
      stage.graph, batch: settings.labelledBatch + settings.pairBatch, parameters: stage.start,
      on: engine)
    var step = try restore(stage, plan, &optimizer, carried)
    try advance(step, stage.name)
    var log = try StageLog.read(logFile(stage)).filter { $0.step < step }
    let schedule = CosineSchedule(
      steps: stage.steps, warmUp: settings.warmUpSteps, peak: settings.optimizer.learningRate)
    var savedAt = ContinuousClock.now
    while step < stage.steps {
      let batch = try batches.batch(step, filling: stage.filling)
      let outputs = try plan.forward(
        batch.inputs.filter { stage.graph.input(named: $0.key) != nil })
      let result = try losses(
        StepContext(step: step, batch: batch, outputs: outputs) {
          try plan.backward($0).norm(of: stage.graph.parts)
        })
      guard result.total.isFinite else { throw Divergence(stage: stage.name, step: step) }
      let gradients = try plan.backward(result.gradients)
      plan.update { _ = optimizer.step(&$0, gradients: gradients, rate: schedule[step]) }
      if step % 10 == 0 || step + 1 == stage.steps {
        log.append(
          LogEntry(
            seed: seed, stage: stage.name, step: step, rate: schedule[step], losses: result.terms))
      }
      step += 1
      try advance(1, "\(stage.name) loss \(Self.short(result.total))")
      let isDue = savedAt.duration(to: .now) > .seconds(settings.checkpointSeconds)
      if isDue || Interruption.isRequested {
        try StageLog.write(log, to: logFile(stage))
        try save(stage, plan.parameters, optimizer, carried, step)
        savedAt = .now
        try Interruption.check(
          saved: "stage \(stage.name) is saved at step \(step); run again to go on")
      }
    }
    try StageLog.write(log, to: logFile(stage))
    let parameters = optimizer.averaged ?? plan.parameters
    try Safetensors.write(
      parameters.names.map { name in (name, parameters[name] ?? Tensor(shape: [0])) },
      metadata: ["identity": identity(stage.name), "stage": stage.name, "steps": "\(stage.steps)"],
      to: folder.appending(path: "\(stage.name).safetensors"))
    try? FileManager.default.removeItem(at: partial(stage))  // It may never have been written.
    return parameters
  }

  private func partial(_ stage: Stage) -> URL {
    folder.appending(path: "\(stage.name).partial.safetensors")
  }

  private func logFile(_ stage: Stage) -> URL {
    folder.appending(path: "\(stage.name).log.jsonl")
  }

  private func save(
    _ stage: Stage, _ parameters: Parameters, _ optimizer: Optimizer,
    _ carried: (any CarriedState)?,
    _ step: Int
  ) throws {
    var tensors = zip(parameters.names, parameters.tensors).map { ("parameter." + $0, $1) }
    tensors += optimizer.state.map { ("optimizer." + $0.0, $0.1) }
    tensors += (carried?.state ?? []).map { ("carried." + $0.0, $0.1) }
    try Safetensors.write(
      tensors,
      metadata: ["identity": identity(stage.name), "stage": stage.name, "step": "\(step)"],
      to: partial(stage))
  }

  /// Goes on from a checkpoint if there is one of this very run; returns the step to do next.
  private func restore(
    _ stage: Stage, _ plan: TrainingPlan, _ optimizer: inout Optimizer,
    _ carried: (any CarriedState)?
  ) throws -> Int {
    guard FileManager.default.fileExists(atPath: partial(stage).path) else { return 0 }
    let (tensors, metadata) = try Safetensors.read(partial(stage))
    guard metadata["identity"] == identity(stage.name),
      let step = metadata["step"].flatMap(Int.init)
    else {
      return 0
    }
    func named(_ prefix: String) -> [(String, Tensor)] {
      tensors.filter { $0.0.hasPrefix(prefix) }.map {
        (String($0.0.dropFirst(prefix.count)), $0.1)
      }
    }
    let parameters = Parameters(named("parameter."))
    guard parameters.names == plan.parameters.names else { return 0 }
    plan.parameters = parameters
    optimizer = try Optimizer(
      settings.optimizer, parts: stage.graph.parts, restoring: named("optimizer."))
    carried?.state = named("carried.")
    return step
  }

  private static func short(_ value: Float) -> String {
    let scaled = (value * 1000).rounded() / 1000
    return "\(scaled)"
  }
}

extension Parameters {
  /// Euclidean norm over all trained parts.
  func norm(of parts: [Part]) -> Float {
    var sum = 0.0
    for part in parts where part.isTrained {
      for value in self[part.name]?.values ?? [] { sum += Double(value) * Double(value) }
    }
    return Float(sum.squareRoot())
  }
}

/// State that a loss carries from step to step.
protocol CarriedState: AnyObject {
  var state: [(String, Tensor)] { get set }
}

/// Training that ran away.
public struct Divergence: Explained, Equatable {
  public let stage: String
  public let step: Int
  public var place: String { "stage \(stage), step \(step)" }
  public var problem: String { "the loss is not a finite number" }
  public var remedy: String? { "lower training.optimizer.learningRate or set clipNorm" }
}
