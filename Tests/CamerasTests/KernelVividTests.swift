import Cameras
import Foundation
import Imaging
import TestSupport
import Testing
import USBCameraSimulation

extension KernelCameraTests {
  @Suite("Cameras and grabbers under vivid", .serialized)
  struct VividTests {
    /// Bars of full color without text: the picture is known to the last bit.
    static let bars = ["test_pattern": 1, "osd_text_mode": 2]

    /// A format and a size of the webcam, and how far its decoded colors may be off.
    struct Mode: Sendable, CustomTestStringConvertible {
      let format: String
      let width: Int
      let height: Int
      var testDescription: String { "\(format) \(width) × \(height)" }
    }

    static let modes = ["YUYV", "RGB3", "UYVY", "NV12", "GREY"].flatMap { format in
      [(320, 180), (640, 480), (1280, 720)].map { Mode(format: format, width: $0.0, height: $0.1) }
    }

    /// The greatest difference from the bars, in color or in gray.
    private func difference(_ picture: Picture, isGray: Bool) -> Int {
      guard isGray else { return TestCard.worstDifference(of: picture) }
      return TestCard.bars.enumerated().reduce(0) { worst, bar in
        let (red, green, blue) = (
          Double(bar.element[0]), Double(bar.element[1]), Double(bar.element[2])
        )
        // vivid makes gray with the weights of BT.709, whatever the colors of the others are.
        let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        let x = (2 * bar.offset + 1) * picture.width / 16
        let found = Double(picture[x, picture.height / 3, 0])
        return max(worst, Int(abs(found - luma).rounded()))
      }
    }

    @Test(
      "each format has its size, its rate and the colors of the pattern",
      .timeLimit(.minutes(1)), arguments: modes)
    func formats(mode: Mode) throws {
      let vivid = try VividCamera()
      // Stamps of the start of exposure are exact, whenever the machine has time for the frame.
      try vivid.set(Self.bars.merging(["timestamp_source": 1]) { $1 })
      let camera = LiveCamera(.fixed(mode.format, mode.width, mode.height))
      let frames = try camera.frames(for: 2.4) { $0.count >= 12 }
      let frame = try #require(frames.last, "\(camera.told)")
      #expect(frame.picture.width == mode.width && frame.picture.height == mode.height)
      let off = difference(frame.picture, isGray: mode.format == "GREY")
      // vivid rounds luma and chroma down.
      #expect(off <= (mode.format == "RGB3" ? 0 : 3))
      let status = camera.source.status
      #expect(status.format == mode.format)
      let nominal = try #require(status.nominalRate)
      let rate = try #require(stampedRate(frames))
      #expect(abs(rate / nominal - 1) < 0.05, "\(rate) of \(nominal) frames/s")
      #expect(status.bad == 0)
      camera.stop(after: frames)
      try vivid.set(["timestamp_source": 0])
    }

    @Test(
      "encodings and ranges of color give the same picture", .timeLimit(.minutes(1)),
      arguments: ["YUYV", "UYVY", "NV12", "YVYU", "YU12"])
    func encodings(format: String) throws {
      let vivid = try VividCamera()
      try vivid.set(Self.bars)
      let isOwn = ["YUYV", "UYVY", "NV12"].contains(format)
      for mode in VividColors.modes where isOwn || mode.encoding <= 2 {
        try vivid.set(["y_cbcr_encoding": mode.encoding, "quantization": mode.quantization])
        let camera = LiveCamera(.fixed(format, 640, 360))
        let picture = try #require(try camera.frames(2).last, "\(camera.told)").picture
        // The driver rounds luma and chroma down; from what that leaves, 2 are allowed. Its factors
        // for BT.2020 are themselves rounded to 1/256.
        let off = mode.worstDifference(of: picture)
        #expect(off <= (mode.encoding == 6 ? 3 : 2), "\(mode): \(off)")
        #expect(TestCard.worstDifference(of: picture) <= 4, "\(mode)")
        camera.stop()
      }
      try vivid.set(["y_cbcr_encoding": 0, "quantization": 0])
    }

    @Test(
      "formats that libv4lconvert knows have the colors of the pattern", .timeLimit(.minutes(1)),
      arguments: [
        ("YVYU", 4), ("YU12", 4), ("YV12", 4), ("NV16", 4), ("NV61", 4), ("RGBP", 8), ("RGB4", 0),
        ("BGR4", 0), ("AR24", 0), ("XR24", 0), ("BX24", 0),
      ])
    func converted(format: String, tolerance: Int) throws {
      let vivid = try VividCamera()
      try vivid.set(Self.bars)
      let camera = LiveCamera(.fixed(format, 640, 360))
      let picture = try #require(try camera.frames(2).last, "\(camera.told)").picture
      #expect(TestCard.worstDifference(of: picture) <= tolerance)
      camera.stop()
    }

    @Test("a format that nothing decodes is refused by its name", .timeLimit(.minutes(1)))
    func undecodable() throws {
      _ = try VividCamera()
      let camera = LiveCamera(.fixed("NV24", 640, 360))
      #expect(
        complaint { _ = try camera.frames(1) }.contains("nothing here decodes the format NV24"))
      camera.stop()
    }

