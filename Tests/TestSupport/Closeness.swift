import Tensors
import Testing

/// Compares two rows of numbers element by element and records an issue for the worst one.
///
/// An element passes where `|found - wanted| <= absolute + relative · |wanted|`. A value that is
/// not finite passes only where the wanted one is the same infinity.
public func expectClose<Number: BinaryFloatingPoint & Sendable>(
  _ found: [Number], _ wanted: [Number], absolute: Double, relative: Double = 0,
  _ comment: String = "", at place: SourceLocation = #_sourceLocation
) {
  if let problem = problem(found, wanted, absolute: absolute, relative: relative) {
    Issue.record("\(prefix(comment))\(problem)", sourceLocation: place)
  }
}

/// Compares shapes, then elements.
public func expectClose(
  _ found: Tensor, _ wanted: Tensor, absolute: Double, relative: Double = 0,
  _ comment: String = "", at place: SourceLocation = #_sourceLocation
) {
  guard found.shape == wanted.shape else {
    Issue.record(
      "\(prefix(comment))shape \(found.shape) found, \(wanted.shape) wanted",
      sourceLocation: place)
    return
  }
  expectClose(
    found.values, wanted.values, absolute: absolute, relative: relative, comment, at: place)
}

/// Compares two numbers.
public func expectClose<Number: BinaryFloatingPoint & Sendable>(
  _ found: Number, _ wanted: Number, absolute: Double, relative: Double = 0,
  _ comment: String = "", at place: SourceLocation = #_sourceLocation
) {
  expectClose([found], [wanted], absolute: absolute, relative: relative, comment, at: place)
}

private func prefix(_ comment: String) -> String { comment.isEmpty ? "" : "\(comment): " }

/// What a failed comparison says; `nil` where all elements pass.
func problem<Number: BinaryFloatingPoint & Sendable>(
  _ found: [Number], _ wanted: [Number], absolute: Double, relative: Double
) -> String? {
  guard found.count == wanted.count else {
    return "\(found.count) elements found, \(wanted.count) wanted"
  }
  guard let worst = worstElement(found, wanted, absolute: absolute, relative: relative) else {
    return nil
  }
  return """
    element \(worst.index) of \(found.count) is \(found[worst.index]), wanted \
    \(wanted[worst.index]), off by \(worst.difference) where \(worst.allowed) is allowed; \
    elements off: \(worst.failures)
    """
}

struct WorstElement: Equatable {
  var index: Int
  var difference: Double
  var allowed: Double
  /// How many elements are off in all.
  var failures: Int
}

/// The element that exceeds its allowance most; `nil` where all pass.
func worstElement<Number: BinaryFloatingPoint>(
  _ found: [Number], _ wanted: [Number], absolute: Double, relative: Double
) -> WorstElement? {
  var worst: WorstElement?
  for index in found.indices {
    let (a, b) = (Double(found[index]), Double(wanted[index]))
    if a == b { continue }
    let difference = abs(a - b)
    let allowed = absolute + relative * abs(b)
    // Written so that a difference that is not a number fails.
    if difference.isFinite && difference <= allowed { continue }
    let excess = difference.isFinite ? difference - allowed : .infinity
    let failures = (worst?.failures ?? 0) + 1
    if let known = worst, excess <= known.difference - known.allowed || !known.difference.isFinite {
      worst?.failures = failures
    } else {
      worst = WorstElement(
        index: index, difference: difference, allowed: allowed, failures: failures)
    }
  }
  return worst
}
