import CJPEG
import Synchronization

/// Decodes the JPEG pictures of a camera, one after the other, into memory that stays.
///
/// Stricter than `PictureFile`: a live frame with anything strange about it is better lost than
/// shown, so each warning of libjpeg-turbo is an error. Every frame stands alone: where it brings
/// no Huffman tables, as many cameras leave them out, the standard ones are put in.
final class FrameJPEG: Sendable {
  /// What is used again from frame to frame, for one thread at a time.
  private struct Workshop: ~Copyable {
    private(set) var handle: tjhandle
    /// A frame with the tables that it came without.
    var completed: [UInt8] = []

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
        return completed.withUnsafeBufferPointer { completed in
          decompress(completed, into: &pixels, width: width, height: height)
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
      let status = tjDecompress2(
        handle, bytes.baseAddress, UInt(bytes.count), &pixels, foundWidth, 0, foundHeight,
        Int32(TJPF_RGB.rawValue), TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)
      return status == 0 ? nil : .damagedJPEG(FrameJPEG.message(handle))
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

  private static func message(_ handle: tjhandle) -> String {
    tjGetErrorStr2(handle).map { String(cString: $0) } ?? "no reason given"
  }
}
