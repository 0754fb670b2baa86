import Units

extension LabelMap {
  /// A straight run of pixel edges.
  struct Edge: Equatable {
    let start: Point<ColorFrame>
    let end: Point<ColorFrame>
  }

  /// For each wanted piece, the edges between its pixels and all others, the map's border included.
  func edges(where isWanted: (UInt16) -> Bool) -> [UInt16: [Edge]] {
    var wanted: [UInt16: Bool] = [0: false]
    for label in Set(labels) where label != 0 { wanted[label] = isWanted(label) }
    var edges: [UInt16: [Edge]] = [:]
    func label(_ x: Int, _ y: Int) -> UInt16 {
      x < 0 || y < 0 || x >= width || y >= height ? 0 : self[x, y]
    }
    // One pass for the edges above and below a row of pixels, one for those beside a column.
    func walk(along length: Int, across count: Int, isRow: Bool) {
      for across in 0..<count {
        for side in [-1, 1] {
          var start = 0
          while start < length {
            let own = isRow ? label(start, across) : label(across, start)
            func isEdge(_ at: Int) -> Bool {
              let (pixel, other) =
                isRow
                ? (label(at, across), label(at, across + side))
                : (label(across, at), label(across + side, at))
              return pixel == own && other != own
            }
            guard wanted[own] == true, isEdge(start) else {
              start += 1
              continue
            }
            var end = start + 1
            while end < length, isEdge(end) { end += 1 }
            let line = Double(across) + Double(side) / 2
            let (low, high) = (Double(start) - 0.5, Double(end) - 0.5)
            edges[own, default: []].append(
              isRow
                ? Edge(start: Point(x: low, y: line), end: Point(x: high, y: line))
                : Edge(start: Point(x: line, y: low), end: Point(x: line, y: high)))
            start = end
          }
        }
      }
    }
    walk(along: width, across: height, isRow: true)
    walk(along: height, across: width, isRow: false)
    return edges
  }
}
