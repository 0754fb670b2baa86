import Foundation

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
  private let parts: [Part]

  var order: Int { polynomial.coefficients.count - 1 }

  /// Root mean square of `residualsLeftOut`, in nanometers.
  var errorLeftOut: Double { rootMeanSquare(residualsLeftOut) }

  /// Nil where the lines do not determine a rising polynomial.
  init?(_ lines: [PlacedLine], order: Int) {
    guard lines.count > order || lines.count >= Self.leastLines, order >= 1 else { return nil }
    let rows = lines.map { Polynomial.powers(of: $0.u, order: order) }
    let weights = lines.map { 1 / ($0.deviation * $0.deviation) }
    let prior = Self.prior(lines, order: order)
    guard
      let solved = LinearLeastSquares(
        rows: rows + prior.rows, values: lines.map(\.nanometers) + prior.rows.map { _ in 0 },
        weights: weights + prior.weights)
    else { return nil }
    let fitted = Polynomial(coefficients: solved.solution)
    guard stride(from: -1.0, through: 1, by: 0.05).allSatisfy({ fitted.slope(at: $0) > 0 })
    else { return nil }
    polynomial = fitted
    self.lines = lines
    let rests = lines.map { fitted($0.u) - $0.nanometers }
    residuals = rests
    let freedom = Double(max(1, lines.count - min(order, 2) - 1))
    let squares = zip(weights, rests).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
    let scale = max(1, squares / freedom)
    // A line's leverage tells what the fit would be without it.
    let leverages = zip(rows, weights).map { min($1 * solved.variance(of: $0), 0.999) }
    residualsLeftOut = zip(rests, leverages).map { $0 / (1 - $1) }
    deviationsLeftOut = zip(lines, leverages).map { line, leverage in
      line.deviation * (scale * leverage / (1 - leverage)).squareRoot()
    }
    covariance = solved.covariance.map { $0 * scale }
    parts = rows.indices.map { index in
      let (row, weight, leverage) = (rows[index], weights[index], leverages[index])
      let reach = row.indices.map { first in
        row.indices.reduce(0) { $0 + solved.covariance[first * row.count + $1] * row[$1] }
      }
      let loss = (scale * weight / (1 - leverage)).squareRoot()
      return Part(
        change: reach.map { weight * rests[index] / (1 - leverage) * $0 },
        loss: reach.map { loss * $0 })
    }
  }

  /// What a line has in the fit.
  private struct Part: Sendable {
    /// Coefficients by which the fit changes without it.
    var change: [Double]
    /// Coefficients whose square adds to the variance without it.
    var loss: [Double]
  }

  /// How far a grating's dispersion may leave a parabola: deviations of the cubic and the quartic
  /// coefficient, as shares of the linear one.
  ///
  /// Source: the grating equation, `λ = d · (sin α + sin(β + atan(x / f)))`, whose cubic term over
  /// its linear one is `−(x / f)² / 2`: at most half a hundredth where the detector is a tenth of
  /// the focal length to each side of its middle.
  private static let bends = [0.005, 0.002]

  /// More bends than so many of those deviations are none of a spectrograph.
  private static let mostBends = 2.0

  /// The cubic and the quartic coefficient in their deviations.
  private static func shares(of polynomial: Polynomial) -> [Double] {
    let coefficients = polynomial.coefficients
    return zip(coefficients.dropFirst(3), bends).map { abs($0 / coefficients[1] / $1) }
  }

  /// The parabola's share: the quadratic coefficient over the linear one.
  var bow: Double { polynomial.coefficients[2] / polynomial.coefficients[1] }

  /// How unlikely the bends are before any line is seen, as a logarithm.
  var bendPenalty: Double {
    Self.shares(of: polynomial).reduce(0) { $0 + 0.5 * $1 * $1 }
  }

  /// What is known before any line: coefficients above the parabola's are small.
  private static func prior(
    _ lines: [PlacedLine], order: Int
  ) -> (rows: [[Double]], weights: [Double]) {
    guard order > 2 else { return ([], []) }
    let (places, values) = (lines.map(\.u), lines.map(\.nanometers))
    let span = max(1e-9, (places.max() ?? 1) - (places.min() ?? -1))
    let slope = max(1e-9, ((values.max() ?? 1) - (values.min() ?? 0)) / span)
    return (
      (3...order).map { power in (0...order).map { $0 == power ? 1 : 0 } },
      (3...order).map { 1 / pow(bends[min($0 - 3, 1)] * slope, 2) }
    )
  }

  /// Fewer lines than this are fitted by a parabola or less.
  static let leastLines = 5

  /// How far the wavelength at a place may be off, so many deviations taken, where any one of the
  /// lines is another than it was taken for.
  func error(at u: Double, deviations: Double) -> Double {
    let own = deviation(at: u)
    let others = parts.map { part -> Double in
      let loss = Polynomial(coefficients: part.loss)(u)
      return abs(Polynomial(coefficients: part.change)(u))
        + deviations * (own * own + loss * loss).squareRoot()
    }
    return others.max() ?? .infinity
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

  /// A fit of the lines that the others confirm, for lines of a width in nanometers.
  ///
  /// A line is left out, the worst first, where the others put it elsewhere, and where they cannot
  /// say where it is to within half a line width: at the ends of the detector a bent polynomial
  /// reaches any line.
  static func consistent(_ lines: [PlacedLine], width: Double) -> DispersionFit? {
    var lines = lines
    while lines.count >= leastLines, let fit = DispersionFit(lines, order: 4) {
      let places = lines.map(\.u)
      let ends = [places.min(), places.max()]
      let excess = lines.indices.map { index -> Double in
        let isLast = ends.contains(lines[index].u)
        let (rest, unknown) = (abs(fit.residualsLeftOut[index]), fit.deviationsLeftOut[index])
        let most = (isLast ? 0.3 : 0.35) * width
        let allowed = min(max(0.2 * width, 4 * lines[index].deviation), most)
        // Nothing beyond the outermost lines tells whether they are right.
        let apart = (rest + (isLast ? 3 : 2) * unknown) / (0.5 * width)
        return max(rest / allowed, apart, 4 * unknown / (0.5 * width))
      }
      guard let worst = excess.indices.max(by: { excess[$0] < excess[$1] }), excess[worst] > 1
      else { return shares(of: fit.polynomial).allSatisfy { $0 <= mostBends } ? fit : nil }
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
