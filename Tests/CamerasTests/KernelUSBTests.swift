import Cameras
import Foundation
import Testing
import USBCameraSimulation

extension KernelCameraTests {
  @Suite("USB camera under uvcvideo", .serialized)
  struct USBTests {
    /// A format, its size and rate, and how many numbers its pictures carry.
    struct Mode: Sendable, CustomTestStringConvertible {
      let format: String
      let width: Int
      let height: Int
      let rate: Double
      var transport = "bulk"
      var tables = "sent"
      var cycle: Int { format == "YUYV" ? 1 << 16 : width > 640 ? 4 : 32 }
      var testDescription: String { "\(format) \(width) × \(height) at \(rate), \(transport)" }
    }

    static let modes = [
      Mode(format: "MJPG", width: 640, height: 480, rate: 30),
      Mode(format: "MJPG", width: 640, height: 480, rate: 15),
      Mode(format: "MJPG", width: 1280, height: 720, rate: 10),
      Mode(format: "MJPG", width: 1920, height: 1080, rate: 10),
      Mode(format: "YUYV", width: 640, height: 480, rate: 30),
      Mode(format: "YUYV", width: 1280, height: 720, rate: 10),
      Mode(format: "YUYV", width: 1920, height: 1080, rate: 5),
      Mode(format: "MJPG", width: 640, height: 480, rate: 30, transport: "isochronous"),
      Mode(format: "MJPG", width: 640, height: 480, rate: 30, tables: "omitted"),
    ]

    @Test(
      "each format comes at its rate, in its colors, with every frame accounted for",
      .timeLimit(.minutes(1)), arguments: modes)
    func formats(mode: Mode) throws {
      let usb = try USBCamera(["--transport", mode.transport, "--huffman-tables", mode.tables])
      let camera = LiveCamera(.fixed(mode.format, mode.width, mode.height, rate: mode.rate))
      let first = try camera.frames(1)
      // Decoding a large picture alone takes most of a second where it is emulated; how quickly the
      // first one comes says something of the reader only on a machine that has time.
      let patience = !Guest.isLong ? 5.0 : mode.width > 640 ? 3 : 1
      #expect(camera.seconds < patience, "\(camera.seconds) s to the first frame")
      let frames = try first + camera.frames(for: 2.6)
      checkNumbers(frames, cycle: mode.cycle)
      for frame in [frames[0], frames[frames.count - 1]] {
        #expect(frame.picture.width == mode.width && frame.picture.height == mode.height)
        #expect(TestCard.worstDifference(of: frame.picture) <= 4)
      }
      let status = camera.source.status
      #expect(status.format == mode.format)
      #expect(status.nominalRate.map { abs($0 - mode.rate) < 0.01 } ?? false)
      let rate = try #require(stampedRate(frames))
      // The camera is a program in the same guest, and late where the machine is busy: that it keeps
      // its rate is asked of a quiet machine alone.
      #expect(rate / mode.rate < 1.12, "\(rate) frames/s")
      #expect(!Guest.isLong || rate / mode.rate > 0.88, "\(rate) frames/s")
      #expect(status.bad == 0)
      camera.stop(after: frames)
      try usb.remove()
    }

    @Test("a rate that only the packed format reaches chooses it", .timeLimit(.minutes(1)))
    func choice() throws {
      let usb = try USBCamera()
      var settings = CameraSettings()
      (settings.width, settings.height, settings.framesPerSecond) = (1280, 720, 30)
      let camera = LiveCamera(settings)
      _ = try camera.frames(2)
      #expect(camera.source.status.format == "MJPG")
      camera.stop()
      settings.framesPerSecond = 10
      let slow = LiveCamera(settings)
      _ = try slow.frames(2)
      #expect(slow.source.status.format == "YUYV", "\(slow.told)")
      slow.stop()
      try usb.remove()
    }

    /// What the driver does with frames that it knows are bad.
    enum BadFrames: String, CaseIterable, Sendable {
      case hidden = "0"
      case handedOut = "1"
    }

