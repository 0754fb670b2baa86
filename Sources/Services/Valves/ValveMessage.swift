import Diagnostics

/// One message of the valve protocol, version 1; `Tools/valve-box/PROTOCOL.md` describes each byte.
///
/// Times are nanoseconds below 2⁶²: those named `host` on the line's clock, those named `box` on
/// the clock of the box.
enum ValveMessage: Equatable {
  /// To the box: we live; and the first half of the clock exchange.
  case beat(hostSent: Int64, silenceMilliseconds: UInt32)
  /// From the box: the second half, and how it is.
  case pulse(BoxPulse)
  /// To the box: nozzles on and off.
  case blast(BoxBlast)
  /// From the box: what it does with the blast of the same number.
  case answer(boot: UInt32, BlastAnswer)
  /// To the box: close all valves and forget what waits.
  case closeAll

  static let version: UInt8 = 1
  static let headerCount = 16
  /// The longest message: a blast over `Blast.widthLimit` nozzles.
  static let longest = headerCount + 20 + Blast.widthLimit / 8 + 4
  static let timeLimit = Int64(1) << 62

  var kind: UInt8 {
    switch self {
    case .beat: 1
    case .pulse: 2
    case .blast: 3
    case .answer: 4
    case .closeAll: 5
    }
  }
}

/// How the box is.
struct BoxPulse: Equatable {
  /// Another number after each start of the box.
  var boot: UInt32
  /// The time of the beat that this answers.
  var hostSent: Int64
  var boxReceived: Int64
  var boxSent: Int64
  var state: BoxState
  /// Nozzles of the box.
  var nozzles: UInt16
  /// Blasts begun since its start.
  var fired: UInt32
  /// Blasts accepted since its start and not begun in time, or closed before their end.
  var failed: UInt32
}

/// What a box says of itself.
enum BoxState: UInt8 {
  case ready = 0
  /// It closed all valves, as our beats stayed away or someone asked it to; beats end this.
  case closed = 1
  /// Something is wrong with it: no air, no current, a person at its switch.
  case fault = 2
}

/// A blast on the clock of the box.
struct BoxBlast: Equatable {
  var boxOn: Int64
  var boxOff: Int64
  var nozzles: [Int]
}

/// What a box does with a blast.
enum BlastAnswer: UInt8 {
  case accepted = 0
  case tooLate = 1
  case noSuchNozzle = 2
  case noRoom = 3
  case notReady = 4
}

/// A message with what belongs to every one of them.
struct ValveEnvelope: Equatable {
  /// Chosen anew whenever the daemon starts; the box answers with the same.
  var session: UInt32
  /// Of the beat or blast; answers repeat it.
  var sequence: UInt32
  var message: ValveMessage

  /// The bytes of a datagram.
  var bytes: [UInt8] {
    var bytes: [UInt8] = Array("MVLV".utf8)
    bytes.reserveCapacity(ValveMessage.longest)
    bytes += [ValveMessage.version, message.kind, 0, 0]
    LittleEndian.append(session, to: &bytes)
    LittleEndian.append(sequence, to: &bytes)
    switch message {
    case .beat(let hostSent, let silence):
      LittleEndian.append(UInt64(hostSent), to: &bytes)
      LittleEndian.append(silence, to: &bytes)
    case .pulse(let pulse): pulse.append(to: &bytes)
    case .blast(let blast): blast.append(to: &bytes)
    case .answer(let boot, let answer):
      LittleEndian.append(boot, to: &bytes)
      bytes += [answer.rawValue, 0, 0, 0]
    case .closeAll: break
    }
    let count = UInt16(bytes.count + 4)
    (bytes[6], bytes[7]) = (UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8))
    LittleEndian.append(CRC32.checksum(bytes.span), to: &bytes)
    return bytes
  }

  /// What `bytes` say; nil where they are no message of this version, whole and undamaged.
  init?(_ bytes: [UInt8]) {
    let count = bytes.count
    guard count >= ValveMessage.headerCount + 4, count <= ValveMessage.longest,
      bytes.prefix(4).elementsEqual("MVLV".utf8), bytes[4] == ValveMessage.version,
      LittleEndian.number(bytes.span, at: 6, as: UInt16.self) == UInt16(count),
      LittleEndian.number(bytes.span, at: count - 4, as: UInt32.self)
        == CRC32.checksum(bytes.span.extracting(0..<(count - 4)))
    else { return nil }
    session = LittleEndian.number(bytes.span, at: 8)
    sequence = LittleEndian.number(bytes.span, at: 12)
    let body = Array(bytes[ValveMessage.headerCount..<(count - 4)])
    guard let message = ValveMessage(kind: bytes[5], body) else { return nil }
    self.message = message
  }

  init(session: UInt32, sequence: UInt32, _ message: ValveMessage) {
    self.session = session
    self.sequence = sequence
    self.message = message
  }
}

