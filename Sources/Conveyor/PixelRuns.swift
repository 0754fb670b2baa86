import Imaging

/// Horizontal runs of pixels, joined to connected regions by union and find.
///
/// Source: Rosenfeld, Pfaltz, *Sequential Operations in Digital Picture Processing*, 1966, on
/// runs; find with path halving after Tarjan, van Leeuwen, *Worst-case Analysis of Set Union
/// Algorithms*, 1984.
struct PixelRuns: Sendable {
  struct Run: Sendable {
    var row: Int
    var start: Int
    /// First column behind the run.
    var end: Int
  }

  /// Which pixels of neighboring rows touch.
  enum Connectivity {
    /// Edges only, as for holes.
    case edges
    /// Edges and corners, as for pieces.
    case corners
  }

  private(set) var runs: [Run] = []
  private var parent: [Int] = []

  /// Collects the runs of a `width` × `height` picture where `isInside(index)` holds.
  @inline(__always)
  mutating func collect(
    width: Int, height: Int, connectivity: Connectivity, where isInside: (Int) -> Bool
  ) {
    runs.removeAll(keepingCapacity: true)
    parent.removeAll(keepingCapacity: true)
    let reach = connectivity == .corners ? 1 : 0
    var above = 0..<0
    for row in 0..<height {
      let first = runs.count
      collectRow(row, width: width, where: isInside)
      join(first..<runs.count, with: above, reach: reach)
      above = first..<runs.count
    }
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

  @inline(__always)
  private mutating func collectRow(_ row: Int, width: Int, where isInside: (Int) -> Bool) {
    let base = row * width
    var x = 0
    while x < width {
      while x < width, !isInside(base + x) { x += 1 }
      guard x < width else { return }
      let start = x
      while x < width, isInside(base + x) { x += 1 }
      parent.append(runs.count)
      runs.append(Run(row: row, start: start, end: x))
    }
  }

  /// Joins runs of a row with those of the row above that they touch; both lists rise in x.
  private mutating func join(_ current: Range<Int>, with above: Range<Int>, reach: Int) {
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
