import Foundation
import Imaging
import Units

/// Moves cubes over pictures until both tell most of each other.
struct SceneSearch {
  /// What a search came to.
  struct Found {
    var geometry: LineScanGeometry
    /// Geometries as they might be as well.
    var draws: [LineScanGeometry]
    var blocks: Int
    /// Share of the blocks that fit better than before.
    var improvedShare: Double
  }

  /// A scene on a grid of belt.
  private struct Layer {
    var places: [Point<BeltFrame>]
    var first: [Float]
    var second: ScanPicture
    var secondRange: MutualInformation.Range
  }

  /// Deviations of the blur in cells, from coarse to fine.
  private static let blurs: [Float] = [3, 1.5, 0.6]
  private let cell: Double
  /// For each blur, the scenes.
  private let levels: [[Layer]]
  private let blocks: [Block]
  private let steps: [Double]

  /// A part of the belt that tells its place on its own.
  private struct Block {
    var layer: Int
    var places: [Int]
    var center: Point<BeltFrame>
  }

  init(
    _ scenes: [RegisteredScene], geometry: LineScanGeometry,
    color: Homography<ColorFrame, BeltFrame>, area: Rectangle<BeltFrame>
  ) {
    let pixel = max(abs(geometry.millimetersPerSample), abs(geometry.millimetersPerLine))
    cell = max(pixel, (area.width * area.height / 30_000).squareRoot())
    let (columns, rows) = (Int(area.width / cell), Int(area.height / cell))
    let colorOfBelt = color.inverse
    var places: [Point<BeltFrame>] = []
    for row in 0..<rows {
      for column in 0..<columns {
        places.append(
          Point(
            x: area.x + (Double(column) + 0.5) * cell, y: area.y + (Double(row) + 0.5) * cell))
      }
    }
    let cell = cell
    let fields = scenes.map { scene -> ScanPicture in
      let values = places.map { place -> Float in
        var sum: Float = 0
        for (dx, dy) in [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)] {
          guard let point = colorOfBelt?(Point(x: place.x + dx * cell, y: place.y + dy * cell))
          else { continue }
          sum += scene.picture.brightness(x: point.x, y: point.y)
        }
        return sum
      }
      return ScanPicture(samples: columns, lines: rows, values: values)
    }
    levels = Self.blurs.map { blur in
      zip(scenes, fields).map { scene, field in
        let first = field.blurred(blur).values
        let range = MutualInformation.Range(first)
        let second = scene.scan.blurred(blur * Float(cell / pixel))
        return Layer(
          places: places, first: first.map(range.place), second: second,
          secondRange: MutualInformation.Range(second.values))
      }
    }
    steps = [
      cell, 2 * cell / Double(max(1, columns)) * abs(geometry.millimetersPerSample) / cell,
      cell, 2 / Double(max(1, columns)),
      2 * cell / Double(max(1, rows)) * abs(geometry.millimetersPerLine) / cell,
    ]
    blocks = scenes.indices.flatMap {
      Self.blocks(layer: $0, columns: columns, rows: rows, places: places)
    }
  }

  /// Five by four blocks of the grid.
  private static func blocks(
    layer: Int, columns: Int, rows: Int, places: [Point<BeltFrame>]
  ) -> [Block] {
    var blocks: [Block] = []
    for down in 0..<4 {
      for right in 0..<5 {
        let rowRange = (rows * down / 4)..<(rows * (down + 1) / 4)
        let columnRange = (columns * right / 5)..<(columns * (right + 1) / 5)
        let own = rowRange.flatMap { row in columnRange.map { row * columns + $0 } }
        guard own.count >= 64 else { continue }
        let count = Double(own.count)
        blocks.append(
          Block(
            layer: layer, places: own,
            center: Point(
              x: own.reduce(0) { $0 + places[$1].x } / count,
              y: own.reduce(0) { $0 + places[$1].y } / count)))
      }
    }
    return blocks
  }

  /// Normalized mutual information of all scenes at the finest blur.
  func information(_ geometry: LineScanGeometry) -> Double {
    joint(geometry, level: levels.count - 1, stride: 1).normalized
  }

  /// By how many deviations pictures tell more of each other here than where they lie wrong for
  /// certain; below some six a search finds as much by chance.
  func prominence(_ geometry: LineScanGeometry) -> Double {
    let level = levels.count - 1
    let wrong = (0..<24).map { number -> Double in
      var moved = geometry
      let angle = 2 * Double.pi * Double(number) / 24
      let distance = cell * Double(9 + number % 3 * 4)
      moved.start += distance * cos(angle)
      moved.along += distance * sin(angle)
      return joint(moved, level: level, stride: 1).normalized
    }
    let mean = wrong.reduce(0, +) / Double(wrong.count)
    let variance = wrong.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(wrong.count - 1)
    return (information(geometry) - mean) / max(1e-9, variance.squareRoot())
  }

  func run(from start: LineScanGeometry) -> Found? {
    var geometry = start
    for level in levels.indices {
      if level == 0 { geometry = coarse(geometry) }
      var reach = Double(Self.blurs[level]) * 0.6
      for _ in 0..<6 {
        for index in 0..<5 { climb(&geometry, index, reach, level) }
        reach *= 0.65
      }
    }
    return settled(geometry, start)
  }

  /// Tries travels up to six cells each way.
  private func coarse(_ start: LineScanGeometry) -> LineScanGeometry {
    var best = (geometry: start, value: -1.0)
    for down in -3...3 {
      for right in -3...3 {
        var moved = start
        moved.start += 2 * cell * Double(right)
        moved.along += 2 * cell * Double(down)
        let value = joint(moved, level: 0, stride: 5).normalized
        if value > best.value { best = (moved, value) }
      }
    }
    return best.geometry
  }

  /// Moves one number to the top of the parabola through three tries.
  private func climb(
    _ geometry: inout LineScanGeometry, _ index: Int, _ reach: Double, _ level: Int
  ) {
    let slot = [0, 1, 3, 4, 5][index]
    let step = steps[index] * reach
    func value(_ distance: Double) -> Double {
      var moved = geometry
      moved.numbers[slot] += distance
      return joint(moved, level: level, stride: level == levels.count - 1 ? 1 : 2).normalized
    }
    let (low, middle, high) = (value(-step), value(0), value(step))
    let bend = low - 2 * middle + high
    if bend < 0 {
      let top = min(1, max(-1, 0.5 * (low - high) / bend))
      geometry.numbers[slot] += top * step
    } else if max(low, high) > middle {
      geometry.numbers[slot] += high > low ? step : -step
    }
  }

  private func joint(
    _ geometry: LineScanGeometry, level: Int, stride: Int
  ) -> MutualInformation {
    var joint = MutualInformation()
    for layer in levels[level] {
      for place in Swift.stride(from: 0, to: layer.places.count, by: stride) {
        let point = geometry.cube(layer.places[place])
        guard let value = layer.second.value(point.x, point.y) else { continue }
        joint.add(layer.first[place], layer.secondRange.place(value))
      }
    }
    return joint
  }

  /// Lets each block find its own place, and fits the geometry through them.
  private func settled(_ geometry: LineScanGeometry, _ start: LineScanGeometry) -> Found? {
    let level = levels.count - 1
    let table = joint(geometry, level: level, stride: 1).gains
    var shifts: [(block: Block, dx: Double, dy: Double)] = []
    var improved = 0
    for block in blocks {
      guard let shift = peak(block, geometry, table) else { continue }
      shifts.append((block, shift.dx, shift.dy))
      let after = score(block, geometry, table, 0, 0)
      let before = score(block, start, table, 0, 0)
      if after > before { improved += 1 }
    }
    guard shifts.count >= 6 else { return nil }
    let improvedShare = Double(improved) / Double(shifts.count)
    var kept = shifts.map { ($0.block.center, $0.dx, $0.dy) }
    for _ in 0..<3 {
      guard let fit = BlockFit(kept, geometry) else { return nil }
      let distances = fit.distances
      let limit = max(4 * Ranks.median(distances), 0.02 * cell)
      let near = kept.indices.filter { distances[$0] <= limit }
      if near.count == kept.count || near.count < 6 {
        return Found(
          geometry: fit.geometry, draws: fit.draws(BeltPlane.draws), blocks: kept.count,
          improvedShare: improvedShare)
      }
      kept = near.map { kept[$0] }
    }
    guard let fit = BlockFit(kept, geometry) else { return nil }
    return Found(
      geometry: fit.geometry, draws: fit.draws(BeltPlane.draws), blocks: kept.count,
      improvedShare: improvedShare)
  }

  /// What a block gains by the pairs of values that it shows, were it moved.
  private func score(
    _ block: Block, _ geometry: LineScanGeometry, _ table: [Double], _ dx: Double, _ dy: Double
  ) -> Double {
    let layer = levels[levels.count - 1][block.layer]
    var (sum, count) = (0.0, 0.0)
    for place in block.places {
      let belt = layer.places[place]
      let point = geometry.cube(Point(x: belt.x - dx, y: belt.y - dy))
      guard let value = layer.second.value(point.x, point.y) else { continue }
      sum += MutualInformation.gain(table, layer.first[place], layer.secondRange.place(value))
      count += 1
    }
    return count > 32 ? sum / count : -.infinity
  }

  /// Where a block fits best, in millimeters from where it lies; nil where it cannot tell.
  private func peak(
    _ block: Block, _ geometry: LineScanGeometry, _ table: [Double]
  ) -> (dx: Double, dy: Double)? {
    var (dx, dy) = (0.0, 0.0)
    var step = 0.7 * cell
    for _ in 0..<3 {
      var grid: [Double] = []
      for down in -1...1 {
        for right in -1...1 {
          grid.append(
            score(block, geometry, table, dx + Double(right) * step, dy + Double(down) * step))
        }
      }
      guard grid.allSatisfy(\.isFinite), let top = Self.top(of: grid) else { return nil }
      dx += min(1, max(-1, top.x)) * step
      dy += min(1, max(-1, top.y)) * step
      step *= 0.7
    }
    return hypot(dx, dy) < 2.5 * cell ? (dx, dy) : nil
  }

  /// The top of the paraboloid through nine values, in steps from the middle one.
  private static func top(of z: [Double]) -> (x: Double, y: Double)? {
    let slopeX = (z[2] + z[5] + z[8] - z[0] - z[3] - z[6]) / 6
    let slopeY = (z[6] + z[7] + z[8] - z[0] - z[1] - z[2]) / 6
    let bendX = (z[0] + z[2] + z[3] + z[5] + z[6] + z[8] - 2 * (z[1] + z[4] + z[7])) / 3
    let bendY = (z[0] + z[1] + z[2] + z[6] + z[7] + z[8] - 2 * (z[3] + z[4] + z[5])) / 3
    let twist = (z[0] + z[8] - z[2] - z[6]) / 4
    let determinant = bendX * bendY - twist * twist
    guard bendX < 0, bendY < 0, determinant > 0.05 * bendX * bendY else { return nil }
    return (
      (-slopeX * bendY + slopeY * twist) / determinant,
      (-slopeY * bendX + slopeX * twist) / determinant
    )
  }
}

