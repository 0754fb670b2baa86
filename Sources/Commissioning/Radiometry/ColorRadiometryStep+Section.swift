import CameraCalibration
import Foundation
import Pages

extension ColorRadiometryStep {
  /// The chart before and after, its patches, the flat field and the matrix.
  public static func section(
    of document: StepDocument<Self>, in folder: URL
  ) throws -> Markup {
    let result = document.result
    var parts: [Markup] = []
    if !result.patches.isEmpty {
      let before = try StepSection.image(
        "chart-small.jpg", in: folder, alternative: "The chart as seen")
      let after = try StepSection.image(
        "corrected.jpg", in: folder, alternative: "The chart corrected")
      parts.append(
        element("div", ["class": "pictures"]) {
          figure("As the camera gives it, with the field that was found.") { before }
          figure("The same picture corrected.") { after }
        })
      parts.append(
        figure(
          "Patches: left as seen, right corrected, in the middle as they should be; below, the"
            + " color difference before and after."
        ) { patches(result) })
    }
    if !result.falloff.isEmpty {
      parts.append(
        figure(
          "Light over the picture, % of the brightest part: flat field of"
            + " \(result.correction.columns) × \(result.correction.rows) cells."
        ) { flat(result) })
    }
    parts.append(matrix(result))
    return Markup(joining: parts)
  }

  private static let patchSize = (width: 74.0, height: 66.0)

  private static func patches(_ result: ColorRadiometry) -> Markup {
    let (width, height) = patchSize
    return svg(
      "Patches of the chart before and after", width: 6 * width, height: 4 * height
    ) {
      Markup(
        joining: result.patches.enumerated().map { index, patch in
          let (x, y) = (Double(index % 6) * width, Double(index / 6) * height)
          let seen = patch.bytes.map { $0 / 255 }
          let corrected = patch.corrected.map(coded)
          let wanted = patch.wanted.map(coded)
          return Markup(joining: [
            box(x, y, width / 2, height - 18, seen),
            box(x + width / 2, y, width / 2, height - 18, corrected),
            box(x + width / 4, y + 12, width / 2, height - 42, wanted),
            words(
              "\(NumberText.fixed(patch.differenceBefore, digits: 1)) → "
                + NumberText.fixed(patch.differenceAfter, digits: 1), x + width / 2,
              y + height - 5, "middle"),
          ])
        })
    }
  }

  private static func box(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ color: [Double]
  ) -> Markup {
    let bytes = color.map { Int((255 * min(max($0, 0), 1)).rounded()) }
    return leaf(
      "rect",
      [
        "x": NumberText.coordinate(x), "y": NumberText.coordinate(y),
        "width": NumberText.coordinate(width), "height": NumberText.coordinate(height),
        "style": "fill:rgb(\(bytes[0]),\(bytes[1]),\(bytes[2]))",
      ])
  }

  /// sRGB's share of a linear one.
  private static func coded(_ linear: Double) -> Double {
    let inside = min(max(linear, 0), 1)
    return inside <= 0.003_130_8 ? 12.92 * inside : 1.055 * pow(inside, 1 / 2.4) - 0.055
  }

  private static func flat(_ result: ColorRadiometry) -> Markup {
    let (columns, rows) = (result.correction.columns, result.correction.rows)
    let side = 12.0
    let least = min(0.98, result.falloff.min() ?? 0)
    return svg(
      "Light over the picture", width: Double(columns) * side, height: Double(rows) * side
    ) {
      Markup(
        joining: result.falloff.enumerated().map { index, light in
          let share = (light - least) / (1 - least)
          return element(
            "rect",
            [
              "x": NumberText.coordinate(Double(index % columns) * side),
              "y": NumberText.coordinate(Double(index / columns) * side),
              "width": NumberText.coordinate(side), "height": NumberText.coordinate(side),
              "style": "fill:var(--blue);fill-opacity:\(NumberText.fixed(share, digits: 2))",
            ]
          ) { element("title") { NumberText.percent(light) } }
        })
    }
  }

  private static func matrix(_ result: ColorRadiometry) -> Markup {
    let matrix = result.correction.matrix
    return Table(
      columns: [
        .text("sRGB, linear"), .number("red"), .number("green"), .number("blue"),
        .number("black level, % of full scale"),
      ],
      rows: ["red", "green", "blue"].enumerated().map { row, name in
        .cells(
          [Markup(text: name)]
            + (0..<3).map { Markup(text: NumberText.signed(matrix[3 * row + $0], digits: 3)) }
            + [Markup(text: NumberText.fixed(100 * result.correction.black[row], digits: 2))])
      },
      note: "White balance and color in one matrix, on linear light of the camera's channels."
        + (result.codingErrorPercent.map {
          " Gray patches leave a straight line by \(NumberText.fixed($0, digits: 1)) % after sRGB"
            + " decoding."
        } ?? "")
    ).markup
  }
}
