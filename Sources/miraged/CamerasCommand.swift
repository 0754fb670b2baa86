import Cameras
import CommandKit
import Diagnostics
import Foundation

/// What `miraged cameras` is to do.
enum CamerasAction: String, CaseIterable, ArgumentValue {
  /// Lists cameras with all that they offer.
  case list
  /// Shows one camera live.
  case watch
}

struct CamerasCommand: Command {
  static let name = "cameras"
  static let summary = "Lists the cameras of this machine, or watches one live."

  var action: CamerasAction?
  var camera: String?
  var isJSON = false
  var seconds: Double?
  var save: URL?
  var wish = CameraWish()
  var isLocking = false
  var waits = false

  static let operands: [Operand<Self>] = [
    .optional("ACTION", \.action, "list (what there is) or watch (one camera live)"),
    .optional("CAMERA", \.camera, "Which one to watch: serial, 046d:0825, link, node or name"),
  ]

  static let flags: [Flag<Self>] = [
    .toggle("--json", \.isJSON, "Write JSON: a list, or one object a line"),
    .optional("--seconds", \.seconds, "S", "How long to watch; default: until Ctrl-C"),
    .optional("--save", \.save, "FILE", "Save the last picture as PNG or JPEG"),
    .optional("--width", \.wish.width, "N", "Width in pixels"),
    .optional("--height", \.wish.height, "N", "Height in pixels"),
    .optional("--rate", \.wish.rate, "FPS", "Frames a second"),
    .optional("--format", \.wish.format, "FORMAT", "Pixel format, as YUYV or MJPG"),
    .optional("--input", \.wish.input, "N", "Which input of a grabber"),
    .toggle("--lock", \.isLocking, "Fix exposure and color as 'run' does; default: leave them"),
    .optional("--exposure", \.wish.exposure, "MS", "Exposure time, with --lock"),
    .optional("--gain", \.wish.gain, "N", "Gain in the camera's own unit, with --lock"),
    .optional("--white-balance", \.wish.whiteBalance, "K", "Color temperature, with --lock"),
    .toggle("--wait", \.waits, "Wait for a camera that is not there yet"),
  ]

  static let examples = [
    "miraged cameras",
    "miraged cameras list --json",
    "miraged cameras watch --seconds 10 --save frame.png",
    "miraged cameras watch 046d:0825 --lock --exposure 2.5 --rate 30",
  ]

  func run() async throws {
    guard (seconds ?? 1) > 0 else {
      throw WrongOptions("--seconds", "\(seconds ?? 0) found, a number above 0 wanted")
    }
    switch action ?? .list {
    case .list: try list()
    case .watch: try await watch()
    }
  }

  private func list() throws {
    guard camera == nil, save == nil, seconds == nil else {
      throw WrongOptions(
        "cameras list", "a camera, --save or --seconds found, none wanted",
        remedy: "for one camera live, run 'miraged cameras watch'")
    }
    let reports = CameraSurvey().reports(for: wish.settings(locking: .leave))
    if isJSON { print(String(decoding: try JSONFile.encode(reports), as: UTF8.self)) }
    guard !reports.isEmpty else {
      throw Complaint(
        "cameras", "this machine has none that Linux knows",
        remedy: "plug one in and look at 'dmesg'; in a container, pass its device through "
          + "(docker run --device /dev/video0); without a camera, run 'miraged run --simulate'")
    }
    if !isJSON { print(reports.map(\.text).joined(separator: "\n\n")) }
  }

  private func watch() async throws {
    Interruption.install()
    let settings = wish.settings(locking: isLocking ? .lock(wish.lock) : .leave)
    try await CameraWatch(
      name: camera.map { .text($0) } ?? .any, settings: settings.starting(waits: waits),
      seconds: seconds, save: save, isJSON: isJSON
    ).run()
  }
}

/// What the flags of a command say about a camera.
struct CameraWish: Sendable {
  var width: Int?
  var height: Int?
  var rate: Double?
  var format: String?
  var input: Int?
  var exposure: Double?
  var gain: Int?
  var whiteBalance: Int?

  var lock: ControlLock {
    var lock = ControlLock()
    lock.exposureMilliseconds = exposure
    lock.gain = gain
    lock.whiteBalanceKelvin = whiteBalance
    return lock
  }

  func settings(locking controls: CameraSettings.Controls) -> CameraSettings {
    var settings = CameraSettings()
    settings.width = width
    settings.height = height
    settings.framesPerSecond = rate
    settings.format = format
    settings.input = input
    settings.controls = controls
    return settings
  }
}

extension CameraSettings {
  func starting(waits: Bool) -> CameraSettings {
    var settings = self
    settings.start = waits ? .whenItComes : .now
    return settings
  }
}
