import Imaging

/// Splits regions at narrow necks, where two pieces touch.
///
/// Every pixel's distance from the region's edge makes a landscape whose peaks are the middles of
/// thick parts. Flooded from above, basins grow around peaks; two that meet at a saddle become
/// one, unless the saddle is low against the lower peak: a narrow neck between two thick parts.
///
/// Most regions are one thick part, and a flood of all of them would take longer than the rest of
/// the frame. Between a neck and the lower of its peaks there is always one of a few levels, at
/// which the parts lie apart: a region that is whole at each of these has no neck, and is left.
///
/// Source: Meyer, *Topographic Distance and Watershed Lines*, 1994, on flooding.
/// Differs: basins merge by the ratio of saddle and peak, not by an absolute depth.
struct TouchingPieces: Sendable {
  /// A neck below this share of the thinner part's thickness splits.
  let neckShare: Double
  /// Regions that were flooded so far.
  private(set) var floods = 0

  /// Three times the distance to the region's edge in pixels, 0 outside, with a border of one.
  private var distance: [UInt16] = []
  private var order: [Int32] = []
  private var starts: [Int32] = []
  /// Union-find over the box and its border: -1 where the flood has not come yet, -2 outside.
  private var parent: [Int32] = []
  private var labelOfRoot: [UInt16] = []

  init(neckShare: Double) { self.neckShare = neckShare }

  /// Splits one region of `labels`; its first part in raster order keeps its number, the others get
  /// those from `next` on, which rises.
  ///
  /// A part stands alone only where a disc of half of `minimum` pixels fits into it. Returns
  /// whether the region was split.
  mutating func split(
    _ blob: Blob, of labels: inout LabelMap, minimum: Int, next: inout Int, rows: inout BeltRows
  ) -> Bool {
    let tallest = rows.measureDistance(of: blob, in: labels, into: &distance)
    floods += 1
    begin(blob, in: labels)
    sortPixels(tallest: tallest)
    flood(columns: blob.columns.count, leastPeak: Self.leastPeak(minimum))
    return number(blob, in: &labels, next: &next)
  }

  /// Three times the radius of a disc of half of `minimum` pixels.
  private static func leastPeak(_ minimum: Int) -> Double {
    3 * (Double(minimum) / 2 / Double.pi).squareRoot()
  }

  /// Whether the region falls apart at one of the levels that lie below every peak and above the
  /// necks beside it; only then it is to be split.
  mutating func mayHaveNeck(
    _ blob: Blob, in labels: LabelMap, minimum: Int, rows: inout BeltRows
  ) -> Bool {
    let tallest = rows.measureDistance(of: blob, in: labels, into: &distance)
    var level = max(1, Int(Self.leastPeak(minimum).rounded(.up)))
    while level <= tallest {
      if rows.fallsApart(
        distance, columns: blob.columns.count, rows: blob.rows.count, least: level)
      {
        return true
      }
      // A peak below the next level has its necks below this one.
      level = max(level, Int((Double(level) / neckShare).rounded(.down))) + 1
    }
    return false
  }

  private mutating func begin(_ blob: Blob, in labels: LabelMap) {
    let (columns, rows) = (blob.columns.count, blob.rows.count)
    let count = (columns + 2) * (rows + 2)
    while parent.count < count {
      parent.append(-2)
      labelOfRoot.append(0)
    }
    for index in 0..<count { parent[index] = -2 }
    for row in 0..<rows {
      let from = (blob.rows.lowerBound + row) * labels.width + blob.columns.lowerBound
      let to = (row + 1) * (columns + 2) + 1
      for column in 0..<columns where labels.labels[from + column] == blob.label {
        parent[to + column] = -1
      }
    }
    order.removeAll(keepingCapacity: true)
    for index in 0..<count where parent[index] == -1 { order.append(Int32(index)) }
  }

  /// Sorts the pixels by distance, the highest first and then in raster order, by counting.
  private mutating func sortPixels(tallest: Int) {
    starts.removeAll(keepingCapacity: true)
    for _ in 0...(tallest + 1) { starts.append(0) }
    for index in order { starts[tallest - Int(distance[Int(index)]) + 1] += 1 }
    for index in 1..<starts.count { starts[index] += starts[index - 1] }
    let raster = order
    for index in raster {
      let bin = tallest - Int(distance[Int(index)])
      order[Int(starts[bin])] = index
      starts[bin] += 1
    }
  }

  /// Floods from the highest pixel down; a basin is named by its peak, the first pixel of it.
  private mutating func flood(columns: Int, leastPeak: Double) {
    let stride = columns + 2
    let around = [
      -stride - 1, -stride, -stride + 1, -1, 1, stride - 1, stride, stride + 1,
    ]
    for position in order.indices {
      let index = Int(order[position])
      parent[index] = Int32(index)
      // The pixel goes up the steepest way; the other basins around it meet there.
      var highest = index
      for step in around {
        let neighbor = index + step
        guard parent[neighbor] >= 0, highest == index || distance[neighbor] > distance[highest]
        else { continue }
        highest = neighbor
      }
      guard highest != index else { continue }
      var basin = root(of: highest)
      parent[index] = Int32(basin)
      for step in around where parent[index + step] >= 0 {
        basin = meet(basin, root(of: index + step), at: index, leastPeak: leastPeak)
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

  /// Writes the basins' numbers; returns whether there is more than one.
  private mutating func number(_ blob: Blob, in labels: inout LabelMap, next: inout Int) -> Bool {
    let (columns, rows) = (blob.columns.count, blob.rows.count)
    for index in order { labelOfRoot[Int(index)] = 0 }
    var isFirst = true
    var isSplit = false
    for row in 0..<rows {
      let from = (blob.rows.lowerBound + row) * labels.width + blob.columns.lowerBound
      let to = (row + 1) * (columns + 2) + 1
      for column in 0..<columns where parent[to + column] >= 0 {
        let basin = root(of: to + column)
        if labelOfRoot[basin] == 0 {
          if isFirst || next > Int(UInt16.max) {
            labelOfRoot[basin] = blob.label
          } else {
            labelOfRoot[basin] = UInt16(next)
            next += 1
            isSplit = true
          }
          isFirst = false
        }
        labels.labels[from + column] = labelOfRoot[basin]
      }
    }
    return isSplit
  }
}