/// A change of geometry through the shifts of blocks.
struct BlockFit {
  private let fit: LeastSquaresFit
  private let base: LineScanGeometry
  private let shifts: [(center: Point<BeltFrame>, dx: Double, dy: Double)]

  init?(
    _ shifts: [(center: Point<BeltFrame>, dx: Double, dy: Double)], _ base: LineScanGeometry
  ) {
    self.base = base
    self.shifts = shifts
    guard
      let fit = LeastSquaresFit(
        from: [0, 0, 0, 0, 0], steps: [1e-4, 1e-6, 1e-4, 1e-6, 1e-6],
        residuals: { numbers in
          let moved = Self.moved(base, numbers)
          return shifts.flatMap { shift in
            let found = moved.belt(base.cube(shift.center))
            return [
              found.x - shift.center.x - shift.dx, found.y - shift.center.y - shift.dy,
            ]
          }
        })
    else { return nil }
    self.fit = fit
  }

  private static func moved(_ base: LineScanGeometry, _ numbers: [Double]) -> LineScanGeometry {
    var moved = base
    moved.start += numbers[0]
    moved.millimetersPerSample += numbers[1]
    moved.along += numbers[2]
    moved.skew += numbers[3]
    moved.millimetersPerLine += numbers[4]
    return moved
  }

