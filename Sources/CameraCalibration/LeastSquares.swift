import CMinpack

/// A nonlinear least-squares problem: parameters, residuals and their derivatives.
///
/// Minimized by Levenberg-Marquardt with a trust region, through cminpack's `lmder`.
///
/// Source: Moré, *The Levenberg-Marquardt Algorithm: Implementation and Theory*, 1978.
struct LeastSquares {
  /// How many residuals there are; at least as many as parameters.
  let residualCount: Int
  /// Writes the residuals at given parameters.
  let residuals: (_ parameters: [Double], _ into: inout [Double]) -> Void
  /// Writes `[parameters, residuals]`: the derivatives of all residuals by one parameter lie
  /// together.
  let derivatives: (_ parameters: [Double], _ into: inout [Double]) -> Void

  /// Where the sum of squares is least, and whether it was reached.
  struct Minimum {
    var parameters: [Double]
    var residuals: [Double]
    var isReached: Bool

    var sumOfSquares: Double { residuals.reduce(0) { $0 + $1 * $1 } }
  }

  /// Goes down from `start`; `tolerance` is the relative change of sum and parameters at which
  /// it stops, `evaluations` the most calls.
  func minimum(
    from start: [Double], tolerance: Double = 1e-14, evaluations: Int = 400
  ) -> Minimum {
    let (m, n) = (residualCount, start.count)
    precondition(m >= n && n > 0, "least squares: \(m) residuals for \(n) parameters")
    let call = Call(self, parameters: n)
    var x = start
    var found = [Double](repeating: 0, count: m)
    var jacobian = [Double](repeating: 0, count: m * n)
    var scale = [Double](repeating: 1, count: n)
    var pivots = [Int32](repeating: 0, count: n)
    var (calls, derivativeCalls): (Int32, Int32) = (0, 0)
    var long = [Double](repeating: 0, count: m)
    let short = [Double](repeating: 0, count: n)
    var (work0, work1, work2, work3) = (short, short, short, short)
    let status = withExtendedLifetime(call) {
      lmder(
        Call.evaluate, Unmanaged.passUnretained(call).toOpaque(), Int32(m), Int32(n), &x, &found,
        &jacobian, Int32(m), tolerance, tolerance, 0, Int32(evaluations), &scale, 1, 100, 0,
        &calls, &derivativeCalls, &pivots, &work0, &work1, &work2, &work3, &long)
    }
    return Minimum(
      parameters: x, residuals: found,
      isReached: (1...4).contains(status) || (6...8).contains(status))
  }

  /// What cminpack is given back with each call.
  private final class Call {
    let problem: LeastSquares
    var parameters: [Double]
    var residuals: [Double]
    var derivatives: [Double]

    init(_ problem: LeastSquares, parameters count: Int) {
      self.problem = problem
      parameters = [Double](repeating: 0, count: count)
      residuals = [Double](repeating: 0, count: problem.residualCount)
      derivatives = [Double](repeating: 0, count: problem.residualCount * count)
    }

    /// Copies in, evaluates, copies out; the sizes are those that `lmder` was called with.
    static let evaluate:
      @convention(c) (
        UnsafeMutableRawPointer?, Int32, Int32, UnsafePointer<Double>?,
        UnsafeMutablePointer<Double>?, UnsafeMutablePointer<Double>?, Int32, Int32
      ) -> Int32 = { context, _, count, x, residuals, derivatives, _, task in
        guard let context, let x, let residuals, let derivatives else { return -1 }
        let call = Unmanaged<Call>.fromOpaque(context).takeUnretainedValue()
        for index in 0..<Int(count) { call.parameters[index] = x[index] }
        if task == 1 {
          call.problem.residuals(call.parameters, &call.residuals)
          for (index, value) in call.residuals.enumerated() { residuals[index] = value }
        } else {
          call.problem.derivatives(call.parameters, &call.derivatives)
          for (index, value) in call.derivatives.enumerated() { derivatives[index] = value }
        }
        return 0
      }
  }
}
