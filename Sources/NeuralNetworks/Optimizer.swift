import Diagnostics
import Foundation
import Tensors

/// Moves the trained parts of a network against their gradients and remembers what it needs for
/// the next step.
///
/// All it remembers can be exported and restored: a run that was stopped goes on with the same
/// bits.
///
/// Source: Sutskever et al., *On the importance of initialization and momentum in deep learning*,
/// ICML 2013 (in PyTorch's form, where the rate multiplies the momentum); Loshchilov, Hutter,
/// *Decoupled Weight Decay Regularization*, ICLR 2019, algorithm 2, arXiv:1711.05101; Pascanu,
/// Mikolov, Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013,
/// algorithm 1 (clipping); Polyak, Juditsky, *Acceleration of Stochastic Approximation by
/// Averaging*, 1992 (averages).
public struct Optimizer: Sendable {
  /// A trained part, and the running means of its gradients and of their squares.
  struct Slot: Sendable, Equatable {
    let part: Part
    /// The momentum, or the running mean of gradients.
    var first: [Float]
    /// The running mean of squared gradients; empty for momentum SGD.
    var second: [Float]

    /// Kernels alone are drawn to 0: the scale of a normalized layer has no meaning to shrink.
    var decays: Bool { part.role == .kernel }
  }

  public let settings: OptimizerSettings
  /// The running average of all parameters, with the running statistics of the last step; `nil`
  /// before the first step, or if the settings ask for none.
  public private(set) var averaged: Parameters?
  /// How many steps were made.
  public private(set) var stepCount = 0
  var slots: [Slot]

  /// An optimizer of the trained ones among `parts`; leave out what shall stay as it is.
  public init(_ settings: OptimizerSettings, parts: [Part]) {
    self.settings = settings
    slots = parts.filter(\.isTrained).map { part in
      let zeros = [Float](repeating: 0, count: part.count)
      return Slot(part: part, first: zeros, second: settings.algorithm == .adamW ? zeros : [])
    }
  }

  /// Makes one step and returns the length of all gradients together, before any clipping.
  ///
  /// `gradients` has every trained part. A length that is not finite means that training has
  /// diverged: nothing is changed then, and the caller should stop.
  @discardableResult
  public mutating func step(
    _ parameters: inout Parameters, gradients: Parameters, rate: Float
  ) -> Float {
    let found = slots.map { slot in
      guard let gradient = gradients[slot.part.name] else {
        preconditionFailure("optimizer: no gradient of '\(slot.part.name)'")
      }
      precondition(
        gradient.count == slot.part.count,
        "optimizer: gradient of '\(slot.part.name)' \(gradient.shape), \(slot.part.shape) wanted")
      return gradient
    }
    let norm = Self.norm(found)
    guard norm.isFinite else { return Float(norm) }
    let scale = settings.clipNorm.map { Float(min(1, Double($0) / (norm + 1e-6))) } ?? 1
    stepCount += 1
    let places = Self.places(of: slots, in: parameters)
    for (number, gradient) in found.enumerated() {
      parameters.update(at: places[number]) { values in
        switch settings.algorithm {
        case .momentumSGD:
          slots[number].descend(&values, gradient.values, scale, rate: rate, settings)
        case .adamW:
          slots[number].adapt(
            &values, gradient.values, scale, rate: rate, settings, step: stepCount)
        }
      }
    }
    average(parameters)
    return Float(norm)
  }

  private mutating func average(_ parameters: Parameters) {
    guard let decay = settings.averageDecay else { return }
    guard var average = averaged else {
      averaged = parameters
      return
    }
    averaged = nil  // So that the update below happens in place.
    let trained = Set(slots.map(\.part.name))
    for (place, name) in average.names.enumerated() {
      guard let current = parameters[name] else {
        preconditionFailure("optimizer: parameters without '\(name)'")
      }
      average.update(at: place) { values in
        guard trained.contains(name) else {
          values = current.values
          return
        }
        for index in values.indices {
          values[index] = decay * values[index] + (1 - decay) * current.values[index]
        }
      }
    }
    averaged = average
  }

  private static func norm(_ gradients: [Tensor]) -> Double {
    var squares = 0.0
    for gradient in gradients {
      for value in gradient.values { squares += Double(value) * Double(value) }
    }
    return squares.squareRoot()
  }

  private static func places(of slots: [Slot], in parameters: Parameters) -> [Int] {
    var places: [String: Int] = [:]
    for (place, name) in parameters.names.enumerated() { places[name] = place }
    return slots.map { slot in
      guard let place = places[slot.part.name] else {
        preconditionFailure("optimizer: no parameter '\(slot.part.name)'")
      }
      return place
    }
  }

  mutating func restore(stepCount: Int, slots: [Slot], averaged: Parameters?) {
    self.stepCount = stepCount
    self.slots = slots
    self.averaged = averaged
  }
}

extension Optimizer.Slot {
  /// v ← μ v + g, θ ← θ − η v.
  fileprivate mutating func descend(
    _ values: inout [Float], _ gradient: [Float], _ scale: Float, rate: Float,
    _ settings: OptimizerSettings
  ) {
    let decay = decays ? settings.weightDecay : 0
    for index in values.indices {
      let slope = gradient[index] * scale + decay * values[index]
      first[index] = settings.momentum * first[index] + slope
      values[index] -= rate * first[index]
    }
  }

  /// θ ← θ − η λ θ − η m̂ / (√v̂ + ε).
  fileprivate mutating func adapt(
    _ values: inout [Float], _ gradient: [Float], _ scale: Float, rate: Float,
    _ settings: OptimizerSettings, step: Int
  ) {
    let (beta1, beta2, epsilon) = (settings.beta1, settings.beta2, settings.epsilon)
    // The means start at 0; these undo the pull of that start.
    let correction1 = 1 - pow(Double(beta1), Double(step))
    let correction2 = Float((1 - pow(Double(beta2), Double(step))).squareRoot())
    let stride = Float(Double(rate) / correction1)
    let keep = decays ? 1 - rate * settings.weightDecay : 1
    for index in values.indices {
      let slope = gradient[index] * scale
      first[index] += (1 - beta1) * (slope - first[index])
      second[index] = beta2 * second[index] + (1 - beta2) * slope * slope
      let width = second[index].squareRoot() / correction2 + epsilon
      values[index] = keep * values[index] - stride * first[index] / width
    }
  }
}
