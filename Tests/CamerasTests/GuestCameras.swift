import Cameras
import Foundation
import Synchronization
import TestSupport
import Testing

/// The virtual machine of Tools/camera-vm, in which the kernel's drivers make cameras.
enum Guest {
  static let environment = ProcessInfo.processInfo.environment
  /// Whether this is it.
  static let isHere = environment["MIRAGE_CAMERA_GUEST"] != nil
  static let elsewhere: Comment = "needs the kernel's camera drivers; Tools/camera-vm runs it"
  /// Whether the long forms are wanted.
  static let isLong = environment["MIRAGE_FORM"] == "long"

  /// Runs one of the system's programs, which must end well.
  @discardableResult
  static func run(_ program: String, _ arguments: [String]) throws -> String {
    let result = try TestSupport.run("/usr/bin/env", [program] + arguments)
    try #require(
      result.status == 0,
      "\(program) \(arguments.joined(separator: " ")): \(result.error)\(result.output)")
    return result.output
  }

  /// Loads the kernel modules of a group, the last one with `arguments`.
  static func load(_ group: String, _ arguments: [String] = []) throws {
    let list = try String(contentsOfFile: "/run/modules/\(group).order", encoding: .utf8)
    let modules = list.split(separator: "\n").map(String.init)
    for module in modules {
      let name = module.prefix { $0 != "." }.replacing("-", with: "_")
      if FileManager.default.fileExists(atPath: "/sys/module/\(name)") { continue }
      let isLast = module == modules.last
      try run("insmod", ["/run/modules/\(module)"] + (isLast ? arguments : []))
    }
  }

  static func unload(_ module: String) throws { try run("rmmod", [module]) }

  /// Whether `condition` holds within `seconds`.
  static func waits(_ seconds: Double = 5, until condition: () throws -> Bool) rethrows -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while clock.now < end {
      if try condition() { return true }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return try condition()
  }

  /// The capture devices, `/dev/video0` and so on, in order.
  static var devices: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/dev")) ?? []
    return names.filter { $0.hasPrefix("video") }.sorted().map { "/dev/\($0)" }
  }

  /// Sets knobs of a device.
  static func set(_ controls: [String: Int], of device: String) throws {
    for (name, value) in controls { try run("v4l2-ctl", ["-d", device, "-c", "\(name)=\(value)"]) }
  }
}

/// The driver vivid, loaded with one device for as long as this lives.
final class VividCamera {
  static let path = "/dev/video0"

  private static let loaded = Mutex<[String]?>(nil)

  /// Loads the driver, or takes it as it is where it was loaded so before.
  ///
  /// - Parameter arguments: of the module, such as `input_types=0x3`; by default a webcam.
  init(_ arguments: [String] = []) throws {
    let plain = ["node_types=0x1", "num_inputs=1", "input_types=0x0"]
    let wanted = arguments.isEmpty ? plain : arguments
    // A test that failed may have left another one.
    if Self.loaded.withLock({ $0 != nil && $0 != wanted }) { try unload() }
    Self.loaded.withLock { $0 = wanted }
    try Guest.load("vivid", ["n_devs=1"] + wanted)
    try #require(Guest.waits { Guest.devices.contains(Self.path) })
  }

  /// Takes the driver away; only now may another be loaded.
  func unload() throws {
    // A device that was closed just now may still be going.
    var said = ""
    let isGone = try Guest.waits {
      let result = try TestSupport.run("/usr/bin/env", ["rmmod", "vivid"])
      said = result.error
      return result.status == 0
    }
    try #require(isGone, "vivid stays: \(said); this process has \(LiveCamera.openVideoFiles) open")
    Self.loaded.withLock { $0 = nil }
  }

  func set(_ controls: [String: Int]) throws { try Guest.set(controls, of: Self.path) }
}

/// The project's own USB camera under the driver uvcvideo.
final class USBCamera {
  private let process = Process()
  private let commands = Pipe()
  private let output: URL

  /// Plugs it in and waits for its device.
  ///
  /// - Parameter arguments: of `uvc-camera attach`.
  init(_ arguments: [String] = []) throws {
    try Guest.load("uvc")
    output = FileManager.default.temporaryDirectory.appending(path: "uvc-\(UUID().uuidString)")
    try Data().write(to: output)
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "uvc-camera")
    let pictures = Guest.environment["MIRAGE_PICTURES"] ?? ""
    process.arguments = ["attach", "--pictures", pictures] + arguments
    process.standardInput = commands
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    try #require(Guest.waits { !Guest.devices.isEmpty }, "no device came: \(said)")
  }

  deinit {
    // A test that failed has not removed it.
    if process.isRunning {
      process.terminate()
      process.waitUntilExit()
    }
  }

  /// What the camera has said until now.
  var said: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

  /// Gives a command and waits until it is obeyed.
  func order(_ command: String) throws {
    let before = said.count
    try commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
    try #require(
      Guest.waits(10) { said.dropFirst(before).contains("ok \(command)\n") },
      "'\(command)' was not obeyed: \(said)")
  }

  /// Unplugs it for good and waits until its devices are gone.
  func remove() throws {
    let own = Guest.devices
    try commands.fileHandleForWriting.close()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "the camera ended badly: \(said)")
    try? FileManager.default.removeItem(at: output)
    _ = Guest.waits { Set(own).isDisjoint(with: Guest.devices) }
  }
}
