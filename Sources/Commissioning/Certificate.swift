import CameraCalibration
import Diagnostics
import Foundation

/// What a rig's calibration came to at one moment: every step's record, and what follows from them.
///
/// The JSON twin of the certificate page. It holds a hash over all that it says; bundles and the
/// daemon refer to the calibration that is named in it.
public struct Certificate: Codable, Equatable, Sendable {
  /// One step as it stood.
  public struct Entry: Codable, Equatable, Sendable {
    public var record: StepRecord
    /// Content hash of the step's document.
    public var content: Digest
    /// The step's folder from the rig's: `2026-01-31/timing`.
    public var folder: String
    /// Whole days from the step to the certificate.
    public var ageDays: Int
    /// What is said of the step besides its own judgement: its age, what it rests on.
    public var remarks: [Advice]

    /// The worse of the step's own verdict and what is said besides.
    public var verdict: Judgement.Verdict {
      let besides = Judgement(figures: [], advice: remarks).verdict
      return [record.judgement.verdict, besides].max { $0.rank < $1.rank } ?? .fail
    }
  }

  public var rig: String
  /// When it was made, `2026-01-31` and `14:05:09` in UTC.
  public var date: String
  public var time: String
  public var version: String
  /// The calibration that line and training use; `nil` where none was assembled.
  public var calibration: String?
  public var entries: [Entry]
  public var missing: [StepName]

  /// The rig's steps as they stand at `moment`.
  public init(of rig: RigFolder, at moment: Date, ages: AgeLimits = AgeLimits()) throws {
    let status = try RigStatus(rig)
    guard !status.entries.isEmpty else { throw StepError(rig.folder.relativePath, .nothingYet) }
    self.rig = rig.rig
    (date, time) = RigFolder.Stamp(operatorName: "", moment: moment).parts
    version = Release.version
    calibration = try rig.calibration()?.calibration.id
    missing = status.missing
    entries = status.entries.map { entry in
      let age = max(0, RigStatus.age(of: entry.record, at: moment) ?? 0)
      return Entry(
        record: entry.record, content: entry.content,
        folder: entry.folder.deletingLastPathComponent().lastPathComponent + "/"
          + entry.folder.lastPathComponent,
        ageDays: age,
        remarks: Self.remarks(entry, age: age, limit: ages.days(for: entry.step)))
    }
  }

  private static func remarks(_ entry: RigStatus.Entry, age: Int, limit: Int) -> [Advice] {
    var remarks = entry.outdated.map { step in
      Advice(
        .warning, "made with a '\(step.rawValue)' that was done again since",
        remedy: "run '\(entry.step.command)' again, so that it rests on what holds now")
    }
    if age > limit {
      remarks.append(
        Advice(
          .warning, "\(age) days old, at most \(limit) were wanted",
          remedy: "run 'mirage-calibrate verify', or '\(entry.step.command)' again"))
    }
    return remarks
  }

  /// The worst verdict of all steps; at best a caution while a step is missing.
  public var verdict: Judgement.Verdict {
    let worst = entries.map(\.verdict).max { $0.rank < $1.rank } ?? .fail
    return worst == .pass && !missing.isEmpty ? .caution : worst
  }

  /// What to do next, the most urgent first.
  public var next: [Advice] {
    let ofSteps = entries.flatMap { entry in
      (entry.record.judgement.advice + entry.remarks + Self.misses(entry.record.judgement))
        .filter { $0.weight > .note }
        .map { advice in
          Advice(
            advice.weight, "\(entry.record.step.title): \(advice.problem)", remedy: advice.remedy)
        }
    }
    let undone = missing.map { step in
      Advice(
        .warning, "\(step.title): not done yet",
        remedy: CalibrationSteps.has(step)
          ? "run '\(step.command)'" : "this version cannot do it: see Limits in README.md")
    }
    return (ofSteps + undone).enumerated()
      .sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }
      .map(\.element)
  }

  /// A failure for each figure beyond its limit, where no failure says it already.
  private static func misses(_ judgement: Judgement) -> [Advice] {
    if judgement.advice.contains(where: { $0.weight == .failure }) { return [] }
    return judgement.figures.filter { !$0.isMet }.map { figure in
      Advice(
        .failure, "\(figure.name) is \(StepText.text(of: figure))",
        remedy: "look at the step's section, record again and repeat the step")
    }
  }

  /// The hash over all that the certificate says.
  public var content: Digest {
    get throws { Digest(of: try JSONFile.encode(self)) }
  }

  /// Writes the JSON twin, whole or not at all.
  public func write(to file: URL) throws {
    try AtomicFile.write(JSONFile.encode(Sealed(content: content, document: self)), to: file)
  }

  /// Reads a JSON twin and checks its hash.
  public static func read(_ file: URL) throws -> Certificate {
    let sealed = try JSONFile.decode(
      Sealed<Certificate>.self,
      from: BoundedFile.read(file, limit: RigFolder.documentLimit), place: file.relativePath)
    let found = try sealed.document.content
    guard found == sealed.content else {
      throw StepError(
        file.relativePath, .edited(written: sealed.content.short, found: found.short))
    }
    return sealed.document
  }
}

/// After how many days a step should be looked at again.
///
/// What drifts fast is checked often: a white reference each week, a lens once a year.
public struct AgeLimits: Codable, Equatable, Sendable {
  public var radiometry = 7
  public var color = 30
  public var wavelengths = 180
  public var intrinsics = 365
  public var geometry = 90
  public var timing = 30

  public init() {}

  /// The limit of one step, in days.
  public func days(for step: StepName) -> Int {
    switch step {
    case .radiometry: radiometry
    case .color: color
    case .wavelengths: wavelengths
    case .intrinsics: intrinsics
    case .belt, .registration: geometry
    case .timing: timing
    }
  }
}

extension Judgement.Verdict {
  /// 0 for the best.
  var rank: Int { self == .pass ? 0 : self == .caution ? 1 : 2 }
}
