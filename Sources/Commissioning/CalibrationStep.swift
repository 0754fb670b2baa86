import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Pages
import Tensors

/// One step of a calibration: from recordings to a result, a verdict and a section of the page.
///
/// A step is an `enum` without cases. The whole of a small one:
///
/// ```swift
/// public enum TimingStep: CalibrationStep {
///   /// Kept with the result, so that `verify` repeats the step as it was done.
///   public struct Settings: Codable, Equatable, Sendable {
///     public var discMillimeters = 25.0
///     public var limits = TimingLimits()
///   }
///   public static let name = StepName.timing
///
///   public static func perform(_ settings: Settings, on work: StepWork) throws
///     -> StepOutcome<Self>
///   {
///     let file = work.recordings.appending(path: "shots.json")
///     let shots = try JSONFile.read([Shot].self, at: file)
///     // Refuses, naming the command to run, where the step was not done yet.
///     let belt = try work.require(BeltStep.self)
///     let result = EjectionTiming(shots, on: belt.result)
///     return StepOutcome(
///       settings, result, result.judgement(settings.limits),
///       inputs: [try work.input("shots.json")])
///   }
///
///   public static func section(of document: StepDocument<Self>, in folder: URL) throws -> Markup {
///     paragraph("Delay \(NumberText.fixed(document.result.delayMilliseconds, digits: 1)) ms")
///   }
///
///   public static func moves(from stored: EjectionTiming, to fresh: EjectionTiming) -> [Figure] {
///     [Figure("valve delay moved", abs(fresh.delay - stored.delay), "ms", .atMost(0.5))]
///   }
/// }
/// ```
///
/// The step is then added to `CalibrationSteps.all`, and its command to `MirageCalibrate`. Figures,
/// advice, inputs with their pictures and rejections, files, hardware and operator are drawn by the
/// certificate's frame: `section` draws what only this step knows.
public protocol CalibrationStep: Sendable {
  /// What the step was told; numbers must be finite.
  associatedtype Settings: Codable & Equatable & Sendable
  /// What the step found, from `CameraCalibration`; numbers must be finite.
  associatedtype Result: Codable & Equatable & Sendable

  static var name: StepName { get }

  /// Does the step on the recordings of `work`. Bad input that leaves nothing to judge throws an
  /// `Explained` error; all else becomes a rejected input or advice.
  static func perform(_ settings: Settings, on work: StepWork) throws -> StepOutcome<Self>

  /// What only this step has to show; `folder` holds its maps and pictures.
  static func section(of document: StepDocument<Self>, in folder: URL) throws -> Markup

  /// How far the result moved, in the belt's units, each with the limit above which it matters.
  /// The figures of both judgements are compared besides.
  static func moves(from stored: Result, to fresh: Result) -> [Figure]
}

extension CalibrationStep {
  /// Nothing but the judgements' figures is compared.
  public static func moves(from stored: Result, to fresh: Result) -> [Figure] { [] }
}

/// What a step gives back; `RigFolder.keep` makes a document of it.
public struct StepOutcome<Step: CalibrationStep>: Sendable {
  public var settings: Step.Settings
  public var result: Step.Result
  public var judgement: Judgement
  public var inputs: [StepInput]
  public var hardware: [String: String]
  /// Maps by file name without ending, each a safetensors file of named tensors.
  public var maps: [String: [(String, Tensor)]]
  /// Pictures by file name; `.png` and `.jpg` decide the format.
  public var pictures: [String: Picture]
  /// Other files by name, such as references that a correction reads.
  public var files: [String: Data]

  public init(
    _ settings: Step.Settings, _ result: Step.Result, _ judgement: Judgement,
    inputs: [StepInput], hardware: [String: String] = [:]
  ) {
    self.settings = settings
    self.result = result
    self.judgement = judgement
    self.inputs = inputs
    self.hardware = hardware
    maps = [:]
    pictures = [:]
    files = [:]
  }
}
