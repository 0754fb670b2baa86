import Conveyor

/// A piece and the region of the last frame that shows it.
public struct ShownPiece: Sendable, Equatable {
  public var piece: Int
  public var blob: Blob
}

/// Everything about the line that is not the bundle or the calibration.
public struct PipelineSettings: Codable, Equatable, Sendable {
  /// Whether colors are learned, for moments without time for the network.
  public var learnsColors = false
  public var segmentation = SegmentationSettings()
  public var tracking = TrackingSettings()
  public var timing = DecisionTiming()
  public var valves: ValveSettings

  public init(valves: ValveSettings) { self.valves = valves }
}
