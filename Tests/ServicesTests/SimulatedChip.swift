import Foundation
import TestSupport
import Testing

/// A GPIO chip of the kernel's simulator (gpio-sim), whose lines can be looked at from outside.
///
/// There is one in the virtual machine of Tools/camera-vm alone.
final class SimulatedChip {
  static let name = "gpiochip0"
  /// Whether this is that machine.
  static let isPossible = ProcessInfo.processInfo.environment["MIRAGE_CAMERA_GUEST"] != nil
  static let elsewhere: Comment = "needs the kernel's gpio-sim; Tools/camera-vm runs it"
  private let folder = "/run/configfs/gpio-sim/valves"
  private let values = "/sys/devices/platform/gpio-sim.0/gpiochip0"

  /// Makes the chip `gpiochip0` with 16 lines.
  init() throws {
    try Self.shell(
      """
      [ -d /run/configfs/gpio-sim ] || {
        while read -r module; do insmod "/run/modules/$module"; done </run/modules/lines.order
        mkdir -p /run/configfs
        mount -t configfs none /run/configfs
      }
      mkdir -p \(folder)/bank
      echo 16 >\(folder)/bank/num_lines
      echo 1 >\(folder)/live
      """)
    try #require(
      StoreSamples.waits { FileManager.default.fileExists(atPath: "/dev/\(Self.name)") })
  }

  private static func shell(_ script: String) throws {
    let result = try run("/bin/sh", ["-e", "-c", script])
    try #require(result.status == 0, "\(script): \(result.error)")
  }

  /// Takes the chip away, whoever holds its lines.
  func unplug() throws { try Self.shell("echo 0 >\(folder)/live") }

  /// Takes the chip away, and lets another one be made.
  func remove() throws {
    try Self.shell("[ $(cat \(folder)/live) = 0 ] || echo 0 >\(folder)/live")
    try Self.shell("rmdir \(folder)/bank \(folder)")
  }

  /// Which of the lines are high.
  var high: Set<Int> {
    Set(
      (0..<16).filter { line in
        FileHandle(forReadingAtPath: "\(values)/sim_gpio\(line)/value")?
          .readDataToEndOfFile().first == UInt8(ascii: "1")
      })
  }
}
