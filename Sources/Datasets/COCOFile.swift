import Diagnostics
import Foundation
import Imaging

/// Annotations in COCO's format: images, categories and one outline for each piece.
///
/// Source: COCO consortium, *Data format*, 2014, section "Object detection". Read are polygons and
/// uncompressed run lengths; other keys are left alone.
struct COCOFile: Decodable {
  struct Image: Decodable {
    let id: Int
    let fileName: String
    let width: Int
    let height: Int

    private enum CodingKeys: String, CodingKey {
      case id, width, height
      case fileName = "file_name"
    }
  }
  struct Category: Decodable {
    let id: Int
    let name: String
  }
  struct Annotation: Decodable {
    let id: Int
    let image: Int
    let category: Int
    let segmentation: Segmentation

    private enum CodingKeys: String, CodingKey {
      case id, segmentation
      case image = "image_id"
      case category = "category_id"
    }
  }

  enum Segmentation: Decodable {
    /// Corners as x, y, x, y, …; a pixel belongs to the piece if an odd number of them holds it.
    case polygons([[Double]])
    /// Pixels outside, inside, outside, … down the columns, from the left one on.
    case runs([Int], size: [Int])
    case compressed

    private enum CodingKeys: String, CodingKey { case counts, size }

    init(from decoder: any Decoder) throws {
      guard let container = try? decoder.container(keyedBy: CodingKeys.self) else {
        // Not an object, so it must be the list of polygons; the error of that says so.
        self = .polygons(try decoder.singleValueContainer().decode([[Double]].self))
        return
      }
      // Text instead of a list is COCO's compressed form; anything else is refused below.
      if (try? container.decode(String.self, forKey: .counts)) != nil {
        self = .compressed
      } else {
        self = .runs(
          try container.decode([Int].self, forKey: .counts),
          size: try container.decode([Int].self, forKey: .size))
      }
    }
  }

  let images: [Image]
  let categories: [Category]
  let annotations: [Annotation]
}

extension COCOFile {
  /// The pieces of one picture: their pixels, numbered from 1 in the file's order, and classes.
  ///
  /// `color` is the picture's path in the manifest; the image is found by that path or by its last
  /// part. Where pieces overlap, the later one has the pixel. `place` is this file.
  func pieces(
    color: String, width: Int, height: Int, classes: [String], place: String
  ) throws(LabelError) -> (map: LabelMap, pieces: [(name: String, label: Int?)]) {
    try checkIDs(place: place)
    let last = color.split(separator: "/").last.map(String.init) ?? color
    guard
      let image = images.first(where: { $0.fileName == color })
        ?? images.first(where: { $0.fileName == last })
    else { throw LabelError(place, .noImage(color, known: images.map(\.fileName))) }
    guard image.width == width, image.height == height else {
      throw LabelError(
        place,
        .imageSize(
          image.fileName, found: [image.width, image.height], picture: [width, height]))
    }
    let own = annotations.filter { $0.image == image.id }
    guard own.count < 65_535 else { throw LabelError(place, .tooManyPieces(own.count)) }
    var map = LabelMap(width: width, height: height)
    var pieces: [(name: String, label: Int?)] = []
    for (offset, annotation) in own.enumerated() {
      guard let category = categories.first(where: { $0.id == annotation.category }) else {
        throw LabelError(
          place,
          .unknownCategory(annotation: annotation.id, category: annotation.category))
      }
      let label = classes.firstIndex(of: category.name)
      guard label != nil || category.name == Manifest.unknownClass else {
        throw LabelError(place, .unknownClass(category: category.name, known: classes))
      }
      try draw(annotation, number: UInt16(offset + 1), on: &map, place: place)
      pieces.append(("\(annotation.id)", label))
    }
    return (map, pieces)
  }

  private func checkIDs(place: String) throws(LabelError) {
    let lists: [(String, [Int])] = [
      ("images", images.map(\.id)), ("categories", categories.map(\.id)),
      ("annotations", annotations.map(\.id)),
    ]
    for (what, ids) in lists {
      var seen: Set<Int> = []
      for id in ids where !seen.insert(id).inserted {
        throw LabelError(place, .duplicate(what, id))
      }
    }
  }

  private func draw(
    _ annotation: Annotation, number: UInt16, on map: inout LabelMap, place: String
  ) throws(LabelError) {
    switch annotation.segmentation {
    case .compressed: throw LabelError(place, .compressed(annotation: annotation.id))
    case .runs(let counts, let size):
      guard size == [map.height, map.width] else {
        throw LabelError(
          place,
          .runSize(annotation: annotation.id, found: size, picture: [map.width, map.height]))
      }
      try draw(counts, of: annotation.id, number: number, on: &map, place: place)
    case .polygons(let polygons):
      guard !polygons.isEmpty else {
        throw LabelError(place, .noSegmentation(annotation: annotation.id))
      }
      for polygon in polygons {
        guard polygon.count >= 6, polygon.count % 2 == 0 else {
          throw LabelError(place, .polygon(annotation: annotation.id, numbers: polygon.count))
        }
        guard polygon.allSatisfy({ abs($0) <= 1e6 }) else {
          throw LabelError(place, .notFinite(annotation: annotation.id))
        }
      }
      Self.fill(polygons, number: number, on: &map)
    }
  }

  private func draw(
    _ counts: [Int], of annotation: Int, number: UInt16, on map: inout LabelMap, place: String
  ) throws(LabelError) {
    let wanted = map.width * map.height
    var pixelsRead = 0
    for (offset, count) in counts.enumerated() {
      guard count >= 0, count <= wanted - pixelsRead else {
        let sum = counts.reduce(0) { $0.addingReportingOverflow(max(0, $1)).partialValue }
        throw LabelError(
          place, .runLength(annotation: annotation, found: sum, wanted: wanted))
      }
      if offset % 2 == 1 {
        for pixel in pixelsRead..<(pixelsRead + count) {
          map[pixel / map.height, pixel % map.height] = number
        }
      }
      pixelsRead += count
    }
    guard pixelsRead == wanted else {
      throw LabelError(
        place, .runLength(annotation: annotation, found: pixelsRead, wanted: wanted))
    }
  }

  /// Fills pixels whose center lies inside; COCO counts pixel corners from 0, so the center of
  /// the first pixel is (0.5, 0.5).
  private static func fill(_ polygons: [[Double]], number: UInt16, on map: inout LabelMap) {
    for y in 0..<map.height {
      let level = Double(y) + 0.5
      var crossings: [Double] = []
      for polygon in polygons {
        let corners = polygon.count / 2
        for corner in 0..<corners {
          let next = (corner + 1) % corners
          let (x1, y1) = (polygon[2 * corner], polygon[2 * corner + 1])
          let (x2, y2) = (polygon[2 * next], polygon[2 * next + 1])
          guard (y1 <= level) != (y2 <= level) else { continue }
          crossings.append(x1 + (level - y1) / (y2 - y1) * (x2 - x1))
        }
      }
      crossings.sort()
      for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
        let first = max(0, (crossings[pair] - 0.5).rounded(.up))
        let last = min(Double(map.width) - 1, (crossings[pair + 1] - 0.5).rounded(.up) - 1)
        guard first <= last else { continue }
        for x in Int(first)...Int(last) { map[x, y] = number }
      }
    }
  }
}
