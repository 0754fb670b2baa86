/// How gradients are compared with finite differences, the same in every test.
public enum GradientCheck {
  /// The step of the central difference.
  ///
  /// Larger steps cross the corners of rectifiers, smaller ones drown in `Float` rounding.
  public static let step: Float = 1e-3
  /// What a gradient may differ from the central difference, in absolute and relative terms.
  public static let tolerance: Double = 2e-3

  /// `(f(x + step) - f(x - step)) / 2 step` for the elements of `values` at `indices`.
  ///
  /// `function` gives a `Double`, so that summing a loss over elements does not lose the step.
  public static func numeric(
    _ values: [Float], at indices: [Int], _ function: ([Float]) throws -> Double
  ) rethrows -> [Float] {
    try indices.map { index in
      var moved = values
      moved[index] = values[index] + step
      let above = try function(moved)
      let high = moved[index]
      moved[index] = values[index] - step
      let below = try function(moved)
      // The step that `Float` really took.
      return Float((above - below) / Double(high - moved[index]))
    }
  }
}
