import CBeltRows

/// Horizontal runs of pixels, joined to connected regions by union and find.
///
/// Source: Rosenfeld, Pfaltz, *Sequential Operations in Digital Picture Processing*, 1966, on
/// runs; find with path halving after Tarjan, van Leeuwen, *Worst-case Analysis of Set Union
/// Algorithms*, 1984.
struct PixelRuns: Sendable {
  typealias Run = BeltRows.Run

  /// Which pixels of neighboring rows touch.
  enum Connectivity {
    /// Edges only, as for holes.
    case edges
    /// Edges and corners, as for pieces.
    case corners
  }

  /// In raster order: by row, then by column.
  var runs: [Run] = []
  /// The pixels of each region, at its number.
  var areas: [Int] = []
  /// A number for each region, at its own; 0 for none.
  var labels: [UInt16] = []
  private var parent: [Int] = []

  /// Joins the runs to regions and measures these; none has a label yet.
  mutating func join(_ connectivity: Connectivity) {
    parent.removeAll(keepingCapacity: true)
    for run in runs.indices { parent.append(run) }
    let reach: Int32 = connectivity == .corners ? 1 : 0
    var above = 0..<0
    var first = 0
    while first < runs.count {
      let row = runs[first].row
      var end = first
      while end < runs.count, runs[end].row == row { end += 1 }
      if let before = above.first, runs[before].row == row - 1 {
        join(first..<end, with: above, reach: reach)
      }
      above = first..<end
      first = end
    }
    measure()
  }

  private mutating func measure() {
    areas.removeAll(keepingCapacity: true)
    labels.removeAll(keepingCapacity: true)
    for _ in runs {
      areas.append(0)
      labels.append(0)
    }
    for run in runs.indices { areas[region(of: run)] += runs[run].count }
  }

  /// The number of the region that a run belongs to: the number of one of its runs.
  mutating func region(of run: Int) -> Int {
    var run = run
    while parent[run] != run {
      parent[run] = parent[parent[run]]
      run = parent[run]
    }
    return run
  }

  /// Joins runs of a row with those of the row above that they touch; both lists rise in x.
  private mutating func join(_ current: Range<Int>, with above: Range<Int>, reach: Int32) {
    var candidate = above.lowerBound
    for run in current {
      while candidate < above.upperBound, runs[candidate].end + reach <= runs[run].start {
        candidate += 1
      }
      var other = candidate
      while other < above.upperBound, runs[other].start < runs[run].end + reach {
        let (first, second) = (region(of: run), region(of: other))
        // The smaller number wins, so that a region is named by its first run.
        parent[max(first, second)] = min(first, second)
        other += 1
      }
    }
  }
}
