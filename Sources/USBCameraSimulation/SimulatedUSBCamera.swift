import Diagnostics
import Units

/// A USB camera of the video class, 1.1, in user space: requests of the host in, answers out.
///
/// It knows no socket and no clock: bytes and instants are handed in.
public struct SimulatedUSBCamera: Sendable {
  /// The most transfers that may wait for an answer.
  private static let pendingLimit = 256

  private let settings: USBCameraSettings
  private var controls = CameraControls()
  private var lastRefusal: CameraControls.Refusal?
  private var light = Light.bright
  private var probe = VideoNegotiation()
  private var commit = VideoNegotiation()
  private var stream: PayloadStream?
  private var store: FrameStore
  private var faults: [(fault: FrameFault, count: Int)] = []
  private var pending: [USBTransfer] = []
  private var alternate: UInt8 = 0
  private var stalledUntil = LineInstant(nanoseconds: 0)

  public init(_ settings: USBCameraSettings) {
    self.settings = settings
    store = FrameStore(settings)
  }

  /// When there is something to send though the host asks nothing; nil as long as it must ask.
  public var nextDeadline: LineInstant? {
    guard let stream, !pending.isEmpty, stream.isBetweenFrames else { return nil }
    return stream.next
  }

  /// Takes one request of the host and tells what to send back.
  ///
  /// - Throws: a `Complaint` where the host asks what no host of USB asks.
  public mutating func receive(
    _ request: USBIPRequest, at now: LineInstant
  ) throws -> [UInt8] {
    var reply: [UInt8] = []
    switch request {
    case .unlink(let sequence, let target):
      let place = pending.firstIndex { $0.sequence == target }
      if let place { pending.remove(at: place) }
      reply.appendUnlinkReply(
        sequence, status: place == nil ? TransferStatus.done : TransferStatus.unlinked)
    case .submit(let transfer) where transfer.endpoint == 0:
      switch control(transfer, at: now) {
      case .success(let payload):
        reply.appendReply(
          to: transfer, status: TransferStatus.done, Array(payload.prefix(transfer.length)))
      case .failure(let refused):
        lastRefusal = refused.reason
        reply.appendReply(to: transfer, status: TransferStatus.stalled)
      }
    case .submit(let transfer):
      guard transfer.isInput, transfer.endpoint == Int(USBDescriptors.streamEndpoint & 0x0f) else {
        reply.appendReply(to: transfer, status: TransferStatus.stalled)
        return reply
      }
      guard pending.count < Self.pendingLimit else {
        throw Complaint("USB/IP", "more than \(Self.pendingLimit) transfers wait for an answer")
      }
      pending.append(transfer)
    }
    return try reply + advance(to: now)
  }

  /// What there is to send at `now`.
  public mutating func advance(to now: LineInstant) throws -> [UInt8] {
    var reply: [UInt8] = []
    guard var stream else { return reply }
    // Moved out while it changes, so that its bytes are not copied.
    self.stream = nil
    defer { self.stream = stream }
    let interval = controls.interval(stream.negotiation.interval, light: light)
    while let transfer = pending.first {
      if stream.isBetweenFrames, now >= stream.next {
        let fault = nextFault()
        try stream.begin(at: now, interval: interval, from: &store, fault: fault)
      }
      guard !stream.isBetweenFrames else { break }
      pending.removeFirst()
      if transfer.packetLengths.isEmpty {
        let room = min(transfer.length, VideoNegotiation.bulkPayload)
        reply.appendReply(
          to: transfer, status: TransferStatus.done, stream.payload(room: room, at: now) ?? [])
      } else {
        let packets = transfer.packetLengths.map { room in
          stream.payload(room: min(room, VideoNegotiation.isochronousPayload), at: now) ?? []
        }
        reply.appendReply(to: transfer, packets: packets)
      }
    }
    return reply
  }

  /// Lets the next `count` frames be faulty.
  public mutating func inject(_ fault: FrameFault, count: Int) {
    faults.append((fault, count))
  }

