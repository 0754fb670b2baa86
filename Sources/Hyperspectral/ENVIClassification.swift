import Diagnostics
import Foundation
import Imaging

/// A class for each pixel, as ENVI stores it: a file of one band whose header names the classes.
public struct ENVIClassification: Sendable, Equatable {
  /// `[lines, samples]`.
  public let map: LabelMap
  /// From class 0, which usually is `Unclassified`; empty where the header does not tell.
  public let classNames: [String]
  /// Red, green and blue of each class, 0 to 255; empty where the header does not tell.
  public let classColors: [[UInt8]]

  /// Reads the file that is named by its header or by its numbers.
  public static func read(_ file: URL) throws -> ENVIClassification {
    let pair = try ENVIPair.find(file)
    let header = pair.header
    let place = pair.headerFile.relativePath
    guard header.kind == .classification else {
      throw ENVIError(place, .notLabels(header["file type"] ?? ""))
    }
    guard header.bands == 1, header.type.isWhole else {
      throw Complaint(
        place,
        "has \(header.bands) bands of \(header.type.rawValue), one of whole numbers was wanted",
        remedy: "export the classification again, as one band of bytes")
    }
    let stored = try ENVIFile.open(pair)
    let values = try stored.values(lines: 0..<header.lines)
    guard let most = values.max(), let least = values.min(), least >= 0, most <= 65_535 else {
      throw Complaint(
        stored.name, "holds classes below 0 or above 65535", remedy: "check 'data type'")
    }
    if !header.classNames.isEmpty, Int(most) >= header.classNames.count {
      throw Complaint(
        stored.name,
        "holds class \(Int(most)), the header names \(header.classNames.count) classes",
        remedy: "correct 'class names', one for each class from 0, or check 'data type'")
    }
    return ENVIClassification(
      map: LabelMap(
        width: header.samples, height: header.lines, labels: values.map { UInt16($0) }),
      classNames: header.classNames, classColors: header.classColors)
  }
}
