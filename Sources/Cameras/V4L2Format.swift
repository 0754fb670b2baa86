import CV4L2
import Imaging

/// The format that camera and reader agreed on.
struct VideoFormat: Sendable, Equatable {
  let code: UInt32
  let name: String
  let width: Int
  let height: Int
  let bytesPerLine: Int
  /// Bytes that the driver says a frame has at most.
  let byteCount: Int
  let color: ColorRules
  /// V4L2's number for the encoding of color, as the driver gave it.
  let encoding: UInt32
  /// Frames a second that the driver agreed to; nil where it does not say.
  let rate: Double?

  /// Sets the format, then the rate, and compares what the driver made of them.
  ///
  /// - Throws: a `CameraRefusal` where the driver set something else, or contradicts itself.
  init(
    setting choice: CameraChoice, on device: VideoDevice, settings: CameraSettings
  ) throws(CameraRefusal) {
    var answer = v4l2_format()
    answer.type = captureType
    answer.fmt.pix.width = UInt32(clamping: choice.width)
    answer.fmt.pix.height = UInt32(clamping: choice.height)
    answer.fmt.pix.pixelformat = choice.code
    answer.fmt.pix.field = V4L2_FIELD_NONE.rawValue
    try device.ask(.setFormat, &answer)
    let pixels = answer.fmt.pix
    try Self.compare(pixels, with: choice, place: device.place)
    code = pixels.pixelformat
    name = fourCharacters(code)
    width = Int(pixels.width)
    height = Int(pixels.height)
    bytesPerLine = Int(pixels.bytesperline)
    byteCount = Int(pixels.sizeimage)
    color = ColorRules(pixels)
    encoding = pixels.ycbcr_enc
    rate = try Self.agreedRate(choice, device, settings: settings)
    try checkExtent(place: device.place)
  }

  private static func compare(
    _ found: v4l2_pix_format, with wanted: CameraChoice, place: String
  ) throws(CameraRefusal) {
    func changed(_ what: String, _ found: String, _ wanted: String) -> CameraRefusal {
      CameraRefusal(place, .changed(what: what, found: found, wanted: wanted))
    }
    guard found.pixelformat == wanted.code else {
      throw changed("the format", fourCharacters(found.pixelformat), wanted.format)
    }
    guard Int(found.width) == wanted.width, Int(found.height) == wanted.height else {
      throw changed(
        "the size", "\(found.width) × \(found.height)", "\(wanted.width) × \(wanted.height)")
    }
    let whole = [V4L2_FIELD_NONE.rawValue, V4L2_FIELD_ANY.rawValue]
    guard whole.contains(found.field) else {
      throw changed("the field order", "interlaced (\(found.field))", "whole pictures")
    }
  }

  private static func agreedRate(
    _ choice: CameraChoice, _ device: VideoDevice, settings: CameraSettings
  ) throws(CameraRefusal) -> Double? {
    var question = v4l2_streamparm()
    question.type = captureType
    if let wanted = choice.rate {
      // The wish as a fraction that keeps 59.94 and the like apart from 60.
      question.parm.capture.timeperframe = v4l2_fract(
        numerator: 1000, denominator: UInt32((wanted * 1000).rounded()))
      // Drivers without a rate of their own refuse this; their rate is read below.
      _ = try device.answer(.setParameters, to: question)
    }
    question = v4l2_streamparm()
    question.type = captureType
    let answer = try device.answer(.getParameters, to: question)
    let found = answer.flatMap { CameraOffer.rate(of: $0.parm.capture.timeperframe) }
    if let wanted = settings.framesPerSecond, let found, abs(found - wanted) > 0.01 * wanted {
      throw CameraRefusal(
        device.place,
        .changed(
          what: "the rate", found: "\(short(found)) frames/s", wanted: "\(short(wanted)) frames/s"))
    }
    return found
  }

