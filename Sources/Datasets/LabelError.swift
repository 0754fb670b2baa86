import Diagnostics

/// Why the labels of a recording were refused.
public struct LabelError: Explained, Equatable {
  /// What is wrong, with the value found and the value wanted.
  public enum Reason: Equatable, Sendable {
    case size(found: [Int], picture: [Int])
    case unknownNumber(Int, x: Int, y: Int, classes: Int)
    case tooManyPieces(Int)
    case noImage(String, known: [String])
    case imageSize(String, found: [Int], picture: [Int])
    case duplicate(String, Int)
    case unknownCategory(annotation: Int, category: Int)
    case unknownClass(category: String, known: [String])
    case polygon(annotation: Int, numbers: Int)
    case notFinite(annotation: Int)
    case runSize(annotation: Int, found: [Int], picture: [Int])
    case runLength(annotation: Int, found: Int, wanted: Int)
    case compressed(annotation: Int)
    case noSegmentation(annotation: Int)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .size(let found, let picture):
      "\(found[0]) × \(found[1]) pixels, the picture has \(picture[0]) × \(picture[1])"
    case .unknownNumber(let number, let x, let y, let classes):
      "the label \(number) at column \(x), row \(y) is none of 0 to \(classes) and not 65535"
    case .tooManyPieces(let count): "\(count) pieces, at most 65535 were wanted"
    case .noImage(let file, let known):
      "no image with 'file_name' \(file), found \(known.joined(separator: ", "))"
    case .imageSize(let file, let found, let picture):
      "image \(file) is \(found[0]) × \(found[1]), the picture has \(picture[0]) × \(picture[1])"
    case .duplicate(let what, let id): "two \(what) have the id \(id)"
    case .unknownCategory(let annotation, let category):
      "annotation \(annotation): no category has the id \(category)"
    case .unknownClass(let category, let known):
      "the category '\(category)' is not among the manifest's classes "
        + known.joined(separator: ", ")
    case .polygon(let annotation, let numbers):
      "annotation \(annotation): a polygon of \(numbers) numbers, 6 or more and even was wanted"
    case .notFinite(let annotation):
      "annotation \(annotation): a coordinate beyond ±1,000,000 pixels or not a number"
    case .runSize(let annotation, let found, let picture):
      "annotation \(annotation): run lengths for 'size' \(found), "
        + "[\(picture[1]), \(picture[0])] was wanted"
    case .runLength(let annotation, let found, let wanted):
      "annotation \(annotation): run lengths add up to \(found) pixels, \(wanted) were wanted"
    case .compressed(let annotation):
      "annotation \(annotation): compressed run lengths (text in 'counts')"
    case .noSegmentation(let annotation): "annotation \(annotation): 'segmentation' is empty"
    }
  }

  public var remedy: String? {
    switch reason {
    case .compressed: "export polygons or uncompressed run lengths (a list in 'counts')"
    case .unknownClass: "rename the category, add the class, or call the category '?' for unknown"
    case .size, .imageSize: "labels must be drawn on the very picture of the recording"
    default: nil
    }
  }
}
