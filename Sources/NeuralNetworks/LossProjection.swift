import Tensors

/// Distillation of pooled features through a projector that can only turn, not bend, them.
///
/// L = smooth L1( P z_s , LayerNorm(z_t) ), the mean over elements. P `[teacher, student]` has
/// orthonormal rows (columns where the teacher is wider), so it cannot learn what the student
/// should. It is thrown away after training.
///
/// Source: Miles, Elezi, Deng, *VkD: Improving Knowledge Distillation using Orthogonal
/// Projections*, CVPR 2024, equations 9 to 12; arXiv:2403.06213. Differs: P stays orthonormal by a
/// retraction after each step, not by a matrix exponential.
public struct VkD: Sendable, Equatable {
  /// P, `[teacher's channels, student's channels]`.
  public private(set) var projector: Tensor

  /// A random projector.
  public init(
    studentChannels: Int, teacherChannels: Int, using random: inout some RandomNumberGenerator
  ) {
    let shape = [teacherChannels, studentChannels]
    projector = Self.orthonormalized(Tensor(normal: shape, deviation: 1, using: &random))
  }

  /// A stored projector; its rows are made orthonormal again.
  public init(projector: Tensor) {
    precondition(
      projector.shape.count == 2, "projector: shape \(projector.shape), two extents wanted")
    self.projector = Self.orthonormalized(projector)
  }

  /// A projector as a checkpoint kept it, to the bit.
  public init(restoring projector: Tensor) {
    precondition(
      projector.shape.count == 2, "projector: shape \(projector.shape), two extents wanted")
    self.projector = projector
  }

  /// The loss with its gradient for the student's features, and that for the projector.
  ///
  /// Shapes: `features` `[B, student's channels]`, `teacher` `[B, teacher's channels]`.
  public func callAsFunction(
    _ features: Tensor, teacher: Tensor
  ) -> (loss: LossValue, projectorGradient: Tensor) {
    let (wanted, found) = (projector.shape[0], projector.shape[1])
    precondition(
      features.shape.count == 2 && features.shape[1] == found
        && teacher.shape == [features.shape[0], wanted],
      "projection: features \(features.shape) and \(teacher.shape) for a projector "
        + "\(projector.shape)")
    let rows = features.shape[0]
    let target = Self.layerNormalized(teacher)
    let share = 1 / Double(max(target.count, 1))
    var value = 0.0
    var gradient = [Double](repeating: 0, count: features.count)
    var turning = [Double](repeating: 0, count: projector.count)
    for row in 0..<rows {
      for output in 0..<wanted {
        var sum = 0.0
        for input in 0..<found {
          sum +=
            Double(projector.values[output * found + input])
            * Double(features.values[row * found + input])
        }
        let (loss, slope) = smoothL1(sum - target[row * wanted + output])
        value += loss
        for input in 0..<found {
          gradient[row * found + input] +=
            share * slope * Double(projector.values[output * found + input])
          turning[output * found + input] +=
            share * slope * Double(features.values[row * found + input])
        }
      }
    }
    let loss = LossValue(
      value: Float(value * share),
      gradient: Tensor(shape: features.shape, values: gradient.map(Float.init)))
    return (loss, Tensor(shape: projector.shape, values: turning.map(Float.init)))
  }

  /// Goes `rate` along the downhill gradient and back onto the orthonormal matrices.
  ///
  /// Source: Absil, Mahony, Sepulchre, *Optimization Algorithms on Matrix Manifolds*, 2008,
  /// example 4.1.3 (the retraction by QR).
  public mutating func step(along gradient: Tensor, rate: Float) {
    precondition(
      gradient.shape == projector.shape,
      "projector: gradient \(gradient.shape), \(projector.shape) wanted")
    var moved = projector
    for index in moved.values.indices { moved.values[index] -= rate * gradient.values[index] }
    projector = Self.orthonormalized(moved)
  }

  /// The rows of `[B, C]` with mean 0 and deviation 1.
  ///
  /// Source: Ba, Kiros, Hinton, *Layer Normalization*, 2016, equation 3; arXiv:1607.06450.
  private static func layerNormalized(_ tensor: Tensor) -> [Double] {
    let width = tensor.rowCount
    var values = tensor.values.map(Double.init)
    for start in stride(from: 0, to: values.count, by: width) {
      let range = start..<(start + width)
      let center = values[range].reduce(0, +) / Double(width)
      let squares = values[range].reduce(0) { $0 + ($1 - center) * ($1 - center) }
      let scale = 1 / (squares / Double(width) + 1e-5).squareRoot()
      for index in range { values[index] = (values[index] - center) * scale }
    }
    return values
  }

  /// The nearest frame that Gram and Schmidt find: the Q of a QR factorization, diagonal of R above
  /// 0.
  private static func orthonormalized(_ matrix: Tensor) -> Tensor {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    // The shorter side is made orthonormal: vector k's element i lies at k · step + i · pitch.
    let (count, length) = rows <= columns ? (rows, columns) : (columns, rows)
    let (step, pitch) = rows <= columns ? (columns, 1) : (1, columns)
    var values = matrix.values.map(Double.init)
    for vector in 0..<count {
      // Twice is enough: the second pass removes what rounding left of the first.
      for _ in 0..<2 {
        for earlier in 0..<vector {
          var overlap = 0.0
          for element in 0..<length {
            overlap +=
              values[vector * step + element * pitch] * values[earlier * step + element * pitch]
          }
          for element in 0..<length {
            values[vector * step + element * pitch] -=
              overlap * values[earlier * step + element * pitch]
          }
        }
      }
      var squares = 0.0
      for element in 0..<length {
        let value = values[vector * step + element * pitch]
        squares += value * value
      }
      precondition(squares > 1e-24, "projector: its vectors depend on one another")
      let scale = 1 / squares.squareRoot()
      for element in 0..<length { values[vector * step + element * pitch] *= scale }
    }
    return Tensor(shape: matrix.shape, values: values.map(Float.init))
  }
}
