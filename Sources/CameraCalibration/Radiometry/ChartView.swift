import Imaging
import Units

/// Where a picture shows the chart's field of patches.
struct ChartView {
  /// The field's outer corners: of dark skin, bluish green, black, white.
  let corners: [Point<ColorFrame>]
  /// From patches (0…6, 0…4) to the picture.
  private let map: [Double]

  /// What one patch shows.
  struct Sample {
    var middle: Point<ColorFrame>
    /// Mean in linear light, and of the bytes.
    var linear = [0.0, 0.0, 0.0]
    var bytes = [0.0, 0.0, 0.0]
    var count = 0
    var isSaturated = false
  }

  /// Nil where four corners make no convex field.
  init?(corners: [Point<ColorFrame>]) {
    guard corners.count == 4 else { return nil }
    let turns = (0..<4).map { index -> Double in
      let (a, b, c) = (corners[index], corners[(index + 1) % 4], corners[(index + 2) % 4])
      return (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x)
    }
    // Clockwise in a picture, whose rows go down; a mirrored chart is none.
    guard turns.allSatisfy({ $0 > 1 }) else { return nil }
    let (width, height) = (Double(ColorChart.columns), Double(ColorChart.rows))
    let places = [(0.0, 0.0), (width, 0), (width, height), (0, height)]
    var rows: [[Double]] = []
    var values: [Double] = []
    for ((x, y), corner) in zip(places, corners) {
      rows.append([x, y, 1, 0, 0, 0, -x * corner.x, -y * corner.x])
      rows.append([0, 0, 0, x, y, 1, -x * corner.y, -y * corner.y])
      values += [corner.x, corner.y]
    }
    // The normal equations of a square system: its scale is taken out before.
    let scale = max(1, values.map(abs).max() ?? 1)
    let scaled = rows.map { row in row.enumerated().map { $0 < 6 ? $1 : $1 / scale } }
    guard
      let solved = LinearLeastSquares(
        rows: scaled, values: values.map { $0 / scale }, weights: values.map { _ in 1 })
    else { return nil }
    self.corners = corners
    map = solved.solution.enumerated().map { $0 < 6 ? $1 * scale : $1 } + [1]
  }

  func point(_ x: Double, _ y: Double) -> Point<ColorFrame> {
    let w = map[6] * x + map[7] * y + 1
    return Point(
      x: (map[0] * x + map[1] * y + map[2]) / w, y: (map[3] * x + map[4] * y + map[5]) / w)
  }

  /// Means over the middle half of each patch; a patch outside of the picture counts nothing.
  func patches(of picture: Picture) -> [Sample] {
    (0..<24).map { index in
      let (column, row) = (Double(index % 6), Double(index / 6))
      var sample = Sample(middle: point(column + 0.5, row + 0.5))
      var full = 0
      for stepY in 0..<20 {
        for stepX in 0..<20 {
          let place = point(
            column + 0.25 + 0.5 * (Double(stepX) + 0.5) / 20,
            row + 0.25 + 0.5 * (Double(stepY) + 0.5) / 20)
          guard place.x > -0.5, place.y > -0.5, place.x < Double(picture.width) - 0.5,
            place.y < Double(picture.height) - 0.5
          else { return Sample(middle: sample.middle) }
          let (x, y) = (Int(place.x.rounded()), Int(place.y.rounded()))
          var isFull = false
          for channel in 0..<3 {
            let byte = picture[x, y, channel]
            sample.bytes[channel] += Double(byte)
            sample.linear[channel] += ColorSpace.decoded[Int(byte)]
            if byte >= 254 { isFull = true }
          }
          if isFull { full += 1 }
          sample.count += 1
        }
      }
      sample.bytes = sample.bytes.map { $0 / Double(sample.count) }
      sample.linear = sample.linear.map { $0 / Double(sample.count) }
      sample.isSaturated = full > sample.count / 50
      return sample
    }
  }

  /// How well the patches' colors, white-balanced by the gray ones, agree with the chart's: the
  /// correlation of brightness and of the two color differences, the least of the three.
  func agreement(with picture: Picture) -> Double {
    let samples = patches(of: picture)
    guard samples.allSatisfy({ $0.count > 0 }) else { return -1 }
    let gray = (0..<3).map { channel in
      median((19..<23).map { samples[$0].linear[channel] }) + 1e-6
    }
    let seen = samples.map { sample in (0..<3).map { sample.linear[$0] / gray[$0] } }
    let wanted = ColorChart.linear
    let views: [([Double]) -> Double] = [
      { $0[0] + $0[1] + $0[2] }, { $0[0] - $0[1] }, { $0[2] - $0[1] },
    ]
    return views.map { view in Self.correlation(seen.map(view), wanted.map(view)) }.min() ?? -1
  }

