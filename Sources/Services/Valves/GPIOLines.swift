import CGPIO
import Diagnostics
import Foundation

/// Lines of a chip that this program alone sets; given back when nobody holds them any more.
final class GPIOLines {
  private let address: LineAddress
  private let lines: UnsafeMutablePointer<mirage_gpio_lines>

  /// Takes the lines as outputs, all off; says who or what is in the way.
  init(_ address: LineAddress) throws(Complaint) {
    self.address = address
    let offsets = address.offsets.map { UInt32($0) }
    let opened = mirage_gpio_open(
      "/dev/\(address.chip)", offsets, UInt32(offsets.count), address.isActiveLow ? 1 : 0)
    guard let opened else {
      throw Complaint("\(address)", Self.reason(errno), remedy: Self.remedy(errno))
    }
    lines = opened
  }

  deinit { mirage_gpio_close(lines) }

  /// Sets all lines at once, each on where its level is 1.
  func set(_ levels: [Int32]) throws(Complaint) {
    precondition(levels.count == address.offsets.count, "lines: \(levels.count) levels")
    guard mirage_gpio_set(lines, levels) == 0 else {
      throw Complaint("\(address)", "cannot be set: \(String(cString: strerror(errno)))")
    }
  }

  private static func reason(_ number: Int32) -> String {
    switch number {
    case ENOENT: "there is no such chip"
    case EBUSY: "a line is in use already"
    case EACCES, EPERM: "the chip may not be opened"
    case EINVAL: "the chip has not all of these lines"
    case ENOTTY, ENODEV: "that is no GPIO chip"
    default: "cannot be opened: \(String(cString: strerror(number)))"
    }
  }

  private static func remedy(_ number: Int32) -> String {
    switch number {
    case EBUSY: "'gpioinfo' tells by whom; take other lines, or end that program"
    case EACCES, EPERM: "let the daemon's user read and write the chip's device, by a udev rule"
    default: "'gpiodetect' lists the chips of this machine with the number of their lines"
    }
  }
}
