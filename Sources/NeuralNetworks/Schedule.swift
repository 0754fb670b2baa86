import Foundation

/// The learning rate of each step: a straight rise, then half a cosine down to 0.
///
/// Source: Loshchilov, Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts*, ICLR 2017,
/// equation 5 without restarts, arXiv:1608.03983; the rise: Goyal et al., *Accurate, Large
/// Minibatch SGD*, 2017, section 2.2, arXiv:1706.02677.
public struct CosineSchedule: Sendable, Equatable, Codable {
  /// How many steps there are in all.
  public let steps: Int
  /// How many of them rise.
  public let warmUp: Int
  /// The highest rate, reached by the last rising step.
  public let peak: Float

  public init(steps: Int, warmUp: Int = 0, peak: Float) {
    precondition(
      steps >= 0 && (0...steps).contains(warmUp),
      "schedule: \(warmUp) rising of \(steps) steps, at most all wanted")
    self.steps = steps
    self.warmUp = warmUp
    self.peak = peak
  }

  /// The rate of step number 0, 1, …; 0 after the last.
  public subscript(step: Int) -> Float {
    precondition(step >= 0, "schedule: step \(step), at least 0 wanted")
    guard step < steps else { return 0 }
    guard step >= warmUp else { return peak * Float(step + 1) / Float(warmUp) }
    let progress = Double(step - warmUp) / Double(steps - warmUp)
    return Float(Double(peak) * 0.5 * (1 + cos(.pi * progress)))
  }
}
