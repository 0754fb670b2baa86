import CV4L2
import Foundation
import Imaging
import TestSupport
import Testing
import Units

@testable import Cameras

@Suite("Camera reader")
struct CameraReaderTests {
  @Test("frames come in order, with time, belt position and the meaning of their stamp")
  func plain() throws {
    try ReaderBench.use { bench in
      try bench.run(milliseconds: 2000)
      #expect(bench.states == [.opening, .streaming])
      #expect(bench.frames.count > 55)
      #expect(bench.frames.map(\.sequence) == Array(0..<bench.frames.count))
      #expect(bench.frames.allSatisfy { $0.lostBefore == 0 && $0.stamp == .startOfExposure })
      for (frame, next) in zip(bench.frames, bench.frames.dropFirst()) {
        #expect(abs(frame.exposedAt.duration(to: next.exposedAt).seconds - 1.0 / 30) < 1e-3)
      }
      let frame = try #require(bench.frames.last)
      #expect(abs(frame.beltMillimeters - frame.exposedAt.seconds * 500) < 1e-6)
      #expect(frame.picture.width == 32 && frame.picture.height == 16)
      // Luma 16 + 1 of the frame after the first, in limited range.
      #expect(bench.frames[1].picture.pixels[0] == 1)
      #expect(bench.status.nominalRate == 30)
      #expect(abs((bench.status.rate ?? 0) - 30) < 0.5)
    }
  }

  @Test(
    "a frame that cannot be shown is counted, told and never shown",
    arguments: [
      ("flagged", "flagged as broken"), ("empty", "empty"), ("truncated", "cut short: 512 of 1024"),
      ("overlong", "said to have 1025 bytes in a buffer of 1024"),
    ])
  func badFrames(_ kind: String, _ reason: String) throws {
    let step: ScriptedStep =
      switch kind {
      case "flagged": .flagged
      case "empty": .empty
      case "truncated": .truncated
      default: .overlong
      }
    try ReaderBench.use { bench in
      bench.video.play([.frame, step, .frame, step, step, .frame])
      try bench.run(milliseconds: 600)
      #expect(bench.frames.prefix(4).map(\.sequence) == [0, 2, 5, 6])
      #expect(bench.frames.prefix(4).map(\.lostBefore) == [0, 1, 2, 0])
      #expect(bench.status.bad == 3)
      #expect(bench.status.account.lost == 3)
      #expect(bench.troubles.contains { $0.contains("1 frame \(reason)") })
      #expect(bench.states == [.opening, .streaming])
    }
  }

  @Test("truncated and corrupt MJPG pictures, which no driver flags, are found")
  func badPictures() throws {
    try ReaderBench.use(adjust: { $0.format = "MJPG" }) { bench in
      bench.video.play([.frame, .truncated, .frame, .truncated])
      try bench.run(milliseconds: 600)
      #expect(bench.status.bad == 2, "\(bench.troubles)")
      #expect(bench.frames.prefix(3).map(\.sequence) == [0, 2, 4])
      let (first, second) = (bench.frames[0].picture, bench.frames[1].picture)
      #expect(first.pixels.allSatisfy { $0 == first.pixels[0] })
      #expect(second.pixels.allSatisfy { $0 == second.pixels[0] })
    }
  }

  @Test("lost frames are counted from their numbers, over the wrap and after repeats")
  func losses() throws {
    try ReaderBench.use { bench in
      bench.video.play([
        .frame, .gap(3), .frame, .sequence(0xffff_fffe), .frame, .frame, .gap(2), .frame,
        .sequence(3), .frame, .frame,
      ])
      try bench.run(milliseconds: 500)
      // 3 before the second; the jump back to 2³² − 2 tells nothing; 2 over the wrap.
      #expect(bench.frames.prefix(7).map(\.lostBefore) == [0, 3, 0, 0, 2, 0, 0])
      #expect(bench.status.account.lost == 5)
      #expect(bench.status.bad == 0)
      #expect(bench.troubles.contains { $0.contains("3 frames lost before frame 4") })
    }
  }

  @Test("a driver that does not number its frames is told of once")
  func noNumbers() throws {
    var model = ScriptedModel()
    model.countsFrames = false
    try ReaderBench.use(model) { bench in
      try bench.run(milliseconds: 1000)
      #expect(bench.frames.count > 25)
      #expect(bench.status.account.lost == 0)
      #expect(!bench.status.countsLosses)
      #expect(bench.troubles.filter { $0.contains("does not number its frames") }.count == 1)
    }
  }

