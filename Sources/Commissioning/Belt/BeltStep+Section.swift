import CameraCalibration
import Foundation
import Pages
import Units

extension BeltStep {
  /// The error over the belt, residuals, views and speed.
  public static func section(
    of document: StepDocument<BeltStep>, in folder: URL
  ) throws -> Markup {
    let plane = document.result
    let hasPicture = document.record.files.contains { $0.name == BeltStep.pictureName }
    let picture =
      hasPicture
      ? try stepImage(BeltStep.pictureName, in: folder, "the belt with its lines") : nil
    return Markup(joining: [
      paragraph(sentence(plane)),
      picture.map { image in
        figure("Lines every 50 mm of belt, the way of pieces, and the corners that told them") {
          image
        }
      } ?? Markup(),
      BeltDrawing.map(
        plane.uncertainty, limit: document.settings.limits.errorMillimeters,
        caption: "How well places on the belt are known"),
      BeltDrawing.residuals(
        plane.residuals,
        over: Rectangle(x: 0, y: 0, width: Double(plane.width), height: Double(plane.height)),
        unit: "px", caption: "From each corner seen to where the fit puts it, in the picture"),
      views(plane),
      speed(plane),
    ])
  }

  private static func sentence(_ plane: BeltPlane) -> String {
    var text =
      "Pieces move at \(NumberText.fixed(plane.travelDegrees, digits: 2))° in the picture (0° to "
      + "the right, 90° down), known to ±"
      + "\(NumberText.fixed(plane.travelUncertaintyDegrees, digits: 3))°. The middle pixel covers "
      + "\(NumberText.fixed(plane.millimetersPerPixelX, digits: 4)) × "
      + "\(NumberText.fixed(plane.millimetersPerPixelY, digits: 4)) mm of belt."
    if let error = plane.lensErrorMillimeters {
      text +=
        " The lens's distortion was taken out; what is not known of it is at most "
        + "\(NumberText.fixed(error, digits: 3)) mm on the belt, counted below."
    } else {
      text += " The pictures were taken as they came: no lens was known."
    }
    if let shutter = plane.rollingShutter {
      text +=
        " Rows are exposed \(NumberText.fixed(shutter.lineDelayMicroseconds, digits: 2)) µs apart "
        + "(\(shutter.source.rawValue)): at the belt's speed the last row sees it "
        + "\(NumberText.fixed(abs(shutter.effectMillimeters), digits: 2)) mm later than the first."
    }
    return text
  }

  private static func views(_ plane: BeltPlane) -> Markup {
    Table(
      columns: [
        .text("picture"), .number("corners"), .number("residual, px"), .number("travel, mm"),
        .number("time, s"), .text("used"),
      ],
      rows: plane.views.map { view in
        .cells([
          Markup(text: view.name), Markup(text: "\(view.corners)"),
          Markup(text: NumberText.fixed(view.residualPixels, digits: 3)),
          Markup(text: NumberText.fixed(view.travelMillimeters, digits: 2)),
          Markup(text: view.seconds.map { NumberText.fixed($0, digits: 3) } ?? ""),
          Markup(text: view.rejection.map { "no: \($0)" } ?? "yes"),
        ])
      }, note: "Travel is counted from the first picture."
    ).markup
  }

  private static func speed(_ plane: BeltPlane) -> Markup {
    guard let speed = plane.speed, speed.steps.count > 1 else { return Markup() }
    let values = speed.steps.map(\.millimetersPerSecond)
    var plot = Plot(
      "Speed of the belt over time", width: 560, height: 220,
      x: Axis("time, s", holding: speed.steps.map(\.seconds)),
      y: Axis("speed, mm/s", holding: values + [speed.millimetersPerSecond]))
    let ends = plot.x.range
    plot.band(
      [ends.lowerBound, ends.upperBound].map {
        (
          $0, speed.millimetersPerSecond - speed.uncertainty,
          speed.millimetersPerSecond + speed.uncertainty
        )
      }, Plot.Look(color: "blue", opacity: 0.2))
    plot.line(
      [
        (ends.lowerBound, speed.millimetersPerSecond),
        (ends.upperBound, speed.millimetersPerSecond),
      ],
      Plot.Look(color: "blue"))
    for step in speed.steps {
      plot.dot(
        step.seconds, step.millimetersPerSecond,
        Plot.Look(color: step.isUsed ? "teal" : "bad", opacity: step.isUsed ? 0.9 : 0.5))
    }
    return figure(
      "Speed between pairs of frames (dots, left out ones red), its mean and 95 % interval"
    ) { plot.markup }
  }
}
