import Diagnostics
import Foundation
import USBCameraSimulation
import Units

/// A camera that is plugged in, served, unplugged and plugged in again as it is told.
struct CameraSession: ~Copyable {
  private let settings: USBCameraSettings
  private let number: Int
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var port: VirtualPort?
  private var camera: SimulatedUSBCamera
  private var input = ""

  init(_ settings: USBCameraSettings, port: Int) {
    self.settings = settings
    number = port
    start = clock.now
    camera = SimulatedUSBCamera(settings)
  }

  private var now: LineInstant {
    LineInstant(nanoseconds: 0).advanced(by: start.duration(to: clock.now))
  }

  /// Plugs in and serves until standard input ends.
  mutating func serve() throws {
    try plug()
    while true {
      let (hasRequest, hasCommand) = wait()
      if hasRequest {
        guard let request = try port?.readRequest() else {
          say("unplugged by the host")
          port = nil
          continue
        }
        try send(camera.receive(request, at: now))
      } else {
        try send(camera.advance(to: now))
      }
      if hasCommand, try !obey() { return }
    }
  }

  /// Waits for a request, a command or the time of the next frame.
  private func wait() -> (request: Bool, command: Bool) {
    var timeout: Int32 = -1
    if let deadline = camera.nextDeadline {
      timeout = Int32(clamping: Int64((now.duration(to: deadline).seconds * 1000).rounded(.up)))
      timeout = max(0, timeout)
    }
    var socket: Int32 = -1
    switch port {
    case .some(let port): socket = port.socket
    case .none: timeout = -1
    }
    // A negative descriptor is passed over.
    var waited = [
      pollfd(fd: 0, events: Int16(POLLIN), revents: 0),
      pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
    ]
    poll(&waited, 2, timeout)
    return (waited[1].revents != 0, waited[0].revents != 0)
  }

  private mutating func plug() throws {
    camera = SimulatedUSBCamera(settings)
    port = try VirtualPort(number)
    say("attached")
  }

  private mutating func send(_ bytes: [UInt8]) throws {
    guard !bytes.isEmpty, let isOpen = try port?.send(bytes), !isOpen else { return }
    port = nil
  }

  /// Reads commands; false where there are no more.
  private mutating func obey() throws -> Bool {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(0, &bytes, bytes.count)
    guard count > 0 else { return false }
    input += String(decoding: bytes[..<count], as: UTF8.self)
    while let end = input.firstIndex(of: "\n") {
      let line = String(input[..<end])
      input.removeSubrange(...end)
      say(try perform(line) ? "ok \(line)" : "unknown command '\(line)'")
    }
    // Nobody types a command as long as this.
    if input.utf8.count > 1024 { input = "" }
    return true
  }

  private mutating func perform(_ line: String) throws -> Bool {
    let words = line.split(separator: " ").map(String.init)
    let count = words.count == 2 ? Int(words[1]) : nil
    switch (words.first ?? "", count) {
    case ("unplug", nil): port = nil
    case ("replug", nil): try plug()
    case ("stall", let milliseconds?) where (0...3_600_000).contains(milliseconds):
      camera.stall(for: .milliseconds(milliseconds), at: now)
    case ("dark", 0): camera.set(.bright)
    case ("dark", 1): camera.set(.dark)
    case (let name, let count?) where (1...1_000_000).contains(count):
      guard let fault = FrameFault(rawValue: name) else { return false }
      camera.inject(fault, count: count)
    default: return false
    }
    return true
  }

  private func say(_ line: String) {
    print(line)
    fflush(nil)
  }
}
