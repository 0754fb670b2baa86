import CV4L2
import Diagnostics
import Imaging

/// One camera from its opening to its loss: device, format, controls, running stream.
///
/// Nothing of it outlives a reconnect but what `remembered` tells the next one.
final class CameraSession {
  /// What must be the same after a reconnect.
  struct Memory {
    /// The size that the first session agreed on.
    var size: (width: Int, height: Int)?
    /// The size of the signal at its input, of which a grabber may make another.
    var signal: (width: Int, height: Int)?
    var controls: [UInt32: Int] = [:]
  }

  let device: VideoDevice
  let capabilities: CameraCapabilities
  let choice: CameraChoice
  let format: VideoFormat
  let decoder: VideoDecoder
  private(set) var stream: VideoStream?
  private(set) var controls: LockedControls?
  /// The exposure time as last read, in milliseconds; nil where the camera does not tell.
  private(set) var exposureMilliseconds: Double?
  let leastByteCount: Int
  var counter = SequenceCounter()
  var stamps = StampReader()
  var meter = RateMeter()

  private let settings: CameraSettings
  private let input: VideoInput

  /// The whole of setting up, in the order that drivers want: input and signal, format, size,
  /// rate, controls, buffers, stream.
  ///
  /// - Throws: a `CameraRefusal`; whatever was opened is closed again.
  init(
    _ node: CameraNode, settings: CameraSettings, memory: Memory, system: any VideoSystem,
    directory: CameraDirectory, complain: (any Explained) -> Void
  ) throws(CameraRefusal) {
    let device = try VideoDevice(
      node.path, place: node.path, system: system,
      holders: DeviceHolders(processes: directory.processes))
    do throws(CameraRefusal) {
      var settings = settings
      if let size = memory.size { (settings.width, settings.height) = size }
      capabilities = try CameraCapabilities(of: device)
      try capabilities.check(place: device.place)
      input = try VideoInput(settings.input, on: device)
      try input.check(against: memory.signal, place: device.place)
      let wanted = settings.width.flatMap { width in settings.height.map { (width, $0) } }
      choice = try CameraOffer(of: device, wanted: wanted)
        .choice(for: settings, place: device.place)
      format = try VideoFormat(setting: choice, on: device, settings: settings)
      decoder = try VideoDecoder(format, place: device.place)
      leastByteCount = format.leastByteCount(place: device.place)
      if case .lock(let lock) = settings.controls {
        controls = try LockedControls(
          lock, remembered: memory.controls, on: device, complain: complain)
      } else {
        controls = nil
      }
      stream = try VideoStream(device, buffers: settings.buffers, leastByteCount: leastByteCount)
      self.device = device
      self.settings = settings
      exposureMilliseconds = try Self.exposure(device)
    } catch {
      device.close()
      throw error
    }
  }

  /// What the session after this one must know.
  func remembered(_ memory: Memory) -> Memory {
    Memory(
      size: memory.size ?? (format.width, format.height), signal: memory.signal ?? input.size,
      controls: controls?.values ?? memory.controls)
  }

  /// Starts the stream again on the open device.
  func restart() throws(CameraRefusal) {
    stream?.stop()
    stream = nil
    (counter, meter) = (SequenceCounter(), RateMeter())
    stream = try VideoStream(device, buffers: settings.buffers, leastByteCount: leastByteCount)
  }

  /// Gives everything back, the device last.
  ///
  /// Works on a camera that is gone, too.
  func close() {
    stream?.stop()
    stream = nil
    device.close()
  }

  /// Looks at one fixed control and at the exposure time.
  func guardControls(complain: (any Explained) -> Void) throws(CameraRefusal) {
    try controls?.guardNext(on: device, complain: complain)
    exposureMilliseconds = try Self.exposure(device)
  }

  /// Takes the events that wait; true where the signal at the input is another one now.
  func hasSignalChanged() throws(CameraRefusal) -> Bool {
    var hasChanged = false
    for _ in 0..<64 {
      guard let event = try device.answer(.dequeueEvent, to: v4l2_event()) else { break }
      if event.type == UInt32(V4L2_EVENT_SOURCE_CHANGE) { hasChanged = true }
    }
    guard hasChanged else { return false }
    return try !input.isUnchanged(on: device)
  }

