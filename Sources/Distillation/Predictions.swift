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
  /// Cosine between hallucinated and true pooled features of each test sample, `[N]`.
  public var agreement: Tensor?

  /// Writes the logits of each set; `identity` says of which settings they are.
  public func write(to file: URL, identity: String) throws {
    var tensors = Part.allCases.compactMap { part in logits[part].map { (part.rawValue, $0) } }
    if let agreement { tensors.append(("agreement", agreement)) }
    try Safetensors.write(tensors, metadata: ["identity": identity], to: file)
  }

  /// Nil where the file is absent or belongs to other settings.
  public static func read(_ file: URL, identity: String? = nil) throws -> Predictions? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let (tensors, metadata) = try Safetensors.read(file)
    if let identity, metadata["identity"] != identity { return nil }
    var found = Predictions(logits: [:], agreement: nil)
    for (name, tensor) in tensors {
      if let part = Part(rawValue: name) { found.logits[part] = tensor }
      if name == "agreement" { found.agreement = tensor }
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
    let pooled = ["pooled", "hallucination.pooled"].first { graph.output(named: $0) != nil }
    let hallucinates = stage == .hallucination || stage == .student
    let plan = try InferencePlan(
      graph, batch: 64, parameters: parameters,
      outputs: ["logits"] + (hallucinates ? [pooled].compactMap { $0 } : []), on: engine)
    var found = Predictions(logits: [:], agreement: nil)
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
      let outputs = try plan(inputs)
      found.logits[part] = outputs["logits"]
      if part == .test, hallucinates, let name = pooled, let imagined = outputs[name] {
        found.agreement = try agreement(imagined, rows: rows)
      }
    }
    return found
  }

  /// Cosine between imagined and true pooled features, both around the true ones' mean.
  private func agreement(_ imagined: Tensor, rows: [Int]) throws -> Tensor? {
    guard let fusion = try training.weights(of: .fusion, architecture, experiment) else {
      return nil
    }
    let plan = try InferencePlan(
      Networks.fusion(architecture, joining: experiment.network.joining), batch: 64,
      parameters: fusion, outputs: [Teacher.pooled], on: engine)
    guard
      let seen = try plan([
        "color": dataset.color.rows(rows), "spectra": dataset.spectra.rows(rows),
      ])[Teacher.pooled]
    else { return nil }
    let width = seen.rowCount
    var center = [Float](repeating: 0, count: width)
    for (index, value) in seen.values.enumerated() {
      center[index % width] += value / Float(rows.count)
    }
    let cosines = (0..<rows.count).map { row -> Float in
      var (dot, first, second): (Float, Float, Float) = (0, 0, 0)
      for column in 0..<width {
        let a = imagined.values[row * width + column] - center[column]
        let b = seen.values[row * width + column] - center[column]
        dot += a * b
        first += a * a
        second += b * b
      }
      return dot / max(1e-12, (first * second).squareRoot())
    }
    return Tensor(shape: [rows.count], values: cosines)
  }
}
