import CAllocationCount
import CV4L2
import Cameras
import Foundation
import Synchronization

/// Linux with scripted cameras: a stand-in for the kernel that obeys the same rules, in real time
/// or in time that moves only when somebody waits.
final class ScriptedVideo: VideoSystem {
  let state: Mutex<ScriptedWorld>
  /// Whether its time is real.
  private let isPaced: Bool
  /// When its time began.
  let origin: Int64
  /// How often this stand-in asked for memory, which the kernel would not have done.
  let allocations = Atomic<Int>(0)

  /// - Parameter system: a folder that stands for `/sys`.
  init(_ model: ScriptedModel = ScriptedModel(), system: URL, isPaced: Bool = false) {
    self.isPaced = isPaced
    origin = isPaced ? mirage_monotonic_nanoseconds() : 1_000_000_000_000
    var world = ScriptedWorld(system: system)
    world.now = origin
    state = Mutex(world)
    state.withLock { $0.plug(model) }
  }

  /// Adds steps to the script.
  func play(_ steps: [ScriptedStep]) { state.withLock { $0.script += steps } }

  /// Fails the `count`th call of a request from now on, once, with an errno; `open`, `mmap` and
  /// `poll` count as requests.
  func fail(_ request: String, with number: Int32, at count: Int = 1) {
    state.withLock { $0.failures.append((request, $0.calls[request, default: 0] + count, number)) }
  }

  func open(_ path: String) -> Int32 { withWorld { $0.open(path) } }

  func close(_ file: Int32) -> Int32 { withWorld { $0.close(file) } }

  /// Does what the kernel would do, and counts what only the stand-in needs for it.
  private func withWorld<Result: Sendable>(
    _ body: @Sendable (inout ScriptedWorld) -> Result
  ) -> Result {
    let before = mirage_allocation_count()
    defer { allocations.add(Int(mirage_allocation_count() - before), ordering: .relaxed) }
    let now = isPaced ? mirage_monotonic_nanoseconds() : 0
    return state.withLock { world in
      if now > world.now { world.advance(to: now) }
      return body(&world)
    }
  }

  func control(
    _ file: Int32, _ request: UInt, _ argument: UnsafeMutableRawPointer
  ) -> Int32 {
    // The pointer is used while the lock is held, and not kept.
    let address = UInt(bitPattern: argument)
    return withWorld { world in
      guard let argument = UnsafeMutableRawPointer(bitPattern: address) else { return -EFAULT }
      return world.control(file, request, argument)
    }
  }

  func map(_ file: Int32, count: Int, offset: UInt32) -> VideoMapping {
    let (address, status) = withWorld { world in
      let mapping = world.map(file, count: count, offset: offset)
      return (mapping.address.map { UInt(bitPattern: $0) }, mapping.status)
    }
    return VideoMapping(
      address: address.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }, count: count,
      status: status)
  }

  func unmap(_ mapping: VideoMapping) -> Int32 {
    let address = mapping.address.map { UInt(bitPattern: $0) } ?? 0
    return withWorld { $0.unmap(address) }
  }

  func poll(_ file: Int32, milliseconds: Int32) -> Int32 {
    let (end, ready) = withWorld { world in
      let ready = world.poll(file, milliseconds: milliseconds)
      return (world.now, ready)
    }
    sleep(until: end)
    return ready
  }

  var nanoseconds: Int64 {
    isPaced ? mirage_monotonic_nanoseconds() : state.withLock { $0.now }
  }

  func pause(milliseconds: Int) {
    let end = withWorld { world in
      world.advance(to: world.now + Int64(milliseconds) * 1_000_000)
      return world.now
    }
    sleep(until: end)
  }

  private func sleep(until end: Int64) {
    guard isPaced else { return }
    let left = end - mirage_monotonic_nanoseconds()
    if left > 0 { Thread.sleep(forTimeInterval: Double(left) / 1e9) }
  }
}

/// Cameras, open files, buffers and time.
struct ScriptedWorld {
  struct Plugged {
    var plugging: Int
    var number: Int
    var model: ScriptedModel
    var code: UInt32
    var size: ScriptedModel.Size
    var rate: Double
    var realRate: Double?
    var owner: Int32?
    var sequence: UInt32 = 0
    var frames = 0
    var nextFrameAt: Int64 = 0
    var signal: Int32 = 0
    var signalSize: (UInt32, UInt32) = (640, 480)
    var stamp = ScriptedStamp.monotonic(offsetMilliseconds: -1, isStart: true)

    var path: String { "/dev/video\(number)" }
  }

  let system: URL
  var now: Int64 = 0
  var script: [ScriptedStep] = []
  var failures: [(request: String, call: Int, number: Int32)] = []
  var calls: [String: Int] = [:]
  var files: [Int32: OpenFile] = [:]
  /// Addresses of mapped memory; only these may be unmapped.
  var mapped: Set<UInt> = []
  var camera: Plugged?
  private var coming: (at: Int64, model: ScriptedModel)?
  private var nextFile: Int32 = 100
  private var pluggings = 0
  /// Whether opening is allowed.
  var isForbidden = false

