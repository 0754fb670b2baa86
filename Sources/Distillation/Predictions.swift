import Diagnostics
import Foundation
import Datasets
import Models
import NeuralNetworks
import Tensors

/// What one arm of one seed says of the samples that did not train it.
public struct Predictions: Sendable {
  /// The sets that are kept.
  public enum Part: String, CaseIterable, Sendable {
    case validation, calibration, test
  }

  /// Logits of each set, `[N, classes]`, in the split's order.
  public var logits: [Part: Tensor]
  /// How much of what the spectra show can be read from an RGB stream's features; only of arms
  /// that have such a stream.
  public var imagination: Imagination?

  /// Writes the logits of each set; `identity` says of which settings they are.
  public func write(to file: URL, identity: String) throws {
    var tensors = Part.allCases.compactMap { part in logits[part].map { (part.rawValue, $0) } }
    if let imagination {
      tensors.append(("agreement", imagination.agreement))
      tensors.append(("imagined", imagination.spectra))
      tensors.append(("unseen", imagination.meanSpectrum))
    }
    try Safetensors.write(tensors, metadata: ["identity": identity], to: file)
  }

  /// Nil where the file is absent or belongs to other settings.
  public static func read(_ file: URL, identity: String? = nil) throws -> Predictions? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let (tensors, metadata) = try Safetensors.read(file)
    if let identity, metadata["identity"] != identity { return nil }
    var found = Predictions(logits: [:])
    for (name, tensor) in tensors {
      if let part = Part(rawValue: name) { found.logits[part] = tensor }
    }
    let named = Dictionary(tensors.map { ($0.0, $0.1) }) { first, _ in first }
    if let agreement = named["agreement"], let spectra = named["imagined"],
      let mean = named["unseen"]
    {
      found.imagination = Imagination(agreement: agreement, spectra: spectra, meanSpectrum: mean)
    }
    return found
  }
}

extension Split {
  /// The rows of a set.
  func rows(_ part: Predictions.Part) -> [Int] {
    switch part {
    case .validation: validation
    case .calibration: calibration
    case .test: test
    }
  }
}

extension SeedRun {
  /// Runs a trained network over all samples that did not train it.
  func predict(_ stage: StageName, _ parameters: Parameters) throws -> Predictions {
    let graph = SeedStages.graph(stage, architecture, joining: experiment.network.joining)
    let plan = try InferencePlan(
      graph, batch: 64, parameters: parameters, outputs: ["logits"], on: engine)
    var found = Predictions(logits: [:])
    for part in Predictions.Part.allCases {
      let rows = split.rows(part)
      var inputs = ["color": dataset.color.rows(rows)]
      if graph.input(named: "spectra") != nil {
        inputs["spectra"] =
          stage == .modalityDropout
          ? Tensor(shape: [rows.count] + dataset.spectra.shape.dropFirst())
          : dataset.spectra.rows(rows)
      }
      if graph.input(named: "color") == nil { inputs["color"] = nil }
      guard !rows.isEmpty else {
        found.logits[part] = Tensor(shape: [0, architecture.classes])
        continue
      }
      found.logits[part] = try plan(inputs)["logits"]
    }
    if [.twoColor, .hallucination, .student].contains(stage) {
      found.imagination = try imagination(graph, parameters)
    }
    return found
  }
}
