import Cameras
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing

extension KernelCameraTests {
  @Suite("Frame sources on the kernel's drivers", .serialized)
  struct SourceTests {
    /// The suite that every source runs.
    private func conforms(_ format: String) throws {
      var settings = CameraSettings.fixed(format)
      settings.controls = .lock(ControlLock())
      try FrameSourceConformance.run(exposed: nil) {
        let end = ContinuousClock.now + .seconds(2)
        return V4L2Source(
          .any, settings: settings, encoder: SteadyBelt(speedMillimetersPerSecond: 500),
          clock: RunningClock(), until: { ContinuousClock.now >= end })
      }
      // Those that were only skipped over end by themselves.
      #expect(Guest.waits { LiveCamera.openVideoFiles == 0 })
    }

    @Test("vivid keeps the promises of every source", .timeLimit(.minutes(1)))
    func vivid() throws {
      let vivid = try VividCamera()
      try conforms("YUYV")
      try vivid.unload()
    }

    @Test(
      "uvcvideo keeps the promises of every source", .timeLimit(.minutes(1)),
      arguments: ["YUYV", "MJPG"])
    func universal(format: String) throws {
      let usb = try USBCamera()
      try conforms(format)
      try usb.remove()
    }

    @Test("a slow consumer of a USB camera gets fresh frames", .timeLimit(.minutes(1)))
    func slowConsumer() throws {
      let usb = try USBCamera()
      let camera = LiveCamera(.fixed("MJPG", rate: 30))
      _ = try camera.frames(5)
      let before = camera.source.account
      for _ in 0..<6 {
        Thread.sleep(forTimeInterval: 0.5)
        _ = try camera.frames(1)
      }
      let after = camera.source.account
      #expect(after.dropped - before.dropped >= 60, "\(camera.told)")
      #expect(after.delivered - before.delivered == 6)
      for age in camera.ages { #expect(age < 0.5 + 1.0 / 30) }
      camera.stop()
      try usb.remove()
    }

    /// Pictures of a noise that moves along like a belt; the first pixel holds the number.
    private static func pictures(_ count: Int, width: Int, height: Int) -> [Picture] {
      var random = SplitMix64(seed: 3)
      let lines = (0..<32).map { _ in
        (0..<(3 * width)).map { _ in UInt8(truncatingIfNeeded: random.next() >> 24) }
      }
      return (0..<count).map { number in
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * width * height)
        for y in 0..<height { pixels += lines[(y / 4 + number) % lines.count] }
        pixels[0] = UInt8(number)
        return Picture(width: width, height: height, channels: 3, pixels: pixels)
      }
    }

    @Test(
      "known pictures come through a cable byte by byte, in their order", .timeLimit(.minutes(1)))
    func cable() throws {
      let vivid = try VividCamera([
        "node_types=0x101", "num_inputs=1", "input_types=0x3", "num_outputs=1", "output_types=0x1",
      ])
      let pictures = Self.pictures(20, width: 640, height: 480)
      let file = FileManager.default.temporaryDirectory.appending(path: "belt.rgb")
      try Data(pictures.map(\.pixels).joined()).write(to: file)
      for device in Guest.devices {
        try Guest.run("v4l2-ctl", ["-d", device, "--set-dv-bt-timings", "index=0"])
      }
      try Guest.run("v4l2-ctl", ["-d", VividCamera.path, "-c", "loop_video=1,osd_text_mode=2"])
      let player = try RunningProgram(
        "/usr/bin/v4l2-ctl",
        [
          "-d", try #require(Guest.devices.last), "--set-fmt-video-out",
          "width=640,height=480,pixelformat=RGB3", "--stream-out-mmap=4",
          "--stream-from=\(file.path)", "--stream-loop",
        ])
      let camera = LiveCamera(.fixed("RGB3", 640, 480), name: .text(VividCamera.path))
      // The first ones may be from before the player began.
      for _ in 0..<30 { _ = try camera.frames(1) }
      // Compared one by one: so many pictures at once are more than the guest's memory.
      var numbers: [Int] = []
      var lost: [Int] = []
      while numbers.count < 60 {
        let frame = try #require(try camera.frames(1).first)
        let number = Int(frame.picture.pixels[0])
        try #require(number < 20 && frame.picture == pictures[number], "frame \(frame.sequence)")
        numbers.append(number)
        lost.append(frame.lostBefore)
      }
      // Both clocks run free: one is shown twice, or passed over, now and then; none goes back.
      var steps = 0
      for (index, (number, next)) in zip(numbers, numbers.dropFirst()).enumerated() {
        let step = (next - number + 20) % 20
        #expect(step <= lost[index + 1] + 4, "\(numbers)")
        steps += step
      }
      #expect(Set(numbers).count == 20, "\(numbers)")
      #expect(steps >= 50)
      camera.stop()
      player.send(SIGTERM)
      _ = player.finish()
      try FileManager.default.removeItem(at: file)
      try vivid.unload()
    }
  }
}
