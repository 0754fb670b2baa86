import CameraCalibration
import Diagnostics
import Foundation
import Units

/// A rig's calibration for line and training, put together from what its steps found.
public struct RigAssembly: Sendable {
  /// What a person decides about it.
  public struct Wishes: Sendable {
    /// From belt position 0 of the picture to the valve bar by tape measure, where no timing is.
    public var barMillimeters: Double?
    /// Takes what failed steps found, too.
    public var takesFailed = false

    public init() {}
  }

  public let calibration: RigCalibration
  /// The steps whose documents are in it.
  public let steps: [StepName]
  /// What a person should know of it.
  public let advice: [Advice]

  /// Assembles the newest belt, registration, lens, timing and color.
  ///
  /// Belt and registration must be there, and timing or a measured way to the bar; what failed is
  /// not taken. Its date is that of the newest step, so that the same steps give the same
  /// calibration whenever it is assembled.
  ///
  /// Errors: `NotReady` with all that has to be done before.
  public init(_ rig: RigFolder, wishes: Wishes = Wishes()) throws {
    let status = try RigStatus(rig)
    var missing: [Advice] = []
    func document<Step: CalibrationStep>(
      _ step: Step.Type, isNeeded: Bool
    ) throws -> StepDocument<Step>? {
      let name = Step.name
      guard let document = try rig.latest(step)?.document else {
        if isNeeded {
          missing.append(
            Advice(
              .failure, "'\(name.rawValue)' was not done yet", remedy: "run '\(name.command)'"))
        }
        return nil
      }
      guard document.record.judgement.verdict == .fail, !wishes.takesFailed else { return document }
      if isNeeded {
        missing.append(
          Advice(
            .failure, "'\(name.rawValue)' failed on \(document.record.date)",
            remedy: "do it again as it advises ('mirage-calibrate report'), or take it all the "
              + "same with --take-failed"))
      }
      return nil
    }
    let belt = try document(BeltStep.self, isNeeded: true)
    let registration = try document(RegistrationStep.self, isNeeded: true)
    let timing = try document(TimingStep.self, isNeeded: wishes.barMillimeters == nil)
    let color = try document(ColorRadiometryStep.self, isNeeded: false)
    guard missing.isEmpty, let belt, let registration else {
      throw NotReady(place: rig.folder.relativePath, missing: missing)
    }
    let lens = try belt.result.lens == nil ? nil : rig.latest(IntrinsicsStep.self)?.document
    var parts = Parts(belt: belt, registration: registration, timing: timing)
    parts.take(color)
    parts.noteOutdated(status)
    if timing == nil { parts.noteMissingTiming() }
    if belt.result.lens == nil, try rig.latest(IntrinsicsStep.self) != nil {
      parts.noteUnusedLens()
    }
    let used: [StepReference?] = [
      try lens?.reference, try belt.reference, try registration.reference, try timing?.reference,
      parts.correction == nil ? nil : try color?.reference,
    ]
    let references = used.compactMap(\.self)
    let dates = [lens?.record, belt.record, registration.record, timing?.record].compactMap {
      $0?.date
    }
    calibration = try parts.calibration(
      rig: rig, date: dates.max() ?? belt.record.date, bar: wishes.barMillimeters,
      steps: references)
    steps = references.map(\.step).sorted()
    advice = parts.advice
  }
}

extension RigAssembly {
  /// The steps that a new assembly would take other documents of than `calibration` holds, failed
  /// ones too; none where nothing can be assembled yet.
  public static func newer(
    in rig: RigFolder, than calibration: RigCalibration?
  ) throws -> [StepName] {
    var wishes = Wishes()
    wishes.takesFailed = true
    wishes.barMillimeters = calibration?.valveBarMillimeters
    let now: RigAssembly
    do {
      now = try RigAssembly(rig, wishes: wishes)
    } catch is NotReady {
      return []
    }
    return now.steps.filter {
      now.calibration.steps?[$0.rawValue] != calibration?.steps?[$0.rawValue]
    }
  }
}

/// What stands in the way of a rig's calibration file.
public struct NotReady: Explained {
  public let place: String
  public let missing: [Advice]

  public var problem: String {
    "cannot be assembled: " + missing.map(\.problem).joined(separator: "; ")
  }

  public var remedy: String? { missing.map(\.remedy).joined(separator: "; ") }
}

/// The results that a calibration is made of.
private struct Parts {
  let belt: StepDocument<BeltStep>
  let registration: StepDocument<RegistrationStep>
  let timing: StepDocument<TimingStep>?
  private(set) var correction: ColorCorrection?
  private(set) var advice: [Advice] = []

  init(
    belt: StepDocument<BeltStep>, registration: StepDocument<RegistrationStep>,
    timing: StepDocument<TimingStep>?
  ) {
    (self.belt, self.registration, self.timing) = (belt, registration, timing)
  }

  /// Takes the colors where they were measured on pictures of the belt's extent.
  mutating func take(_ color: StepDocument<ColorRadiometryStep>?) {
    guard let found = color?.result.correction else { return }
    let plane = belt.result
    guard found.width == plane.width, found.height == plane.height else {
      advice.append(
        Advice(
          .warning,
          "colors stay uncorrected: their pictures had \(found.width) × \(found.height) pixels, "
            + "those of the belt \(plane.width) × \(plane.height)",
          remedy: "do '\(StepName.color.command)' again with the belt's picture size"))
      return
    }
    correction = found
  }

  mutating func noteOutdated(_ status: RigStatus) {
    let own: [StepName] = [.belt, .registration, .timing]
    for entry in status.entries where own.contains(entry.step) && !entry.outdated.isEmpty {
      let steps = entry.outdated.map { "'\($0.rawValue)'" }.joined(separator: " and ")
      advice.append(
        Advice(
          .warning,
          "'\(entry.step.rawValue)' was made with a \(steps) that was done again since",
          remedy: "run '\(entry.step.command)' again, then assemble again"))
    }
  }

  mutating func noteMissingTiming() {
    advice.append(
      Advice(
        .warning, "delay and nozzles of the valves are unknown: no timing was taken",
        remedy: "run '\(StepName.timing.command)', or give 'miraged run' its --valve-latency"))
  }

  mutating func noteUnusedLens() {
    advice.append(
      Advice(
        .warning, "the lens was measured, but 'belt' took the pictures as they come",
        remedy: "run '\(StepName.belt.command)' again, then 'registration'"))
  }

  func calibration(
    rig: RigFolder, date: String, bar: Double?, steps: [StepReference]
  ) throws -> RigCalibration {
    let plane = belt.result
    var calibration = RigCalibration(
      rig: rig.rig, date: date, color: plane.color, cube: registration.result.cube,
      beltWidthMillimeters: plane.uncertainty.area.width,
      valveBarMillimeters: timing?.result.barMillimeters.value ?? bar ?? 0,
      // What is not known of the belt's plane moves picture and cube alike.
      registrationErrorMillimeters: registration.result.uncertainty.bound)
    calibration.picture = PictureExtent(width: plane.width, height: plane.height)
    calibration.colorCorrection = correction
    calibration.valves = timing.map { ValveTiming($0.result) }
    calibration.steps = Dictionary(
      steps.map { ($0.step.rawValue, $0.content) }, uniquingKeysWith: { first, _ in first })
    guard let lens = plane.lens else { return calibration }
    guard let mount = LensMount(lens: lens, straight: plane.color) else {
      throw BeltError(rig.folder.relativePath, .lensSeesNoBelt)
    }
    calibration.lens = mount
    calibration.color = mount.grid.map
    return calibration
  }
}
