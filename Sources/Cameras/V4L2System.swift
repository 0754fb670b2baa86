import CV4L2
import Foundation

/// The system calls that a V4L2 reader makes; the kernel's own, or a scripted stand-in for tests.
///
/// Every call returns 0 or more where it worked, and otherwise the negative `errno`. Interrupted
/// calls (`EINTR`) are begun again by the implementation.
package protocol VideoSystem: Sendable {
  /// Opens a device for reading and writing, without blocking; its file number.
  func open(_ path: String) -> Int32
  func close(_ file: Int32) -> Int32
  /// `ioctl`: `argument` points to the structure that `request` takes.
  func control(_ file: Int32, _ request: UInt, _ argument: UnsafeMutableRawPointer) -> Int32
  /// Maps `count` bytes of a driver's buffer, found at `offset` by `VIDIOC_QUERYBUF`.
  func map(_ file: Int32, count: Int, offset: UInt32) -> VideoMapping
  func unmap(_ mapping: VideoMapping) -> Int32
  /// What is ready within `milliseconds`: flags such as `POLLIN` and `POLLERR`; 0 for nothing.
  func poll(_ file: Int32, milliseconds: Int32) -> Int32
  /// Monotonic time, the clock of V4L2's time stamps.
  var nanoseconds: Int64 { get }
  /// Waits; in simulated time, moves it.
  func pause(milliseconds: Int)
}

/// A mapped driver buffer, or why there is none.
package struct VideoMapping {
  /// The first byte; nil where mapping failed.
  package var address: UnsafeMutableRawPointer?
  package var count: Int
  /// 0, or the negative `errno`.
  package var status: Int32

  package init(address: UnsafeMutableRawPointer?, count: Int, status: Int32) {
    self.address = address
    self.count = count
    self.status = status
  }
}

/// A request to a V4L2 device and the type of its argument.
package struct VideoRequest<Argument>: Sendable {
  /// The number that `ioctl` takes.
  package let code: UInt
  /// Its name in the kernel's documentation, without `VIDIOC_`.
  package let name: String

  package init(_ code: UInt, _ name: String) {
    self.code = code
    self.name = name
  }
}

extension VideoSystem {
  /// Makes a request; `argument` carries the question in and the answer out.
  package func ask<Argument>(
    _ file: Int32, _ request: VideoRequest<Argument>, _ argument: inout Argument
  ) -> Int32 {
    withUnsafeMutableBytes(of: &argument) { bytes in
      guard let address = bytes.baseAddress else { return -EINVAL }
      return control(file, request.code, address)
    }
  }
}

/// Linux itself.
package struct KernelVideo: VideoSystem {
  package init() {}

  package func open(_ path: String) -> Int32 { mirage_video_open(path) }

  package func close(_ file: Int32) -> Int32 { mirage_video_close(file) }

  package func control(
    _ file: Int32, _ request: UInt, _ argument: UnsafeMutableRawPointer
  ) -> Int32 {
    mirage_video_ioctl(file, request, argument)
  }

  package func map(_ file: Int32, count: Int, offset: UInt32) -> VideoMapping {
    var status: Int32 = 0
    let address = mirage_video_map(file, count, offset, &status)
    return VideoMapping(address: address, count: count, status: status)
  }

  package func unmap(_ mapping: VideoMapping) -> Int32 {
    mirage_video_unmap(mapping.address, mapping.count)
  }

  package func poll(_ file: Int32, milliseconds: Int32) -> Int32 {
    mirage_video_poll(file, milliseconds)
  }

  package var nanoseconds: Int64 { mirage_monotonic_nanoseconds() }

  package func pause(milliseconds: Int) {
    Thread.sleep(forTimeInterval: Double(milliseconds) / 1000)
  }
}
