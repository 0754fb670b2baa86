import CJPEG
import Foundation
import Synchronization

/// Decodes the JPEG pictures of a camera, one after the other, into memory that stays.
///
/// Stricter than `PictureFile`: a live frame with anything strange about it is better lost than
/// shown, so each warning of libjpeg-turbo is an error. Every frame stands alone: where it brings
/// no Huffman tables, as many cameras leave them out, the standard ones are put in.
///
/// One warning is taken for what it is once a camera has shown that it is its habit: some put a
/// few bytes before markers into every frame. The first such frames are lost; after those, only
/// what goes beyond the habit is.
///
/// Source for the habit: OpenCV's issue 9477 and pupil's issue 1816, both on Logitech cameras.
final class FrameJPEG: Sendable {
  /// What is used again from frame to frame, for one thread at a time.
  private struct Workshop: ~Copyable {
    private(set) var handle: tjhandle
    /// A frame with the tables that it came without.
    var completed: [UInt8] = []
    /// Rises with each frame that has a few bytes too many, and falls with each that has not.
    var padding = 0

    init(handle: tjhandle) { self.handle = handle }

    deinit { tjDestroy(handle) }

    mutating func decode(
      _ bytes: RawSpan, into pixels: inout [UInt8], width: Int, height: Int
    ) -> PixelError.Reason? {
      precondition(pixels.count == 3 * width * height)
      switch HuffmanTables.presence(in: bytes) {
      case .noJPEG: return .noJPEG(found: bytes.byteCount)
      case .present:
        return bytes.withUnsafeBytes { bytes in
          decompress(bytes.bindMemory(to: UInt8.self), into: &pixels, width: width, height: height)
        }
      case .absent:
        completed.removeAll(keepingCapacity: true)
        bytes.withUnsafeBytes { bytes in
          completed.append(contentsOf: bytes[..<2])
          completed.append(contentsOf: HuffmanTables.standardSegment)
          completed.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[2...]))
        }
        // Taken out, so that the rest of the workshop can be worked with meanwhile.
        let whole = completed
        return whole.withUnsafeBufferPointer { whole in
          decompress(whole, into: &pixels, width: width, height: height)
        }
      }
    }

    private mutating func decompress(
      _ bytes: UnsafeBufferPointer<UInt8>, into pixels: inout [UInt8], width: Int, height: Int
    ) -> PixelError.Reason? {
      var (foundWidth, foundHeight, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
      let headerStatus = tjDecompressHeader3(
        handle, bytes.baseAddress, UInt(bytes.count), &foundWidth, &foundHeight, &sampling, &space)
      guard headerStatus == 0 else {
        let reason = PixelError.Reason.damagedJPEG(FrameJPEG.message(handle))
        // After a broken header libjpeg-turbo takes the next picture for its continuation.
        if let fresh = tjInitDecompress() {
          tjDestroy(handle)
          handle = fresh
        }
        return reason
      }
      guard foundWidth > 0, foundHeight > 0 else {
        return .damagedJPEG("it ends in its header")
      }
      guard Int(foundWidth) == width, Int(foundHeight) == height else {
        return .sizeInJPEG(
          width: Int(foundWidth), height: Int(foundHeight), wantedWidth: width,
          wantedHeight: height)
      }
      let isHabit = padding >= FrameJPEG.habit
      let status = tjDecompress2(
        handle, bytes.baseAddress, UInt(bytes.count), &pixels, foundWidth, 0, foundHeight,
        Int32(TJPF_RGB.rawValue), TJFLAG_LIMITSCANS | (isHabit ? 0 : TJFLAG_STOPONWARNING))
      guard status != 0 else {
        padding = max(0, padding - 1)
        return nil
      }
      let message = FrameJPEG.message(handle)
      guard FrameJPEG.isPadding(message) else { return .damagedJPEG(message) }
      padding = min(2 * FrameJPEG.habit, padding + 1)
      return isHabit ? nil : .damagedJPEG(message)
    }
  }

  private let workshop: Mutex<Workshop>

  init(place: String) throws(PixelError) {
    guard let handle = tjInitDecompress() else {
      throw PixelError(place, .damagedJPEG("there is no memory to decode it"))
    }
    workshop = Mutex(Workshop(handle: handle))
  }

  /// Fills `pixels`, `3 · width · height` bytes, with the picture in `bytes`.
  func decode(
    _ bytes: RawSpan, into pixels: inout [UInt8], width: Int, height: Int, place: String
  ) throws(PixelError) {
    let reason = workshop.withLock { workshop in
      workshop.decode(bytes, into: &pixels, width: width, height: height)
    }
    if let reason { throw PixelError(place, reason) }
  }

  /// How many more padded frames than others make a habit.
  static let habit = 8

  /// Whether libjpeg-turbo found at most 16 bytes too many before a marker, and nothing after it.
  private static func isPadding(_ message: String) -> Bool {
    guard let end = message.range(of: " extraneous bytes before marker") else { return false }
    let words = message[..<end.lowerBound].split(separator: " ")
    return words.last.flatMap { Int($0) }.map { $0 <= 16 } ?? false
  }

  private static func message(_ handle: tjhandle) -> String {
    tjGetErrorStr2(handle).map { String(cString: $0) } ?? "no reason given"
  }
}
