import CameraCalibration
import Foundation
import Pages
import Units

/// Drawings of the belt: how well its places are known, and where residuals point.
enum BeltDrawing {
  private static let width = 560.0
  private static let margin = 34.0

  /// The 95 % radius of the error at each place of the grid, as cells with numbers.
  static func map(_ map: UncertaintyMap, limit: Double, caption: String) -> Markup {
    let area = map.area
    let scale = (width - 2 * margin) / max(1, area.width)
    let height = area.height * scale + 2 * margin
    let (cellWidth, cellHeight) = (map.stepX * scale, map.stepY * scale)
    let cells = (0..<map.rows).flatMap { row in
      (0..<map.columns).map { column -> Markup in
        let radius = map.radii[row * map.columns + column]
        let (x, y) = (
          margin + (Double(column) - 0.5) * cellWidth, margin + (Double(row) - 0.5) * cellHeight
        )
        let isOver = radius > limit
        let share = min(1, radius / max(1e-9, limit))
        return Markup(joining: [
          element(
            "rect",
            [
              "x": NumberText.coordinate(x), "y": NumberText.coordinate(y),
              "width": NumberText.coordinate(cellWidth),
              "height": NumberText.coordinate(cellHeight),
              "style": "fill:var(--\(isOver ? "bad" : "blue"));fill-opacity:"
                + NumberText.fixed(0.08 + 0.5 * share, digits: 2),
            ]
          ) {
            element("title") {
              "x \(NumberText.fixed(map.x + Double(column) * map.stepX, digits: 0)) mm, "
                + "y \(NumberText.fixed(map.y + Double(row) * map.stepY, digits: 0)) mm: "
                + "±\(NumberText.fixed(radius, digits: 3)) mm"
            }
          },
          words(
            NumberText.fixed(radius, digits: 2), x + cellWidth / 2, y + cellHeight / 2 + 3.5,
            "middle"),
        ])
      }
    }
    return figure(
      "\(caption): 95 % radius of the error in mm at each place; x to the right across the belt, "
        + "y down against the way of pieces. With 95 % confidence all places together are within "
        + "\(NumberText.fixed(map.bound, digits: 2)) mm."
    ) {
      svg("Error over the belt", width: width, height: height) { Markup(joining: cells) }
    }
  }

  /// Arrows from where things were seen to where the fit puts them.
  static func residuals(
    _ vectors: [ResidualVector], over extent: Rectangle<ColorFrame>, unit: String, caption: String
  ) -> Markup {
    let scale = (width - 2 * margin) / max(1, extent.width)
    let height = extent.height * scale + 2 * margin
    let longest = vectors.map { hypot($0.dx, $0.dy) }.max() ?? 0
    // The longest arrow is as long as a corner is from the next.
    let enlargement = longest > 0 ? 24 / longest : 0
    let shown = vectors.count > 1200 ? vectors.count / 1200 + 1 : 1
    let arrows = stride(from: 0, to: vectors.count, by: shown).map { index -> Markup in
      let vector = vectors[index]
      let (x, y) = (
        margin + (vector.x - extent.x) * scale, margin + (vector.y - extent.y) * scale
      )
      return Markup(joining: [
        leaf(
          "line",
          [
            "x1": NumberText.coordinate(x), "y1": NumberText.coordinate(y),
            "x2": NumberText.coordinate(x + vector.dx * enlargement),
            "y2": NumberText.coordinate(y + vector.dy * enlargement),
            "style": "stroke:var(--orange);stroke-width:1.4",
          ]),
        leaf(
          "circle",
          [
            "cx": NumberText.coordinate(x), "cy": NumberText.coordinate(y), "r": "1.6",
            "style": "fill:var(--blue)",
          ]),
      ])
    }
    return figure(
      "\(caption). The longest arrow is \(NumberText.fixed(longest, digits: 3)) \(unit); arrows "
        + "that point one way in one corner show a model that does not fit, arrows in all "
        + "directions are noise."
    ) {
      svg("Residuals", width: width, height: height) {
        leaf(
          "rect",
          [
            "x": NumberText.coordinate(margin), "y": NumberText.coordinate(margin),
            "width": NumberText.coordinate(width - 2 * margin),
            "height": NumberText.coordinate(height - 2 * margin),
            "style": "fill:none;stroke:var(--rule)",
          ])
        Markup(joining: arrows)
      }
    }
  }
}
