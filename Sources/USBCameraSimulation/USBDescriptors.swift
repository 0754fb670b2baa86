/// What the camera says of itself when the host asks.
///
/// Source: USB Implementers Forum, *Universal Serial Bus Device Class Definition for Video
/// Devices*, revision 1.1, 2005, chapter 3, and *Universal Serial Bus Specification*, revision
/// 2.0, 2000, chapter 9.
enum USBDescriptors {
  /// Addresses of the units behind the control interface.
  enum Entity {
    static let cameraTerminal: UInt8 = 1
    static let processingUnit: UInt8 = 2
    static let outputTerminal: UInt8 = 3
  }

  /// The endpoint that pictures come from: number 1, towards the host.
  static let streamEndpoint: UInt8 = 0x81

  static let device: [UInt8] = {
    // Class 239, 2, 1: interfaces are grouped by association descriptors.
    var bytes: [UInt8] = [18, 1, 0x00, 0x02, 0xef, 2, 1, 64]
    // A number set aside by pid.codes for tests that never leave the workshop.
    bytes.appendLittle(UInt16(0x1209))
    bytes.appendLittle(UInt16(0x0001))
    bytes.appendLittle(UInt16(0x0100))
    return bytes + [1, 2, 3, 1]
  }()

  static func configuration(_ transport: USBCameraSettings.Transport) -> [UInt8] {
    let body =
      association + control
      + streaming(endpointsOfFirst: transport == .bulk ? 1 : 0) + formats
      + (transport == .bulk
        ? endpoint(attributes: 2, packet: 512)
        // Three packets of 1024 bytes a microframe, every microframe.
        : streaming(alternate: 1, endpointsOfFirst: 1) + endpoint(attributes: 5, packet: 0x1400))
    var bytes: [UInt8] = [9, 2]
    bytes.appendLittle(UInt16(9 + body.count))
    return bytes + [2, 1, 0, 0x80, 250] + body
  }

  /// The text number `index`; 0 lists the languages.
  static func string(_ index: UInt8, _ settings: USBCameraSettings) -> [UInt8]? {
    let text: String
    switch index {
    case 0: return [4, 3, 0x09, 0x04]
    case 1: text = "Mirage"
    case 2: text = settings.product
    case 3: text = settings.serial
    default: return nil
    }
    var bytes: [UInt8] = []
    for unit in text.utf16.prefix(126) { bytes.appendLittle(unit) }
    return [UInt8(2 + bytes.count), 3] + bytes
  }

  private static let association: [UInt8] = [8, 11, 0, 2, 14, 3, 0, 2]

  private static let control: [UInt8] = {
    // Auto-exposure mode, its priority, and exposure time.
    let camera: [UInt8] =
      [18, 0x24, 2, Entity.cameraTerminal, 0x01, 0x02] + [UInt8](repeating: 0, count: 8)
      + [3, 0b1110, 0, 0]
    // Brightness, white balance, gain; power line and automatic white balance.
    let processing: [UInt8] = [
      13, 0x24, 5, Entity.processingUnit, Entity.cameraTerminal, 0, 0, 3, 0b0100_0001, 0b0001_0110,
      0, 0, 0,
    ]
    let output: [UInt8] = [
      9, 0x24, 3, Entity.outputTerminal, 0x01, 0x01, 0, Entity.processingUnit, 0,
    ]
    let units = camera + processing + output
    var header: [UInt8] = [13, 0x24, 1, 0x10, 0x01]
    header.appendLittle(UInt16(13 + units.count))
    header.appendLittle(VideoNegotiation.clockFrequency)
    return [9, 4, 0, 0, 0, 14, 1, 0, 0] + header + [1, 1] + units
  }()

  private static func streaming(alternate: UInt8 = 0, endpointsOfFirst count: UInt8) -> [UInt8] {
    [9, 4, 1, alternate, count, 14, 2, 0, 0]
  }

  private static func endpoint(attributes: UInt8, packet: UInt16) -> [UInt8] {
    var bytes: [UInt8] = [7, 5, streamEndpoint, attributes]
    bytes.appendLittle(packet)
    return bytes + [1]
  }

  private static let formats: [UInt8] = {
    // Primaries and transfer of BT.709, matrix of BT.601.
    let colors: [UInt8] = [6, 0x24, 13, 1, 1, 4]
    let jpeg = USBCameraMode.of(.motionJPEG)
    let raw = USBCameraMode.of(.yuyv)
    let body =
      [11, 0x24, 6, 1, UInt8(jpeg.count), 0, 1, 0, 0, 0, 0]
      + jpeg.enumerated().flatMap { frame($0.element, number: $0.offset + 1) } + colors
      + [27, 0x24, 4, 2, UInt8(raw.count)] + identifierOfYUY2 + [16, 1, 0, 0, 0, 0]
      + raw.enumerated().flatMap { frame($0.element, number: $0.offset + 1) } + colors
    var header: [UInt8] = [15, 0x24, 1, 2]
    header.appendLittle(UInt16(15 + body.count))
    return header + [streamEndpoint, 0, Entity.outputTerminal, 0, 0, 0, 1, 0, 0] + body
  }()

  private static let identifierOfYUY2: [UInt8] =
    Array("YUY2".utf8) + [0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]

  private static func frame(_ mode: USBCameraMode, number: Int) -> [UInt8] {
    var bytes: [UInt8] = [
      UInt8(26 + 4 * mode.intervals.count), 0x24, mode.format == .motionJPEG ? 7 : 5,
      UInt8(number), 0,
    ]
    bytes.appendLittle(UInt16(mode.width))
    bytes.appendLittle(UInt16(mode.height))
    let bitsOfFrame = UInt64(mode.frameLength) * 8
    for interval in [mode.intervals[mode.intervals.count - 1], mode.intervals[0]] {
      bytes.appendLittle(UInt32(clamping: bitsOfFrame * 10_000_000 / UInt64(interval)))
    }
    bytes.appendLittle(UInt32(mode.frameLength))
    bytes.appendLittle(mode.intervals[0])
    bytes.append(UInt8(mode.intervals.count))
    for interval in mode.intervals { bytes.appendLittle(interval) }
    return bytes
  }
}
