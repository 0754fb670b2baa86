import Foundation
import Tensors

/// What a loss says about a batch: its value, and how that changes with the tensor it judges.
public struct LossValue: Sendable, Equatable {
  public var value: Float
  /// The derivative of `value` with respect to the loss's first argument, in that one's shape.
  public var gradient: Tensor

  public init(value: Float, gradient: Tensor) {
    self.value = value
    self.gradient = gradient
  }

  /// Two losses of the same tensor, taken together.
  public static func + (first: LossValue, second: LossValue) -> LossValue {
    precondition(
      first.gradient.shape == second.gradient.shape,
      "sum of losses: gradients \(first.gradient.shape) and \(second.gradient.shape)")
    var sum = first
    sum.value += second.value
    for index in sum.gradient.values.indices {
      sum.gradient.values[index] += second.gradient.values[index]
    }
    return sum
  }

  /// A loss counted `weight` times.
  public static func * (weight: Float, loss: LossValue) -> LossValue {
    var scaled = loss
    scaled.value *= weight
    for index in scaled.gradient.values.indices { scaled.gradient.values[index] *= weight }
    return scaled
  }
}

/// The logarithms of softmax(z / T), row by row; kept in Double so that sums over a batch are exact
/// to the last bits of a Float.
struct LogProbabilities {
  let rows: Int
  let classes: Int
  private(set) var values: [Double]

  /// Reads logits `[B, K]`.
  init(_ logits: Tensor, temperature: Float = 1) {
    precondition(
      logits.shape.count == 2 && logits.shape[1] > 0,
      "log-softmax: logits \(logits.shape), [batch, classes] wanted")
    precondition(temperature > 0, "log-softmax: temperature \(temperature), above 0 wanted")
    rows = logits.shape[0]
    classes = logits.shape[1]
    let scale = 1 / Double(temperature)
    values = logits.values.map { Double($0) * scale }
    for start in stride(from: 0, to: rows * classes, by: classes) {
      let norm = Self.logarithmOfSum(values, start..<(start + classes))
      for index in start..<(start + classes) { values[index] -= norm }
    }
  }

  /// ln Σ exp(v), without overflow.
  static func logarithmOfSum(_ values: [Double], _ range: Range<Int>) -> Double {
    var largest = -Double.infinity
    for index in range { largest = max(largest, values[index]) }
    var sum = 0.0
    for index in range { sum += exp(values[index] - largest) }
    return largest + log(sum)
  }

  var probabilities: [Double] { values.map { exp($0) } }
}

/// softmax(`logits` / `temperature`), `[B, K]` to `[B, K]`.
public func softened(_ logits: Tensor, temperature: Float = 1) -> Tensor {
  let probabilities = LogProbabilities(logits, temperature: temperature).probabilities
  return Tensor(shape: logits.shape, values: probabilities.map(Float.init))
}

/// The mean of several tensors of one shape: late fusion when they are the logits of several
/// streams.
public func mean(of tensors: [Tensor]) -> Tensor {
  precondition(!tensors.isEmpty, "mean of tensors: none given, at least one wanted")
  let shape = tensors[0].shape
  var sums = [Double](repeating: 0, count: tensors[0].count)
  for tensor in tensors {
    precondition(tensor.shape == shape, "mean of tensors: shape \(tensor.shape), \(shape) wanted")
    for index in sums.indices { sums[index] += Double(tensor.values[index]) }
  }
  let share = 1 / Double(tensors.count)
  return Tensor(shape: shape, values: sums.map { Float($0 * share) })
}

/// What part of the batch's mean each row is: its weight over the sum of weights, all equal if
/// `nil`.
func shares(_ weights: [Float]?, rows: Int) -> [Double] {
  guard let weights else { return [Double](repeating: 1 / Double(max(rows, 1)), count: rows) }
  precondition(
    weights.count == rows, "sample weights: \(weights.count) given, \(rows) wanted")
  let sum = weights.reduce(0.0) { $0 + Double($1) }
  return weights.map { sum > 0 ? Double($0) / sum : 0 }
}
