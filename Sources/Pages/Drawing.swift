/// A drawing of its natural size that shrinks with the page.
public func svg(
  _ label: String, width: Double, height: Double, @MarkupBuilder content: () -> Markup
) -> Markup {
  let (w, h) = (NumberText.coordinate(width), NumberText.coordinate(height))
  return element(
    "svg",
    [
      "viewBox": "0 0 \(w) \(h)", "width": w, "height": h, "role": "img", "aria-label": label,
    ], content: content)
}

/// A straight line in pixels with a class of the style sheet.
public func segment(
  _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ kind: String
) -> Markup {
  leaf(
    "line",
    [
      "x1": NumberText.coordinate(x1), "y1": NumberText.coordinate(y1),
      "x2": NumberText.coordinate(x2), "y2": NumberText.coordinate(y2), "class": kind,
    ])
}

/// A text in pixels; `anchor` is `start`, `middle` or `end`.
public func words(
  _ text: String, _ x: Double, _ y: Double, _ anchor: String, _ kind: String = ""
) -> Markup {
  element(
    "text",
    [
      "x": NumberText.coordinate(x), "y": NumberText.coordinate(y), "text-anchor": anchor,
      "class": kind,
    ]
  ) { text }
}

/// What the lines of a drawing stand for.
public func legend(_ entries: [(String, Plot.Look)]) -> Markup {
  element("p", ["class": "legend"]) {
    entries.map { name, look in
      element("span") {
        element(
          "svg", ["width": "30", "height": "10", "viewBox": "0 0 30 10", "aria-hidden": "true"]
        ) {
          leaf(
            "line",
            ["x1": "0", "y1": "5", "x2": "30", "y2": "5", "style": Plot.stroke(look)])
        }
        name
      }
    }
  }
}
