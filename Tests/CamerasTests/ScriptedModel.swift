import CV4L2
import Foundation
import Imaging

/// What happens at the moments when a scripted camera would give a frame, one entry at a time.
///
/// When the script is over the camera gives plain frames for ever.
enum ScriptedStep: Sendable {
  case frame
  /// So many frames are lost, then comes the next step.
  case gap(UInt32)
  /// The driver flags the frame as broken.
  case flagged
  case empty
  /// The frame ends early; the driver does not say so.
  case truncated
  /// Bytes in the middle of a JPEG picture are damaged; the driver does not say so.
  case corrupt
  /// The driver says that the frame is longer than its buffer.
  case overlong
  /// The stream fails until it is stopped.
  case fatal
  /// No frame and no event for so many milliseconds.
  case stall(Int)
  case unplug
  /// Unplugged, and back after so many milliseconds, at a port if another one is named.
  case replug(afterMilliseconds: Int, port: String?)
  /// The number of the next frame.
  case sequence(UInt32)
  /// How frames are stamped from now on.
  case stamp(ScriptedStamp)
  /// Somebody changes a control.
  case control(UInt32, Int32)
  /// The rate that frames really come at.
  case rate(Double)
  /// The input's signal becomes what QUERY_DV_TIMINGS answers: 0, or a negative errno.
  case signal(Int32)
}

enum ScriptedStamp: Sendable {
  /// Monotonic, so many milliseconds after the frame is there (negative: before it).
  case monotonic(offsetMilliseconds: Int, isStart: Bool)
  case zero
  /// A clock that is not told.
  case unknown
  /// Beyond all that can be counted.
  case endless
}

/// A control of a scripted camera.
struct ScriptedControl: Sendable {
  let id: UInt32
  let name: String
  let least: Int32
  let most: Int32
  var value: Int32
  var menu: [Int: String] = [:]
  /// The control that must have `ruledBy.value` before this one can be set.
  var ruledBy: (id: UInt32, value: Int32)?
  var isIgnored = false
}

/// What a scripted camera is and offers.
struct ScriptedModel: Sendable {
  struct Size: Sendable {
    var width: UInt32
    var height: UInt32
    var rates: [Double]
  }

  struct Format: Sendable {
    var code: UInt32
    var sizes: [Size]
  }

  /// Ways in which a driver contradicts itself.
  struct Lies: Sendable {
    var bytesPerLine: UInt32?
    var byteCount: UInt32?
    var bufferLength: UInt32?
    var bufferCount: UInt32?
    var filledIndex: UInt32?
    var width: UInt32?
    var pixelFormat: UInt32?
    var field: UInt32?
    var agreedRate: Double?
  }

  var card = "Scripted camera"
  var vendor: String? = "1209"
  var product: String? = "0002"
  var serial: String? = "S1"
  var port = "1-1"
  var capabilities = UInt32(V4L2_CAP_VIDEO_CAPTURE) | UInt32(bitPattern: V4L2_CAP_STREAMING)
  /// As vivid: read() works, at least two buffers, the count begins at 0.
  var isReadable = false
  /// Whether the camera has a second node, for metadata.
  var hasMetadata = false
  /// Whether its input takes a signal with timings.
  var hasTimings = false
  var countsFrames = true
  var colorspace = V4L2_COLORSPACE_SRGB.rawValue
  /// What luma and chroma mean; 0 leaves it to V4L2's defaults.
  var encoding: UInt32 = 0
  var quantization: UInt32 = 0
  var formats = [
    Format(
      code: mirage_v4l2_YUYV,
      sizes: [
        Size(width: 640, height: 480, rates: [30, 10]), Size(width: 32, height: 16, rates: [30]),
        Size(width: 1280, height: 720, rates: [10]),
      ]),
    Format(
      code: mirage_v4l2_MJPEG,
      sizes: [
        Size(width: 640, height: 480, rates: [30]), Size(width: 32, height: 16, rates: [30]),
        Size(width: 1280, height: 720, rates: [30]),
      ]),
  ]
  var controls = ScriptedModel.webcamControls
  var lies = Lies()

  static let webcamControls = [
    ScriptedControl(
      id: UInt32(V4L2_CID_AUTO_WHITE_BALANCE), name: "White Balance, Automatic", least: 0, most: 1,
      value: 1),
    ScriptedControl(id: UInt32(V4L2_CID_GAIN), name: "Gain", least: 0, most: 100, value: 10),
    ScriptedControl(
      id: UInt32(V4L2_CID_POWER_LINE_FREQUENCY), name: "Power Line Frequency", least: 0, most: 3,
      value: 3, menu: [0: "Disabled", 1: "50 Hz", 2: "60 Hz", 3: "Auto"]),
    ScriptedControl(
      id: UInt32(V4L2_CID_WHITE_BALANCE_TEMPERATURE), name: "White Balance Temperature",
      least: 2800, most: 6500, value: 4600, ruledBy: (UInt32(V4L2_CID_AUTO_WHITE_BALANCE), 0)),
    ScriptedControl(
      id: UInt32(V4L2_CID_EXPOSURE_AUTO), name: "Auto Exposure", least: 0, most: 3, value: 3,
      menu: [1: "Manual Mode", 3: "Aperture Priority Mode"]),
    ScriptedControl(
      id: UInt32(V4L2_CID_EXPOSURE_ABSOLUTE), name: "Exposure Time, Absolute", least: 1,
      most: 5000, value: 156, ruledBy: (UInt32(V4L2_CID_EXPOSURE_AUTO), 1)),
    ScriptedControl(
      id: UInt32(V4L2_CID_EXPOSURE_AUTO_PRIORITY), name: "Exposure, Dynamic Framerate", least: 0,
      most: 1, value: 1),
  ]

  /// The format and size that a driver makes of a wish.
  func nearest(_ code: UInt32, _ width: UInt32, _ height: UInt32) -> (UInt32, Size) {
    let format = formats.first { $0.code == code } ?? formats[0]
    let size = format.sizes.first { $0.width == width && $0.height == height } ?? format.sizes[0]
    return (format.code, size)
  }
}

/// The bytes of scripted frames.
enum ScriptedPictures {
  /// A frame of a format: in YUYV, the luma of the first pixel is the frame's number.
  static func bytes(_ code: UInt32, _ size: ScriptedModel.Size, number: Int) -> [UInt8] {
    let (width, height) = (Int(size.width), Int(size.height))
    if code == mirage_v4l2_MJPEG {
      let picture = Picture(width: width, height: height, repeating: UInt8(number & 0x7f))
      // A picture that cannot be coded shows as an empty frame, which the tests would notice.
      return (try? PictureFile.encodeJPEG(picture, quality: 90)).map { [UInt8]($0) } ?? []
    }
    var bytes = [UInt8](repeating: 128, count: width * height * 2)
    bytes[0] = UInt8(16 + number % 200)
    return bytes
  }
}
