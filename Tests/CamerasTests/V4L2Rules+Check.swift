import CV4L2
import Cameras
import Foundation
import Testing

extension V4L2Rule {
  /// Holds `rig` against this rule.
  func check(_ rig: VideoRig) throws {
    let video = try OpenVideo(rig)
    defer { video.close() }
    switch self {
    case .bufferCount, .formatIsFixed, .formatIsAnswered, .rawLayout, .badIndex, .controls,
      .mapping, .reopening, .earlyPoll, .packedLayout:
      try checkAtRest(video, rig)
    case .noStreamDequeue, .nothingReady, .pollWithoutStream, .pollWithoutBuffers, .pollAllHeld,
      .queueTwice, .buffersInUse, .streamWithoutBuffers, .streamTwice:
      try checkStarting(video, rig)
    case .firstSequence, .sequence, .restart, .stamps, .lengths, .secondReader, .unplugged:
      try checkRunning(video, rig)
    }
  }

  private func checkAtRest(_ video: OpenVideo, _ rig: VideoRig) throws {
    switch self {
    case .bufferCount:
      #expect(video.setFormat(rig.pixelFormat).status == 0)
      #expect(video.request(100) == 32)
      #expect(video.request(0) == 0)
      #expect((1...2).contains(video.request(1)))
      #expect(video.request(0) == 0)
    case .formatIsFixed:
      #expect(video.setFormat(rig.pixelFormat).status == 0)
      #expect(video.request(4) == 4)
      #expect(video.setFormat(rig.pixelFormat).status == -EBUSY)
      #expect(video.request(0) == 0)
      #expect(video.setFormat(rig.pixelFormat).status == 0)
    case .formatIsAnswered:
      let large = video.setFormat(rig.pixelFormat, width: 5000, height: 5000)
      #expect(large.status == 0)
      #expect(large.format.width < 5000 && large.format.height < 5000)
      let strange = video.setFormat(0x5858_5858)
      #expect(strange.status == 0)
      #expect(strange.format.pixelformat != 0x5858_5858)
    case .rawLayout:
      let (status, format) = video.setFormat(rig.pixelFormat)
      #expect(status == 0)
      #expect(format.pixelformat == rig.pixelFormat)
      #expect(format.width == 640 && format.height == 480)
      #expect(format.bytesperline == 1280)
      #expect(format.sizeimage == 614_400)
    case .badIndex:
      #expect(video.setFormat(rig.pixelFormat).status == 0)
      #expect(video.request(4) == 4)
      #expect(video.queue(32) == -EINVAL)
      #expect(video.query(32).status == -EINVAL)
    case .controls:
      var control = v4l2_queryctrl()
      control.id = 0x0098_00ff
      #expect(video.system.ask(video.file, .queryControl, &control) == -EINVAL)
      var value = v4l2_control()
      value.id = 0x0098_00ff
      #expect(video.system.ask(video.file, .getControl, &value) == -EINVAL)
      #expect(video.system.ask(video.file, .setControl, &value) == -EINVAL)
    case .mapping:
      #expect(video.setFormat(rig.pixelFormat).status == 0)
      #expect(video.request(4) == 4)
      let mapping = video.system.map(video.file, count: 4096, offset: 0x7fff_f000)
      #expect(mapping.address == nil)
      #expect(mapping.status == -EINVAL)
    case .reopening:
      for _ in 0..<3 {
        let again = try OpenVideo(rig)
        _ = try again.start(rig)
        _ = try again.next()
        // Closing alone stops the stream and gives the buffers back.
        again.close()
      }
    case .earlyPoll: try checkEarlyPoll(video, rig)
    case .packedLayout: try checkPacked(video, rig)
    default: Issue.record("\(self) is checked elsewhere")
    }
  }

  /// The trap of vivid: a poll too early, and nothing else goes until the device is closed.
  private func checkEarlyPoll(_ video: OpenVideo, _ rig: VideoRig) throws {
    var capability = v4l2_capability()
    #expect(video.system.ask(video.file, .queryCapabilities, &capability) == 0)
    let canBeRead = capability.device_caps & UInt32(V4L2_CAP_READWRITE) != 0
    #expect(video.setFormat(rig.pixelFormat).status == 0)
    let ready = video.poll(milliseconds: 100)
    #expect(canBeRead || ready & Int32(POLLERR) != 0)
    #expect(video.request(4) == (canBeRead ? -EBUSY : 4))
    #expect(video.setFormat(rig.pixelFormat).status == -EBUSY)
  }

  private func checkPacked(_ video: OpenVideo, _ rig: VideoRig) throws {
    let (status, format) = video.setFormat(mirage_v4l2_MJPEG)
    #expect(status == 0)
    // What cannot pack answers with a raw format, which another rule checks.
    guard format.pixelformat == mirage_v4l2_MJPEG else {
      #expect(format.bytesperline >= format.width)
      return
    }
    #expect(format.bytesperline == 0)
    var packed = rig
    packed.pixelFormat = mirage_v4l2_MJPEG
    _ = try video.start(packed)
    let buffer = try video.next()
    #expect(buffer.bytesused > 0 && buffer.bytesused < format.sizeimage)
    video.stop()
  }