  /// Sends nothing for `duration`.
  ///
  /// Starting the stream again does not help before that.
  public mutating func stall(for duration: Duration, at now: LineInstant) {
    stalledUntil = now.advanced(by: duration)
    stream?.stall(until: stalledUntil)
  }

  /// Switches the light over the scene.
  public mutating func set(_ light: Light) { self.light = light }

  private mutating func nextFault() -> FrameFault? {
    guard let first = faults.first else { return nil }
    faults[0].count -= 1
    if faults[0].count <= 0 { faults.removeFirst() }
    return first.fault
  }

  // MARK: - Control requests

  private mutating func control(
    _ transfer: USBTransfer, at now: LineInstant
  ) -> Result<[UInt8], ControlRefused> {
    let (kind, request) = (transfer.setup[0], transfer.setup[1])
    let (valueLow, valueHigh) = (transfer.setup[2], transfer.setup[3])
    let (indexLow, indexHigh) = (transfer.setup[4], transfer.setup[5])
    switch (kind & 0x60, request) {
    case (0x20, _) where indexLow == 0:
      return controlInterface(
        request, selector: valueHigh, entity: indexHigh, output: transfer.output)
    case (0x20, _):
      return negotiate(request, selector: valueHigh, output: transfer.output, at: now)
    case (0, 6): return descriptor(type: valueHigh, index: valueLow)
    // States: not self-powered, endpoint not halted.
    case (0, 0): return .success([0, 0])
    case (0, 8): return .success([1])
    case (0, 10): return .success([indexLow == 1 ? alternate : 0])
    case (0, 11):
      setInterface(indexLow, alternate: valueLow, at: now)
      return .success([])
    case (0, 1) where kind == 2 && indexLow == USBDescriptors.streamEndpoint:
      stream = nil
      return .success([])
    case (0, 1), (0, 3), (0, 5), (0, 9): return .success([])
    default: return .failure(ControlRefused(.invalidRequest))
    }
  }

  private mutating func start(at now: LineInstant) {
    stream = PayloadStream(commit, start: now)
    stream?.stall(until: stalledUntil)
  }

  private func descriptor(type: UInt8, index: UInt8) -> Result<[UInt8], ControlRefused> {
    switch type {
    case 1: return .success(USBDescriptors.device)
    case 2: return .success(USBDescriptors.configuration(settings.transport))
    case 3: if let text = USBDescriptors.string(index, settings) { return .success(text) }
    default: break
    }
    return .failure(ControlRefused(.invalidRequest))
  }

  private mutating func setInterface(_ number: UInt8, alternate wanted: UInt8, at now: LineInstant)
  {
    guard number == 1, settings.transport == .isochronous else { return }
    alternate = wanted
    stream = nil
    if wanted == 1 { start(at: now) }
  }

  private mutating func controlInterface(
    _ request: UInt8, selector: UInt8, entity: UInt8, output: [UInt8]
  ) -> Result<[UInt8], ControlRefused> {
    // The interface itself tells why the last request was refused.
    if entity == 0, selector == 2, request == 0x81 {
      return .success([lastRefusal?.rawValue ?? 0])
    }
    return controls.answer(request: request, selector: selector, entity: entity, output: output)
  }

  private mutating func negotiate(
    _ request: UInt8, selector: UInt8, output: [UInt8], at now: LineInstant
  ) -> Result<[UInt8], ControlRefused> {
    switch (request, selector) {
    case (0x01, 1):
      probe.take(output)
      // Frames are coded or read now, so that the first one comes in time.
      store.prepare(probe.mode)
      return .success([])
    case (0x01, 2):
      commit.take(output)
      // The bulk endpoint streams from here; the isochronous one from its alternate setting.
      if settings.transport == .bulk { start(at: now) }
      return .success([])
    case (0x81...0x84, 1), (0x87, 1): return .success(probe.bytes(settings.transport))
    case (0x81...0x84, 2), (0x87, 2): return .success(commit.bytes(settings.transport))
    case (0x85, _): return .success([UInt8(VideoNegotiation.length), 0])
    case (0x86, _): return .success([3])
    default: return .failure(ControlRefused(.invalidRequest))
    }
  }
}
