import CameraCalibration
import Commissioning
import Diagnostics
import Foundation
import Imaging
import Pages
import Tensors

/// A small step for the tests: reads numbers, gives their mean.
enum CoinStep: CalibrationStep {
  struct Settings: Codable, Equatable, Sendable {
    var limitMilliseconds = 5.0
  }

  struct Result: Codable, Equatable, Sendable {
    var delayMilliseconds: Double
  }

  static let name = StepName.timing

  static func perform(_ settings: Settings, on work: StepWork) throws -> StepOutcome<Self> {
    let shots = try JSONFile.read([Double].self, at: work.recordings.appending(path: "shots.json"))
    let delay = shots.reduce(0, +) / Double(shots.count)
    var outcome = StepOutcome<Self>(
      settings, Result(delayMilliseconds: delay),
      Judgement(figures: [
        Figure("valve delay", delay, "ms", .atMost(settings.limitMilliseconds), uncertainty: 0.25)
      ]),
      inputs: [
        try work.input("shots.json", picture: "shot.png"),
        try work.input("shots.json", rejection: "shown twice"),
      ],
      hardware: ["disc": "25 mm"])
    outcome.maps["nozzles"] = [("offsets", Tensor(shape: [2], values: [1, 2]))]
    outcome.pictures["shot.png"] = Picture(width: 4, height: 3, repeating: 90)
    return outcome
  }

  static func section(of document: StepDocument<Self>, in folder: URL) throws -> Markup {
    paragraph("delay < \(document.settings.limitMilliseconds)")
  }

  static func moves(from stored: Result, to fresh: Result) -> [Figure] {
    [
      Figure(
        "valve delay moved", abs(fresh.delayMilliseconds - stored.delayMilliseconds), "ms",
        .atMost(0.5))
    ]
  }
}

/// Writes the shots of a coin test into `folder`.
func writeShots(_ shots: [Double], in folder: URL) throws {
  try AtomicFile.write(JSONFile.encode(shots), to: folder.appending(path: "shots.json"))
}
