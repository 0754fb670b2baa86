import CV4L2
import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Cameras

/// What a person is told when a camera cannot be read.
@Suite("Start of a camera")
struct CameraStartTests {
  private func model(_ change: (inout ScriptedModel) -> Void) -> ScriptedModel {
    var model = ScriptedModel()
    change(&model)
    return model
  }

  @Test("no camera is told at once")
  func absent() throws {
    #expect(
      try ReaderBench.complaint(prepare: { $0.video.state.withLock { $0.unplug() } })
        == """
        camera: no camera is there
          help: plug the camera in; 'miraged cameras' lists what is there
        """)
    #expect(
      try ReaderBench.complaint(name: .text("046d:0825")).hasPrefix(
        "046d:0825: no such camera; there are 1209:0002:S1\n"))
  }

  @Test("a camera that is waited for is taken when it comes")
  func waiting() throws {
    try ReaderBench.use(adjust: { $0.start = .whenItComes }) { bench in
      bench.video.state.withLock { $0.unplug() }
      try bench.run(milliseconds: 20_000)
      #expect(bench.states == [.searching])
      bench.video.state.withLock { $0.plug(ScriptedModel()) }
      try bench.run(milliseconds: 2000)
      #expect(bench.status.state == .streaming)
    }
  }

  @Test("a node that gives no pictures says what it is")
  func wrongNodes() throws {
    let streaming = UInt32(bitPattern: V4L2_CAP_STREAMING)
    let cases: [(UInt32, String)] = [
      (UInt32(V4L2_CAP_VIDEO_CAPTURE_MPLANE) | streaming, "several planes (multiplanar)"),
      (UInt32(V4L2_CAP_VIDEO_OUTPUT) | streaming, "takes pictures instead of giving them"),
      (UInt32(V4L2_CAP_VIDEO_M2M) | streaming, "a converter from memory to memory"),
      (UInt32(V4L2_CAP_VIDEO_CAPTURE), "cannot stream into memory"),
    ]
    for (flags, text) in cases {
      let complaint = try ReaderBench.complaint(model { $0.capabilities = flags })
      #expect(complaint.hasPrefix("/dev/video0: "))
      #expect(complaint.contains(text))
    }
    let metadata = try ReaderBench.complaint(
      model { $0.hasMetadata = true }, name: .text("/dev/video1"))
    #expect(
      metadata.hasPrefix("/dev/video1: gives metadata of 'Scripted camera', not pictures"))
  }

  @Test("a format, size or rate that is not offered is refused, with what is")
  func notOffered() throws {
    #expect(
      try ReaderBench.complaint(adjust: { $0.format = "NV12" })
        .hasPrefix("/dev/video0: format NV12 is not offered; there is YUYV, MJPG\n"))
    #expect(
      try ReaderBench.complaint(adjust: { ($0.width, $0.height) = (800, 600) }).hasPrefix(
        "/dev/video0: size 800 × 600 is not offered; there is 640 × 480, 32 × 16, 1280 × 720"))
    #expect(
      try ReaderBench.complaint(adjust: { $0.framesPerSecond = 90 })
        .contains("rate 90 frames/s is not offered; there is 30 at most"))
  }

  @Test("a driver that does something else than it agreed to is refused")
  func lies() throws {
    let cases: [(String, (inout ScriptedModel.Lies) -> Void)] = [
      ("set the size 33 × 16, 32 × 16 was wanted", { $0.width = 33 }),
      ("set the format NV12, YUYV was wanted", { $0.pixelFormat = mirage_v4l2_NV12 }),
      (
        "set the field order interlaced (4), whole pictures was wanted",
        { $0.field = V4L2_FIELD_INTERLACED.rawValue }
      ),
      ("lines of 3 bytes found", { $0.bytesPerLine = 3 }),
      ("lines of 4294967295 bytes", { $0.bytesPerLine = .max }),
      ("frames of 100 bytes, but 16 lines of 64 bytes take 1024", { $0.byteCount = 100 }),
      ("frames of 0 bytes", { $0.byteCount = 0 }),
      ("frames of 4294967295 bytes", { $0.byteCount = .max }),
      ("buffer 0 has 10 bytes, a frame takes 1024", { $0.bufferLength = 10 }),
      ("4000000000 buffers, 4 were asked for", { $0.bufferCount = 4_000_000_000 }),
      ("0 buffers, 4 were asked for", { $0.bufferCount = 0 }),
      ("it filled buffer 77, but has 4", { $0.filledIndex = 77 }),
    ]
    for (text, change) in cases {
      let complaint = try ReaderBench.complaint(model { change(&$0.lies) })
      #expect(complaint.contains(text), "\(complaint)")
    }
    #expect(
      try ReaderBench.complaint(
        model { $0.lies.agreedRate = 15 }, adjust: { $0.framesPerSecond = 30 }
      )
      .contains("set the rate 15 frames/s, 30 frames/s was wanted"))
  }

  @Test(
    "a camera of whose frames not one can be shown is refused, with what is wrong with them",
    arguments: [
      ("flagged", "flagged as broken by the driver"), ("empty", "empty"),
      ("truncated", "cut short: 512 of 1024 bytes"),
    ])
  func useless(kind: String, fault: String) throws {
    let step: ScriptedStep =
      switch kind {
      case "flagged": .flagged
      case "empty": .empty
      default: .truncated
      }
    let complaint = try ReaderBench.complaint(prepare: { bench in
      bench.video.play(Array(repeating: step, count: 400))
    })
    #expect(complaint.hasPrefix("/dev/video0: "))
    #expect(complaint.contains("and not one that can be shown; the last one was \(fault)"))
    #expect(complaint.contains("help: check cable and port, or choose another format"))
  }

  @Test("a stream that turns useless is taken up again, with an alarm where that does not help")
  func uselessLater() throws {
    try ReaderBench.use { bench in
      try bench.run(milliseconds: 500)
      bench.video.play(Array(repeating: .flagged, count: 600))
      try bench.run(milliseconds: 30_000)
      #expect(bench.states.contains(.stalled))
      #expect(bench.troubles.contains { $0.contains("and not one that can be shown") })
      #expect(bench.status.restarts >= 1)
      #expect(bench.status.state == .streaming)
    }
  }

  @Test("a control that was asked for and cannot be is refused")
  func controls() throws {
    #expect(
      try ReaderBench.complaint(adjust: { settings in
        var lock = ControlLock()
        lock.gain = 101
        settings.controls = .lock(lock)
      })
      .contains("Gain: 101 was asked for, 0 to 100 was wanted"))
    #expect(
      try ReaderBench.complaint(
        model { $0.controls = [] },
        adjust: { settings in
          var lock = ControlLock()
          lock.exposureMilliseconds = 2
          settings.controls = .lock(lock)
        }
      )
      .contains("exposure time: the camera has no such control, 20 was wanted"))
  }

  @Test(
    "what the system refuses is explained",
    arguments: [
      ("open", EACCES, "this user may not open it", "group 'video'"),
      ("STREAMON", ENOSPC, "the USB bus has no room left", "another controller"),
      ("mmap", ENOMEM, "not enough memory for the camera's buffers (at mmap)", "smaller size"),
      ("S_FMT", EBUSY, "in use by another program (noticed at S_FMT)", "end the other program"),
      ("REQBUFS", EINVAL, "REQBUFS failed: Invalid argument (22)", ""),
    ])
  func refused(_ request: String, _ number: Int32, _ problem: String, _ remedy: String) throws {
    let complaint = try ReaderBench.complaint(prepare: { bench in
      for count in 1...400 { bench.video.fail(request, with: number, at: count) }
    })
    #expect(complaint.contains(problem))
    #expect(remedy.isEmpty || complaint.contains(remedy))
  }

  @Test("the program that holds the camera is named")
  func holder() throws {
    let complaint = try ReaderBench.complaint(prepare: { bench in
      let process = bench.wiring.directory.processes.appending(path: "4711")
      let files = FileManager.default
      try? files.createDirectory(
        at: process.appending(path: "fd"), withIntermediateDirectories: true)
      try? Data("guvcview\n".utf8).write(to: process.appending(path: "comm"))
      try? files.createSymbolicLink(
        atPath: process.appending(path: "fd/5").path, withDestinationPath: "/dev/video0")
      for count in 1...400 { bench.video.fail("S_FMT", with: EBUSY, at: count) }
    })
    #expect(complaint.contains("in use by guvcview (process 4711)"))
  }

  @Test("two cameras of one kind are not mixed up")
  func ambiguous() throws {
    try withTemporaryFolder { folder in
      let first = ScriptedWorldFolder.identity(serial: "A", port: "1-1")
      let second = ScriptedWorldFolder.identity(serial: "B", port: "1-2")
      let nodes = [first, second].enumerated().map { index, identity in
        CameraNode(
          path: "/dev/video\(index)", identity: identity, links: ["/dev/v4l/by-id/x\(index)"])
      }
      #expect(CameraName.any.matches(among: nodes).count == 2)
      #expect(CameraName.text("B").matches(among: nodes).map(\.path) == ["/dev/video1"])
      #expect(CameraName.text("1209:0002").matches(among: nodes).count == 2)
      #expect(CameraName.text("1209:0002:A").matches(among: nodes).map(\.path) == ["/dev/video0"])
      #expect(
        CameraName.text("/dev/v4l/by-id/x1").matches(among: nodes).map(\.path) == ["/dev/video1"])
      #expect(CameraName.text("video1").matches(among: nodes).map(\.path) == ["/dev/video1"])
      #expect(CameraName.text("scripted").matches(among: nodes).count == 2)
      #expect(CameraName.text("other").matches(among: nodes).isEmpty)
      #expect(CameraName.identity(second).matches(among: nodes).map(\.path) == ["/dev/video1"])
      // Without a serial number the port decides, and where it changed, being the only one.
      let third = ScriptedWorldFolder.identity(serial: nil, port: "1-1")
      let moved = ScriptedWorldFolder.identity(serial: nil, port: "1-7")
      let plain = [CameraNode(path: "/dev/video3", identity: moved, links: [])]
      #expect(CameraName.identity(third).matches(among: plain).count == 1)
      #expect(
        CameraName.identity(third).matches(
          among: plain
            + plain.map { node in
              var node = node
              node.identity.port = "1-8"
              return node
            }
        ).isEmpty)
    }
  }
}

/// Identities of scripted cameras.
enum ScriptedWorldFolder {
  static func identity(serial: String?, port: String) -> CameraIdentity {
    CameraIdentity(
      vendor: "1209", product: "0002", serial: serial, interface: "00", index: 0, port: port,
      name: "Scripted camera")
  }
}