  @Test("a stall is told, the stream restarted, and frames go on", arguments: [1500, 10_000])
  func stall(milliseconds: Int) throws {
    try ReaderBench.use { bench in
      bench.video.play([.frame, .frame, .frame, .stall(milliseconds)])
      try bench.run(milliseconds: 15_000)
      #expect(bench.states.contains(.stalled))
      #expect(bench.status.state == .streaming)
      #expect(bench.status.restarts >= 1)
      #expect(bench.troubles.contains { $0.contains("no frame in 0.") })
      // A scripted restart ends the stall, as a restart of most cameras does.
      #expect(bench.frames.count > 400)
    }
  }

  @Test("a stream that fails is started again at once")
  func fatal() throws {
    try ReaderBench.use { bench in
      bench.video.play([.frame, .frame, .fatal, .frame, .frame])
      try bench.run(milliseconds: 600)
      #expect(bench.states == [.opening, .streaming, .stalled, .streaming])
      #expect(bench.frames.count > 12)
      #expect(bench.status.restarts == 1)
      #expect(bench.troubles.contains { $0.contains("DQBUF failed: Input/output error (5)") })
    }
  }

  @Test("an unplugged camera is closed at once and taken up again, as often as it comes back")
  func unplugging() throws {
    try ReaderBench.use { bench in
      for round in 1...20 {
        bench.video.play([.frame, .frame, .replug(afterMilliseconds: 700, port: nil)])
        try bench.run(milliseconds: 2500)
        #expect(bench.status.reconnects == round)
        #expect(bench.status.state == .streaming)
        // The number of the device stays the same, as no file of the old one is held.
        #expect(bench.status.node == "/dev/video0")
        #expect(bench.video.state.withLock { $0.files.count == 1 && $0.mapped.count == 4 })
      }
      #expect(bench.states.contains(.lost))
      #expect(bench.states.contains(.searching))
      #expect(bench.exchange.events.recent.contains { $0.reason.contains("the camera is gone") })
    }
  }

  @Test("a camera that comes back under another number is found by its serial number")
  func otherNumber() throws {
    try ReaderBench.use { bench in
      try bench.run(milliseconds: 500)
      let foreign = bench.video.open("/dev/video0")
      bench.video.play([.replug(afterMilliseconds: 300, port: "1-4")])
      try bench.run(milliseconds: 2000)
      #expect(bench.status.node == "/dev/video1")
      #expect(bench.status.state == .streaming)
      #expect(bench.video.close(foreign) == 0)
    }
  }

  @Test("after a reconnect the controls are fixed again to what they were")
  func controlsAgain() throws {
    try ReaderBench.use { bench in
      try bench.run(milliseconds: 500)
      bench.video.play([.control(UInt32(V4L2_CID_GAIN), 10)])
      bench.video.play([.replug(afterMilliseconds: 300, port: nil)])
      try bench.run(milliseconds: 2000)
      let values = bench.video.state.withLock { world in
        Dictionary(
          uniqueKeysWithValues: world.camera?.model.controls.map { ($0.id, $0.value) } ?? [])
      }
      #expect(values[UInt32(V4L2_CID_EXPOSURE_AUTO)] == 1)
      #expect(values[UInt32(V4L2_CID_EXPOSURE_AUTO_PRIORITY)] == 0)
      #expect(values[UInt32(V4L2_CID_AUTO_WHITE_BALANCE)] == 0)
      #expect(values[UInt32(V4L2_CID_EXPOSURE_ABSOLUTE)] == 156)
      #expect(values[UInt32(V4L2_CID_POWER_LINE_FREQUENCY)] == 1)
    }
  }

