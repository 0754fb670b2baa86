import Units

/// One conversation with a box, without its wire and without a clock of its own: what came goes in
/// with its time, what is due comes out.
///
/// A blast is sent until it is answered or its time has come. One whose time has come is never
/// sent; valves that open late hit the next piece.
package struct ValveSession {
  /// A blast that is not settled.
  private struct Pending {
    var blast: Blast
    var sequence: UInt32
    var sentAt: LineInstant?
  }

  package let terms: ValveTerms
  private let number: UInt32
  package private(set) var status = ValveStatus()
  private var clock = BoxClock()
  private var boot: UInt32?
  private var boxState = BoxState.closed
  private var pending: [Pending] = []
  private var sequence: UInt32 = 0
  private var beats: UInt32 = 0
  private var lastBeat: LineInstant?
  private var lastPulse: LineInstant?
  /// When accepted blasts end that have not ended yet.
  private var ends: [LineInstant] = []

  /// - Parameter number: names this session; another one than the last time.
  package init(number: UInt32, terms: ValveTerms) {
    self.number = number
    self.terms = terms
  }

  /// Whether blasts still wait for an answer or for their end.
  func isBusy(at now: LineInstant) -> Bool {
    !pending.isEmpty || ends.contains { now < $0 }
  }

  // MARK: In

  /// Takes over a blast; nil stands for one that no box could do.
  package mutating func take(_ blast: Blast?, at now: LineInstant) {
    status.account.taken += 1
    guard let blast else {
      status.account.unaimed += 1
      return
    }
    guard blast.onAt > now else {
      status.account.late += 1
      return
    }
    guard pending.count < terms.capacity else {
      status.account.dropped += 1
      return
    }
    sequence &+= 1
    pending.append(Pending(blast: blast, sequence: sequence))
    status.account.waiting = pending.count
  }

  /// Takes in the bytes of one message.
  package mutating func receive(_ bytes: [UInt8], at now: LineInstant) {
    guard let envelope = ValveEnvelope(bytes), envelope.session == number else {
      status.strays += 1
      return
    }
    switch envelope.message {
    case .pulse(let pulse): note(pulse, at: now)
    case .answer(let from, let answer) where from == boot:
      settle(envelope.sequence, answer)
    case .answer, .beat, .blast, .closeAll: status.strays += 1
    }
  }

  mutating func noteFailure(_ reason: String) {
    status.linkFailures += 1
    status.trouble = reason
  }

  private mutating func note(_ pulse: BoxPulse, at now: LineInstant) {
    if boot != pulse.boot {
      // Another start is another clock, and what the box had accepted is forgotten.
      if boot != nil { status.restarts += 1 }
      boot = pulse.boot
      clock.forget()
    }
    clock.note(pulse, hostReceived: now.nanoseconds)
    lastPulse = now
    boxState = pulse.state
    status.nozzles = Int(pulse.nozzles)
    status.boxFired = Int(pulse.fired)
    status.boxFailed = Int(pulse.failed)
    status.roundTripMilliseconds = Double(now.nanoseconds - pulse.hostSent) / 1e6
  }

  private mutating func settle(_ sequence: UInt32, _ answer: BlastAnswer) {
    guard let index = pending.firstIndex(where: { $0.sequence == sequence }),
      pending[index].sentAt != nil
    else { return }
    switch answer {
    case .notReady: return  // It is sent again after the next exchange.
    case .accepted:
      status.account.accepted += 1
      ends.append(pending[index].blast.offAt)
    case .tooLate, .noSuchNozzle, .noRoom: status.account.refused += 1
    }
    pending.remove(at: index)
    status.account.waiting = pending.count
  }

  // MARK: Out

  /// The messages that are due at `now`, in order; `send` tells whether one could be sent.
  package mutating func due(at now: LineInstant, send: ([UInt8]) -> Bool) {
    expire(at: now)
    judge(at: now)
    let pace = status.state == .seeking ? terms.beat / 4 : terms.beat
    if lastBeat.map({ $0.duration(to: now) >= pace }) ?? true {
      lastBeat = now
      beats &+= 1
      let silence = UInt32(clamping: Int64(terms.silence.seconds * 1000))
      _ = send(
        ValveEnvelope(
          session: number, sequence: beats,
          .beat(hostSent: now.nanoseconds, silenceMilliseconds: silence)
        ).bytes)
    }
    guard status.state == .ready, let reading = clock.reading(at: now.nanoseconds) else { return }
    let horizon = now.advanced(by: terms.horizon)
    for index in pending.indices where pending[index].blast.onAt <= horizon {
      if let sentAt = pending[index].sentAt {
        guard sentAt.duration(to: now) >= terms.repetition else { continue }
        status.repeats += 1
      }
      let blast = pending[index].blast
      let message = BoxBlast(
        boxOn: blast.onAt.nanoseconds + reading.offset,
        boxOff: blast.offAt.nanoseconds + reading.offset, nozzles: blast.nozzles)
      guard message.boxOn >= 0, message.boxOff < ValveMessage.timeLimit else { continue }
      let sequence = pending[index].sequence
      if send(ValveEnvelope(session: number, sequence: sequence, .blast(message)).bytes) {
        pending[index].sentAt = now
      }
    }
  }

  /// The message that closes all valves; what still waits, here or at the box, is given up.
  mutating func goodbye(at now: LineInstant) -> [UInt8] {
    let cut = ends.count { now < $0 }
    status.account.accepted -= cut
    status.account.abandoned += cut + pending.count
    ends.removeAll()
    pending.removeAll()
    status.account.waiting = 0
    return ValveEnvelope(session: number, sequence: beats, .closeAll).bytes
  }

  /// Settles what can no longer be sent.
  private mutating func expire(at now: LineInstant) {
    ends.removeAll { $0 <= now }
    pending.removeAll { one in
      guard one.blast.onAt <= now else { return false }
      if one.sentAt == nil {
        status.account.late += 1
      } else {
        status.account.unanswered += 1
      }
      return true
    }
    status.account.waiting = pending.count
  }

  private mutating func judge(at now: LineInstant) {
    let reading = clock.reading(at: now.nanoseconds)
    status.clockErrorMilliseconds = reading.map { Double($0.error) / 1e6 }
    guard let lastPulse, let reading else {
      status.state = .seeking
      return
    }
    if lastPulse.duration(to: now) > terms.silence {
      status.state = .silent
    } else if boxState == .fault {
      status.state = .fault
    } else if Double(reading.error) / 1e9 > terms.clockErrorLimit.seconds {
      status.state = .uncertain
    } else {
      status.state = .ready
    }
  }
}
