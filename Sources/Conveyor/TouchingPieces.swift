import Imaging

/// Splits regions at narrow necks, where two pieces touch.
///
/// Every pixel's distance from the region's edge makes a landscape whose peaks are the middles of
/// thick parts. Flooded from above, basins grow around peaks; two that meet at a saddle become
/// one, unless the saddle is low against the lower peak: a narrow neck between two thick parts.
///
/// Source: Meyer, *Topographic Distance and Watershed Lines*, 1994, on flooding; Borgefors,
/// *Distance Transformations in Digital Images*, 1986, for the 3-4 chamfer distance.
/// Differs: basins merge by the ratio of saddle and peak, not by an absolute depth.
struct TouchingPieces: Sendable {
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