  /// Refuses sizes that cannot be, before memory is taken for them.
  private func checkExtent(place: String) throws(CameraRefusal) {
    guard width > 0, height > 0, width <= 1 << 15, height <= 1 << 15 else {
      throw CameraRefusal(place, .contradiction("a picture of \(width) × \(height) pixels"))
    }
    guard (1...(1 << 30)).contains(byteCount) else {
      throw CameraRefusal(place, .contradiction("frames of \(byteCount) bytes"))
    }
    guard let known = PixelFormat(code: code) else { return try checkConverted(place: place) }
    guard known.hasRows else { return }
    let layout: PixelLayout
    do throws(PixelError) {
      layout = try self.layout(known, place: place)
    } catch {
      throw CameraRefusal(place, .contradiction(error.problem))
    }
    try checkByteCount(layout.byteCount, place: place)
  }

  private func checkConverted(place: String) throws(CameraRefusal) {
    guard let known = ConvertedFormat(code: code) else { return }
    if let row = known.rowBytes(width: width), bytesPerLine != 0 {
      guard (row...(1 << 24)).contains(bytesPerLine) else {
        throw CameraRefusal(
          place,
          .contradiction(
            "lines of \(bytesPerLine) bytes, \(width) pixels of \(name) take \(row) to \(1 << 24)"))
      }
    }
    try checkByteCount(leastByteCount(place: place), place: place)
  }

  private func checkByteCount(_ least: Int, place: String) throws(CameraRefusal) {
    guard least <= byteCount else {
      throw CameraRefusal(
        place,
        .contradiction(
          "frames of \(byteCount) bytes, but \(height) lines of \(bytesPerLine) bytes take "
            + "\(least)"))
    }
  }

  func layout(_ known: PixelFormat, place: String) throws(PixelError) -> PixelLayout {
    // A driver that leaves the line at 0 means that there is no padding.
    try PixelLayout(
      known, width: width, height: height, bytesPerLine: bytesPerLine == 0 ? nil : bytesPerLine,
      color: color, place: place)
  }

  /// Bytes without which a frame is truncated; 1 where frames vary in length.
  func leastByteCount(place: String) -> Int {
    guard let known = PixelFormat(code: code) else {
      guard let converted = ConvertedFormat(code: code) else { return 1 }
      let stride = bytesPerLine == 0 ? converted.rowBytes(width: width) ?? 0 : bytesPerLine
      return converted.leastByteCount(width: width, height: height, stride: stride)
    }
    // Its layout was checked when the format was agreed on.
    return max(1, (try? layout(known, place: place))?.byteCount ?? 1)
  }
}

extension ColorRules {
  /// What a driver says of its colors, with V4L2's defaults where it leaves them open.
  ///
  /// Source: *Video for Linux API*, "Colorspaces"; `V4L2_MAP_YCBCR_ENC_DEFAULT` and
  /// `V4L2_MAP_QUANTIZATION_DEFAULT` of linux/videodev2.h.
  init(_ pixels: v4l2_pix_format) {
    let space = pixels.colorspace
    let matrix: Matrix =
      switch pixels.ycbcr_enc {
      case V4L2_YCBCR_ENC_601.rawValue, V4L2_YCBCR_ENC_XV601.rawValue: .bt601
      case V4L2_YCBCR_ENC_709.rawValue, V4L2_YCBCR_ENC_XV709.rawValue: .bt709
      case V4L2_YCBCR_ENC_BT2020.rawValue: .bt2020
      case V4L2_YCBCR_ENC_SMPTE240M.rawValue: .smpte240m
      default:
        switch space {
        case V4L2_COLORSPACE_REC709.rawValue, V4L2_COLORSPACE_DCI_P3.rawValue: .bt709
        case V4L2_COLORSPACE_BT2020.rawValue: .bt2020
        case V4L2_COLORSPACE_SMPTE240M.rawValue: .smpte240m
        default: .bt601
        }
      }
    let range: Range
    switch pixels.quantization {
    case V4L2_QUANTIZATION_FULL_RANGE.rawValue: range = .full
    case V4L2_QUANTIZATION_LIM_RANGE.rawValue: range = .limited
    default:
      let known = PixelFormat(code: pixels.pixelformat)
      let isLuma = known.map { [.yuyv, .uyvy, .nv12].contains($0) } ?? true
      range = !isLuma || space == V4L2_COLORSPACE_JPEG.rawValue ? .full : .limited
    }
    self.init(matrix: matrix, range: range)
  }
}
