import Conveyor
import Imaging

@testable import Conveyor

/// Finds pieces as `Segmenter` says that it does, pixel by pixel: no runs, kernels or shortcuts.
struct PlainSegmenter {
  let settings: SegmentationSettings
  let level: [UInt8]
  let deviation: [Float]

  /// The number of the piece at each pixel, 0 for belt.
  func labels(of picture: Picture, minimum: Int, hole: Int) -> LabelMap {
    let (width, height) = (picture.width, picture.height)
    let inside = vote(marks(of: picture), width, height)
    var map = LabelMap(width: width, height: height)
    var next: UInt16 = 1
    for region in regions(width, height, withCorners: true, where: { inside[$0] }) {
      guard region.count >= minimum, Int(next) <= settings.maximumPieces else { continue }
      for index in region { map.labels[index] = next }
      next += 1
    }
    let open = map
    for region in regions(width, height, withCorners: false, where: { open.labels[$0] == 0 }) {
      let isOpen = region.contains {
        $0 % width == 0 || $0 % width == width - 1 || $0 / width == 0 || $0 / width == height - 1
      }
      guard !isOpen, region.count <= hole, let first = region.min() else { continue }
      for index in region { map.labels[index] = open.labels[first - 1] }
    }
    guard settings.neckShare > 0 else { return map }
    var splitting = PlainSplitting(neckShare: settings.neckShare)
    splitting.split(&map, labels: Int(next) - 1, minimum: minimum)
    var areas = [Int](repeating: 0, count: 1 << 16)
    for label in map.labels { areas[Int(label)] += 1 }
    for index in map.labels.indices where areas[Int(map.labels[index])] < minimum {
      map.labels[index] = 0
    }
    return map
  }

  private func marks(of picture: Picture) -> [Bool] {
    let (width, height, channels) = (picture.width, picture.height, picture.channels)
    let limits = deviation.map {
      Int(max(settings.contrastLevels, settings.contrastDeviations * $0).rounded(.up))
    }
    var marks = [(brighter: Bool, darker: Bool)](
      repeating: (false, false), count: width * height)
    var excess = [Int](repeating: 0, count: width * height)
    var means = [Int](repeating: 0, count: width * height * channels)
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<channels {
          var sum = 4
          for row in (y - 1)...(y + 1) {
            for column in (x - 1)...(x + 1) {
              let (row, column) = (min(max(row, 0), height - 1), min(max(column, 0), width - 1))
              sum += Int(picture[column, row, channel])
            }
          }
          let index = y * width + x
          let belt = Int(level[x * channels + channel])
          means[index * channels + channel] = sum / 9
          let (off, own) = (sum / 9 - belt, 2 * (Int(picture[x, y, channel]) - belt))
          let far = limits[channel]
          if off > far, own > far { marks[index].brighter = true }
          if off < -far, own < -far { marks[index].darker = true }
          excess[index] = max(excess[index], off)
        }
      }
    }
    return marks.indices.map { index in
      let (x, y) = (index % width, index / width)
      if marks[index].brighter {
        var largest = 0
        for row in max(0, y - 2)...min(height - 1, y + 2) {
          for column in max(0, x - 2)...min(width - 1, x + 2) {
            largest = max(largest, excess[row * width + column])
          }
        }
        return Float(excess[index]) >= settings.edgeShare * Float(largest)
      }
      let shares = (0..<channels).map { channel in
        (Float(means[index * channels + channel]) + 1) / (Float(level[x * channels + channel]) + 1)
      }
      let (least, most) = (shares.min() ?? 0, shares.max() ?? 0)
      return marks[index].darker && !(least >= settings.shadowFloor && most - least < 0.15)
    }
  }

  private func vote(_ marks: [Bool], _ width: Int, _ height: Int) -> [Bool] {
    marks.indices.map { index in
      let (x, y) = (index % width, index / width)
      var (sum, seen) = (0, 0)
      for row in max(0, y - 1)...min(height - 1, y + 1) {
        for column in max(0, x - 1)...min(width - 1, x + 1) {
          seen += 1
          if marks[row * width + column] { sum += 1 }
        }
      }
      return 2 * sum > seen
    }
  }

  /// Connected regions in the order of their first pixels.
  private func regions(
    _ width: Int, _ height: Int, withCorners: Bool, where isInside: (Int) -> Bool
  ) -> [[Int]] {
    var isSeen = [Bool](repeating: false, count: width * height)
    var regions: [[Int]] = []
    for start in 0..<(width * height) where isInside(start) && !isSeen[start] {
      var region = [start]
      isSeen[start] = true
      var next = 0
      while next < region.count {
        let (x, y) = (region[next] % width, region[next] / width)
        next += 1
        for (dx, dy) in [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)] {
          let (column, row) = (x + dx, y + dy)
          let index = row * width + column
          guard withCorners || dx == 0 || dy == 0, (0..<width).contains(column),
            (0..<height).contains(row), !isSeen[index], isInside(index)
          else { continue }
          isSeen[index] = true
          region.append(index)
        }
      }
      regions.append(region)
    }
    return regions
  }
}

