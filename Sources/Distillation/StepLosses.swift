import NeuralNetworks
import Tensors

/// The losses of one training step by name, and the gradient that each output of the network gets.
public struct StepLosses {
  /// Weighted terms as they enter the total.
  public private(set) var terms: [String: Float] = [:]
  /// Gradient of the total with respect to each output that a term touched.
  public private(set) var gradients: [String: Tensor] = [:]

  public var total: Float { terms.values.reduce(0, +) }

  public init() {}

  /// Adds `weight · loss`, a loss of the whole output.
  public mutating func add(
    _ name: String, _ loss: LossValue, to output: String, weight: Float = 1
  ) {
    add(name, loss, to: output, firstRow: 0, of: loss.gradient.shape[0], weight: weight)
  }

  /// Adds `weight · loss`, a loss of some rows of an output that has `rows` rows.
  public mutating func add(
    _ name: String, _ loss: LossValue, to output: String, firstRow: Int, of rows: Int,
    weight: Float = 1
  ) {
    terms[name, default: 0] += weight * loss.value
    let shape = [rows] + loss.gradient.shape.dropFirst()
    var sum = gradients[output] ?? Tensor(shape: shape)
    precondition(sum.shape == shape, "losses of \(output): shape \(shape), \(sum.shape) wanted")
    let start = firstRow * loss.gradient.rowCount
    for (index, value) in loss.gradient.values.enumerated() {
      sum.values[start + index] += weight * value
    }
    gradients[output] = sum
  }
}
