import CV4L2

/// What a camera can give: its formats, their sizes, and the rates of each size.
public struct CameraOffer: Sendable, Equatable, Codable {
  /// A pixel format with its sizes.
  public struct Format: Sendable, Equatable, Codable {
    /// V4L2's number for the format.
    public var code: UInt32
    /// Its four letters, as `YUYV`.
    public var name: String
    /// The driver's own words.
    public var description: String
    public var isCompressed: Bool
    /// Whether it can be turned into a picture, by our own decoders or by libv4lconvert.
    public var isDecodable: Bool { VideoDecoder.knows(code) }
    /// Empty where the driver does not list sizes.
    public var sizes: [Size]
  }

  /// One size, or all sizes between two in steps.
  public struct Size: Sendable, Equatable, Codable {
    /// The smallest width and height in pixels; the only ones of a fixed size.
    public var width: Int
    public var height: Int
    public var widthMost: Int
    public var heightMost: Int
    public var widthStep: Int
    public var heightStep: Int
    /// Frames a second, highest first; empty where the driver does not say.
    public var rates: [Double]
    /// Whether every rate below the first is offered too.
    public var isAnyRate: Bool

    public var isFixed: Bool { width == widthMost && height == heightMost }

    func contains(_ wantedWidth: Int, _ wantedHeight: Int) -> Bool {
      (width...widthMost).contains(wantedWidth) && (height...heightMost).contains(wantedHeight)
        && (wantedWidth - width) % widthStep == 0 && (wantedHeight - height) % heightStep == 0
    }
  }

  public var formats: [Format]
  /// The size that is set now, for drivers that list none.
  public var currentWidth: Int
  public var currentHeight: Int

  /// Limits for drivers that list without end.
  private static let formatLimit = 128
  private static let sizeLimit = 256
  private static let rateLimit = 128

  public init(formats: [Format], currentWidth: Int, currentHeight: Int) {
    self.formats = formats
    self.currentWidth = currentWidth
    self.currentHeight = currentHeight
  }

  /// Asks the device; `wanted` is the size whose rates are asked where sizes come in steps.
  init(of device: VideoDevice, wanted: (width: Int, height: Int)?) throws(CameraRefusal) {
    var current = v4l2_format()
    current.type = captureType
    try device.ask(.getFormat, &current)
    currentWidth = Int(current.fmt.pix.width)
    currentHeight = Int(current.fmt.pix.height)
    let listed = try device.list(.enumerateFormats, limit: Self.formatLimit) { index in
      var question = v4l2_fmtdesc()
      question.index = index
      question.type = captureType
      return question
    }
    formats = []
    for one in listed where one.flags & UInt32(V4L2_FMT_FLAG_EMULATED) == 0 {
      formats.append(
        Format(
          code: one.pixelformat, name: fourCharacters(one.pixelformat),
          description: text(of: one.description),
          isCompressed: one.flags & UInt32(V4L2_FMT_FLAG_COMPRESSED) != 0,
          sizes: try Self.sizes(of: one.pixelformat, device, wanted: wanted)))
    }
  }

  private static func sizes(
    of format: UInt32, _ device: VideoDevice, wanted: (width: Int, height: Int)?
  ) throws(CameraRefusal) -> [Size] {
    let listed = try device.list(.enumerateSizes, limit: sizeLimit) { index in
      var question = v4l2_frmsizeenum()
      question.index = index
      question.pixel_format = format
      return question
    }
    var sizes: [Size] = []
    for one in listed {
      var size: Size
      if one.type == V4L2_FRMSIZE_TYPE_DISCRETE.rawValue {
        size = Size(fixed: Int(one.discrete.width), Int(one.discrete.height))
      } else {
        size = Size(one.stepwise)
      }
      guard size.width > 0, size.height > 0, size.widthMost >= size.width,
        size.heightMost >= size.height
      else { continue }
      let asked = wanted.flatMap { size.contains($0.width, $0.height) ? $0 : nil }
      (size.rates, size.isAnyRate) = try rates(
        of: format, asked?.width ?? size.widthMost, asked?.height ?? size.heightMost, device)
      sizes.append(size)
      // Steps come as one answer; a driver that goes on repeats itself.
      if one.type != V4L2_FRMSIZE_TYPE_DISCRETE.rawValue { break }
    }
    return sizes
  }

  private static func rates(
    of format: UInt32, _ width: Int, _ height: Int, _ device: VideoDevice
  ) throws(CameraRefusal) -> (rates: [Double], isAny: Bool) {
    let listed = try device.list(.enumerateIntervals, limit: rateLimit) { index in
      var question = v4l2_frmivalenum()
      question.index = index
      question.pixel_format = format
      question.width = UInt32(clamping: width)
      question.height = UInt32(clamping: height)
      return question
    }
    if let first = listed.first, first.type != V4L2_FRMIVAL_TYPE_DISCRETE.rawValue {
      let ends = [first.stepwise.min, first.stepwise.max].compactMap(rate(of:))
      return (Set(ends).sorted(by: >), true)
    }
    return (Set(listed.compactMap { rate(of: $0.discrete) }).sorted(by: >), false)
  }

  /// Frames a second of a period that the driver tells; nil where it is none.
  static func rate(of period: v4l2_fract) -> Double? {
    guard period.numerator > 0, period.denominator > 0 else { return nil }
    return Double(period.denominator) / Double(period.numerator)
  }
}

extension CameraOffer.Size {
  init(fixed width: Int, _ height: Int, rates: [Double] = []) {
    self.init(
      width: width, height: height, widthMost: width, heightMost: height, widthStep: 1,
      heightStep: 1, rates: rates, isAnyRate: false)
  }

  init(_ steps: v4l2_frmsize_stepwise) {
    self.init(
      width: Int(steps.min_width), height: Int(steps.min_height), widthMost: Int(steps.max_width),
      heightMost: Int(steps.max_height), widthStep: max(1, Int(steps.step_width)),
      heightStep: max(1, Int(steps.step_height)), rates: [], isAnyRate: false)
  }
}

/// The kind of stream that is read: pictures in one plane.
let captureType = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
