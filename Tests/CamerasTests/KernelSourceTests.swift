import Cameras
import Foundation
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
  }
}