  private static func exposure(_ device: VideoDevice) throws(CameraRefusal) -> Double? {
    // The control counts in units of 100 µs.
    try CameraControl.value(of: UInt32(V4L2_CID_EXPOSURE_ABSOLUTE), device).map { Double($0) / 10 }
  }
}

/// The input of a grabber and the signal at it.
///
/// A plain camera has one input without a signal.
struct VideoInput {
  private let timings: v4l2_dv_timings?

  /// Selects the input, finds its signal and sets the grabber to it.
  ///
  /// - Throws: a `CameraRefusal` where the input has no picture to give.
  init(_ wanted: Int?, on device: VideoDevice) throws(CameraRefusal) {
    if let wanted {
      var index = Int32(clamping: wanted)
      try device.ask(.setInput, &index)
    }
    var subscription = v4l2_event_subscription()
    subscription.type = UInt32(V4L2_EVENT_SOURCE_CHANGE)
    // Plain cameras know no such event.
    _ = try device.answer(.subscribeEvent, to: subscription)
    guard let index = try device.answer(.getInput, to: 0), let input = try Self.input(index, device)
    else {
      timings = nil
      return
    }
    guard input.capabilities & UInt32(V4L2_IN_CAP_DV_TIMINGS) != 0 else {
      timings = nil
      try Self.checkStatus(input, place: device.place)
      return
    }
    var found = v4l2_dv_timings()
    try device.ask(.queryTimings, &found)
    timings = found
    let current = try device.answer(.getTimings, to: v4l2_dv_timings())
    if current.map({ !Self.areEqual($0, found) }) ?? true { try device.ask(.setTimings, &found) }
  }

  /// The size of the signal's pictures; nil where the input has no timings.
  var size: (width: Int, height: Int)? {
    timings.map { (Int($0.bt.width), Int($0.bt.height)) }
  }

  /// Refuses a signal of another size than was read before: a grabber would crop it or scale it,
  /// and nothing on the pictures would lie where it lay.
  func check(
    against earlier: (width: Int, height: Int)?, place: String
  ) throws(CameraRefusal) {
    guard let earlier, let size, size != earlier else { return }
    throw CameraRefusal(
      place,
      .noSignal(
        "the signal is of \(size.width) × \(size.height) pixels, \(earlier.width) × "
          + "\(earlier.height) were read before"))
  }

  /// Whether the signal is still the one that was found at the start.
  func isUnchanged(on device: VideoDevice) throws(CameraRefusal) -> Bool {
    guard let timings else { return false }
    let now = try device.answer(.queryTimings, to: v4l2_dv_timings())
    return now.map { Self.areEqual($0, timings) } ?? false
  }

  private static func input(
    _ index: Int32, _ device: VideoDevice
  ) throws(CameraRefusal) -> v4l2_input? {
    var question = v4l2_input()
    question.index = UInt32(bitPattern: index)
    return try device.answer(.enumerateInputs, to: question)
  }

  private static func checkStatus(_ input: v4l2_input, place: String) throws(CameraRefusal) {
    let faults: [(flag: Int32, text: String)] = [
      (V4L2_IN_ST_NO_POWER, "the input has no power"),
      (V4L2_IN_ST_NO_SIGNAL, "no cable or no sender at the input"),
      (V4L2_IN_ST_NO_SYNC, "the input finds no stable signal"),
      (V4L2_IN_ST_NO_H_LOCK, "the input finds no stable lines"),
    ]
    for fault in faults where input.status & UInt32(fault.flag) != 0 {
      throw CameraRefusal(place, .noSignal(fault.text))
    }
  }

  private static func areEqual(_ first: v4l2_dv_timings, _ second: v4l2_dv_timings) -> Bool {
    let (a, b) = (first.bt, second.bt)
    return a.width == b.width && a.height == b.height && a.interlaced == b.interlaced
      && abs(Int64(clamping: a.pixelclock) - Int64(clamping: b.pixelclock)) < 250_000
      && a.hfrontporch + a.hsync + a.hbackporch == b.hfrontporch + b.hsync + b.hbackporch
      && a.vfrontporch + a.vsync + a.vbackporch == b.vfrontporch + b.vsync + b.vbackporch
  }
}