  @Test("a control that somebody changes is told and set again")
  func drift() throws {
    try ReaderBench.use { bench in
      try bench.run(milliseconds: 500)
      bench.video.play([.control(UInt32(V4L2_CID_EXPOSURE_ABSOLUTE), 400)])
      try bench.run(milliseconds: 4000)
      #expect(bench.status.drifts == 1)
      #expect(bench.status.exposureMilliseconds == 15.6)
      #expect(
        bench.troubles.contains {
          $0.contains("Exposure Time, Absolute changed from 156 to 400 while the camera ran")
        })
    }
  }

  @Test("a control that the camera ignores is told of")
  func ignoredControl() throws {
    var model = ScriptedModel()
    model.controls[1].isIgnored = true
    try ReaderBench.use(
      model,
      adjust: { settings in
        var lock = ControlLock()
        lock.gain = 55
        lock.exposureMilliseconds = 2.5
        settings.controls = .lock(lock)
      }
    ) { bench in
      try bench.run(milliseconds: 500)
      #expect(bench.troubles.contains { $0.contains("Gain is 10 although it was set to 55") })
      #expect(bench.status.exposureMilliseconds == 2.5)
      #expect(bench.status.state == .streaming)
    }
  }

  @Test("a rate that is not the agreed one is told once, and so is its return")
  func rate() throws {
    try ReaderBench.use { bench in
      try bench.run(milliseconds: 3000)
      #expect(!bench.status.isRateWrong)
      bench.video.play([.rate(10.3)])
      try bench.run(milliseconds: 6000)
      #expect(bench.status.isRateWrong)
      #expect(bench.status.state == .streaming)
      #expect(
        bench.troubles.filter { $0.contains("10.3 frames/s come, the driver agreed to 30") }.count
          == 1)
      bench.video.play([.rate(30)])
      try bench.run(milliseconds: 6000)
      #expect(!bench.status.isRateWrong)
    }
  }

  @Test("a signal that goes is no frame, and one that comes back is taken up")
  func signal() throws {
    var model = ScriptedModel()
    model.hasTimings = true
    for (number, text) in [
      (ENOLINK, "no cable"), (ENOLCK, "no stable signal"), (ERANGE, "outside"),
    ] {
      try ReaderBench.use(model) { bench in
        try bench.run(milliseconds: 500)
        bench.video.play([.signal(-number)])
        try bench.run(milliseconds: 3000)
        #expect(bench.status.state == .noSignal)
        #expect(bench.status.reason.contains(text))
        let before = bench.frames.count
        bench.video.state.withLock { $0.camera?.signal = 0 }
        try bench.run(milliseconds: 3000)
        #expect(bench.status.state == .streaming)
        #expect(bench.frames.count > before + 20)
      }
    }
  }

  @Test("a signal of another size is no picture, as a grabber would scale it")
  func signalSize() throws {
    var model = ScriptedModel()
    model.hasTimings = true
    try ReaderBench.use(model) { bench in
      try bench.run(milliseconds: 500)
      bench.video.state.withLock { $0.camera?.signalSize = (1280, 720) }
      bench.video.play([.signal(0)])
      try bench.run(milliseconds: 3000)
      #expect(bench.status.state == .noSignal)
      #expect(
        bench.status.reason.contains(
          "the signal is of 1280 × 720 pixels, 640 × 480 were read before"))
      let before = bench.frames.count
      bench.video.state.withLock { $0.camera?.signalSize = (640, 480) }
      try bench.run(milliseconds: 3000)
      #expect(bench.status.state == .streaming)
      #expect(bench.frames.count > before + 20)
    }
  }

  @Test("a slow consumer gets the freshest frame; what it missed is dropped and counted")
  func slowConsumer() throws {
    try ReaderBench.use { bench in
      try bench.run(milliseconds: 300)
      var ages: [Double] = []
      for _ in 0..<10 {
        // The reader's thread works on while the consumer is busy for half a second.
        let end = bench.video.nanoseconds + 500_000_000
        while bench.video.nanoseconds < end { try bench.reader.step() }
        guard case .frame = try bench.exchange.take(at: bench.wiring.clock.now) else {
          Issue.record("no frame waits")
          return
        }
        ages.append(bench.status.ageMilliseconds ?? .infinity)
      }
      #expect(ages.allSatisfy { $0 >= 0 && $0 < 35 })
      let account = bench.status.account
      #expect(account.dropped > 120)
      #expect(account.lost == 0)
    }
  }

  @Test("a reader that was held up itself decodes only the newest of what waits")
  func heldUp() throws {
    try ReaderBench.use { bench in
      try bench.run(milliseconds: 300)
      let before = bench.status.account
      bench.video.pause(milliseconds: 400)
      try bench.run(milliseconds: 100)
      let after = bench.status.account
      #expect(after.dropped - before.dropped == 3)
      #expect(after.lost - before.lost >= 7)
      #expect(
        zip(bench.frames, bench.frames.dropFirst()).allSatisfy { first, second in
          second.sequence == first.sequence + second.lostBefore + 1
        })
    }
  }
}