  private static func correlation(_ first: [Double], _ second: [Double]) -> Double {
    let (a, b) = (mean(first), mean(second))
    let product = zip(first, second).reduce(0) { $0 + ($1.0 - a) * ($1.1 - b) }
    let squares =
      first.reduce(0) { $0 + ($1 - a) * ($1 - a) } * second.reduce(0) { $0 + ($1 - b) * ($1 - b) }
    return squares > 0 ? product / squares.squareRoot() : 0
  }
}

extension ChartView {
  /// Finds the chart in a picture: even patches that lie on a grid of six by four and whose colors
  /// are those of the chart; nil where there is none.
  init?(searching picture: Picture) {
    let patches = EvenPatches(in: picture)
    var best: (view: ChartView, agreement: Double)?
    for grid in patches.grids().prefix(40) {
      for corners in Self.turns(of: grid) {
        guard let view = ChartView(corners: corners) else { continue }
        let agreement = view.agreement(with: picture)
        if agreement > best?.agreement ?? 0.8 { best = (view, agreement) }
      }
    }
    guard let best else { return nil }
    self = best.view
  }

  /// The corners of a field of six by four seen either way up.
  private static func turns(of corners: [Point<ColorFrame>]) -> [[Point<ColorFrame>]] {
    [corners, [corners[2], corners[3], corners[0], corners[1]]]
  }
}

/// Regions of nearly one color, as large as each other, as the patches of a chart are.
struct EvenPatches {
  private struct Region {
    var x: Double
    var y: Double
    var area: Double
  }

  private let regions: [Region]
  private let scale: Double

  init(in picture: Picture) {
    // Some 400 columns are enough to find patches, and blur the noise away.
    let step = max(1, picture.width / 400)
    scale = Double(step)
    let (width, height) = (picture.width / step, picture.height / step)
    guard width > 20, height > 20 else {
      regions = []
      return
    }
    let small = Self.shrunk(picture, step: step, width: width, height: height)
    var isEven = [Bool](repeating: false, count: width * height)
    for y in 1..<(height - 1) {
      for x in 1..<(width - 1) {
        isEven[y * width + x] = (0..<3).allSatisfy { channel in
          let values = [(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)].map {
            small[((y + $0.1) * width + x + $0.0) * 3 + channel]
          }
          return (values.max() ?? 0) - (values.min() ?? 0) < 11
        }
      }
    }
    regions = Self.regions(isEven, width: width, height: height)
  }

