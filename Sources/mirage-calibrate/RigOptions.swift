import CommandKit
import Commissioning
import Diagnostics
import Foundation

/// Which rig a command is about.
struct RigOptions: Sendable {
  var rig = ""
  var root = URL(filePath: "Calibration/Rigs")

  func folder() throws -> RigFolder { try RigFolder(root: root, rig: rig) }
}

/// A command about one rig.
protocol RigCommand: Command {
  var options: RigOptions { get set }
}

extension RigCommand {
  static var rigFlags: [Flag<Self>] {
    [
      .required("--rig", \.options.rig, "NAME", "The rig: a plain name, like line-1"),
      .value("--root", \.options.root, "FOLDER", "Where the rigs' folders lie"),
    ]
  }
}

/// A command that does a step on recordings and keeps its document.
///
/// ```swift
/// struct Timing: StepCommand {
///   static let name = "timing"
///   static let summary = "Fits the valves' delay from coins that were fired at."
///   static let examples = ["mirage-calibrate timing --rig line-1 --operator Eva --from Coins"]
///   var options = RigOptions()
///   var step = StepOptions()
///   var discMillimeters = 25.0
///   static let flags: [Flag<Self>] = stepFlags + [
///     .value("--disc", \.discMillimeters, "MM", "Diameter of the disc")
///   ]
///   func run() async throws {
///     var settings = TimingStep.Settings()
///     settings.discMillimeters = discMillimeters
///     try finish(TimingStep.self, settings)
///   }
/// }
/// ```
protocol StepCommand: RigCommand {
  var step: StepOptions { get set }
}

/// What every step asks.
struct StepOptions: Sendable {
  var operatorName = ""
  var recordings = URL(filePath: "")
  var isDryRun = false
}

extension StepCommand {
  static var stepFlags: [Flag<Self>] {
    rigFlags + [
      .required("--operator", \.step.operatorName, "NAME", "Who does the step"),
      .required("--from", \.step.recordings, "FOLDER", "The recordings"),
      .toggle("--dry-run", \.step.isDryRun, "Judge the recordings, but keep nothing"),
    ]
  }

  /// Does the step, keeps it, prints the judgement, and ends with status 3 where it failed.
  func finish<Step: CalibrationStep>(_ step: Step.Type, _ settings: Step.Settings) throws {
    let rig = try options.folder()
    let work = StepWork(self.step.recordings, rig: rig, tell: say)
    let outcome = try Step.perform(settings, on: work)
    if self.step.isDryRun {
      print(StepText.text(of: outcome.judgement, inputs: outcome.inputs))
    } else {
      let (document, folder) = try rig.keep(
        outcome, of: work, stamp: .init(operatorName: self.step.operatorName))
      print(StepText.text(of: document.record.judgement, inputs: document.record.inputs))
      print("kept: \(folder.relativePath)")
    }
    if outcome.judgement.verdict == .fail { throw ExitStatus.negative }
  }
}

/// Tells the person something that is no result.
func say(_ text: String) {
  FileHandle.standardError.write(Data("mirage-calibrate: \(text)\n".utf8))
}
