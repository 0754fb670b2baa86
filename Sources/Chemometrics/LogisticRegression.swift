import Foundation
import Tensors

/// Multinomial logistic regression with a quadratic penalty.
///
/// Minimizes the sum of cross entropies plus |weights|² / (2 · `strength`); offsets are free.
///
/// Source: Hastie, Tibshirani, Friedman, *The Elements of Statistical Learning*, 2009, section 4.4.
public struct LogisticRegression: SpectralBaseline {
  private let regression: LinearScores
  /// Whether the gradient came near enough to 0 before the steps ran out.
  public let isConverged: Bool

  /// - Parameters:
  ///   - spectra: `[N, bands]` of training samples, best standardized.
  ///   - strength: how much the samples count against the penalty, above 0.
  ///   - steps: the most steps of the optimizer.
  public init(
    _ spectra: Tensor, labels: [Int], classes: Int, strength: Double = 1, steps: Int = 200
  ) {
    precondition(strength > 0, "logistic regression: a strength above 0 wanted")
    let bands = spectra.rowCount
    let counts = classMeans(
      spectra.values, columns: bands, labels: labels, classes: classes
    ).counts
    let problem = LogisticProblem(
      spectra: spectra.values, bands: bands, labels: labels, classes: classes,
      penalty: 1 / strength)
    let start = [Double](repeating: 0, count: (bands + 1) * classes)
    let (found, isConverged) = minimum(of: problem.loss, from: start, steps: steps)
    self.isConverged = isConverged
    regression = LinearScores(
      weights: (0..<classes).map { label in
        (0..<bands).map { found[$0 * classes + label] }
      },
      offsets: (0..<classes).map {
        counts[$0] > 0 ? found[bands * classes + $0] : LinearScores.never
      })
  }

  /// Logits of each class, `[N, classes]`, of spectra `[N, bands]`.
  public func scores(_ spectra: Tensor) -> Tensor { regression(spectra) }
}

/// The loss over all samples and its gradient; unknowns are `[bands + 1, classes]`, the offsets
/// last.
private struct LogisticProblem {
  let spectra: [Float]
  let bands: Int
  let labels: [Int]
  let classes: Int
  let penalty: Double

  func loss(_ unknowns: [Double], _ gradient: inout [Double]) -> Double {
    let x = spectra.span
    let w = unknowns.span
    var logits = [Double](repeating: 0, count: classes)
    for place in gradient.indices { gradient[place] = 0 }
    var loss = 0.0
    for (row, label) in labels.enumerated() {
      var z = logits.mutableSpan
      for own in 0..<classes { z[own] = w[bands * classes + own] }
      for band in 0..<bands {
        let value = Double(x[unchecked: row * bands + band])
        let start = band * classes
        for own in 0..<classes { z[unchecked: own] += value * w[unchecked: start + own] }
      }
      loss += Self.soften(&z, label: label)
      var g = gradient.mutableSpan
      for band in 0..<bands {
        let value = Double(x[unchecked: row * bands + band])
        let start = band * classes
        for own in 0..<classes { g[unchecked: start + own] += value * z[unchecked: own] }
      }
      for own in 0..<classes { g[bands * classes + own] += z[own] }
    }
    for place in 0..<(bands * classes) {
      loss += 0.5 * penalty * unknowns[place] * unknowns[place]
      gradient[place] += penalty * unknowns[place]
    }
    return loss
  }

  /// Turns logits into the gradient of the cross entropy, and returns that.
  private static func soften(_ z: inout MutableSpan<Double>, label: Int) -> Double {
    var largest = z[0]
    for own in z.indices { largest = max(largest, z[own]) }
    let target = z[label] - largest
    var sum = 0.0
    for own in z.indices {
      z[own] = exp(z[own] - largest)
      sum += z[own]
    }
    for own in z.indices { z[own] /= sum }
    z[label] -= 1
    return log(sum) - target
  }
}

/// The minimum of a smooth function, and whether its gradient came to a millionth of its start.
///
/// Source: Nocedal, Wright, *Numerical Optimization*, 2006, algorithms 7.4 and 7.5 (L-BFGS with
/// ten pairs) and 3.1 (backtracking).
func minimum(
  of function: ([Double], inout [Double]) -> Double, from start: [Double], steps: Int
) -> (place: [Double], isConverged: Bool) {
  var place = start
  var gradient = start
  var value = function(place, &gradient)
  let enough = 1e-6 * max(1e-9, dot(gradient, gradient).squareRoot())
  var pairs: [(step: [Double], change: [Double])] = []
  var next = start
  var nextGradient = start
  for _ in 0..<steps {
    if dot(gradient, gradient).squareRoot() <= enough { return (place, true) }
    var direction = descent(gradient, pairs)
    if !(dot(direction, gradient) < 0) { direction = gradient.map { -$0 } }
    let slope = dot(direction, gradient)
    // Without a history the direction has the gradient's length, which says nothing.
    var length = pairs.isEmpty ? 1 / max(1, dot(gradient, gradient).squareRoot()) : 1
    var found = value
    for attempt in 0...40 {
      for index in place.indices { next[index] = place[index] + length * direction[index] }
      found = function(next, &nextGradient)
      if found <= value + 1e-4 * length * slope { break }
      if attempt == 40 { return (place, false) }
      length /= 2
    }
    let step = zip(next, place).map { $0 - $1 }
    let change = zip(nextGradient, gradient).map { $0 - $1 }
    if dot(step, change) > 1e-12 * dot(change, change) { pairs.append((step, change)) }
    if pairs.count > 10 { pairs.removeFirst() }
    swap(&place, &next)
    swap(&gradient, &nextGradient)
    value = found
  }
  return (place, dot(gradient, gradient).squareRoot() <= enough)
}

/// The two loops of L-BFGS.
private func descent(
  _ gradient: [Double], _ pairs: [(step: [Double], change: [Double])]
) -> [Double] {
  var direction = gradient.map { -$0 }
  var shares: [Double] = []
  for (step, change) in pairs.reversed() {
    let share = dot(step, direction) / dot(step, change)
    for index in direction.indices { direction[index] -= share * change[index] }
    shares.append(share)
  }
  if let (step, change) = pairs.last {
    let scale = dot(step, change) / dot(change, change)
    for index in direction.indices { direction[index] *= scale }
  }
  for ((step, change), share) in zip(pairs, shares.reversed()) {
    let correction = share - dot(change, direction) / dot(step, change)
    for index in direction.indices { direction[index] += correction * step[index] }
  }
  return direction
}
