import CameraCalibration
import Diagnostics
import Foundation
import Pages
import Units

extension RegistrationStep {
  /// Error over the belt, residuals, keystone, and what the scenes said.
  public static func section(
    of document: StepDocument<RegistrationStep>, in folder: URL
  ) throws -> Markup {
    let result = document.result
    let area = result.uncertainty.area
    return Markup(joining: [
      paragraph(sentence(result)),
      BeltDrawing.map(
        result.uncertainty, limit: document.settings.limits.errorMillimeters,
        caption: "How well the cube lies on the picture"),
      BeltDrawing.residuals(
        result.residuals.map { ResidualVector(x: $0.x, y: $0.y, dx: $0.dx, dy: $0.dy) },
        over: Rectangle(x: area.x, y: area.y, width: area.width, height: area.height), unit: "mm",
        caption: "From each corner in the picture to the same corner in the cube, on the belt"),
      result.keystone.map(keystone) ?? Markup(),
      refinement(result, folder),
    ])
  }

  private static func sentence(_ result: CubeRegistration) -> String {
    let geometry = result.geometry
    return
      "The slit lies \(NumberText.signed(geometry.skewDegrees, digits: 2))° from square to the "
      + "travel. A sample is \(NumberText.fixed(geometry.sampleMillimeters(at: 0), digits: 4)) mm "
      + "wide at one end and "
      + "\(NumberText.fixed(geometry.sampleMillimeters(at: Double(result.samples - 1)), digits: 4))"
      + " mm at the other; a line is \(NumberText.fixed(geometry.millimetersPerLine, digits: 4)) "
      + "mm long. The nearest homography, which the line uses, departs from this slit by at most "
      + "\(NumberText.fixed(result.homographyErrorMillimeters, digits: 3)) mm."
  }

  private static func keystone(_ curve: KeystoneCurve) -> Markup {
    var plot = Plot(
      "Keystone", width: 560, height: 220,
      x: Axis("wavelength, nm", holding: curve.groups.map(\.nanometers)),
      y: Axis(
        "shift, samples",
        holding: curve.groups.flatMap {
          [
            $0.pixels - $0.uncertainty, $0.pixels + $0.uncertainty, $0.pixels + $0.pixelsAtEnd,
            $0.pixels - $0.pixelsAtEnd,
          ]
        }))
    plot.band(
      curve.groups.map { ($0.nanometers, $0.pixels - $0.uncertainty, $0.pixels + $0.uncertainty) },
      Plot.Look(color: "blue", opacity: 0.25))
    plot.line(curve.groups.map { ($0.nanometers, $0.pixels) }, Plot.Look(color: "blue"))
    plot.line(
      curve.groups.map { ($0.nanometers, $0.pixels - $0.pixelsAtEnd) },
      Plot.Look(color: "orange", dash: "5 3"))
    plot.line(
      curve.groups.map { ($0.nanometers, $0.pixels + $0.pixelsAtEnd) },
      Plot.Look(color: "teal", dash: "2 3"))
    return figure(
      "Keystone: by how many samples each band's picture is shifted against the mean of all. "
        + "'keystoneColumns' for the correction of cubes: "
        + curve.columns.map { NumberText.fixed($0, digits: 4) }.joined(separator: ", ")
    ) {
      plot.markup
      legend([
        ("middle of the slit", Plot.Look(color: "blue")),
        ("first sample", Plot.Look(color: "orange", dash: "5 3")),
        ("last sample", Plot.Look(color: "teal", dash: "2 3")),
      ])
    }
  }

  private static func refinement(_ result: CubeRegistration, _ folder: URL) -> Markup {
    guard let refinement = result.refinement else { return Markup() }
    let words =
      switch refinement.outcome {
      case .confirmed: "Scenes and targets agree; the targets' registration stays."
      case .taken: "The scenes show another registration than the targets; theirs was taken."
      case .undecided: "The scenes show too little to tell; the targets' registration stays."
      }
    let pictures = [("before.png", "before"), ("after.png", "after")].compactMap { name, title in
      // A picture that is not there was not drawn.
      (try? Data(contentsOf: folder.appending(path: name))).map { bytes in
        figure(
          "Cube on picture, \(title) refinement: green cube, magenta picture, gray where they agree"
        ) {
          leaf(
            "img",
            [
              "src": "data:image/png;base64,\(bytes.base64EncodedString())", "alt": title,
              "style": "max-width:100%",
            ])
        }
      }
    }
    return Markup(
      joining: [
        paragraph(
          "\(words) Mutual information: "
            + "\(NumberText.fixed(refinement.informationBefore, digits: 4))"
            + " before, \(NumberText.fixed(refinement.informationAfter, digits: 4)) after; "
            + "\(refinement.blocks) blocks of belt, largest difference "
            + "\(NumberText.fixed(refinement.differenceMillimeters, digits: 2)) mm.")
      ] + pictures)
  }
}
