import CV4L2
import Cameras
import Foundation
import Testing

extension KernelCameraTests {
  @Suite("Plugs pulled", .serialized)
  struct PlugTests {
    /// Memory that this process has in use, in kilobytes.
    private static func memoryKilobytes() throws -> Int {
      let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmRSS") })
      return try #require(Int(line.split(separator: " ")[1]))
    }

    /// How many files this process has open.
    private static func openFiles() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    @Test(
      "unplugged and plugged in again and again, the camera comes back, and nothing grows",
      .timeLimit(.minutes(60)))
    func soak() throws {
      let cycles = Guest.isLong ? 1000 : 20
      let usb = try USBCamera()
      let camera = LiveCamera(.fixed("MJPG", rate: 30))
      _ = try camera.frames(5)
      var (files, memory): ([Int], [Int]) = ([], [])
      var slowest = 0.0
      for cycle in 1...cycles {
        try usb.order("unplug")
        try camera.waits { $0.state == .lost || $0.state == .searching }
        try usb.order("replug")
        try #require(Guest.waits { !Guest.devices.isEmpty })
        let appeared = camera.seconds
        try camera.waits { $0.reconnects == cycle && $0.state == .streaming }
        slowest = max(slowest, camera.seconds - appeared)
        #expect(camera.source.status.node == "/dev/video0")
        files.append(try Self.openFiles())
        memory.append(try Self.memoryKilobytes())
        if cycle % 100 == 0 || cycle == 1 || cycle == cycles {
          say("\(cycle) unplugs: \(files[cycle - 1]) files open, \(memory[cycle - 1]) kB in use")
        }
      }
      say("slowest return after the device appeared: \(slowest) s")
      #expect(slowest < 3)
      #expect(Set(files.dropFirst(2)).count == 1, "open files: \(files)")
      // The allocator settles within the first cycles.
      let growth = memory[cycles - 1] - memory[cycles / 4]
      #expect(growth < 2048, "memory in kB: \(memory)")
      camera.stop()
      try usb.remove()
    }

    @Test("a camera that comes back under another number is found", .timeLimit(.minutes(1)))
    func otherNumber() throws {
      let usb = try USBCamera(["--serial", "BELT-7"])
      let camera = LiveCamera(.fixed("MJPG", rate: 30), name: .text("BELT-7"))
      _ = try camera.frames(5)
      // A program that holds the device keeps its number.
      let held = KernelVideo().open("/dev/video0")
      try #require(held >= 0)
      try usb.order("unplug")
      try camera.waits { $0.state == .lost || $0.state == .searching }
      try usb.order("replug")
      try camera.waits { $0.reconnects == 1 && $0.state == .streaming }
      #expect(camera.source.status.node != "/dev/video0")
      #expect(camera.states.contains(.lost))
      #expect(KernelVideo().close(held) == 0)
      camera.stop()
      try usb.remove()
    }

    @Test(
      "another camera does not take the place of the one that is away", .timeLimit(.minutes(1)))
    func anotherCamera() throws {
      let usb = try USBCamera(["--serial", "FIRST"])
      let camera = LiveCamera(.fixed("MJPG", rate: 30))
      _ = try camera.frames(3)
      try usb.order("unplug")
      try camera.waits { $0.state == .lost || $0.state == .searching }
      let other = try USBCamera(["--serial", "SECOND", "--port", "1"])
      let delivered = camera.source.account.delivered
      _ = try camera.frames(for: 1.5)
      #expect(camera.source.account.delivered <= delivered + 1)
      #expect(camera.source.status.state == .searching)
      try usb.order("replug")
      try camera.waits { $0.account.delivered > delivered + 5 }
      #expect(camera.source.status.identity?.hasSuffix("FIRST") ?? false)
      camera.stop()
      try other.remove()
      try usb.remove()
    }

    @Test(
      "a device that the driver takes away while it streams is taken up again",
      .timeLimit(.minutes(1)), arguments: ["disconnect", "unbind"])
    func driver(way: String) throws {
      let vivid = try VividCamera()
      let camera = LiveCamera(.fixed("YUYV", 640, 360))
      _ = try camera.frames(5)
      let driver = "/sys/bus/platform/drivers/vivid"
      if way == "disconnect" {
        // vivid comes back by itself as soon as nobody has it open any more.
        try vivid.set(["disconnect": 1])
      } else {
        try "vivid.0".write(toFile: "\(driver)/unbind", atomically: false, encoding: .utf8)
        try camera.waits { $0.state == .lost || $0.state == .searching }
        try "vivid.0".write(toFile: "\(driver)/bind", atomically: false, encoding: .utf8)
      }
      try camera.waits { $0.reconnects == 1 && $0.state == .streaming }
      _ = try camera.frames(3)
      camera.stop()
      try vivid.unload()
    }

    @Test(
      "a device that the driver takes away while nobody reads it is found when it is back",
      .timeLimit(.minutes(1)))
    func driverIdle() throws {
      let vivid = try VividCamera()
      let driver = "/sys/bus/platform/drivers/vivid"
      try "vivid.0".write(toFile: "\(driver)/unbind", atomically: false, encoding: .utf8)
      #expect(CameraSurvey().reports().isEmpty)
      var settings = CameraSettings.fixed("YUYV", 640, 360)
      settings.start = .whenItComes
      let camera = LiveCamera(settings)
      _ = try camera.frames(for: 0.5)
      #expect(camera.source.status.state == .searching)
      try "vivid.0".write(toFile: "\(driver)/bind", atomically: false, encoding: .utf8)
      let bound = camera.seconds
      _ = try camera.frames(3)
      #expect(camera.seconds - bound < 3)
      camera.stop()
      try vivid.unload()
    }

    @Test("a device that is away before it is opened is waited for", .timeLimit(.minutes(1)))
    func awayAtStart() throws {
      var settings = CameraSettings.fixed("MJPG", rate: 30)
      settings.start = .whenItComes
      let camera = LiveCamera(settings)
      _ = try camera.frames(for: 0.5)
      #expect(camera.source.status.state == .searching)
      let usb = try USBCamera()
      _ = try camera.frames(3)
      camera.stop()
      try usb.remove()
    }

    /// On the console of the guest, where a soak is watched.
    private func say(_ text: String) {
      FileHandle.standardError.write(Data("soak: \(text)\n".utf8))
    }
  }
}