/// Splits at narrow necks by flooding every region of a map.
struct PlainSplitting {
  /// A neck below this share of the thinner part's thickness splits.
  let neckShare: Double

  /// Three times the distance to the region's edge in pixels, 0 outside.
  private var distance: [Int32] = []
  private var order: [Int32] = []
  private var starts: [Int32] = []
  /// Union-find over pixels; -1 where the flood has not come yet.
  private var parent: [Int32] = []
  private var labelOfRoot: [UInt16] = []

  init(neckShare: Double) { self.neckShare = neckShare }

  /// Splits the regions of `map` up to number `labels`; new parts get the numbers behind it.
  ///
  /// A part stands alone only where a disc of half of `minimum` pixels fits into it.
  mutating func split(_ map: inout LabelMap, labels: Int, minimum: Int) {
    guard labels > 0 else { return }
    reserve(map.labels.count)
    measureDistances(in: map)
    sortPixels()
    let leastPeak = 3 * (Double(minimum) / 2 / Double.pi).squareRoot()
    flood(map, leastPeak: leastPeak)
    number(&map, labels: labels)
  }

  private mutating func reserve(_ count: Int) {
    if distance.count != count {
      distance = [Int32](repeating: 0, count: count)
      parent = [Int32](repeating: -1, count: count)
      labelOfRoot = [UInt16](repeating: 0, count: count)
    }
    for index in 0..<count { parent[index] = -1 }
  }

  /// Two passes of the chamfer transform; beyond the picture a region is thought to go on.
  private mutating func measureDistances(in map: LabelMap) {
    let (width, height) = (map.width, map.height)
    let far: Int32 = 1 << 24
    for y in 0..<height {
      for x in 0..<width {
        let index = y * width + x
        let label = map.labels[index]
        guard label != 0 else {
          distance[index] = 0
          continue
        }
        var least = far
        if x > 0 { least = min(least, reach(index - 1, label, 3, map)) }
        if y > 0 {
          least = min(least, reach(index - width, label, 3, map))
          if x > 0 { least = min(least, reach(index - width - 1, label, 4, map)) }
          if x < width - 1 { least = min(least, reach(index - width + 1, label, 4, map)) }
        }
        distance[index] = least
      }
    }
    for y in (0..<height).reversed() {
      for x in (0..<width).reversed() {
        let index = y * width + x
        let label = map.labels[index]
        guard label != 0 else { continue }
        var least = distance[index]
        if x < width - 1 { least = min(least, reach(index + 1, label, 3, map)) }
        if y < height - 1 {
          least = min(least, reach(index + width, label, 3, map))
          if x < width - 1 { least = min(least, reach(index + width + 1, label, 4, map)) }
          if x > 0 { least = min(least, reach(index + width - 1, label, 4, map)) }
        }
        // A region that fills the picture has no edge; any height serves, its flood is one.
        distance[index] = min(least, Int32(3 * max(width, height)))
      }
    }
  }

