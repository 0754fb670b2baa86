import CAprilTag
import Imaging
import Units

/// One family as libapriltag holds it: wraps its C structure.
struct TagLibrary: ~Copyable {
  let family: TagFamily
  let pointer: UnsafeMutablePointer<apriltag_family_t>

  init(_ family: TagFamily) {
    self.family = family
    let made: UnsafeMutablePointer<apriltag_family_t>? =
      switch family {
      case .tag36h11: tag36h11_create()
      case .tag36h10: tag36h10_create()
      case .tag25h9: tag25h9_create()
      case .tag16h5: tag16h5_create()
      }
    guard let made else { preconditionFailure("\(family.rawValue): not enough memory") }
    pointer = made
  }

  deinit {
    switch family {
    case .tag36h11: tag36h11_destroy(pointer)
    case .tag36h10: tag36h10_destroy(pointer)
    case .tag25h9: tag25h9_destroy(pointer)
    case .tag16h5: tag16h5_destroy(pointer)
    }
  }

  /// `side · side` modules, row by row; true is black.
  func modules(of tag: Int) -> [Bool] {
    let side = family.side
    precondition(
      (0..<Int(pointer.pointee.ncodes)).contains(tag), "\(family.rawValue): no tag \(tag)")
    var modules = [Bool](repeating: true, count: side * side)
    let (code, bits) = (pointer.pointee.codes[tag], Int(pointer.pointee.nbits))
    for bit in 0..<bits where code >> UInt64(bits - 1 - bit) & 1 == 1 {
      modules[Int(pointer.pointee.bit_y[bit]) * side + Int(pointer.pointee.bit_x[bit])] = false
    }
    return modules
  }
}

/// A tag as libapriltag found it.
struct FoundTag: Sendable, Equatable {
  var number: Int
  var correctedBits: Int
  /// How far the bits are from the threshold between black and white, in gray values.
  var margin: Double
  /// Upper left, upper right, lower right, lower left as printed; the first pixel's center is
  /// (0, 0).
  var corners: [Point<ColorFrame>]
}

/// Finds the tags of one family in gray pictures: wraps libapriltag's detector.
///
/// Source: Krogius, Haggenmiller, Olson, *Flexible layouts for fiducial tags*, 2019.
final class TagFinder {
  private let library: TagLibrary
  private let detector: UnsafeMutablePointer<apriltag_detector_t>

  /// Up to `correcting` wrong bits of a tag are put right.
  init(_ family: TagFamily, correcting bits: Int = 1) {
    library = TagLibrary(family)
    guard let made = apriltag_detector_create() else {
      preconditionFailure("tag detector: not enough memory")
    }
    detector = made
    apriltag_detector_add_family_bits(detector, library.pointer, Int32(bits))
    detector.pointee.nthreads = 1
    detector.pointee.refine_edges = true
  }

  deinit {
    apriltag_detector_destroy(detector)
  }

  /// What a tag looks like, as `TagFamily.modules(of:)`.
  func modules(of tag: Int) -> [Bool] { library.modules(of: tag) }

  /// All tags of the family in a gray picture, those found twice only once, in order of their
  /// numbers.
  func find(in picture: Picture) -> [FoundTag] {
    precondition(picture.channels == 1, "tags: \(picture.channels) channels, 1 wanted")
    // What is smaller has no room for a tag, and libapriltag divides by its extent.
    guard picture.width >= 32, picture.height >= 32 else { return [] }
    detector.pointee.quad_decimate = picture.width * picture.height > 1_500_000 ? 2 : 1
    var pixels = picture.pixels
    let found: [FoundTag] = pixels.withUnsafeMutableBufferPointer { buffer in
      var image = image_u8_t(
        width: Int32(picture.width), height: Int32(picture.height), stride: Int32(picture.width),
        buf: buffer.baseAddress)
      guard let list = apriltag_detector_detect(detector, &image) else { return [] }
      defer { apriltag_detections_destroy(list) }
      return Self.tags(of: list)
    }
    var best: [Int: FoundTag] = [:]
    for tag in found where tag.margin > best[tag.number]?.margin ?? 0 { best[tag.number] = tag }
    return best.values.sorted { $0.number < $1.number }
  }

  private static func tags(of list: UnsafeMutablePointer<zarray_t>) -> [FoundTag] {
    guard let elements = list.pointee.data else { return [] }
    let size = MemoryLayout<UnsafeMutablePointer<apriltag_detection_t>>.stride
    return (0..<Int(list.pointee.size)).map { index in
      let detection = UnsafeRawPointer(elements + index * size)
        .load(as: UnsafeMutablePointer<apriltag_detection_t>.self).pointee
      let (a, b, c, d) = detection.p
      // They run from the lower left, against the clock; the first pixel's center is (0.5, 0.5).
      let corners = [d, c, b, a].map { Point<ColorFrame>(x: $0.0 - 0.5, y: $0.1 - 0.5) }
      return FoundTag(
        number: Int(detection.id), correctedBits: Int(detection.hamming),
        margin: Double(detection.decision_margin), corners: corners)
    }
  }
}