    @Test(
      "bad frames are never delivered, and are counted", .timeLimit(.minutes(1)),
      arguments: ["MJPG", "YUYV"], BadFrames.allCases)
    func faults(format: String, badFrames: BadFrames) throws {
      // The driver reads this when the camera appears.
      try Guest.load("uvc")
      try badFrames.rawValue.write(
        toFile: "/sys/module/uvcvideo/parameters/nodrop", atomically: false, encoding: .utf8)
      let usb = try USBCamera()
      // Slow enough that each frame is decoded: one that is overtaken is never looked at.
      let camera = LiveCamera(.fixed(format, rate: 10))
      var frames = try camera.frames(4)
      var (lost, ordered) = (0, 0)
      for fault in FrameFault.allCases where format == "MJPG" || fault != .corrupt {
        // A frame that is overtaken is never looked at: where the machine has no time for two of
        // two, they are ordered again.
        for _ in 0..<3 where camera.source.status.account.lost < lost + 2 {
          try usb.order("\(fault.rawValue) 2")
          ordered += 2
          frames += try camera.frames(for: 1)
          frames += try camera.frames(for: 4) { _ in
            camera.source.status.account.lost >= lost + 2
          }
        }
        let status = camera.source.status
        #expect(status.account.lost >= lost + 2, "\(fault): \(camera.told)")
        lost = status.account.lost
      }
      checkNumbers(frames, cycle: format == "YUYV" ? 1 << 16 : 32)
      for frame in frames { #expect(TestCard.worstDifference(of: frame.picture) <= 4) }
      #expect(camera.source.status.bad <= ordered)
      camera.stop(after: frames)
      try usb.remove()
      try "0".write(
        toFile: "/sys/module/uvcvideo/parameters/nodrop", atomically: false, encoding: .utf8)
    }

    @Test(
      "a stall is told, and the stream goes on after it", .timeLimit(.minutes(1)),
      arguments: [1500, 10_000])
    func stall(milliseconds: Int) throws {
      let usb = try USBCamera()
      let camera = LiveCamera(.fixed("MJPG", rate: 30))
      _ = try camera.frames(10)
      try usb.order("stall \(milliseconds)")
      try camera.waits { $0.state == .stalled }
      let delivered = camera.source.account.delivered
      try camera.waits(20) {
        $0.state == .streaming && $0.account.delivered > delivered + 10
      }
      #expect(camera.seconds > Double(milliseconds) / 1000)
      #expect(camera.source.status.restarts >= 1)
      #expect(camera.hasTold("no frame in"))
      camera.stop()
      try usb.remove()
    }

    @Test(
      "in the dark a camera left to itself raises the alarm; a fixed one keeps its rate",
      .timeLimit(.minutes(1)))
    func darkness() throws {
      let usb = try USBCamera()
      try Guest.set(["exposure_dynamic_framerate": 1], of: "/dev/video0")
      try usb.order("dark 1")
      let left = LiveCamera(.fixed("MJPG", rate: 30))
      try left.waits { $0.isRateWrong }
      #expect(left.source.status.rate.map { (9...11).contains($0) } ?? false, "\(left.told)")
      left.stop()
      var settings = CameraSettings.fixed("MJPG", rate: 30)
      settings.controls = .lock(ControlLock())
      let fixed = LiveCamera(settings)
      _ = try fixed.frames(for: 2.6)
      // Left to itself it sends 10; an emulated camera beside a compiler may send less than its 30.
      let rates = (Guest.isLong ? 27.0 : 15.0)...33.0
      #expect(fixed.source.status.rate.map(rates.contains) ?? false, "\(fixed.told)")
      #expect(!Guest.isLong || !fixed.source.status.isRateWrong)
      fixed.stop()
      try usb.remove()
    }

    @Test("a control that another program changes is set back", .timeLimit(.minutes(1)))
    func guarding() throws {
      let usb = try USBCamera()
      var settings = CameraSettings.fixed("MJPG", rate: 30)
      var lock = ControlLock()
      (lock.exposureMilliseconds, lock.gain, lock.whiteBalanceKelvin) = (8, 20, 5000)
      settings.controls = .lock(lock)
      let camera = LiveCamera(settings)
      _ = try camera.frames(5)
      let fixed = [
        "auto_exposure": 1, "exposure_time_absolute": 80, "gain": 20,
        "white_balance_automatic": 0, "white_balance_temperature": 5000,
        "exposure_dynamic_framerate": 0,
      ]
      func found() throws -> [String: Int] {
        let names = fixed.keys.sorted().joined(separator: ",")
        let text = try Guest.run("v4l2-ctl", ["-d", "/dev/video0", "-C", names])
        let pairs = text.split(separator: "\n").map {
          $0.split(whereSeparator: { ": (".contains($0) })
        }
        return Dictionary(uniqueKeysWithValues: pairs.map { (String($0[0]), Int($0[1]) ?? -1) })
      }
      #expect(try found() == fixed)
      try Guest.set(["gain": 77], of: "/dev/video0")
      try camera.waits { $0.drifts >= 1 }
      #expect(try found() == fixed)
      try usb.order("unplug")
      try camera.waits { $0.state == .searching || $0.state == .lost }
      try usb.order("replug")
      try camera.waits { $0.reconnects == 1 && $0.state == .streaming }
      #expect(try found() == fixed)
      camera.stop()
      try usb.remove()
    }
  }
}