  var geometry: LineScanGeometry { Self.moved(base, fit.parameters) }

  /// How far each block stays from its place.
  var distances: [Double] {
    shifts.indices.map { hypot(fit.residuals[2 * $0], fit.residuals[2 * $0 + 1]) }
  }

  func draws(_ count: Int) -> [LineScanGeometry] {
    fit.draws(count).map { Self.moved(base, $0) }
  }
}

extension MutualInformation {
  /// log(p(both) / (p(first) · p(second))) for each pair of bins: what a pair of values tells.
  var gains: [Double] {
    let bins = Self.bins
    var rows = [Double](repeating: 0, count: bins)
    var columns = rows
    // A little of everything, so that a pair never seen counts as unlikely, not as impossible.
    let floor = 0.02
    let total = count + floor * Double(bins * bins)
    let shares = joint.map { ($0 + floor) / total }
    for row in 0..<bins {
      for column in 0..<bins {
        rows[row] += shares[row * bins + column]
        columns[column] += shares[row * bins + column]
      }
    }
    return shares.indices.map { place in
      log(shares[place] / (rows[place / bins] * columns[place % bins]))
    }
  }

  /// The gain of a pair of places among the bins, between the four nearest.
  @inline(__always)
  static func gain(_ table: [Double], _ first: Float, _ second: Float) -> Double {
    let (row, column) = (min(Int(first), bins - 2), min(Int(second), bins - 2))
    let (u, v) = (Double(first - Float(row)), Double(second - Float(column)))
    let start = row * bins + column
    let upper = table[start] * (1 - v) + table[start + 1] * v
    let lower = table[start + bins] * (1 - v) + table[start + bins + 1] * v
    return upper * (1 - u) + lower * u
  }
}
