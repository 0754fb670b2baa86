import Diagnostics

/// Why recordings cannot be split as a plan says.
public struct SplitError: Explained, Equatable {
  /// What is wrong, with the value found and the value wanted.
  public enum Reason: Equatable, Sendable {
    case share(String, Double)
    case sharesAddUp(Double)
    case fold(Int, of: Int)
    case notPositive(String, Int)
    case tooFewUnits(found: Int, wanted: Int, parts: [String])
    case classesVanish([String])
    case noClassLeft
    case methodNeedsScene(String)
    case noMask
    case changed(String)
    case version(Int)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .share(let key, let found): "'\(key)' is \(found), a share between 0 and 1 was wanted"
    case .sharesAddUp(let found):
      "the shares of test, validation and calibration add up to \(found), "
        + "which leaves nothing for training"
    case .fold(let fold, let folds):
      "fold \(fold) of \(folds), at least 2 folds and a fold from 0 to one less were wanted"
    case .notPositive(let key, let found): "'\(key)' is \(found), more was wanted"
    case .tooFewUnits(let found, let wanted, let parts):
      "\(found) group\(found == 1 ? "" : "s"), at least \(wanted) were wanted, "
        + "one each for \(parts.joined(separator: ", "))"
    case .classesVanish(let classes):
      "classes without enough samples: " + classes.joined(separator: "; ")
    case .noClassLeft: "fewer than two classes are left"
    case .methodNeedsScene(let method):
      "the method '\(method)' is for scenes, and a recording here is of a belt"
    case .noMask: "no recording names a training mask"
    case .changed(let what): "the split was made for other \(what)"
    case .version(let found): "split version \(found), version 1 was wanted"
    }
  }

  public var remedy: String? {
    switch reason {
    case .tooFewUnits:
      "record more batches or days, or set the share of validation or calibration to 0"
    case .classesVanish:
      "record these classes in more groups, try another seed or block side, or drop them "
        + "('classMinimum' in an experiment, --drop-below on the command line)"
    case .methodNeedsScene: "use the method 'groups'"
    case .noMask: "give the recording a 'split' with a 'trainingMask', or use 'blocks'"
    case .changed: "make the split again; figures from the two cannot be compared"
    default: nil
    }
  }
}
