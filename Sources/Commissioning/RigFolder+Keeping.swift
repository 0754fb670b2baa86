import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Tensors

extension RigFolder {
  /// Who did a step, and when.
  public struct Stamp: Sendable {
    public var operatorName: String
    public var moment: Date

    public init(operatorName: String, moment: Date = Date()) {
      self.operatorName = operatorName
      self.moment = moment
    }

    /// The day and the time of day, both in UTC.
    var parts: (date: String, time: String) {
      let text = moment.formatted(.iso8601)
      return (String(text.prefix(10)), String(text.dropFirst(11).prefix(8)))
    }
  }

  /// Writes what a step found as a new document; what is there already stays as it is.
  ///
  /// Returns the folder of the step.
  public func keep<Step: CalibrationStep>(
    _ outcome: StepOutcome<Step>, of work: StepWork, stamp: Stamp
  ) throws -> (document: StepDocument<Step>, folder: URL) {
    var files: [(name: String, bytes: Data)] = []
    for (name, tensors) in outcome.maps.sorted(by: { $0.key < $1.key }) {
      files.append(("\(name).safetensors", try Safetensors.encode(tensors)))
    }
    for (name, picture) in outcome.pictures.sorted(by: { $0.key < $1.key }) {
      let isJPEG = name.hasSuffix(".jpg")
      files.append(
        (
          name,
          isJPEG
            ? try PictureFile.encodeJPEG(picture, quality: 85)
            : try PictureFile.encodePNG(picture)
        ))
    }
    for (name, bytes) in outcome.files.sorted(by: { $0.key < $1.key }) {
      files.append((name, bytes))
    }
    for (name, _) in files where !Self.isPlain(name) || name == Self.documentName {
      throw StepError(folder.relativePath, .badFileName(name))
    }
    let (date, time) = stamp.parts
    let document = StepDocument<Step>(
      record: StepRecord(
        step: Step.name, rig: rig, date: date, time: time, operatorName: stamp.operatorName,
        hardware: outcome.hardware, inputs: outcome.inputs,
        files: files.map { StepFile(name: $0.name, digest: Digest(of: $0.bytes)) },
        uses: work.uses, judgement: outcome.judgement, version: Release.version),
      settings: outcome.settings, result: outcome.result)
    let content: Digest
    do {
      content = try document.content
    } catch is EncodingError {
      // JSON has no word for what is not finite.
      throw StepError(folder.relativePath, .notFinite(Step.name))
    }
    files.append(
      (Self.documentName, try JSONFile.encode(Sealed(content: content, document: document))))
    return (document, try place(files, as: Step.name, on: date))
  }

  /// Writes the files into the first dated folder that has no such step yet.
  private func place(
    _ files: [(name: String, bytes: Data)], as step: StepName, on date: String
  ) throws -> URL {
    let waiting = folder.appending(path: ".\(step.rawValue).\(UUID().uuidString)")
    for (name, bytes) in files { try AtomicFile.write(bytes, to: waiting.appending(path: name)) }
    for number in 1...10_000 {
      let day = folder.appending(path: Day(date, number).name)
      let target = day.appending(path: step.rawValue)
      guard !FileManager.default.fileExists(atPath: target.path) else { continue }
      do {
        try FileManager.default.createDirectory(at: day, withIntermediateDirectories: true)
        try FileManager.default.moveItem(at: waiting, to: target)
        return target
      } catch {
        // Another run may have taken the place in between; any other reason is told.
        guard FileManager.default.fileExists(atPath: target.path) else {
          throw Complaint(
            target.relativePath, "cannot be written: \(error.localizedDescription)",
            remedy: "check that the folder is yours to write and has room left")
        }
      }
    }
    throw Complaint(folder.relativePath, "has ten thousand '\(step.rawValue)' of \(date)")
  }
}
