import CameraCalibration
import Foundation
import Pages

extension IntrinsicsStep {
  /// Lens numbers, where corners were seen, where they lie off, and what that means on the belt.
  public static func section(
    of document: StepDocument<IntrinsicsStep>, in folder: URL
  ) throws -> Markup {
    let result = document.result
    var markup = paragraph(
      "Board: \(document.settings.board.text). \(result.views.count) of "
        + "\(document.record.inputs.count) pictures were used; corners lie "
        + "\(NumberText.fixed(result.residualPixels, digits: 3)) px from where the lens puts them "
        + "(root mean square).")
    markup.append(numbers(result).markup)
    let map = PictureMap(result.lens)
    markup.append(
      figure(
        "Corners seen in each part of the picture; white parts were not covered, and the lens is "
          + "least known there."
      ) { map.cells(of: result.coverage) })
    markup.append(
      figure(
        "Residuals of all corners, \(Int(PictureMap.magnification)) times as long as they are. "
          + "They should point in all directions everywhere; a pattern means that the lens model "
          + "or the board is not what it is said to be."
      ) { map.residuals(of: result) })
    let errors = result.errorsAfterAlignment(atMillimeters: result.beltMillimeters)
    markup.append(
      figure(
        "What the lens's uncertainty does on a belt "
          + "\(NumberText.fixed(result.beltMillimeters, digits: 0)) mm away, 95 % bound in mm, "
          + "after the belt's map has taken up what it can."
      ) { map.errors(errors) })
    markup.append(views(result).markup)
    return markup
  }

  private static func numbers(_ result: LensCalibration) -> Table {
    let (values, bounds) = (result.lens.parameters, result.bounds)
    let names = [
      "fx": "focal length across, px", "fy": "focal length along, px", "cx": "center, column",
      "cy": "center, row",
    ]
    let rows = LensModel.parameterNames.enumerated().map { index, name -> Table.Row in
      let digits = index < 4 ? 2 : 5
      return .cells([
        Markup(text: names[name].map { "\(name): \($0)" } ?? name),
        Markup(text: NumberText.fixed(values[index], digits: digits)),
        Markup(text: "± " + NumberText.fixed(bounds[index], digits: digits)),
      ])
    }
    return Table(
      columns: [.text("Lens"), .number("value"), .number("95 %")], rows: rows,
      note: "Letters and order as in OpenCV; the center of the first pixel is (0, 0).")
  }

  private static func views(_ result: LensCalibration) -> Table {
    let rows = result.views.map { view -> Table.Row in
      let normal = view.pose.normal
      let tilt = acos(max(-1, min(1, normal.z))) * 180 / .pi
      return .cells([
        Markup(text: view.name), Markup(text: "\(view.residuals.count)"),
        Markup(text: NumberText.fixed(view.residualPixels, digits: 3)),
        Markup(text: NumberText.fixed(tilt, digits: 0)),
        Markup(text: NumberText.fixed(view.pose.translation[2], digits: 0)),
      ])
    }
    return Table(
      columns: [
        .text("View"), .number("corners"), .number("residual, px"), .number("tilt, °"),
        .number("distance, mm"),
      ], rows: rows)
  }
}

/// Drawings over the extent of a camera's picture.
struct PictureMap {
  static let magnification = 100.0

  private let lens: LensModel
  private let width = 560.0
  private var scale: Double { width / Double(lens.width) }
  private var height: Double { Double(lens.height) * scale }

  init(_ lens: LensModel) { self.lens = lens }

  /// How many corners were seen where.
  func cells(of coverage: CornerCoverage) -> Markup {
    let most = Double(max(1, coverage.counts.max() ?? 1))
    return framed("Corners seen in each part of the picture") {
      grid(coverage.columns, coverage.rows) { index in
        let count = coverage.counts[index]
        // The root lets few corners differ from none.
        return ((Double(count) / most).squareRoot(), "\(count)")
      }
    }
  }

  /// Bounds of the error on the belt.
  func errors(_ errors: BeltErrorMap) -> Markup {
    let most = max(1e-9, errors.largest.isFinite ? errors.largest : 1)
    let every = max(1, errors.columns / 6)
    return framed("Error on the belt over the picture") {
      grid(errors.columns, errors.rows) { index in
        guard let value = errors.millimeters[index] else { return (1, "–") }
        let isTold = index % errors.columns % every == 0 && index / errors.columns % 3 == 1
        return (value / most, isTold ? NumberText.fixed(value, digits: 2) : "")
      }
    }
  }

  /// All residuals where they are.
  func residuals(of result: LensCalibration) -> Markup {
    framed("Residuals over the picture") {
      result.views.flatMap(\.residuals).map { residual in
        let (x, y) = ((residual.picture.x + 0.5) * scale, (residual.picture.y + 0.5) * scale)
        let length = scale * Self.magnification
        return leaf(
          "line",
          [
            "x1": NumberText.coordinate(x), "y1": NumberText.coordinate(y),
            "x2": NumberText.coordinate(x + length * residual.columns),
            "y2": NumberText.coordinate(y + length * residual.rows),
            "style": "stroke:#d55e00;stroke-width:0.8",
          ])
      }
    }
  }

  private func framed(_ label: String, @MarkupBuilder content: () -> Markup) -> Markup {
    svg(label, width: width, height: height) {
      content()
      leaf(
        "rect",
        [
          "x": "0.5", "y": "0.5", "width": NumberText.coordinate(width - 1),
          "height": NumberText.coordinate(height - 1), "style": "fill:none;stroke:#888",
        ])
    }
  }

  /// Cells shaded from nothing to full, each with a few words.
  private func grid(
    _ columns: Int, _ rows: Int, _ cell: (Int) -> (shade: Double, text: String)
  ) -> [Markup] {
    let (w, h) = (width / Double(columns), height / Double(rows))
    return (0..<columns * rows).map { index in
      let (x, y) = (Double(index % columns) * w, Double(index / columns) * h)
      let (shade, text) = cell(index)
      let opacity = NumberText.fixed(max(0, min(1, shade)), digits: 3)
      var markup = leaf(
        "rect",
        [
          "x": NumberText.coordinate(x), "y": NumberText.coordinate(y),
          "width": NumberText.coordinate(w), "height": NumberText.coordinate(h),
          "style": "fill:#0072b2;fill-opacity:\(opacity)",
        ])
      guard !text.isEmpty else { return markup }
      markup.append(
        element(
          "text",
          [
            "x": NumberText.coordinate(x + w / 2), "y": NumberText.coordinate(y + h / 2 + 4),
            "text-anchor": "middle",
            "style": "font-size:11px;fill:\(shade > 0.55 ? "#fff" : "#222")",
          ]
        ) { text })
      return markup
    }
  }
}
