import CameraCalibration
import Units

/// Whether tags that were found lie as the board says.
enum TagAgreement {
  typealias Pair = (board: Point<BoardFrame>, picture: Point<ColorFrame>)

  /// Leaves out tags that lie elsewhere than all others say: a pattern taken for a tag.
  static func consistent(_ tags: [FoundTag], on grid: TagGrid) -> [FoundTag] {
    var kept = tags
    while kept.count > 4 {
      guard let map = Homography(through: kept.flatMap { points(of: $0, grid) })
      else { return kept }
      let errors = kept.map { map.error(of: points(of: $0, grid)) }
      let middle = errors.sorted()[errors.count / 2]
      guard let worst = errors.indices.max(by: { errors[$0] < errors[$1] }),
        errors[worst] > max(8, 10 * middle)
      else { return kept }
      kept.remove(at: worst)
    }
    return kept
  }

  /// Refuses a board whose gaps or rows are not those of `grid`, as others explain it far better.
  ///
  /// Lenses bend the picture too, but not like this.
  static func checkLayout(
    of tags: [FoundTag], on grid: TagGrid, named name: String
  ) throws(ViewRefusal) {
    guard tags.count >= 4 else { return }
    func misfit(_ grid: TagGrid) -> Double {
      let pairs = tags.flatMap { points(of: $0, grid) }
      guard let map = Homography(through: pairs) else { return .infinity }
      return map.error(of: pairs)
    }
    let stated = misfit(grid)
    guard stated > 1.5 else { return }
    let gaps = (0...60).map { step in
      var other = grid
      other.gapMillimeters = grid.tagMillimeters * (0.02 * Double(step))
      return other
    }
    if let best = gaps.min(by: { misfit($0) < misfit($1) }), misfit(best) < stated / 3 {
      throw ViewRefusal(
        name,
        .otherProportion(
          found: best.gapMillimeters / grid.tagMillimeters,
          wanted: grid.gapMillimeters / grid.tagMillimeters))
    }
    let rows = (2...30).filter { $0 != grid.columns }.map { columns in
      var other = grid
      other.columns = columns
      other.rows = (grid.count + columns - 1) / columns
      return other
    }
    if let best = rows.min(by: { misfit($0) < misfit($1) }), misfit(best) < stated / 3 {
      throw ViewRefusal(name, .otherColumns(found: best.columns, wanted: grid.columns))
    }
  }

  private static func points(of tag: FoundTag, _ grid: TagGrid) -> [Pair] {
    let board = CalibrationBoard.tags(grid)
    return (0..<4).map { place in
      (board.corner(4 * (tag.number - grid.firstTag) + place), tag.corners[place])
    }
  }
}
