import CV4L2
import Foundation

/// An open video device; closed by `close()`, at the latest when nobody holds it any more.
final class VideoDevice {
  let path: String
  /// How messages name it.
  let place: String
  let system: any VideoSystem
  private(set) var file: Int32
  private let holders: DeviceHolders

  /// - Throws: a `CameraRefusal` where the device is gone, forbidden or in exclusive use.
  init(
    _ path: String, place: String, system: any VideoSystem, holders: DeviceHolders
  ) throws(CameraRefusal) {
    self.path = path
    self.place = place
    self.system = system
    self.holders = holders
    file = system.open(path)
    guard file >= 0 else {
      throw CameraRefusal(place, request: "open", number: -file) { holders.holder(of: path) }
    }
  }

  deinit { close() }

  /// Gives the device back; its number is then free for the next camera.
  func close() {
    guard file >= 0 else { return }
    _ = system.close(file)
    file = -1
  }

  /// Makes a request that must work.
  func ask<Argument>(
    _ request: VideoRequest<Argument>, _ argument: inout Argument
  ) throws(CameraRefusal) {
    let status = system.ask(file, request, &argument)
    guard status < 0 else { return }
    throw refusal(request.name, number: -status)
  }

  /// Makes a request that may be refused; nil where it was, unless the device is gone.
  func answer<Argument>(
    _ request: VideoRequest<Argument>, to question: Argument
  ) throws(CameraRefusal) -> Argument? {
    var argument = question
    let status = system.ask(file, request, &argument)
    if status == -ENODEV { throw refusal(request.name, number: ENODEV) }
    return status < 0 ? nil : argument
  }

  /// The answers for indexes from 0 until the driver has no more, `limit` of them at most.
  func list<Argument>(
    _ request: VideoRequest<Argument>, limit: Int, _ question: (UInt32) -> Argument
  ) throws(CameraRefusal) -> [Argument] {
    var answers: [Argument] = []
    while answers.count < limit {
      var argument = question(UInt32(answers.count))
      let status = system.ask(file, request, &argument)
      // The end of a list, and requests that the driver does not know.
      if [-EINVAL, -ENOTTY, -ENODATA].contains(status) { break }
      guard status >= 0 else { throw refusal(request.name, number: -status) }
      answers.append(argument)
    }
    return answers
  }

  /// What a failed request means.
  func refusal(_ request: String, number: Int32) -> CameraRefusal {
    CameraRefusal(place, request: request, number: number) { holders.holder(of: path) }
  }
}

/// What a device says of itself.
public struct CameraCapabilities: Sendable, Equatable, Codable {
  /// The driver, as `uvcvideo`.
  public let driver: String
  /// The camera's own name.
  public let card: String
  /// Where it is attached, as `usb-0000:00:14.0-2`.
  public let bus: String
  /// Bits of `V4L2_CAP_…` that hold for this node.
  public let flags: UInt32

  public init(driver: String, card: String, bus: String, flags: UInt32) {
    self.driver = driver
    self.card = card
    self.bus = bus
    self.flags = flags
  }

  /// Asks the device.
  init(of device: VideoDevice) throws(CameraRefusal) {
    var answer = v4l2_capability()
    try device.ask(.queryCapabilities, &answer)
    driver = text(of: answer.driver)
    card = text(of: answer.card)
    bus = text(of: answer.bus_info)
    // The first is for the whole camera, the second, where it is there, for this node.
    let hasOwn = answer.capabilities & UInt32(V4L2_CAP_DEVICE_CAPS) != 0
    flags = hasOwn ? answer.device_caps : answer.capabilities
  }

  func has(_ flag: Int32) -> Bool { flags & UInt32(bitPattern: flag) != 0 }

  /// Whether the node gives pictures in one plane, into mapped memory.
  public var isReadable: Bool { has(V4L2_CAP_VIDEO_CAPTURE) && has(V4L2_CAP_STREAMING) }

  /// Refuses a node that gives no pictures that can be read, and says what it is.
  func check(place: String) throws(CameraRefusal) {
    guard !has(V4L2_CAP_VIDEO_CAPTURE) else {
      guard has(V4L2_CAP_STREAMING) else { throw CameraRefusal(place, .noStreaming) }
      return
    }
    let kind =
      if has(V4L2_CAP_META_CAPTURE) {
        "gives metadata of '\(card)', not pictures; its pictures come from another node"
      } else if has(V4L2_CAP_VIDEO_CAPTURE_MPLANE) {
        "gives pictures in several planes (multiplanar), which is not read; one plane is wanted"
      } else if has(V4L2_CAP_VIDEO_M2M) || has(V4L2_CAP_VIDEO_M2M_MPLANE) {
        "is a converter from memory to memory, no camera"
      } else if has(V4L2_CAP_VIDEO_OUTPUT) || has(V4L2_CAP_VIDEO_OUTPUT_MPLANE) {
        "takes pictures instead of giving them"
      } else {
        "gives no pictures"
      }
    throw CameraRefusal(place, .notPictures(kind))
  }
}

/// The text in a driver's fixed field of bytes, which may lack its end.
func text<Field>(of field: Field) -> String {
  withUnsafeBytes(of: field) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

/// The four letters of a pixel format; those that cannot be shown as a question mark.
func fourCharacters(_ code: UInt32) -> String {
  let letters = (0..<4).map { UInt8(truncatingIfNeeded: code >> (8 * $0)) & 0x7f }
  let text = String(decoding: letters.map { (32..<127).contains($0) ? $0 : 63 }, as: UTF8.self)
  return text.trimmingCharacters(in: .whitespaces) + (code >> 31 == 1 ? "-BE" : "")
}