  init(system: URL) { self.system = system }

  // MARK: Plugging

  mutating func plug(_ model: ScriptedModel) {
    // A number stays taken while somebody holds a file of it.
    let taken = Set(files.values.map(\.path))
    let number = (0..<64).first { !taken.contains("/dev/video\($0)") } ?? 0
    pluggings += 1
    let (code, size) = model.nearest(0, 0, 0)
    camera = Plugged(
      plugging: pluggings, number: number, model: model, code: code, size: size,
      rate: size.rates[0])
    writeSystem(model, number: number)
  }

  mutating func unplug() {
    try? FileManager.default.removeItem(at: system.appending(path: "class"))
    try? FileManager.default.removeItem(at: system.appending(path: "devices"))
    camera = nil
  }

  func isGone(_ file: OpenFile) -> Bool { file.plugging != camera?.plugging }

  private func writeSystem(_ model: ScriptedModel, number: Int) {
    let usb = "devices/\(model.port)"
    var texts: [String: String] = [:]
    texts["\(usb)/idVendor"] = model.vendor
    texts["\(usb)/idProduct"] = model.product
    texts["\(usb)/serial"] = model.serial
    if model.vendor != nil { texts["\(usb)/\(model.port):1.0/bInterfaceNumber"] = "00" }
    for node in 0...(model.hasMetadata ? 1 : 0) {
      let folder = "class/video4linux/video\(number + node)"
      texts["\(folder)/name"] = model.card
      texts["\(folder)/index"] = "\(node)"
    }
    for (path, text) in texts {
      let file = system.appending(path: path)
      try? FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try? Data("\(text)\n".utf8).write(to: file)
    }
    for node in 0...(model.hasMetadata ? 1 : 0) {
      try? FileManager.default.createSymbolicLink(
        at: system.appending(path: "class/video4linux/video\(number + node)/device"),
        withDestinationURL: system.appending(
          path: model.vendor == nil ? usb : "\(usb)/\(model.port):1.0"))
    }
  }

  // MARK: Files

  /// The errno that a call was told to fail with, negative; 0 where it was not.
  mutating func failure(of request: String) -> Int32 {
    calls[request, default: 0] += 1
    let call = calls[request, default: 0]
    guard let index = failures.firstIndex(where: { $0.request == request && $0.call == call })
    else { return 0 }
    return -failures.remove(at: index).number
  }

  mutating func open(_ path: String) -> Int32 {
    let failed = failure(of: "open")
    guard failed == 0 else { return failed }
    guard let camera else { return -ENOENT }
    let metadata = camera.model.hasMetadata ? "/dev/video\(camera.number + 1)" : nil
    guard path == camera.path || path == metadata else { return -ENOENT }
    guard !isForbidden else { return -EACCES }
    nextFile += 1
    files[nextFile] = OpenFile(
      path: path, plugging: camera.plugging, isMetadata: path == metadata)
    return nextFile
  }

  mutating func close(_ file: Int32) -> Int32 {
    guard var open = files[file] else { return -EBADF }
    free(&open)
    if camera?.owner == file { camera?.owner = nil }
    files[file] = nil
    return 0
  }

  mutating func map(_ file: Int32, count: Int, offset: UInt32) -> VideoMapping {
    let failed = failure(of: "mmap")
    guard failed == 0 else { return VideoMapping(address: nil, count: 0, status: failed) }
    guard let open = files[file], offset % 4096 == 0,
      open.buffers.indices.contains(Int(offset) / 4096), count <= open.length
    else { return VideoMapping(address: nil, count: 0, status: -EINVAL) }
    let address = open.buffers[Int(offset) / 4096]
    mapped.insert(address)
    return VideoMapping(
      address: UnsafeMutableRawPointer(bitPattern: address), count: count, status: 0)
  }

  mutating func unmap(_ address: UInt) -> Int32 {
    guard mapped.remove(address) != nil else { return -EINVAL }
    // Memory of buffers that were given back lives as long as its mapping.
    if !files.values.contains(where: { $0.buffers.contains(address) }) {
      UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
    }
    return 0
  }

  /// Gives the buffers of a file back; mapped ones live on until they are unmapped.
  mutating func free(_ open: inout OpenFile) {
    for address in open.buffers where !mapped.contains(address) {
      UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
    }
    open.buffers = []
    (open.queued, open.filled, open.isStreaming) = ([], [], false)
  }

  // MARK: Time