extension ValveMessage {
  fileprivate init?(kind: UInt8, _ body: [UInt8]) {
    let read = body.span
    switch (kind, body.count) {
    case (1, 12):
      guard let sent = time(read, at: 0) else { return nil }
      self = .beat(hostSent: sent, silenceMilliseconds: LittleEndian.number(read, at: 8))
    case (2, 40):
      guard let pulse = BoxPulse(read) else { return nil }
      self = .pulse(pulse)
    case (3, 21...):
      guard let blast = BoxBlast(read) else { return nil }
      self = .blast(blast)
    case (4, 8):
      guard let answer = BlastAnswer(rawValue: body[4]) else { return nil }
      self = .answer(boot: LittleEndian.number(read, at: 0), answer)
    case (5, 0): self = .closeAll
    default: return nil
    }
  }
}

extension BoxPulse {
  fileprivate func append(to bytes: inout [UInt8]) {
    LittleEndian.append(boot, to: &bytes)
    for time in [hostSent, boxReceived, boxSent] { LittleEndian.append(UInt64(time), to: &bytes) }
    bytes += [state.rawValue, 0]
    LittleEndian.append(nozzles, to: &bytes)
    LittleEndian.append(fired, to: &bytes)
    LittleEndian.append(failed, to: &bytes)
  }

  fileprivate init?(_ body: Span<UInt8>) {
    guard let sent = time(body, at: 4), let received = time(body, at: 12),
      let answered = time(body, at: 20), received <= answered,
      let state = BoxState(rawValue: body[28])
    else { return nil }
    self.init(
      boot: LittleEndian.number(body, at: 0), hostSent: sent, boxReceived: received,
      boxSent: answered, state: state, nozzles: LittleEndian.number(body, at: 30),
      fired: LittleEndian.number(body, at: 32), failed: LittleEndian.number(body, at: 36))
  }
}

extension BoxBlast {
  fileprivate func append(to bytes: inout [UInt8]) {
    LittleEndian.append(UInt64(boxOn), to: &bytes)
    LittleEndian.append(UInt64(boxOff), to: &bytes)
    let (first, last) = (nozzles.first ?? 0, nozzles.last ?? 0)
    LittleEndian.append(UInt16(first), to: &bytes)
    let count = (last - first) / 8 + 1
    LittleEndian.append(UInt16(count), to: &bytes)
    var set = [UInt8](repeating: 0, count: count)
    for nozzle in nozzles { set[(nozzle - first) / 8] |= 1 << UInt8((nozzle - first) % 8) }
    bytes += set
  }

  fileprivate init?(_ body: Span<UInt8>) {
    guard let on = time(body, at: 0), let off = time(body, at: 8), on < off else { return nil }
    let first = Int(LittleEndian.number(body, at: 16, as: UInt16.self))
    let count = Int(LittleEndian.number(body, at: 18, as: UInt16.self))
    guard count == body.count - 20, count <= Blast.widthLimit / 8 else { return nil }
    var nozzles: [Int] = []
    for index in 0..<(8 * count) where body[20 + index / 8] >> UInt8(index % 8) & 1 == 1 {
      nozzles.append(first + index)
    }
    guard nozzles.first == first, nozzles.last.map({ $0 < Blast.nozzleLimit }) ?? false else {
      return nil
    }
    self.init(boxOn: on, boxOff: off, nozzles: nozzles)
  }
}

/// A time of the protocol; nil beyond its bounds.
private func time(_ body: Span<UInt8>, at place: Int) -> Int64? {
  let value: UInt64 = LittleEndian.number(body, at: place)
  return value < UInt64(ValveMessage.timeLimit) ? Int64(value) : nil
}
