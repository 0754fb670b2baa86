import CV4L2
import Cameras
import Foundation
import Testing

/// A capture device to hold against the rules, real or scripted.
struct VideoRig {
  let system: any VideoSystem
  let path: String
  /// A raw format that the device has, 640 × 480.
  var pixelFormat = mirage_v4l2_YUYV
  /// Pulls the plug.
  var unplug: () throws -> Void
}

/// What every V4L2 driver does, as tried on vivid and uvcvideo of Linux 6.1.
///
/// The scripted stand-in of the tests and both drivers are held against the same list, so that
/// the stand-in cannot part from the kernel.
enum V4L2Rule: String, CaseIterable, CustomTestStringConvertible {
  case bufferCount = "a request for buffers may be met with another count"
  case formatIsFixed = "a format cannot be set while there are buffers, not even the same"
  case formatIsAnswered = "a wish that cannot be met is met with something else"
  case rawLayout = "a raw format tells stride and size"
  case noStreamDequeue = "no buffer comes out before the stream is on"
  case nothingReady = "with nothing ready a buffer is to be asked for again"
  case pollWithoutStream = "before the stream is on, polling fails at once"
  case pollWithoutBuffers = "with no buffer queued, polling fails at once"
  case pollAllHeld = "while the reader holds all buffers, polling waits in vain"
  case queueTwice = "a buffer cannot be queued twice"
  case badIndex = "a buffer that is not there cannot be queued, nor asked about"
  case buffersInUse = "mapped buffers of a running stream cannot be given back"
  case streamWithoutBuffers = "a stream without buffers does not start"
  case streamTwice = "starting and stopping twice does no harm"
  case firstSequence = "the first frame is number 0 or 1"
  case sequence = "numbers of frames never go back within a stream"
  case restart = "stopping gives all buffers back, and the count begins anew"
  case stamps = "time stamps are of the monotonic clock and within a second of now"
  case lengths = "a raw frame is as long as the format says"
  case secondReader = "a second reader may look, but not change the format"
  case earlyPoll = "polling before there are buffers begins to read, on drivers that can be read"
  case packedLayout = "a packed format has no stride, and its size is a bound"
  case controls = "a control that is not there is refused"
  case mapping = "no memory is mapped at an offset that no buffer has"
  case reopening = "a closed device opens again as if new"
  case unplugged = "once unplugged everything is refused, but mapped memory stays readable"

  var testDescription: String { rawValue }
}

/// An open device with the calls that the rules need.
struct OpenVideo {
  let system: any VideoSystem
  let file: Int32

  init(_ rig: VideoRig) throws {
    system = rig.system
    file = rig.system.open(rig.path)
    try #require(file >= 0, "\(rig.path) does not open: \(file)")
  }

  func close() { #expect(system.close(file) == 0) }

  func setFormat(
    _ pixelFormat: UInt32, width: UInt32 = 640, height: UInt32 = 480
  ) -> (status: Int32, format: v4l2_pix_format) {
    var format = v4l2_format()
    format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    format.fmt.pix.width = width
    format.fmt.pix.height = height
    format.fmt.pix.pixelformat = pixelFormat
    let status = system.ask(file, .setFormat, &format)
    return (status, format.fmt.pix)
  }

  /// Asks for buffers; the count that there is, or the error.
  func request(_ count: UInt32) -> Int32 {
    var request = v4l2_requestbuffers()
    request.count = count
    request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    request.memory = V4L2_MEMORY_MMAP.rawValue
    let status = system.ask(file, .requestBuffers, &request)
    return status < 0 ? status : Int32(request.count)
  }

  private func buffer(_ index: UInt32) -> v4l2_buffer {
    var buffer = v4l2_buffer()
    buffer.index = index
    buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
    buffer.memory = V4L2_MEMORY_MMAP.rawValue
    return buffer
  }

  func query(_ index: UInt32) -> (status: Int32, buffer: v4l2_buffer) {
    var buffer = buffer(index)
    return (system.ask(file, .queryBuffer, &buffer), buffer)
  }

  func map(_ index: UInt32) -> VideoMapping {
    let buffer = query(index).buffer
    return system.map(file, count: Int(buffer.length), offset: buffer.m.offset)
  }

  func queue(_ index: UInt32) -> Int32 {
    var buffer = buffer(index)
    return system.ask(file, .queueBuffer, &buffer)
  }

  func dequeue() -> (status: Int32, buffer: v4l2_buffer) {
    var buffer = buffer(0)
    let status = system.ask(file, .dequeueBuffer, &buffer)
    return (status, buffer)
  }

  func stream(on: Bool) -> Int32 {
    var type = Int32(V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue)
    return system.ask(file, on ? .streamOn : .streamOff, &type)
  }

  func poll(milliseconds: Int32 = 2000) -> Int32 { system.poll(file, milliseconds: milliseconds) }

  /// Sets the format, asks for `count` buffers, queues them and starts; the number of buffers.
  func start(_ rig: VideoRig, buffers count: UInt32 = 4) throws -> UInt32 {
    #expect(setFormat(rig.pixelFormat).status == 0)
    let given = request(count)
    try #require(given > 0, "no buffers: \(given)")
    for index in 0..<UInt32(given) { #expect(queue(index) == 0) }
    try #require(stream(on: true) == 0)
    return UInt32(given)
  }

  /// The next frame's buffer, waited for.
  func next() throws -> v4l2_buffer {
    for _ in 0..<20 {
      let ready = poll()
      try #require(ready & Int32(POLLIN) != 0, "polling said \(ready)")
      let (status, buffer) = dequeue()
      if status == 0 { return buffer }
      try #require(status == -EAGAIN, "dequeuing said \(status)")
    }
    throw CancellationError()
  }

  /// Stops and gives the buffers back.
  func stop() {
    #expect(stream(on: false) == 0)
    #expect(request(0) == 0)
  }
}