  /// The distance through a neighbor: its own plus the step, or the step alone across an edge.
  private func reach(_ index: Int, _ label: UInt16, _ step: Int32, _ map: LabelMap) -> Int32 {
    map.labels[index] == label ? distance[index] + step : step
  }

  /// Fills `order` with the pixels of regions, highest distance first, by counting.
  private mutating func sortPixels() {
    var most: Int32 = 0
    for value in distance { most = max(most, value) }
    starts.removeAll(keepingCapacity: true)
    for _ in 0...(Int(most) + 1) { starts.append(0) }
    var total = 0
    for value in distance where value > 0 {
      starts[Int(most - value) + 1] += 1
      total += 1
    }
    for index in 1..<starts.count { starts[index] += starts[index - 1] }
    order.removeAll(keepingCapacity: true)
    for _ in 0..<total { order.append(0) }
    for index in distance.indices where distance[index] > 0 {
      let bin = Int(most - distance[index])
      order[Int(starts[bin])] = Int32(index)
      starts[bin] += 1
    }
  }

  /// Floods from the highest pixel down; a basin is named by its peak, the first pixel of it.
  private mutating func flood(_ map: LabelMap, leastPeak: Double) {
    let (width, height) = (map.width, map.height)
    for position in order.indices {
      let index = Int(order[position])
      let (x, y) = (index % width, index / width)
      let label = map.labels[index]
      parent[index] = Int32(index)
      let rows = max(0, y - 1)...min(height - 1, y + 1)
      let columns = max(0, x - 1)...min(width - 1, x + 1)
      // The pixel goes up the steepest way; the other basins around it meet there.
      var highest = index
      for row in rows {
        for column in columns {
          let neighbor = row * width + column
          guard map.labels[neighbor] == label, parent[neighbor] >= 0,
            highest == index || distance[neighbor] > distance[highest], neighbor != index
          else { continue }
          highest = neighbor
        }
      }
      guard highest != index else { continue }
      var basin = root(of: highest)
      parent[index] = Int32(basin)
      for row in rows {
        for column in columns {
          let neighbor = row * width + column
          guard neighbor != index, map.labels[neighbor] == label, parent[neighbor] >= 0 else {
            continue
          }
          basin = meet(basin, root(of: neighbor), at: index, leastPeak: leastPeak)
        }
      }
    }
  }

  /// Joins two basins that meet at pixel `saddle`, unless the neck there is narrow.
  ///
  /// Returns the basin that the pixel belongs to then.
  private mutating func meet(
    _ first: Int, _ second: Int, at saddle: Int, leastPeak: Double
  ) -> Int {
    guard first != second else { return first }
    let higher = distance[first] >= distance[second] ? first : second
    let lower = higher == first ? second : first
    let peak = Double(distance[lower])
    let isNarrow = Double(distance[saddle]) < neckShare * peak && peak >= leastPeak
    guard !isNarrow else { return first }
    parent[lower] = Int32(higher)
    return higher
  }

  private mutating func root(of index: Int) -> Int {
    var index = index
    while Int(parent[index]) != index {
      parent[index] = parent[Int(parent[index])]
      index = Int(parent[index])
    }
    return index
  }

  /// Writes the basins' numbers; the first basin of a region in raster order keeps its number.
  private mutating func number(_ map: inout LabelMap, labels: Int) {
    var isTaken = [Bool](repeating: false, count: labels + 1)
    var next = labels + 1
    for position in order.indices { labelOfRoot[Int(order[position])] = 0 }
    for index in map.labels.indices where map.labels[index] != 0 {
      let basin = root(of: index)
      if labelOfRoot[basin] == 0 {
        let old = Int(map.labels[index])
        if !isTaken[old] || next > Int(UInt16.max) {
          isTaken[old] = true
          labelOfRoot[basin] = UInt16(old)
        } else {
          labelOfRoot[basin] = UInt16(next)
          next += 1
        }
      }
      map.labels[index] = labelOfRoot[basin]
    }
  }
}
