import Diagnostics

/// How a camera lays out its pixels; the raw value is the four letters that V4L2 knows it by.
///
/// Source: *Linux Media Infrastructure userspace API*, "Image Formats".
public enum PixelFormat: String, Sendable, Codable, CaseIterable {
  /// Two pixels in four bytes: Y₀ Cb Y₁ Cr.
  case yuyv = "YUYV"
  /// Two pixels in four bytes: Cb Y₀ Cr Y₁.
  case uyvy = "UYVY"
  /// All Y, then a row of Cb Cr pairs for each two rows.
  case nv12 = "NV12"
  /// Three bytes a pixel: red, green, blue.
  case rgb24 = "RGB3"
  /// Three bytes a pixel: blue, green, red.
  case bgr24 = "BGR3"
  /// One byte a pixel, without color.
  case gray = "GREY"
  /// Bayer mosaic whose first row begins red, green.
  case bayerRGGB = "RGGB"
  /// Bayer mosaic whose first row begins blue, green.
  case bayerBGGR = "BA81"
  /// Bayer mosaic whose first row begins green, red.
  case bayerGRBG = "GRBG"
  /// Bayer mosaic whose first row begins green, blue.
  case bayerGBRG = "GBRG"
  /// A JPEG picture for each frame, with or without its Huffman tables.
  case motionJPEG = "MJPG"

  /// Whether rows follow each other at a fixed distance: every format but the compressed one.
  public var hasRows: Bool { self != .motionJPEG }

  /// Whether luma and chroma stand for colors.
  var hasChroma: Bool { self == .yuyv || self == .uyvy || self == .nv12 }

  /// Whether each pixel sees one color only.
  public var isMosaic: Bool {
    [.bayerRGGB, .bayerBGGR, .bayerGRBG, .bayerGBRG].contains(self)
  }

  /// Bytes that the first `width` pixels of a row take, the whole last pair included; 0 for MJPG.
  public func rowBytes(width: Int) -> Int {
    switch self {
    case .yuyv, .uyvy: (width + 1) / 2 * 4
    case .nv12: (width + 1) / 2 * 2
    case .rgb24, .bgr24: width * 3
    case .gray, .bayerRGGB, .bayerBGGR, .bayerGRBG, .bayerGBRG: width
    case .motionJPEG: 0
    }
  }

  /// Rows of bytes that `height` rows of pixels take: half as many again where chroma follows.
  func byteRows(height: Int) -> Int {
    self == .nv12 ? height + (height + 1) / 2 : height
  }
}

/// What the numbers of a luma and chroma format mean, as the camera says.
public struct ColorRules: Sendable, Codable, Equatable {
  /// The weights of red, green and blue in luma.
  public enum Matrix: String, Sendable, Codable, CaseIterable {
    /// Source: Recommendation ITU-R BT.601-7, 2.5.1.
    case bt601
    /// Source: Recommendation ITU-R BT.709-6, item 3.2.
    case bt709
    /// Source: Recommendation ITU-R BT.2020-2, table 4, non-constant luminance.
    case bt2020
    /// Source: SMPTE 240M-1999, 7.1; high definition before BT.709.
    case smpte240m
  }

  /// Where black and white lie.
  public enum Range: String, Sendable, Codable, CaseIterable {
    /// Luma from 16 to 235, chroma from 16 to 240.
    case limited
    /// Everything from 0 to 255.
    case full
  }

  public var matrix: Matrix
  public var range: Range

  public init(matrix: Matrix, range: Range) {
    self.matrix = matrix
    self.range = range
  }
}

/// Where each pixel of a frame lies in its bytes.
public struct PixelLayout: Sendable, Equatable {
  /// The longest side: 65,535 pixels, as in a JPEG file.
  public static let sideLimit = 65_535

  public let format: PixelFormat
  public let width: Int
  public let height: Int
  /// Bytes from one row to the next, padding included; luma and chroma of NV12 alike; 0 for MJPG.
  public let bytesPerLine: Int
  /// What the numbers mean.
  ///
  /// RGB, gray and Bayer formats use the range alone. MJPG uses neither: a JPEG picture is
  /// always BT.601 in full range.
  public let color: ColorRules

