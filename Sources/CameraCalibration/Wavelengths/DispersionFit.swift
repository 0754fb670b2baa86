/// A line of a lamp at its place on the detector.
struct PlacedLine: Sendable, Equatable {
  /// Number of the peak among those found.
  var peak: Int
  /// Place on the detector, −1 at the first band … 1 at the last.
  var u: Double
  var nanometers: Double
  /// Deviation of both together, in nanometers.
  var deviation: Double
}

/// Wavelength over the detector as a polynomial through placed lines.
struct DispersionFit: Sendable {
  let polynomial: Polynomial
  let lines: [PlacedLine]
  /// Wavelength of the polynomial minus that of the line, in nanometers.
  let residuals: [Double]
  /// As `residuals`, of a polynomial that each line had no part in.
  let residualsLeftOut: [Double]
  /// How well the other lines say where each line is: deviation in nanometers.
  let deviationsLeftOut: [Double]
  private let covariance: [Double]

  var order: Int { polynomial.coefficients.count - 1 }

  /// Root mean square of `residualsLeftOut`, in nanometers.
  var errorLeftOut: Double { rootMeanSquare(residualsLeftOut) }

  /// Nil where the lines do not determine a rising polynomial.
  init?(_ lines: [PlacedLine], order: Int) {
    guard lines.count > order, order >= 1 else { return nil }
    let rows = lines.map { Polynomial.powers(of: $0.u, order: order) }
    let weights = lines.map { 1 / ($0.deviation * $0.deviation) }
    guard
      let solved = LeastSquares(
        rows: rows, values: lines.map(\.nanometers), weights: weights)
    else { return nil }
    let fitted = Polynomial(coefficients: solved.solution)
    guard stride(from: -1.0, through: 1, by: 0.05).allSatisfy({ fitted.slope(at: $0) > 0 })
    else { return nil }
    polynomial = fitted
    self.lines = lines
    let rests = lines.map { fitted($0.u) - $0.nanometers }
    residuals = rests
    let freedom = Double(max(1, lines.count - order - 1))
    let squares = zip(weights, rests).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
    let scale = max(1, squares / freedom)
    // A line's leverage tells what the fit would be without it.
    let leverages = zip(rows, weights).map { min($1 * solved.variance(of: $0), 0.999) }
    residualsLeftOut = zip(rests, leverages).map { $0 / (1 - $1) }
    deviationsLeftOut = zip(lines, leverages).map { line, leverage in
      line.deviation * (scale * leverage / (1 - leverage)).squareRoot()
    }
    covariance = solved.covariance.map { $0 * scale }
  }

  /// Deviation of the wavelength at a place, in nanometers.
  func deviation(at u: Double) -> Double {
    let row = Polynomial.powers(of: u, order: order)
    var sum = 0.0
    for first in row.indices {
      for second in row.indices {
        sum += row[first] * row[second] * covariance[first * row.count + second]
      }
    }
    return max(0, sum).squareRoot()
  }

  /// The order from 2 to `highest` whose left-out error is smallest, and never one that leaves
  /// fewer than two lines to spare: a spectrograph's dispersion is never quite straight.
  static func best(_ lines: [PlacedLine], highest: Int) -> DispersionFit? {
    var best: DispersionFit?
    for order in 2...highest where lines.count >= order + 3 {
      guard let fit = DispersionFit(lines, order: order) else { continue }
      if best.map({ fit.errorLeftOut < 0.95 * $0.errorLeftOut }) ?? true { best = fit }
    }
    return best
  }

  /// As `best`, of the lines that the others confirm, for lines of a width in nanometers.
  ///
  /// A line is left out, the worst first, where the others put it elsewhere, and where they cannot
  /// say where it is to within half a line width: at the ends of the detector a bent polynomial
  /// reaches any line.
  static func consistent(
    _ lines: [PlacedLine], highest: Int, width: Double
  ) -> DispersionFit? {
    var lines = lines
    while let fit = best(lines, highest: highest) {
      let excess = lines.indices.map { index -> Double in
        let allowed = min(max(0.2 * width, 4 * lines[index].deviation), 0.35 * width)
        let astray = abs(fit.residualsLeftOut[index]) / allowed
        return max(astray, 4 * fit.deviationsLeftOut[index] / (0.5 * width))
      }
      guard let worst = excess.indices.max(by: { excess[$0] < excess[$1] }), excess[worst] > 1
      else { return fit }
      lines.remove(at: worst)
    }
    return nil
  }
}

/// Root of the mean of squares; 0 of nothing.
func rootMeanSquare(_ values: [Double]) -> Double {
  guard !values.isEmpty else { return 0 }
  return (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
}
