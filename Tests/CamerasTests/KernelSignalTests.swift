import Cameras
import Foundation
import Testing

extension KernelCameraTests {
  @Suite("HDMI input under vivid", .serialized)
  struct SignalTests {
    static let input = ["node_types=0x1", "num_inputs=1", "input_types=0x3"]

    /// Sets the timings that the driver lists under `index`.
    private func timings(_ index: Int) throws {
      try Guest.run("v4l2-ctl", ["-d", "/dev/video0", "--set-dv-bt-timings", "index=\(index)"])
    }

    @Test(
      "without a valid signal nothing is shown, and the stream comes back with it",
      .timeLimit(.minutes(1)), arguments: [1, 2, 3])
    func signal(mode: Int) throws {
      let vivid = try VividCamera(Self.input)
      try timings(0)
      var settings = CameraSettings()
      settings.format = "YUYV"
      let camera = LiveCamera(settings)
      _ = try camera.frames(5)
      try vivid.set(["dv_timings_signal_mode": mode])
      try camera.waits { $0.state == .noSignal }
      let delivered = camera.source.account.delivered
      _ = try camera.frames(for: 0.5)
      // The driver goes on with noise; none of it may be taken for a picture.
      #expect(camera.source.account.delivered <= delivered + 1)
      try vivid.set(["dv_timings_signal_mode": 0])
      try camera.waits { $0.state == .streaming && $0.account.delivered > delivered + 5 }
      camera.stop()
      try vivid.unload()
    }

    @Test("60 large frames a second come, and are accounted for", .timeLimit(.minutes(1)))
    func large() throws {
      let vivid = try VividCamera(Self.input)
      try timings(14)
      try vivid.set(["timestamp_source": 1])
      var settings = CameraSettings()
      settings.format = "RGB3"
      settings.controls = .leave
      let camera = LiveCamera(settings)
      let frames = try camera.frames(for: 10)
      let status = camera.source.status
      #expect(frames.last?.picture.width == 1920 && frames.last?.picture.height == 1080)
      let nominal = try #require(status.nominalRate)
      #expect(abs(nominal - 60) < 0.1, "\(status)")
      #expect((stampedRate(frames) ?? 0) >= 57, "\(status)")
      // Where the machine is late with so large a frame, the driver's stamp is late too.
      checkLosses(frames, rate: nominal, slack: 2, wrongGaps: frames.count)
      camera.stop(after: frames)
      try vivid.unload()
    }

    @Test(
      "a signal of another size is no picture of this camera; the first one is taken up again",
      .timeLimit(.minutes(1)))
    func resolution() throws {
      let vivid = try VividCamera(Self.input)
      try timings(0)
      var settings = CameraSettings()
      settings.format = "YUYV"
      let camera = LiveCamera(settings)
      let first = try #require(try camera.frames(5).last)
      #expect(first.picture.width == 640 && first.picture.height == 480)
      // Mode 4 sends the timings that another control names; the grabber would scale them down.
      try vivid.set(["dv_timings": 4, "dv_timings_signal_mode": 4])
      try camera.waits { $0.reason.contains("pixels, 640 × 480 were read before") }
      #expect(camera.source.status.state == .noSignal)
      let delivered = camera.source.account.delivered
      _ = try camera.frames(for: 1.5)
      #expect(camera.source.account.delivered <= delivered + 1, "\(camera.told)")
      try vivid.set(["dv_timings": 0])
      try camera.waits { $0.state == .streaming && $0.account.delivered > delivered + 5 }
      camera.stop()
      try vivid.unload()
    }
  }
}
