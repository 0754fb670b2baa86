import CV4L2
import Diagnostics
import Imaging
import Units

/// Takes filled buffers from a stream, decodes the freshest and leaves it at the exchange.
///
/// Buffers go back to the driver at once; pictures take turns, so that after the first frames
/// nothing is allocated.
struct FrameAcquisition {
  /// What a look at the stream found.
  struct Found {
    /// Buffers that the driver filled, bad ones included.
    var frames = 0
    /// Whether a good frame was left at the exchange.
    var good = false
  }

  /// When the last buffer came, or the stream began; monotonic nanoseconds.
  private(set) var lastFrameAt: Int64 = 0
  private(set) var framesOfSession = 0
  /// When the last frame came that could be shown, or the stream began.
  private(set) var lastGoodAt: Int64 = 0
  /// The frames since then, and what was wrong with the last of them.
  private(set) var framesSinceGood = 0
  private(set) var lastFault = ""

  private let wiring: CameraReader.Wiring
  private var pictures = [Picture](
    repeating: Picture(width: 0, height: 0), count: FrameExchange.slots)
  private var gate = ComplaintGate()
  private var hasToldOfNumbers = false

  init(_ wiring: CameraReader.Wiring) { self.wiring = wiring }

  /// A stream was started.
  mutating func begin(_ session: CameraSession, at now: Int64) {
    (lastFrameAt, lastGoodAt) = (now, now)
    (framesOfSession, framesSinceGood) = (0, 0)
  }

  /// Takes what is ready.
  mutating func take(from session: CameraSession) throws(CameraRefusal) -> Found {
    guard let stream = session.stream else { return Found() }
    var found = Found()
    var freshest: v4l2_buffer?
    // No more than the driver has, so that one that is always ready cannot keep us here.
    while found.frames < stream.count, let buffer = try stream.dequeue() {
      found.frames += 1
      let now = wiring.system.nanoseconds
      lastFrameAt = now
      framesOfSession += 1
      if let overtaken = freshest {
        freshest = nil
        wiring.exchange.drop(1)
        try stream.queue(Int(overtaken.index))
      }
      let lost = session.counter.lost(before: buffer.sequence)
      session.meter.count(at: now, lost: lost)
      if lost > 0 { lose(lost, .gap, "lost before frame \(buffer.sequence)", at: now) }
      if let (kind, reason) = fault(of: buffer, in: session) {
        lose(1, kind, reason, at: now)
        try stream.queue(Int(buffer.index))
      } else {
        freshest = buffer
      }
    }
    tellOfNumbers(session)
    guard let freshest else { return found }
    found.good = try hand(over: freshest, from: stream, session)
    // Decoding took time in which nobody looked for frames.
    lastFrameAt = wiring.system.nanoseconds
    if found.good { (lastGoodAt, framesSinceGood) = (lastFrameAt, 0) }
    return found
  }

  /// Why a buffer holds no picture to show; nil where it may.
  private func fault(
    of buffer: v4l2_buffer, in session: CameraSession
  ) -> (ComplaintGate.Kind, String)? {
    if buffer.flags & UInt32(V4L2_BUF_FLAG_ERROR) != 0 {
      return (.flagged, "flagged as broken by the driver")
    }
    if buffer.bytesused == 0 { return (.empty, "empty") }
    let size = session.stream?.byteCount(of: Int(buffer.index)) ?? 0
    let found = Int(buffer.bytesused)
    if found > size { return (.truncated, "said to have \(found) bytes in a buffer of \(size)") }
    if found < session.leastByteCount {
      return (.truncated, "cut short: \(found) of \(session.leastByteCount) bytes")
    }
    return nil
  }

  private mutating func hand(
    over buffer: v4l2_buffer, from stream: VideoStream, _ session: CameraSession
  ) throws(CameraRefusal) -> Bool {
    let (index, exchange) = (Int(buffer.index), wiring.exchange)
    let slot = exchange.freeSlot
    let count = min(Int(buffer.bytesused), stream.byteCount(of: index))
    let failure: (any Error)?
    do {
      try stream.withBytes(of: index, count: count) { bytes in
        try session.decoder.decode(bytes, into: &pictures[slot])
      }
      failure = nil
    } catch {
      failure = error
    }
    try stream.queue(index)
    if let failure {
      let reason = (failure as? any Explained)?.problem ?? "\(failure)"
      lose(1, .undecodable, "not decodable: \(reason)", at: wiring.system.nanoseconds)
      return false
    }
    let (exposedAt, meaning) = exposure(of: buffer, session)
    do throws(EncoderFault) {
      exchange.put(
        pictures[slot], slot: slot, exposedAt: exposedAt,
        millimeters: try wiring.encoder.millimeters(at: exposedAt), stamp: meaning)
    } catch {
      // The camera is well; but what lies nowhere on the belt cannot be sorted.
      lose(1, .misplaced, error)
    }
    return true
  }

  /// The middle of the exposure on the line's clock, as well as it is known.
  private func exposure(
    of buffer: v4l2_buffer, _ session: CameraSession
  ) -> (LineInstant, StampMeaning) {
    let now = wiring.system.nanoseconds
    let stamp = session.stamps.read(buffer, arrivedAt: now)
    if let fault = stamp.fault, stamp.isNew {
      wiring.exchange.note(
        Complaint(
          session.device.place,
          "the time stamp of frame \(buffer.sequence) \(fault.rawValue); the time of arrival is "
            + "taken for such frames"))
    }
    var ageNanoseconds = now - stamp.nanoseconds
    if stamp.meaning == .startOfExposure, let milliseconds = session.exposureMilliseconds {
      ageNanoseconds = max(0, ageNanoseconds - Int64(milliseconds * 0.5e6))
    }
    return (wiring.clock.now.advanced(by: .nanoseconds(-ageNanoseconds)), stamp.meaning)
  }

  private mutating func lose(
    _ count: Int, _ kind: ComplaintGate.Kind, _ reason: String, at now: Int64
  ) {
    wiring.exchange.lose(count, areBad: kind != .gap)
    if kind != .gap { (framesSinceGood, lastFault) = (framesSinceGood + count, reason) }
    guard let total = gate.pass(kind, count: count, at: now) else { return }
    wiring.exchange.note(
      Complaint(
        "camera", "\(Self.frames(total)) \(reason)",
        remedy: kind == .gap ? "free processor time or bus bandwidth" : "check cable and port"))
  }

  /// Counts frames that the encoder has no place for.
  private mutating func lose(_ count: Int, _ kind: ComplaintGate.Kind, _ fault: EncoderFault) {
    wiring.exchange.lose(count, areBad: false)
    guard let total = gate.pass(kind, count: count, at: wiring.system.nanoseconds) else { return }
    wiring.exchange.note(
      Complaint(
        fault.place, "\(Self.frames(total)) without a place on the belt: \(fault.problem)",
        remedy: fault.remedy))
  }

  private static func frames(_ count: Int) -> String { "\(count) frame\(count == 1 ? "" : "s")" }

  private mutating func tellOfNumbers(_ session: CameraSession) {
    guard !session.counter.isCounting, !hasToldOfNumbers else { return }
    hasToldOfNumbers = true
    wiring.exchange.note(
      Complaint(
        session.device.place, "the driver does not number its frames; losses cannot be counted"))
  }
}
