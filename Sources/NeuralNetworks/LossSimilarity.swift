import Foundation
import Tensors

/// How much each sample's row of similarities counts.
public enum SimilarityWeights: Sendable, Equatable {
  /// All alike: similarity preserving.
  case uniform
  /// By the entropy of the teacher's probabilities `[B, K]`: samples near a boundary count more.
  case entropy(teacherProbabilities: Tensor)
}

/// The difference between two batches' tables of similarities, whatever their features' shapes.
///
/// G = F Fᵀ with rows scaled to length 1, where F is the batch of flattened features; the loss is
/// Σᵢ wᵢ Σⱼ (G_s − G_t)ᵢⱼ² / B, with wᵢ = 1 / B, or the share of sample i in the batch's entropy.
/// Turning the features by any rotation changes nothing, so the two crops need no registration.
///
/// Shapes: `features` `[B, …]`, `teacher` `[B, …]`; only B must agree.
///
/// Source: Tung, Mori, *Similarity-Preserving Knowledge Distillation*, ICCV 2019, equation 4,
/// arXiv:1907.09682; weights: Wei, Luo, Luo, *MMANet: Margin-aware Distillation and Modality-aware
/// Regularization*, CVPR 2023, equations 3 to 5, arXiv:2304.08028. Differs: the entropy weighs
/// rows, as in the paper; the authors' code weighs columns.
public func similarityPreserving(
  _ features: Tensor, teacher: Tensor, weights: SimilarityWeights = .uniform
) -> LossValue {
  let rows = features.shape[0]
  precondition(
    teacher.shape[0] == rows, "similarity: teacher's batch \(teacher.shape[0]), \(rows) wanted")
  let student = Similarities(features)
  let target = Similarities(teacher)
  let shares = shares(weights, rows: rows)
  var value = 0.0
  // ∂L/∂G before the rows were scaled.
  var slopes = [Double](repeating: 0, count: rows * rows)
  for row in 0..<rows {
    var along = 0.0
    for index in (row * rows)..<((row + 1) * rows) {
      let difference = student.values[index] - target.values[index]
      value += shares[row] * difference * difference
      slopes[index] = 2 * shares[row] * difference
      along += slopes[index] * student.values[index]
    }
    for index in (row * rows)..<((row + 1) * rows) {
      slopes[index] = (slopes[index] - along * student.values[index]) / student.lengths[row]
    }
  }
  let width = features.rowCount
  var gradient = [Double](repeating: 0, count: features.count)
  for row in 0..<rows {
    for other in 0..<rows {
      let slope = slopes[row * rows + other] + slopes[other * rows + row]
      for column in 0..<width {
        gradient[row * width + column] += slope * Double(features.values[other * width + column])
      }
    }
  }
  return LossValue(
    value: Float(value),
    gradient: Tensor(shape: features.shape, values: gradient.map(Float.init)))
}

/// wᵢ / B.
private func shares(_ weights: SimilarityWeights, rows: Int) -> [Double] {
  let uniform = [Double](repeating: 1 / Double(rows * rows), count: rows)
  guard case .entropy(let probabilities) = weights else { return uniform }
  precondition(
    probabilities.shape.count == 2 && probabilities.shape[0] == rows,
    "similarity: teacher's probabilities \(probabilities.shape), [\(rows), classes] wanted")
  let classes = probabilities.shape[1]
  let entropies = (0..<rows).map { row in
    probabilities.values[(row * classes)..<((row + 1) * classes)].reduce(0.0) { sum, probability in
      probability > 0 ? sum - Double(probability) * log(Double(probability)) : sum
    }
  }
  let sum = entropies.reduce(0, +)
  return sum > 0 ? entropies.map { $0 / sum / Double(rows) } : uniform
}

/// G = F Fᵀ with rows scaled to length 1, and the lengths that they had.
private struct Similarities {
  private(set) var values: [Double]
  private(set) var lengths: [Double]

  init(_ features: Tensor) {
    let rows = features.shape[0]
    let width = features.rowCount
    values = [Double](repeating: 0, count: rows * rows)
    lengths = [Double](repeating: 0, count: rows)
    for row in 0..<rows {
      for other in 0...row {
        var sum = 0.0
        for column in 0..<width {
          sum +=
            Double(features.values[row * width + column])
            * Double(features.values[other * width + column])
        }
        values[row * rows + other] = sum
        values[other * rows + row] = sum
      }
    }
    for row in 0..<rows {
      var squares = 0.0
      for index in (row * rows)..<((row + 1) * rows) { squares += values[index] * values[index] }
      // The floor keeps a row of zeros at zero.
      lengths[row] = max(squares.squareRoot(), 1e-12)
      for index in (row * rows)..<((row + 1) * rows) { values[index] /= lengths[row] }
    }
  }
}
