import CV4L2
import Diagnostics
import Imaging

/// Formats that are none of ours, by libv4lconvert.
///
/// The library neither knows what luma and chroma mean nor where a frame ends: it takes one mixture
/// of rules for all cameras, and reads, and for some formats writes, whatever lies behind a frame
/// that is too short. So each frame goes through memory of our own that is large enough whatever
/// it says, without the padding of its rows; and luma and chroma come out as they are, in three
/// planes, to be decoded by the rules that the driver tells.
final class VideoConverter {
  private let handle: OpaquePointer
  private let place: String
  private let least: Int
  private let rows: [(start: Int, count: Int)]
  private let planar: PlanarDecoder?
  private var source = v4l2_format()
  private var target = v4l2_format()
  private var frame: [UInt8]
  private var planes: [UInt8]

  /// Behind each frame: more than any decoder of the library looks ahead.
  private static let margin = 1 << 16

  init(
    _ known: ConvertedFormat, _ format: VideoFormat, place: String
  ) throws(CameraRefusal) {
    let (width, height) = (format.width, format.height)
    let row = known.rowBytes(width: width)
    let stride = format.bytesPerLine == 0 ? row ?? 0 : format.bytesPerLine
    // Half rows and columns of chroma are the library's own affair.
    let isPlanar = known.isLuma && width % 2 == 0 && height % 2 == 0
    do throws(PixelError) {
      planar =
        isPlanar
        ? try PlanarDecoder(
          width: width, height: height, sampling: .halfBoth, color: format.color, place: place)
        : nil
    } catch {
      throw CameraRefusal(place, .contradiction(error.problem))
    }
    guard let handle = mirage_converter_create() else {
      throw CameraRefusal(place, .memory(during: "libv4lconvert"))
    }
    self.handle = handle
    self.place = place
    rows = row == stride ? [] : known.rows(width: width, height: height, stride: stride)
    least = known.leastByteCount(width: width, height: height, stride: stride)
    frame = [UInt8](
      repeating: 0, count: max(format.byteCount, 4 * width * height) + Self.margin)
    planes = [UInt8](repeating: 0, count: planar?.byteCount ?? 0)
    source.type = captureType
    source.fmt.pix.width = UInt32(width)
    source.fmt.pix.height = UInt32(height)
    source.fmt.pix.pixelformat = format.code
    source.fmt.pix.bytesperline = UInt32(row ?? format.bytesPerLine)
    source.fmt.pix.sizeimage = UInt32(format.byteCount)
    source.fmt.pix.ycbcr_enc = format.encoding
    target = source
    target.fmt.pix.pixelformat = isPlanar ? mirage_v4l2_YUV420 : mirage_v4l2_RGB24
    target.fmt.pix.bytesperline = UInt32(isPlanar ? width : width * 3)
    target.fmt.pix.sizeimage = UInt32(isPlanar ? width * height * 3 / 2 : width * height * 3)
  }

  deinit { v4lconvert_destroy(handle) }

  /// - Throws: a `Complaint` with libv4lconvert's words.
  func decode(_ bytes: RawSpan, into picture: inout Picture) throws {
    let (width, height) = (Int(source.fmt.pix.width), Int(source.fmt.pix.height))
    guard bytes.byteCount >= least else {
      throw complaint(bytes.byteCount, "a frame takes \(least)")
    }
    let count = take(bytes)
    if let planar {
      try check(convert(count, into: &planes), wanted: planes.count, of: bytes.byteCount)
      // Held for the length of the call, so that they are ours alone at the next frame.
      let planes = planes
      try planar.decode(planes.span.bytes, into: &picture)
      return
    }
    if picture.width != width || picture.height != height || picture.channels != 3 {
      picture = Picture(width: width, height: height)
    }
    let found = convert(count, into: &picture.pixels)
    try check(found, wanted: picture.pixels.count, of: bytes.byteCount)
  }

  /// Copies a frame without the padding of its rows; how many bytes those are.
  private func take(_ bytes: RawSpan) -> Int {
    bytes.withUnsafeBytes { bytes in
      frame.withUnsafeMutableBytes { frame in
        guard let from = bytes.baseAddress, let to = frame.baseAddress else { return 0 }
        guard !rows.isEmpty else {
          let count = min(bytes.count, frame.count - Self.margin)
          to.copyMemory(from: from, byteCount: count)
          return count
        }
        var end = 0
        for row in rows {
          (to + end).copyMemory(from: from + row.start, byteCount: row.count)
          end += row.count
        }
        return end
      }
    }
  }

  private func convert(_ count: Int, into bytes: inout [UInt8]) -> Int {
    frame.withUnsafeMutableBufferPointer { frame in
      bytes.withUnsafeMutableBufferPointer { target in
        Int(
          v4lconvert_convert(
            handle, &source, &self.target, frame.baseAddress, Int32(count), target.baseAddress,
            Int32(target.count)))
      }
    }
  }

  private func check(_ found: Int, wanted: Int, of count: Int) throws {
    guard found != wanted else { return }
    let words = found < 0 ? v4lconvert_get_error_message(handle).map { String(cString: $0) } : nil
    throw complaint(
      count, words?.split(separator: "\n").first.map(String.init) ?? "\(found) bytes came out")
  }

  private func complaint(_ count: Int, _ reason: String) -> Complaint {
    Complaint(
      place,
      "\(count) bytes of \(fourCharacters(source.fmt.pix.pixelformat)) cannot be converted: "
        + reason, remedy: "choose another format of the camera")
  }
}