  private static func shrunk(
    _ picture: Picture, step: Int, width: Int, height: Int
  ) -> [Float] {
    var small = [Float](repeating: 0, count: width * height * 3)
    let area = Float(step * step)
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<3 {
          var sum = 0
          for row in 0..<step {
            for column in 0..<step {
              sum += Int(picture[x * step + column, y * step + row, channel])
            }
          }
          small[(y * width + x) * 3 + channel] = Float(sum) / area
        }
      }
    }
    return small
  }

  /// Connected even pixels that fill a box well.
  private static func regions(_ isEven: [Bool], width: Int, height: Int) -> [Region] {
    var isFree = isEven
    var found: [Region] = []
    var stack: [Int] = []
    for start in isFree.indices where isFree[start] {
      isFree[start] = false
      stack.append(start)
      var (count, sumX, sumY) = (0, 0, 0)
      var (left, right, top, bottom) = (width, 0, height, 0)
      while let place = stack.popLast() {
        let (x, y) = (place % width, place / width)
        count += 1
        sumX += x
        sumY += y
        (left, right) = (min(left, x), max(right, x))
        (top, bottom) = (min(top, y), max(bottom, y))
        for next in [place - 1, place + 1, place - width, place + width]
        where isFree.indices.contains(next) && isFree[next] && abs(next % width - x) <= 1 {
          isFree[next] = false
          stack.append(next)
        }
      }
      let (boxWidth, boxHeight) = (Double(right - left + 1), Double(bottom - top + 1))
      let share = Double(count) / (boxWidth * boxHeight)
      guard count >= 12, Double(count) < 0.05 * Double(width * height), share > 0.45,
        max(boxWidth, boxHeight) < 2.2 * min(boxWidth, boxHeight)
      else { continue }
      found.append(
        Region(
          x: Double(sumX) / Double(count), y: Double(sumY) / Double(count), area: Double(count)))
    }
    return found
  }

  /// Outer corners of fields of six by four on which regions lie, those with most regions first.
  func grids() -> [[Point<ColorFrame>]] {
    var found: [(count: Int, error: Double, corners: [Point<ColorFrame>])] = []
    for seed in regions {
      let alike = regions.filter { $0.area > seed.area / 3 && $0.area < seed.area * 3 }
      let near = alike.filter { hypotenuse($0, seed) > 0 }
        .sorted { hypotenuse($0, seed) < hypotenuse($1, seed) }.prefix(8)
      for right in near {
        let across = (right.x - seed.x, right.y - seed.y)
        guard across.0 > 0, abs(across.1) < 0.8 * across.0 else { continue }
        for below in near {
          let down = (below.x - seed.x, below.y - seed.y)
          let cross = across.0 * down.1 - across.1 * down.0
          let lengths = (length(across), length(down))
          guard cross > 0.8 * lengths.0 * lengths.1, lengths.0 < 1.5 * lengths.1,
            lengths.1 < 1.5 * lengths.0
          else { continue }
          if let grid = grid(alike, from: seed, across, down) { found.append(grid) }
          if let grid = grid(alike, from: seed, down, (-across.0, -across.1)) {
            found.append(grid)
          }
        }
      }
    }
    return found.sorted { ($0.count, -$0.error) > ($1.count, -$1.error) }.map(\.corners)
  }

  private func hypotenuse(_ first: Region, _ second: Region) -> Double {
    length((first.x - second.x, first.y - second.y))
  }

  private func length(_ step: (Double, Double)) -> Double {
    (step.0 * step.0 + step.1 * step.1).squareRoot()
  }

  /// The field of six by four with most regions, its corners fitted to them.
  private func grid(
    _ regions: [Region], from seed: Region, _ across: (Double, Double), _ down: (Double, Double)
  ) -> (count: Int, error: Double, corners: [Point<ColorFrame>])? {
    let cross = across.0 * down.1 - across.1 * down.0
    var nodes: [(column: Int, row: Int, region: Region)] = []
    for region in regions {
      let (x, y) = (region.x - seed.x, region.y - seed.y)
      let column = (x * down.1 - y * down.0) / cross
      let row = (across.0 * y - across.1 * x) / cross
      guard abs(column) < 6.4, abs(row) < 6.4, abs(column - column.rounded()) < 0.3,
        abs(row - row.rounded()) < 0.3
      else { continue }
      nodes.append((Int(column.rounded()), Int(row.rounded()), region))
    }
    var best: (count: Int, first: (Int, Int))?
    for firstColumn in -5...0 {
      for firstRow in -3...0 {
        let count = nodes.count {
          (firstColumn..<(firstColumn + 6)).contains($0.column)
            && (firstRow..<(firstRow + 4)).contains($0.row)
        }
        if count > best?.count ?? 15 { best = (count, (firstColumn, firstRow)) }
      }
    }
    guard let best else { return nil }
    let inside = nodes.filter {
      (0..<6).contains($0.column - best.first.0) && (0..<4).contains($0.row - best.first.1)
    }
    return fitted(
      inside.map { ($0.column - best.first.0, $0.row - best.first.1, $0.region) },
      count: best.count)
  }

  private func fitted(
    _ nodes: [(Int, Int, Region)], count: Int
  ) -> (count: Int, error: Double, corners: [Point<ColorFrame>])? {
    // A term in column times row takes perspective in well enough for patches.
    func terms(_ column: Double, _ row: Double) -> [Double] { [1, column, row, column * row] }
    let rows = nodes.map { terms(Double($0.0) + 0.5, Double($0.1) + 0.5) }
    let weights = nodes.map { _ in 1.0 }
    guard let x = LinearLeastSquares(rows: rows, values: nodes.map(\.2.x), weights: weights),
      let y = LinearLeastSquares(rows: rows, values: nodes.map(\.2.y), weights: weights)
    else { return nil }
    func value(_ terms: [Double], _ fit: LinearLeastSquares) -> Double {
      zip(terms, fit.solution).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let error = zip(rows, nodes).reduce(0) { sum, pair in
      sum + abs(value(pair.0, x) - pair.1.2.x) + abs(value(pair.0, y) - pair.1.2.y)
    }
    let corners = [(0.0, 0.0), (6, 0), (6, 4), (0, 4)].map { column, row in
      let terms = terms(column, row)
      return Point<ColorFrame>(
        x: (value(terms, x) + 0.5) * scale - 0.5, y: (value(terms, y) + 0.5) * scale - 0.5)
    }
    return (count, error, corners)
  }
}
