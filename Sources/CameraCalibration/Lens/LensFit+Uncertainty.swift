/// How well a fit knows the nine numbers of its lens.
struct LensUncertainty: Sendable {
  /// Covariance of the nine numbers, `[9, 9]`, in the order of `LensModel.parameters`.
  var covariance: [Double]
  /// Noise of each coordinate of a corner, in pixels.
  var noise: Double
  /// By how much more the views disagree than noise of single corners explains; 1 or more.
  var misfit: Double
  /// As how many views, all of equal weight, the views count for each number: those that show it
  /// best decide it.
  var effectiveViews: [Double]

  /// Their mean over the numbers that were estimated.
  var effectiveViewsInMean: Double {
    let known = effectiveViews.filter { $0 > 0 }
    return known.reduce(0, +) / Double(max(1, known.count))
  }
}

extension LensFit {
  /// The covariance of the lens; nil where the views do not fix it.
  ///
  /// The inverse of the information times the noise that the residuals show, times `misfit`. A
  /// board that is not flat, corners that a detector pulls to one side and lenses that no
  /// polynomial describes make residuals that agree within a view, so that more corners help less
  /// than noise would let them. The gradients of whole views tell: their scatter about 0 is
  /// compared with the scatter that independent corners would give.
  ///
  /// Source: Liang, Zeger, *Longitudinal Data Analysis Using Generalized Linear Models*, 1986
  /// (views as clusters). Differs: one factor for all nine numbers, which a dozen views can carry.
  func uncertainty() -> LensUncertainty? {
    let n = ViewNormals.lensCount
    let free = isFree.count { $0 }
    guard degreesOfFreedom > 0, let information = information(),
      let inverse = inversePositive(information.all, size: n)
    else { return nil }
    let variance = squares / Double(degreesOfFreedom)
    var scatter = 0.0
    var expected = Double(free)
    for (normal, own) in zip(normals, information.views) {
      let gradient = (0..<n).map { isFree[$0] ? normal.gradient[$0] : 0 }
      for i in 0..<n {
        for j in 0..<n { scatter += gradient[i] * inverse[i * n + j] * gradient[j] }
      }
      // What the fit itself took out of the view's gradient.
      let share = multiplied(own, inverse, size: n)
      expected -= (0..<n).reduce(0) { sum, i in
        sum + (0..<n).reduce(0) { $0 + share[i * n + $1] * share[$1 * n + i] }
      }
    }
    let misfit = expected > 0 ? max(1, scatter / (variance * expected)) : 1
    let effective = effectiveViews(information.views, inverse)
    var covariance = inverse.map { $0 * variance * misfit }
    for i in 0..<n where !isFree[i] { covariance[i * n + i] = 0 }
    return LensUncertainty(
      covariance: covariance, noise: variance.squareRoot(), misfit: misfit.squareRoot(),
      effectiveViews: effective)
  }

  /// How many views of equal weight would stand behind each number, 1 / Σ s² where s is a view's
  /// share in what is known of it; 0 for what is not estimated.
  ///
  /// Source: Kish, *Survey Sampling*, 1965, section 11.7 (the effective sample size).
  private func effectiveViews(_ views: [[Double]], _ inverse: [Double]) -> [Double] {
    let n = ViewNormals.lensCount
    var squares = [Double](repeating: 0, count: n)
    for own in views {
      let spread = multiplied(multiplied(inverse, own, size: n), inverse, size: n)
      for i in 0..<n where isFree[i] {
        let share = spread[i * n + i] / inverse[i * n + i]
        squares[i] += share * share
      }
    }
    return squares.map { $0 > 0 ? 1 / $0 : 0 }
  }
}

/// The product of two square matrices, row by row.
func multiplied(_ a: [Double], _ b: [Double], size: Int) -> [Double] {
  var c = [Double](repeating: 0, count: size * size)
  for i in 0..<size {
    for k in 0..<size where a[i * size + k] != 0 {
      for j in 0..<size { c[i * size + j] += a[i * size + k] * b[k * size + j] }
    }
  }
  return c
}

/// The number of standard deviations that 95 % of estimates stay within, where the deviation
/// itself comes from `degrees` independent things.
///
/// Source: the Cornish-Fisher expansion of Student's t in Abramowitz, Stegun, *Handbook of
/// Mathematical Functions*, 1964, 26.7.5, for the normal quantile 1.95996.
func coverageFactor(degrees: Int) -> Double {
  let z = 1.959964
  guard degrees > 2 else { return degrees == 2 ? 4.3027 : 12.706 }
  let n = Double(degrees)
  let (z3, z5) = (z * z * z, z * z * z * z * z)
  let z7 = z5 * z * z
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n)
    + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n)
}
