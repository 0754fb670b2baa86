import CommandKit
import Diagnostics
import Foundation
import USBCameraSimulation
import Units

extension USBCameraSettings.Transport: ArgumentValue {}
extension USBCameraSettings.HuffmanTables: ArgumentValue {}

/// Plugs the camera in and serves it until standard input ends.
struct Attach: Command {
  static let name = "attach"
  static let summary = "Plugs a camera into the kernel's virtual USB; commands on standard input."
  static let examples = [
    "uvc-camera attach --transport isochronous",
    "(sleep 5; echo unplug; sleep 1; echo replug; sleep 5) | uvc-camera attach",
  ]

  var port = 0
  var transport = USBCameraSettings.Transport.bulk
  var tables = USBCameraSettings.HuffmanTables.sent
  var pictures: URL?
  var product = USBCameraSettings().product
  var serial = USBCameraSettings().serial

  static let flags: [Flag<Self>] = [
    .value("--port", \.port, "N", "Port of the virtual controller", in: .from(0, to: 7)),
    .value("--transport", \.transport, "KIND", "How pictures travel over the bus"),
    .value("--huffman-tables", \.tables, "WHICH", "Whether pictures carry their tables"),
    .optional("--pictures", \.pictures, "FOLDER", "Coded frames that 'draw' wrote, to save time"),
    .value("--product", \.product, "NAME", "The camera's name"),
    .value("--serial", \.serial, "TEXT", "The camera's serial number"),
  ]

  func run() async throws {
    var settings = USBCameraSettings()
    settings.transport = transport
    settings.huffmanTables = tables
    settings.pictures = pictures
    settings.product = product
    settings.serial = serial
    var session = CameraSession(settings, port: port)
    try session.serve()
  }
}
