import Cameras
import Conveyor
import Imaging
import Units

/// What a frame showed and what was decided at it: all that a drawing of it needs.
public struct PaintedFrame: Sendable {
  public var frame: CameraFrame
  public var labels: LabelMap
  public var shown: [ShownPiece]
  public var events: [SortEvent]
  public var now: LineInstant
  /// The classes in the bundle's order, for their colors.
  public var classes: [String]
  public var barMillimeters: Double
  /// The camera's own belt coordinates of its first and last row, at belt position 0.
  public var along: ClosedRange<Double>
  /// Pixels for a millimeter across the belt, and the belt coordinate of the first column.
  public var pixelsPerMillimeter: Double
  public var left: Double

  init<Classifier, Clock>(
    _ frame: CameraFrame, _ pipeline: Pipeline<Classifier, Clock>, _ events: [SortEvent],
    at now: LineInstant
  ) {
    self.frame = frame
    self.events = events
    self.now = now
    labels = pipeline.found.labels
    shown = pipeline.shown
    classes = pipeline.rule.classes
    barMillimeters = pipeline.settings.valves.barMillimeters
    let view = pipeline.view(of: frame)
    let position = frame.beltMillimeters
    along = (view.along.lowerBound - position)...(view.along.upperBound - position)
    left = view.across.lowerBound
    pixelsPerMillimeter =
      Double(frame.picture.width) / max(1e-9, view.across.upperBound - view.across.lowerBound)
  }
}