  private func checkStarting(_ video: OpenVideo, _ rig: VideoRig) throws {
    #expect(video.setFormat(rig.pixelFormat).status == 0)
    if self == .streamWithoutBuffers {
      #expect(video.stream(on: true) == -EINVAL)
      return
    }
    try #require(video.request(4) == 4)
    defer { video.stop() }
    switch self {
    case .noStreamDequeue:
      #expect(video.queue(0) == 0)
      #expect(video.dequeue().status == -EINVAL)
    case .nothingReady:
      for index in 0..<4 as Range<UInt32> { #expect(video.queue(index) == 0) }
      #expect(video.stream(on: true) == 0)
      // vivid has its first frame at once, and a slow machine more of them; there are four buffers.
      var statuses: [Int32] = []
      repeat { statuses.append(video.dequeue().status) } while statuses.last == 0
      #expect(statuses.count <= 5 && statuses.last == -EAGAIN, "\(statuses)")
    case .pollWithoutStream:
      #expect(video.poll() & Int32(POLLERR) != 0)
    case .pollWithoutBuffers:
      #expect(video.stream(on: true) == 0)
      #expect(video.poll() & Int32(POLLERR) != 0)
    case .pollAllHeld:
      for index in 0..<4 as Range<UInt32> { #expect(video.queue(index) == 0) }
      #expect(video.stream(on: true) == 0)
      for _ in 0..<4 { _ = try video.next() }
      #expect(video.poll(milliseconds: 300) == 0)
    case .queueTwice:
      #expect(video.queue(0) == 0)
      #expect(video.queue(0) == -EINVAL)
    case .buffersInUse:
      let mapping = video.map(0)
      #expect(mapping.status == 0)
      #expect(video.queue(0) == 0)
      #expect(video.stream(on: true) == 0)
      #expect(video.request(0) == -EBUSY)
      #expect(video.system.unmap(mapping) == 0)
    case .streamTwice:
      for index in 0..<4 as Range<UInt32> { #expect(video.queue(index) == 0) }
      #expect(video.stream(on: true) == 0)
      #expect(video.stream(on: true) == 0)
      #expect(video.stream(on: false) == 0)
      #expect(video.stream(on: false) == 0)
    default: Issue.record("\(self) is checked elsewhere")
    }
  }

  private func checkRunning(_ video: OpenVideo, _ rig: VideoRig) throws {
    let count = try video.start(rig)
    switch self {
    case .firstSequence:
      #expect(try video.next().sequence <= 1)
    case .sequence:
      var last: UInt32?
      for _ in 0..<12 {
        let buffer = try video.next()
        // The same number twice is seen on vivid; a gap is a frame lost.
        if let last { #expect((0...30).contains(buffer.sequence &- last)) }
        last = buffer.sequence
        #expect(video.queue(buffer.index) == 0)
      }
    case .restart:
      for _ in 0..<3 { _ = try video.next() }
      #expect(video.stream(on: false) == 0)
      for index in 0..<count { #expect(video.queue(index) == 0) }
      #expect(video.stream(on: true) == 0)
      #expect(try video.next().sequence <= 1)
    case .stamps:
      for _ in 0..<4 {
        let buffer = try video.next()
        #expect(buffer.flags & UInt32(V4L2_BUF_FLAG_TIMESTAMP_MASK) == 0x2000)
        let stamp =
          Int64(buffer.timestamp.tv_sec) * 1_000_000_000
          + Int64(buffer.timestamp.tv_usec) * 1000
        // vivid stamps the end of the frame before it is there: an age below 0 is no error.
        #expect(abs(video.system.nanoseconds - stamp) < 1_000_000_000)
        #expect(video.queue(buffer.index) == 0)
      }
    case .lengths:
      let buffer = try video.next()
      #expect(buffer.bytesused == 614_400)
      #expect(buffer.length >= buffer.bytesused)
      #expect(buffer.flags & UInt32(V4L2_BUF_FLAG_ERROR) == 0)
    case .secondReader:
      let second = try OpenVideo(rig)
      #expect(second.setFormat(rig.pixelFormat).status == -EBUSY)
      #expect(second.request(4) == -EBUSY)
      second.close()
      _ = try video.next()
    case .unplugged: try checkUnplugged(video, rig)
    default: Issue.record("\(self) is checked elsewhere")
    }
    if self != .unplugged { video.stop() }
  }

  private func checkUnplugged(_ video: OpenVideo, _ rig: VideoRig) throws {
    let mapping = video.map(0)
    try #require(mapping.status == 0)
    _ = try video.next()
    try rig.unplug()
    // A frame may have been ready before the plug was out.
    var ready = video.poll()
    for _ in 0..<8 where ready & Int32(POLLHUP) == 0 {
      _ = video.dequeue()
      ready = video.poll()
    }
    #expect(ready == Int32(POLLPRI | POLLERR | POLLHUP))
    #expect(video.dequeue().status == -ENODEV)
    #expect(video.queue(0) == -ENODEV)
    #expect(video.query(0).status == -ENODEV)
    #expect(video.stream(on: false) == -ENODEV)
    #expect(video.request(0) == -ENODEV)
    #expect(video.setFormat(rig.pixelFormat).status == -ENODEV)
    var capability = v4l2_capability()
    #expect(video.system.ask(video.file, .queryCapabilities, &capability) == -ENODEV)
    let address = try #require(mapping.address)
    #expect(address.load(as: UInt8.self) >= 0)
    #expect(video.system.unmap(mapping) == 0)
  }
}
