import Foundation

extension BeltStrip {
  /// A travel near `down` and `right` (cells) at which `other` shows the same as this strip, to a
  /// fraction of a cell.
  ///
  /// The brightness of `other`, moved, is a factor times this strip's plus an offset; least squares
  /// over the overlap give both and the rest of the travel, four times over.
  func refined(
    against other: BeltStrip, down: Double, right: Double
  ) -> (down: Double, right: Double) {
    var (down, right) = (down, right)
    for _ in 0..<6 {
      guard let step = step(against: other, down: down, right: right) else { break }
      down += min(1, max(-1, step.down))
      right += min(1, max(-1, step.right))
      if abs(step.down) + abs(step.right) < 1e-4 { break }
    }
    return (down, right)
  }

  private func step(
    against other: BeltStrip, down: Double, right: Double
  ) -> (down: Double, right: Double)? {
    let firstRow = max(2, Int(down.rounded(.up)) + 2)
    let lastRow = min(rows - 3, rows - 4 + Int(down.rounded(.down)))
    let firstColumn = max(2, Int(right.rounded(.up)) + 2)
    let lastColumn = min(columns - 3, columns - 4 + Int(right.rounded(.down)))
    guard lastRow - firstRow > 8, lastColumn - firstColumn > 8 else { return nil }
    // Unknowns: factor, offset, step down, step right.
    var normal = [Double](repeating: 0, count: 16)
    var slope = [Double](repeating: 0, count: 4)
    let (wholeDown, wholeRight) = (down.rounded(.down), right.rounded(.down))
    let weightsDown = CubicWeights(1 - (down - wholeDown))
    let weightsRight = CubicWeights(1 - (right - wholeRight))
    let source = values.span
    for row in firstRow...lastRow {
      let otherRow = row - Int(wholeDown) - 1
      for column in firstColumn...lastColumn {
        let seen = other.sample(
          row: otherRow, column: column - Int(wholeRight) - 1, weightsDown, weightsRight)
        let place = row * columns + column
        let own = Double(source[place])
        let along = Double(source[place + columns] - source[place - columns]) / 2
        let across = Double(source[place + 1] - source[place - 1]) / 2
        let row4: [4 of Double] = [own, 1, along, across]
        for i in 0..<4 {
          slope[i] += row4[i] * seen
          for j in i..<4 { normal[i * 4 + j] += row4[i] * row4[j] }
        }
      }
    }
    for i in 0..<4 { for j in 0..<i { normal[i * 4 + j] = normal[j * 4 + i] } }
    guard let found = LeastSquaresFit.solved(normal, slope), abs(found[0]) > 1e-3 else {
      return nil
    }
    // other(r − down) = factor · own(r + e) + offset, where e is what the travel is short of.
    return (found[2] / found[0], found[3] / found[0])
  }

  /// Between cells `row`, `row + 1` and `column`, `column + 1`, by cubic convolution.
  @inline(__always)
  private func sample(
    row: Int, column: Int, _ down: CubicWeights, _ right: CubicWeights
  ) -> Double {
    var sum = 0.0
    for i in 0..<4 {
      let start = min(max(row + i - 1, 0), rows - 1) * columns
      var line = 0.0
      for j in 0..<4 {
        line += right.values[j] * Double(values[start + min(max(column + j - 1, 0), columns - 1)])
      }
      sum += down.values[i] * line
    }
    return sum
  }
}

/// Weights of four neighbors around a place `t` between the inner two.
///
/// Source: Keys, *Cubic convolution interpolation for digital image processing*, 1981, a = −1/2.
struct CubicWeights {
  let values: [4 of Double]

  init(_ t: Double) {
    let (t2, t3) = (t * t, t * t * t)
    values = [
      -0.5 * t + t2 - 0.5 * t3, 1 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2 * t2 - 1.5 * t3,
      -0.5 * t2 + 0.5 * t3,
    ]
  }
}