  /// A layout that can be: sides from 1 to `sideLimit`, no more pixels than a picture file may
  /// have, lines that hold them.
  ///
  /// - Parameters:
  ///   - bytesPerLine: nil is without padding.
  ///   - color: nil is BT.601, limited range where there is chroma and full range elsewhere.
  ///   - place: names the camera or file in errors.
  /// - Throws: a `PixelError` with the values found and wanted.
  public init(
    _ format: PixelFormat, width: Int, height: Int, bytesPerLine: Int? = nil,
    color: ColorRules? = nil, place: String
  ) throws(PixelError) {
    guard (1...Self.sideLimit).contains(width), (1...Self.sideLimit).contains(height),
      width * height <= PictureFile.pixelLimit
    else {
      throw PixelError(place, .size(format, width: width, height: height))
    }
    let least = format.rowBytes(width: width)
    let found = format.hasRows ? bytesPerLine ?? least : 0
    guard found >= least, found <= 1 << 24 else {
      throw PixelError(place, .bytesPerLine(format, width: width, found: found, wanted: least))
    }
    self.format = format
    self.width = width
    self.height = height
    self.bytesPerLine = found
    self.color = color ?? ColorRules(matrix: .bt601, range: format.hasChroma ? .limited : .full)
  }

  /// Bytes that a frame has at least, 0 for MJPG.
  ///
  /// The padding behind the last row may be missing.
  public var byteCount: Int {
    guard format.hasRows else { return 0 }
    return bytesPerLine * (format.byteRows(height: height) - 1) + format.rowBytes(width: width)
  }
}

/// Why a layout cannot be, or why a frame is not what its layout says.
public struct PixelError: Explained, Equatable {
  /// What is wrong, with the values found and wanted.
  public enum Reason: Equatable, Sendable {
    case size(PixelFormat, width: Int, height: Int)
    case bytesPerLine(PixelFormat, width: Int, found: Int, wanted: Int)
    case short(PixelLayout, found: Int)
    case planes(width: Int, height: Int, found: Int, wanted: Int)
    case noJPEG(found: Int)
    case sizeInJPEG(width: Int, height: Int, wantedWidth: Int, wantedHeight: Int)
    case damagedJPEG(String)
  }

  public let place: String
  public let reason: Reason

  init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .size(let format, let width, let height):
      "\(format.rawValue) pictures of \(width) × \(height) pixels found, sides of 1 to "
        + "\(PixelLayout.sideLimit) and at most \(PictureFile.pixelLimit) pixels wanted"
    case .bytesPerLine(let format, let width, let found, let wanted):
      "lines of \(found) bytes found, \(width) pixels of \(format.rawValue) take \(wanted) to "
        + "\(1 << 24)"
    case .short(let layout, let found):
      "\(found) bytes found, a \(layout.format.rawValue) picture of \(layout.width) × "
        + "\(layout.height) pixels in lines of \(layout.bytesPerLine) bytes takes "
        + "\(layout.byteCount)"
    case .planes(let width, let height, let found, let wanted):
      "\(found) bytes found, planes of \(width) × \(height) pixels take \(wanted)"
    case .noJPEG(let found):
      "\(found) bytes found that are no JPEG picture, one that begins with ff d8 was wanted"
    case .sizeInJPEG(let width, let height, let wantedWidth, let wantedHeight):
      "a JPEG picture of \(width) × \(height) pixels found, \(wantedWidth) × \(wantedHeight) wanted"
    case .damagedJPEG(let message): "the JPEG picture is damaged: \(message)"
    }
  }

  public var remedy: String? {
    switch reason {
    case .size, .bytesPerLine: "choose another size or format of the camera"
    case .short, .planes, .noJPEG, .damagedJPEG:
      "if it happens often, try another cable, port or a lower frame rate"
    case .sizeInJPEG: "restart the camera; if it happens again, choose another size"
    }
  }
}
