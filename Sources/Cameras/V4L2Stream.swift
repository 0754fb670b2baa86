import CV4L2
import Foundation

/// The driver's buffers of a running stream, mapped and queued; stopped by `stop()`, at the latest
/// when nobody holds it any more.
final class VideoStream {
  private let device: VideoDevice
  private var mappings: [VideoMapping] = []
  private var isOn = false
  private var hasBuffers = false

  /// Asks for buffers, maps and queues them all, and starts the stream.
  ///
  /// What was done is undone where a step fails.
  init(_ device: VideoDevice, buffers wanted: Int, leastByteCount: Int) throws(CameraRefusal) {
    self.device = device
    do throws(CameraRefusal) {
      let count = try request(wanted)
      for index in 0..<count { try map(index, leastByteCount: leastByteCount) }
      for index in 0..<count { try queue(index) }
      var type = Int32(bitPattern: captureType)
      try device.ask(.streamOn, &type)
      isOn = true
    } catch {
      stop()
      throw error
    }
  }

  deinit { stop() }

  /// How many buffers the driver gave, which may be more or fewer than asked for.
  var count: Int { mappings.count }

  /// Takes a filled buffer from the driver; nil where none is ready.
  ///
  /// - Throws: a `CameraRefusal`; the stream, if not the device, must then be started again.
  func dequeue() throws(CameraRefusal) -> v4l2_buffer? {
    var buffer = question(index: 0)
    let status = device.system.ask(device.file, .dequeueBuffer, &buffer)
    if status == -EAGAIN { return nil }
    guard status >= 0 else { throw device.refusal("DQBUF", number: -status) }
    guard mappings.indices.contains(Int(buffer.index)) else {
      throw CameraRefusal(
        device.place,
        .contradiction("it filled buffer \(buffer.index), but has \(mappings.count)"))
    }
    return buffer
  }

  /// Gives a buffer back to the driver to fill.
  func queue(_ index: Int) throws(CameraRefusal) {
    var buffer = question(index: index)
    try device.ask(.queueBuffer, &buffer)
  }

  /// The first `count` bytes of a buffer; they are the driver's again once it is queued.
  func withBytes<Result>(
    of index: Int, count: Int, _ body: (RawSpan) throws -> Result
  ) throws -> Result {
    let mapping = mappings[index]
    precondition(count <= mapping.count, "buffer of \(mapping.count) bytes: \(count) wanted")
    return try body(UnsafeRawBufferPointer(start: mapping.address, count: count).bytes)
  }

  /// The size of a buffer in bytes.
  func byteCount(of index: Int) -> Int { mappings[index].count }

  /// Stops, unmaps and gives the buffers back.
  ///
  /// Each step is made whatever became of the others: a device that is gone refuses all but
  /// unmapping.
  func stop() {
    if isOn {
      var type = Int32(bitPattern: captureType)
      _ = device.system.ask(device.file, .streamOff, &type)
      isOn = false
    }
    for mapping in mappings { _ = device.system.unmap(mapping) }
    mappings = []
    if hasBuffers {
      var request = Self.request(0)
      _ = device.system.ask(device.file, .requestBuffers, &request)
      hasBuffers = false
    }
  }

  private static func request(_ count: Int) -> v4l2_requestbuffers {
    var request = v4l2_requestbuffers()
    request.count = UInt32(count)
    request.type = captureType
    request.memory = V4L2_MEMORY_MMAP.rawValue
    return request
  }

  private func request(_ wanted: Int) throws(CameraRefusal) -> Int {
    var answer = Self.request(wanted)
    try device.ask(.requestBuffers, &answer)
    hasBuffers = true
    guard (2...32).contains(answer.count) else {
      throw CameraRefusal(
        device.place, .contradiction("\(answer.count) buffers, \(wanted) were asked for"))
    }
    return Int(answer.count)
  }

  private func map(_ index: Int, leastByteCount: Int) throws(CameraRefusal) {
    var buffer = question(index: index)
    try device.ask(.queryBuffer, &buffer)
    guard buffer.length >= leastByteCount, buffer.length <= 1 << 30 else {
      throw CameraRefusal(
        device.place,
        .contradiction(
          "buffer \(index) has \(buffer.length) bytes, a frame takes \(leastByteCount)"))
    }
    let mapping = device.system.map(
      device.file, count: Int(buffer.length), offset: buffer.m.offset)
    guard mapping.address != nil else {
      throw device.refusal("mmap", number: -mapping.status)
    }
    mappings.append(mapping)
  }

  private func question(index: Int) -> v4l2_buffer {
    var buffer = v4l2_buffer()
    buffer.type = captureType
    buffer.memory = V4L2_MEMORY_MMAP.rawValue
    buffer.index = UInt32(index)
    return buffer
  }
}
