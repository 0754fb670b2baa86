import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Tensors

/// The calibrations of one rig: `<root>/<rig>/<date>/<step>/`, dated and never edited.
///
/// Each folder of a step is written whole under another name and renamed, so a kill leaves all of
/// it or nothing. A step that is done again the same day goes into `<date>.2`, then `<date>.3`.
/// What holds is the newest document of each step.
public struct RigFolder: Sendable {
  /// The largest document that is read: 64 MiB.
  public static let documentLimit = 64 << 20
  static let documentName = "step.json"

  public let root: URL
  public let rig: String

  /// Refuses a name that is not a plain one.
  public init(root: URL, rig: String) throws(StepError) {
    let allowed = { (letter: Character) in
      letter.isASCII && (letter.isLetter || letter.isNumber || "-_.".contains(letter))
    }
    guard !rig.isEmpty, rig.count <= 100, rig.first != ".", rig.allSatisfy(allowed) else {
      throw StepError("--rig", .badName(rig))
    }
    self.root = root
    self.rig = rig
  }

  public var folder: URL { root.appending(path: rig) }

  /// The dated folders, oldest first; empty where the rig has none.
  public var days: [URL] {
    // A rig without a folder is a rig without steps.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.compactMap(Day.init).sorted().map { folder.appending(path: $0.name) }
  }

  /// Where the newest document of a step lies; `nil` where it was never done.
  public func newest(_ step: StepName) -> URL? {
    days.reversed().map { $0.appending(path: step.rawValue) }.first {
      FileManager.default.fileExists(atPath: $0.appending(path: Self.documentName).path)
    }
  }

  /// The newest document of a step with its folder; `nil` where it was never done.
  public func latest<Step: CalibrationStep>(
    _ step: Step.Type
  ) throws -> (document: StepDocument<Step>, folder: URL)? {
    guard let folder = newest(Step.name) else { return nil }
    return (try Self.read(step, in: folder), folder)
  }

  /// Reads a step's document and checks its content hash and the files beside it.
  public static func read<Step: CalibrationStep>(
    _ step: Step.Type, in folder: URL
  ) throws -> StepDocument<Step> {
    let file = folder.appending(path: documentName)
    let sealed = try JSONFile.decode(
      Sealed<StepDocument<Step>>.self, from: BoundedFile.read(file, limit: documentLimit),
      place: file.relativePath)
    let document = sealed.document
    guard document.record.step == Step.name else {
      throw StepError(
        file.relativePath, .otherStep(found: document.record.step, wanted: Step.name))
    }
    let found = try document.content
    guard found == sealed.content else {
      throw StepError(
        file.relativePath, .edited(written: sealed.content.short, found: found.short))
    }
    for entry in document.record.files {
      guard isPlain(entry.name),
        // A file that cannot be read is damaged as one that differs is.
        (try? Digest(ofFile: folder.appending(path: entry.name))) == entry.digest
      else { throw StepError(folder.relativePath, .damaged(file: entry.name)) }
    }
    return document
  }

  /// Reads what every step's document says, without its settings and result.
  public static func readRecord(in folder: URL) throws -> (record: StepRecord, content: Digest) {
    struct Part: Decodable { var record: StepRecord }
    let file = folder.appending(path: documentName)
    let sealed = try JSONFile.decode(
      Sealed<Part>.self, from: BoundedFile.read(file, limit: documentLimit),
      place: file.relativePath)
    return (sealed.document.record, sealed.content)
  }

  static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.contains("\0")
  }
}

/// A document with the hash of its content.
struct Sealed<Document> {
  var content: Digest
  var document: Document
}

extension Sealed: Encodable where Document: Encodable {}
extension Sealed: Decodable where Document: Decodable {}

/// The name of a dated folder: `2026-01-31`, or `2026-01-31.2` for the second of that day.
struct Day: Comparable {
  let date: String
  let number: Int

  init(_ date: String, _ number: Int) {
    self.date = date
    self.number = number
  }

  /// `nil` where the name is no dated folder's.
  init?(_ name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let date = parts.first, date.count == 10,
      date.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "-") })
    else { return nil }
    guard let number = parts.count == 1 ? 1 : Int(parts[1]), parts.count == 1 || number > 1 else {
      return nil
    }
    self.init(String(date), number)
  }

  var name: String { number == 1 ? date : "\(date).\(number)" }

  static func < (first: Self, second: Self) -> Bool {
    (first.date, first.number) < (second.date, second.number)
  }
}