    @Test("a broken frame is counted and not delivered", .timeLimit(.minutes(1)))
    func flagged() throws {
      let vivid = try VividCamera()
      let camera = LiveCamera(.fixed("YUYV", 640, 360))
      _ = try camera.frames(5)
      for _ in 0..<3 {
        try vivid.set(["inject_v4l2_buf_flag_error": 1])
        _ = try camera.frames(5)
      }
      #expect(camera.source.status.bad == 3, "\(camera.told)")
      #expect(camera.hasTold("flagged as broken by the driver"))
      camera.stop()
    }

    @Test("frames that the driver dropped are counted from their numbers", .timeLimit(.minutes(1)))
    func dropped() throws {
      let vivid = try VividCamera()
      try vivid.set(["percentage_of_dropped_buffers": 30, "timestamp_source": 1])
      let camera = LiveCamera(.fixed("YUYV", 640, 480))
      let frames = try camera.frames(for: 4)
      let status = camera.source.status
      let share = Double(status.account.lost) / Double(status.account.exposed)
      #expect((0.15...0.45).contains(share), "\(share) lost")
      checkLosses(frames, rate: 25)
      #expect((status.rate ?? 0) < 0.9 * (status.nominalRate ?? 1))
      camera.stop(after: frames)
      try vivid.set(["percentage_of_dropped_buffers": 0, "timestamp_source": 0])
    }

    @Test("numbers of frames that wrap are no loss", .timeLimit(.minutes(1)))
    func wrappingNumbers() throws {
      let vivid = try VividCamera()
      try vivid.set(["wrap_sequence_number": 1, "timestamp_source": 1])
      let camera = LiveCamera(.fixed("YUYV", 640, 480))
      // The driver begins 128 frames before the wrap, at 25 frames a second.
      let frames = try camera.frames(for: 7)
      #expect(camera.source.account.exposed > 140)
      checkLosses(frames, rate: 25)
      camera.stop(after: frames)
      try vivid.set(["wrap_sequence_number": 0, "timestamp_source": 0])
    }

    @Test(
      "stamps from the future are not believed, those of both sources are",
      .timeLimit(.minutes(1)), arguments: [(0, 0), (1, 0), (0, 1), (0, 2)])
    func stamps(source: Int, wrap: Int) throws {
      let vivid = try VividCamera()
      try vivid.set(["timestamp_source": source, "wrap_timestamp": wrap])
      let camera = LiveCamera(.fixed("YUYV", 640, 480))
      let frames = try camera.frames(20)
      // Neither negative nor of another age of the world, whatever the driver says.
      for age in camera.ages { #expect((-0.001...2).contains(age)) }
      if wrap > 0 { #expect(camera.source.status.stamp == .arrival) }
      if source == 1 { #expect(camera.source.status.stamp == .startOfExposure) }
      camera.stop(after: frames)
      try vivid.set(["timestamp_source": 0, "wrap_timestamp": 0])
    }

    @Test("a fatal error of the stream is recovered from", .timeLimit(.minutes(1)))
    func fatal() throws {
      let vivid = try VividCamera()
      let camera = LiveCamera(.fixed("YUYV", 640, 360))
      _ = try camera.frames(5)
      for count in 1...3 {
        let (delivered, started) = (camera.source.account.delivered, camera.seconds)
        try vivid.set(["inject_fatal_streaming_error": 1])
        try camera.waits { $0.restarts >= count && $0.account.delivered > delivered + 5 }
        #expect(camera.seconds - started < 2)
      }
      #expect(camera.states.contains(.stalled))
      #expect(camera.source.status.reconnects == 0)
      camera.stop()
    }

    @Test(
      "a call that fails once at the start is told and made again", .timeLimit(.minutes(1)),
      arguments: ["reqbufs", "qbuf", "streamon"])
    func refusedOnce(call: String) throws {
      let vivid = try VividCamera()
      try vivid.set(["inject_vidioc_\(call)_error": 1])
      let camera = LiveCamera(.fixed("YUYV", 640, 360))
      _ = try camera.frames(3)
      #expect(camera.told.lowercased().contains(call), "\(camera.told)")
      camera.stop()
    }

    @Test("a slow consumer gets fresh frames, and the others are counted", .timeLimit(.minutes(1)))
    func slowConsumer() throws {
      _ = try VividCamera()
      let camera = LiveCamera(.fixed("YUYV", 640, 480))
      _ = try camera.frames(5)
      let before = camera.source.account
      for _ in 0..<6 {
        Thread.sleep(forTimeInterval: 0.5)
        _ = try camera.frames(1)
      }
      let after = camera.source.account
      // At 25 frames a second eleven of twelve give way.
      #expect(after.dropped - before.dropped >= 50, "\(camera.told)")
      #expect(after.delivered - before.delivered == 6)
      // One period and one inference would be 0.54 s; a queue of four buffers 2 s.
      for age in camera.ages { #expect(age < 0.54) }
      camera.stop()
    }
  }
}
