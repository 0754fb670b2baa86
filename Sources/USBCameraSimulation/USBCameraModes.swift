import Foundation

/// How the simulated camera packs its pictures.
public enum StreamFormat: Int, Sendable, CaseIterable {
  /// JPEG pictures one after another, `MJPG` to V4L2.
  case motionJPEG = 1
  /// Luma and chroma in turn, 16 bits a pixel, `YUYV` to V4L2.
  case yuyv = 2
}

/// One size of one format, with the rates at which the camera sends it.
public struct USBCameraMode: Sendable, Equatable {
  public let format: StreamFormat
  public let width: Int
  public let height: Int
  /// Times between frames, in units of 100 ns, shortest first.
  public let intervals: [UInt32]

  /// The longest frame in bytes.
  public var frameLength: Int { width * height * 2 }

  /// All modes; as with most cameras of this bus, raw pictures of a large size come slowly.
  public static let all: [USBCameraMode] = [
    USBCameraMode(.motionJPEG, 640, 480, rates: [30, 15, 10]),
    USBCameraMode(.motionJPEG, 1280, 720, rates: [30, 10]),
    USBCameraMode(.motionJPEG, 1920, 1080, rates: [30, 10]),
    USBCameraMode(.yuyv, 640, 480, rates: [30, 15, 10]),
    USBCameraMode(.yuyv, 1280, 720, rates: [10, 5]),
    USBCameraMode(.yuyv, 1920, 1080, rates: [5]),
  ]

  static func of(_ format: StreamFormat) -> [USBCameraMode] { all.filter { $0.format == format } }

  private init(_ format: StreamFormat, _ width: Int, _ height: Int, rates: [UInt32]) {
    self.format = format
    self.width = width
    self.height = height
    intervals = rates.map { 10_000_000 / $0 }
  }
}

/// How the camera is built.
public struct USBCameraSettings: Sendable {
  /// How pictures travel over the bus.
  public enum Transport: String, Sendable, CaseIterable {
    case bulk
    case isochronous
  }

  /// Whether pictures say how they were coded.
  public enum HuffmanTables: String, Sendable, CaseIterable {
    case sent
    /// Left out, as many cameras do: the standard's own tables are meant.
    case omitted
  }

  public var transport = Transport.bulk
  public var huffmanTables = HuffmanTables.sent
  /// A folder of coded frames that `FrameStore.draw` wrote; without one they are coded when due.
  public var pictures: URL?
  public var product = "Simulated camera"
  public var serial = "MIRAGE-1"

  public init() {}
}

/// What host and camera agree on before a stream: PROBE and COMMIT.
///
/// Source: USB Implementers Forum, *Universal Serial Bus Device Class Definition for Video
/// Devices*, revision 1.1, 2005, table 4-47.
struct VideoNegotiation: Equatable {
  static let length = 34
  /// The most bytes of one payload of the bulk endpoint.
  static let bulkPayload = 16_384
  /// The most bytes of one payload of the isochronous endpoint: 3 packets a microframe.
  static let isochronousPayload = 3072
  /// The camera's clock counts microseconds.
  static let clockFrequency: UInt32 = 1_000_000

  private(set) var mode = USBCameraMode.all[0]
  private(set) var interval = USBCameraMode.all[0].intervals[0]

  /// What the host asked for in `bytes`, brought to what there is.
  mutating func take(_ bytes: [UInt8]) {
    guard bytes.count >= 26 else { return }
    let format = StreamFormat(rawValue: Int(bytes[2])) ?? mode.format
    let modes = USBCameraMode.of(format)
    mode = modes[min(max(Int(bytes[3]), 1), modes.count) - 1]
    let wanted = bytes.littleNumber(at: 4, count: 4)
    interval = mode.intervals.first { $0 >= wanted } ?? mode.intervals[mode.intervals.count - 1]
  }

  func bytes(_ transport: USBCameraSettings.Transport) -> [UInt8] {
    let frameNumber = (USBCameraMode.of(mode.format).firstIndex(of: mode) ?? 0) + 1
    var bytes: [UInt8] = [1, 0, UInt8(mode.format.rawValue), UInt8(frameNumber)]
    bytes.appendLittle(interval)
    bytes += [UInt8](repeating: 0, count: 10)
    bytes.appendLittle(UInt32(mode.frameLength))
    bytes.appendLittle(
      UInt32(transport == .bulk ? Self.bulkPayload : Self.isochronousPayload))
    bytes.appendLittle(Self.clockFrequency)
    // Payload headers carry frame and end-of-frame bits; version 1.
    return bytes + [3, 1, 1, 1]
  }
}
