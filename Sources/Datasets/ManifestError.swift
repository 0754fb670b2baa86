import Diagnostics

/// Why a manifest, or a file it names, was refused.
public struct ManifestError: Explained, Equatable {
  /// What is wrong, with the value found and the value wanted.
  public enum Reason: Equatable, Sendable {
    case version(found: Int)
    case noClasses
    case className(String)
    case noRecordings
    case recordingID(String)
    case duplicateRecording(String)
    case emptyGroup(recording: String)
    case unknownClass(String, recording: String, known: [String])
    case pathOutside(String)
    case noSuchFile(String)
    case digestMissing(String)
    case digestMalformed(String, found: String)
    case digestDiffers(String, found: Digest, wanted: Digest)
    case oneReferenceOnly(recording: String)
    case correctionAlone(recording: String)
    case noCalibration(recording: String)
    case calibrationOfScene(recording: String)
    case sceneLabels(recording: String)
    case maskSplitOfBelt(recording: String)
    case excludedPieceUnknown(String)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .version(let found): "version \(found), version 1 was wanted"
    case .noClasses: "'classes' is empty"
    case .className(let name): "the class '\(name)' is empty, reserved or given twice"
    case .noRecordings: "'recordings' is empty"
    case .recordingID(let id): "the recording '\(id)' has an empty name or one with a '/'"
    case .duplicateRecording(let id): "two recordings are called '\(id)'"
    case .emptyGroup(let recording): "recording \(recording): 'group' is empty"
    case .unknownClass(let name, let recording, let known):
      "recording \(recording): class '\(name)' is not among \(known.joined(separator: ", "))"
    case .pathOutside(let path):
      "'\(path)' leads out of the folder, a relative path inside it was wanted"
    case .noSuchFile(let path): "\(path): no such file"
    case .digestMissing(let path): "\(path): 'digests' does not list this file"
    case .digestMalformed(let path, let found):
      "\(path): the digest '\(found)' is not 64 hexadecimal digits in lower case"
    case .digestDiffers(let path, let found, let wanted):
      "\(path): SHA-256 \(found.short)… found, \(wanted.short)… wanted"
    case .oneReferenceOnly(let recording):
      "recording \(recording): one of 'dark' and 'white' is given, both or neither were wanted"
    case .correctionAlone(let recording):
      "recording \(recording): 'correction' is given without 'dark' and 'white', and names no "
        + "'references' of its own"
    case .noCalibration(let recording):
      "recording \(recording): a belt recording needs 'calibration'"
    case .calibrationOfScene(let recording):
      "recording \(recording): a scene's picture and cube share their pixels; "
        + "it takes no 'calibration'"
    case .sceneLabels(let recording):
      "recording \(recording): a scene takes labels of kind 'mask' without 'pieces' only"
    case .maskSplitOfBelt(let recording):
      "recording \(recording): 'split' is for scenes; belt recordings split by 'group'"
    case .excludedPieceUnknown(let piece):
      "'exclude' names the piece '\(piece)', which no recording has"
    }
  }

  public var remedy: String? {
    switch reason {
    case .digestDiffers:
      "the file was changed after the manifest was written: restore it, or look at it and seal "
        + "the folder again with mirage-train inspect --seal"
    case .digestMissing: "look at the file and seal the folder with mirage-train inspect --seal"
    case .unknownClass: "correct the name, or add it to 'classes'"
    case .className: "class names are unique and not '?', which stands for unknown"
    case .noSuchFile: "paths count from the manifest's folder"
    default: nil
    }
  }
}
