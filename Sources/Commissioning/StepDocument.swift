import CameraCalibration
import Diagnostics

/// What every step's document says, whatever the step: who, when, from what, and the verdict.
public struct StepRecord: Codable, Equatable, Sendable {
  public var step: StepName
  public var rig: String
  /// Day of the step, `2026-01-31`, and its time of day in UTC, `14:05:09`.
  public var date: String
  public var time: String
  public var operatorName: String
  /// What stood there, by kind: the camera and its serial number, lens, lamp, tile, board.
  public var hardware: [String: String]
  public var inputs: [StepInput]
  public var files: [StepFile]
  /// The documents of earlier steps that this one rests on.
  public var uses: [StepReference]
  public var judgement: Judgement
  /// Version of Mirage.
  public var version: String
}

/// A step that was done: its record, the settings it ran with, and its result.
///
/// On disk: `Calibration/Rigs/<rig>/<date>/<step>/step.json`, with a content hash.
public struct StepDocument<Step: CalibrationStep>: Codable, Equatable, Sendable {
  public var record: StepRecord
  public var settings: Step.Settings
  public var result: Step.Result

  /// The hash over all that the document says.
  public var content: Digest {
    get throws { Digest(of: try JSONFile.encode(self)) }
  }

  /// How a later step says that it used this one.
  public var reference: StepReference {
    get throws { StepReference(step: record.step, content: try content) }
  }
}
