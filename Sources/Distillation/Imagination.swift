import Chemometrics
import Datasets
import Models
import NeuralNetworks
import Tensors

/// What can be read from an RGB stream's pooled features of what the spectral camera saw.
///
/// A linear read-out is fitted on the training pairs and tried on the test. The direct difference
/// between hallucinated and true features would say nothing where the hint compares similarities,
/// since these do not change when all features turn.
///
/// Source: Alain, Bengio, *Understanding intermediate layers using linear classifier probes*, 2016,
/// arXiv:1610.01644. Differs: regressions, onto features and spectra.
public struct Imagination: Sendable, Equatable {
  /// Cosine between read-out and true features of the teacher's spectral stream for each test
  /// sample, both around the training samples' mean, `[N]`.
  public var agreement: Tensor
  /// The read-out of each test sample's mean spectrum, standardized, `[N, channels]`.
  public var spectra: Tensor
  /// The mean spectrum of the training samples, `[channels]`: the best guess without looking.
  public var meanSpectrum: Tensor

  public init(agreement: Tensor, spectra: Tensor, meanSpectrum: Tensor) {
    self.agreement = agreement
    self.spectra = spectra
    self.meanSpectrum = meanSpectrum
  }

  /// The share of what true spectra `[N, channels]` differ from the mean that the read-out
  /// explains: 1 is all, 0 no more than the mean, below 0 it is worse than that.
  public func explainedShare(of truth: Tensor) -> Double {
    precondition(
      truth.shape == spectra.shape, "imagination: \(truth.shape), \(spectra.shape) wanted")
    var (left, all) = (0.0, 0.0)
    for (index, value) in truth.values.enumerated() {
      let error = Double(value - spectra.values[index])
      let difference = Double(value - meanSpectrum.values[index % meanSpectrum.count])
      left += error * error
      all += difference * difference
    }
    return all > 0 ? 1 - left / all : 0
  }
}

extension SeedRun {
  /// What the second RGB stream of `graph`, or its only one, shows of the test's spectra.
  ///
  /// Nil where no teacher was trained, or nothing is to be tested.
  func imagination(_ graph: Graph, _ parameters: Parameters) throws -> Imagination? {
    let training = split.labelled + split.unlabelled
    guard !training.isEmpty, !split.test.isEmpty,
      let output = ["hallucination.pooled", "pooled"].first(where: {
        graph.output(named: $0) != nil
      }),
      let fusion = try self.training.weights(of: .fusion, architecture, experiment)
    else { return nil }
    let stream = try InferencePlan(
      graph, batch: 64, parameters: parameters, outputs: [output], on: engine)
    let teacher = try InferencePlan(
      Networks.fusion(architecture, joining: experiment.network.joining), batch: 64,
      parameters: fusion, outputs: [Teacher.pooled], on: engine)
    func imagined(_ rows: [Int]) throws -> Tensor? {
      try stream(["color": dataset.color.rows(rows)])[output]
    }
    func seen(_ rows: [Int]) throws -> Tensor? {
      try teacher([
        "color": dataset.color.rows(rows), "spectra": dataset.spectra.rows(rows),
      ])[Teacher.pooled]
    }
    guard let known = try imagined(training), let knownFeatures = try seen(training),
      let asked = try imagined(split.test), let wanted = try seen(split.test)
    else { return nil }
    let features = RidgeRegression(from: known, to: knownFeatures)
    let spectra = RidgeRegression(from: known, to: dataset.meanSpectra(training))
    return Imagination(
      agreement: cosines(features(asked), wanted, around: features.center),
      spectra: spectra(asked),
      meanSpectrum: Tensor(shape: [spectra.center.count], values: spectra.center.map { Float($0) }))
  }
}

extension PairedDataset {
  /// Mean spectra of rows over the pixels that show the piece, `[rows, channels]`, standardized.
  public func meanSpectra(_ rows: [Int]) -> Tensor {
    ObjectSpectra(of: spectra.rows(rows), unit: .mean).spectra
  }
}

/// Cosine between the rows of two tensors `[N, C]`, both around `center`, `[N]`.
private func cosines(_ first: Tensor, _ second: Tensor, around center: [Double]) -> Tensor {
  let width = center.count
  let cosines = (0..<first.shape[0]).map { row -> Float in
    var (product, one, other) = (0.0, 0.0, 0.0)
    for column in 0..<width {
      let a = Double(first.values[row * width + column]) - center[column]
      let b = Double(second.values[row * width + column]) - center[column]
      product += a * b
      one += a * a
      other += b * b
    }
    return Float(product / max(1e-12, (one * other).squareRoot()))
  }
  return Tensor(shape: [first.shape[0]], values: cosines)
}