  mutating func poll(_ file: Int32, milliseconds: Int32) -> Int32 {
    let failed = failure(of: "poll")
    guard failed == 0 else { return failed }
    let end = now + Int64(milliseconds) * 1_000_000
    while true {
      guard let open = files[file] else { return Int32(POLLNVAL) }
      if isGone(open) { return Int32(POLLPRI | POLLERR | POLLHUP) }
      if !open.isStreaming {
        let reads = camera?.model.isReadable == true && open.buffers.isEmpty
        if reads { files[file]?.begunToRead = true }
        return reads ? 0 : Int32(POLLERR)
      }
      if open.hasFailed || !open.hasQueued { return Int32(POLLERR) }
      let ready = (open.filled.isEmpty ? 0 : POLLIN) | (open.events.isEmpty ? 0 : POLLPRI)
      if ready != 0 { return Int32(ready) }
      if now >= end { return 0 }
      advance(to: min(end, max(now + 1, camera?.nextFrameAt ?? end)))
    }
  }

  /// Lets time pass, with all that happens in it.
  mutating func advance(to end: Int64) {
    while true {
      let frame = streamingFile == nil ? nil : camera?.nextFrameAt
      guard let next = [frame, coming?.at].compactMap({ $0 }).min(), next <= end else { break }
      now = max(now, next)
      if let coming, coming.at <= now {
        self.coming = nil
        plug(coming.model)
      } else {
        step()
      }
    }
    now = max(now, end)
  }

  private var streamingFile: Int32? {
    files.first { $0.value.isStreaming && !isGone($0.value) }?.key
  }

  /// The moment of a frame.
  private mutating func step() {
    guard var camera, let file = streamingFile, var open = files[file] else { return }
    let period = Int64(1e9 / (camera.realRate ?? camera.rate))
    camera.nextFrameAt += period
    defer {
      // Unless the camera was pulled or put back meanwhile.
      if self.camera?.plugging == camera.plugging { self.camera = camera }
      if files[file] != nil { files[file] = open }
    }
    while true {
      let next = script.isEmpty ? .frame : script.removeFirst()
      switch next {
      case .gap(let count): camera.sequence &+= count
      case .sequence(let number): camera.sequence = number
      case .stamp(let stamp): camera.stamp = stamp
      case .rate(let rate): camera.realRate = rate
      case .control(let id, let value):
        for index in camera.model.controls.indices where camera.model.controls[index].id == id {
          camera.model.controls[index].value = value
        }
      case .signal(let status):
        camera.signal = status
        if open.isSubscribed {
          var event = v4l2_event()
          event.type = UInt32(V4L2_EVENT_SOURCE_CHANGE)
          open.events.append(event)
        }
      case .stall(let milliseconds):
        camera.nextFrameAt += Int64(milliseconds) * 1_000_000
        return
      case .fatal:
        open.hasFailed = true
        return
      case .unplug: return unplug()
      case .replug(let milliseconds, let port):
        var model = camera.model
        model.port = port ?? model.port
        // A camera that had no power begins with its own controls.
        model.controls = ScriptedModel.webcamControls
        coming = (now + Int64(milliseconds) * 1_000_000, model)
        return unplug()
      default: return fill(&open, &camera, next)
      }
    }
  }

  /// Puts a frame into the next queued buffer; without one it is lost.
  private func fill(_ open: inout OpenFile, _ camera: inout Plugged, _ step: ScriptedStep) {
    defer {
      camera.sequence &+= camera.model.countsFrames ? 1 : 0
      camera.frames += 1
    }
    guard !open.queued.isEmpty else { return }
    let index = open.queued.removeFirst()
    var bytes = ScriptedPictures.bytes(camera.code, camera.size, number: camera.frames)
    if case .corrupt = step {
      for place in (bytes.count / 2)..<min(bytes.count, bytes.count / 2 + 40) { bytes[place] ^= 85 }
    }
    if case .truncated = step { bytes.removeLast(bytes.count / 2) }
    if case .empty = step { bytes = [] }
    let room = min(bytes.count, open.length)
    bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      UnsafeMutableRawPointer(bitPattern: open.buffers[index])?
        .copyMemory(from: start, byteCount: room)
    }
    var frame = Filled(
      index: index, sequence: camera.sequence, stamp: 0, flags: 0, count: UInt32(bytes.count))
    if case .flagged = step { frame.flags = UInt32(V4L2_BUF_FLAG_ERROR) }
    if case .overlong = step { frame.count = UInt32(open.length) + 1 }
    switch camera.stamp {
    case .monotonic(let offset, let isStart):
      frame.stamp = now + Int64(offset) * 1_000_000
      frame.flags |= UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
      if isStart { frame.flags |= UInt32(V4L2_BUF_FLAG_TSTAMP_SRC_SOE) }
    case .zero: frame.flags |= UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
    case .unknown: frame.stamp = now
    case .endless:
      frame.stamp = .max
      frame.flags |= UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
    }
    open.filled.append(frame)
  }
}
