/// A drawing with two axes, in SVG; colors come from the page's style sheet.
public struct Plot {
  /// How a line or a dot looks: a color of the style sheet and a dash, so that it can be told
  /// apart without color.
  public struct Look: Sendable, Equatable {
    /// Name of a color in the style sheet, without dashes in front: `blue`.
    public var color: String
    /// Lengths of dashes and gaps; empty for a whole line.
    public var dash: String
    public var width: Double
    public var opacity: Double

    public init(color: String, dash: String = "", width: Double = 2, opacity: Double = 1) {
      self.color = color
      self.dash = dash
      self.width = width
      self.opacity = opacity
    }
  }

  public let width: Double
  public let height: Double
  public let x: Axis
  public let y: Axis
  /// What a person who cannot see the drawing is told.
  public let label: String
  private let left: Double
  private let bottom = 38.0
  private let top = 10.0
  private let right = 12.0
  private var content = Markup()

  public init(_ label: String, width: Double, height: Double, x: Axis, y: Axis) {
    self.label = label
    self.width = width
    self.height = height
    self.x = x
    self.y = y
    let longest = y.ticks.map { y.label($0).count }.max() ?? 1
    left = 26 + 6.4 * Double(longest)
  }

  /// Where a value of the x axis lies, in pixels from the left.
  public func column(_ value: Double) -> Double {
    let share = (value - x.range.lowerBound) / (x.range.upperBound - x.range.lowerBound)
    return left + share * (width - left - right)
  }

  /// Where a value of the y axis lies, in pixels from the top.
  public func row(_ value: Double) -> Double {
    let share = (value - y.range.lowerBound) / (y.range.upperBound - y.range.lowerBound)
    return height - bottom - share * (height - top - bottom)
  }

  /// A line through the points; breaks where a value is not finite.
  public mutating func line(_ points: [(x: Double, y: Double)], _ look: Look, title: String = "") {
    for run in points.split(whereSeparator: { !($0.x.isFinite && $0.y.isFinite) })
    where run.count > 1 {
      content.append(
        element(
          "polyline",
          [
            "points": Self.path(run.map { (column($0.x), row(clamped($0.y))) }),
            "class": "line", "style": Self.stroke(look),
          ]
        ) { tooltip(title) })
    }
  }

  /// The area between two lines over the same columns.
  public mutating func band(_ points: [(x: Double, low: Double, high: Double)], _ look: Look) {
    let known = points.filter { $0.low.isFinite && $0.high.isFinite }
    guard known.count > 1 else { return }
    let outline =
      known.map { (column($0.x), row(clamped($0.high))) }
      + known.reversed().map { (column($0.x), row(clamped($0.low))) }
    content.append(
      leaf(
        "polygon",
        [
          "points": Self.path(outline),
          "style": "fill:var(--\(look.color));fill-opacity:\(look.opacity)",
        ]))
  }

  /// A bar from the x axis to `value`, from `start` to `end` along the axis.
  public mutating func bar(
    from start: Double, to end: Double, value: Double, _ look: Look, title: String = ""
  ) {
    guard value.isFinite else { return }
    let (zero, tip) = (row(max(0, y.range.lowerBound)), row(clamped(value)))
    content.append(
      element(
        "rect",
        [
          "x": NumberText.coordinate(column(start) + 0.5),
          "y": NumberText.coordinate(min(zero, tip)),
          "width": NumberText.coordinate(max(0.5, column(end) - column(start) - 1)),
          "height": NumberText.coordinate(abs(zero - tip)),
          "style": "fill:var(--\(look.color));fill-opacity:\(look.opacity)",
        ]
      ) { tooltip(title) })
  }

  /// A dot with the given radius in pixels.
  public mutating func dot(
    _ x: Double, _ y: Double, radius: Double = 3.5, _ look: Look, title: String = ""
  ) {
    guard x.isFinite, y.isFinite else { return }
    content.append(
      element(
        "circle",
        [
          "cx": NumberText.coordinate(column(x)), "cy": NumberText.coordinate(row(clamped(y))),
          "r": NumberText.coordinate(radius),
          "style": "fill:var(--\(look.color));fill-opacity:\(look.opacity)",
        ]
      ) { tooltip(title) })
  }

  /// A small text whose middle stands at the point.
  public mutating func text(_ words: String, x: Double, y: Double) {
    content.append(
      element(
        "text",
        [
          "x": NumberText.coordinate(column(x)), "y": NumberText.coordinate(row(y)),
          "text-anchor": "middle",
        ]
      ) { words })
  }

  /// The drawing.
  public var markup: Markup {
    svg(label, width: width, height: height) {
      frame
      content
    }
  }

  private var frame: Markup {
    Markup(
      joining: y.ticks.map { tick in
        Markup(joining: [
          segment(left, row(tick), width - right, row(tick), "grid"),
          words(y.label(tick), left - 6, row(tick) + 3.5, "end"),
        ])
      }
        + x.ticks.map { tick in
          Markup(joining: [
            segment(column(tick), height - bottom, column(tick), height - bottom + 4, "tick"),
            words(x.label(tick), column(tick), height - bottom + 16, "middle"),
          ])
        }
        + [
          segment(left, height - bottom, width - right, height - bottom, "axis"),
          words(x.title, (left + width - right) / 2, height - 5, "middle", "title"),
          element(
            "text",
            [
              "transform":
                "translate(11 \(NumberText.coordinate((top + height - bottom) / 2))) rotate(-90)",
              "text-anchor": "middle", "class": "title",
            ]
          ) { y.title },
        ])
  }

  private func clamped(_ value: Double) -> Double {
    min(max(value, y.range.lowerBound), y.range.upperBound)
  }

  private func tooltip(_ title: String) -> Markup? {
    title.isEmpty ? nil : element("title") { title }
  }

  private static func path(_ points: [(Double, Double)]) -> String {
    points.map { "\(NumberText.coordinate($0.0)),\(NumberText.coordinate($0.1))" }
      .joined(separator: " ")
  }

  /// The style of a line that looks so.
  public static func stroke(_ look: Look) -> String {
    var style = "stroke:var(--\(look.color));stroke-width:\(look.width)"
    if !look.dash.isEmpty { style += ";stroke-dasharray:\(look.dash)" }
    if look.opacity < 1 { style += ";stroke-opacity:\(look.opacity)" }
    return style
  }
}
