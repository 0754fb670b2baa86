import Tensors
import TestSupport
import Testing
import Units

@testable import Services

/// A box and a lossy line in virtual time.
private struct VirtualBox {
  var random: SplitMix64
  let lossShare: Double
  let worstDelay: Int64
  /// Its clock runs by so much too fast, and began elsewhere.
  let drift: Double
  let origin: Int64 = 77_000_000_000
  var boot: UInt32 = 1
  var deafFrom = Int64.max
  /// On the line's clock: when each sequence was accepted for, when its message came.
  var accepted: [UInt32: Int64] = [:]
  /// On their way, each with the time of its arrival.
  var toBox: [(at: Int64, bytes: [UInt8])] = []
  var toHost: [(at: Int64, bytes: [UInt8])] = []

  func clock(_ host: Int64) -> Int64 { origin + host + Int64(Double(host) * drift) }

  mutating func travel(from now: Int64) -> Int64? {
    if Double.random(in: 0..<1, using: &random) < lossShare || now >= deafFrom { return nil }
    return now + Int64.random(in: 50_000...worstDelay, using: &random)
  }

  mutating func send(_ bytes: [UInt8], at now: Int64) {
    if let at = travel(from: now) { toBox.append((at, bytes)) }
  }

  mutating func step(at now: Int64) throws {
    for (at, bytes) in toBox where at <= now {
      let envelope = try #require(ValveEnvelope(bytes))
      let answer: ValveMessage
      switch envelope.message {
      case .beat(let sent, _):
        answer = .pulse(
          BoxPulse(
            boot: boot, hostSent: sent, boxReceived: clock(at), boxSent: clock(now), state: .ready,
            nozzles: 64, fired: 0, failed: 0))
      case .blast(let blast):
        // The box itself would refuse a late one; here none may even arrive late by its sender.
        if accepted[envelope.sequence] == nil { accepted[envelope.sequence] = blast.boxOn }
        answer = .answer(boot: boot, blast.boxOn > clock(now) ? .accepted : .tooLate)
      case .pulse, .answer, .closeAll: continue
      }
      let reply = ValveEnvelope(session: envelope.session, sequence: envelope.sequence, answer)
      if let at = travel(from: now) { toHost.append((at, reply.bytes)) }
    }
    toBox.removeAll { $0.at <= now }
  }

  mutating func arrivals(at now: Int64) -> [[UInt8]] {
    defer { toHost.removeAll { $0.at <= now } }
    return toHost.filter { $0.at <= now }.map(\.bytes)
  }
}

@Suite("A session with a valve box")
struct ValveSessionSuite {
  /// Twenty thousand steps with blasts at random times; every property that must hold is checked.
  private func play(
    seed: UInt64, _ box: inout VirtualBox, step: Int64 = 1_000_000,
    leads: ClosedRange<Int64> = -20_000_000...300_000_000
  ) throws -> ValveStatus {
    var random = SplitMix64(seed: seed)
    var session = ValveSession(number: 5, terms: ValveTerms())
    var wanted: [Blast] = []
    for tick in 0..<20_000 {
      let now = LineInstant(nanoseconds: Int64(tick) * step)
      if tick < 16_000, Double.random(in: 0..<1, using: &random) < 0.03 {
        // Some come too late from the start, some long before their time.
        let lead = Int64.random(in: leads, using: &random)
        let on = max(0, now.nanoseconds + lead)
        let blast = Blast(
          piece: wanted.count, onAt: LineInstant(nanoseconds: on),
          offAt: LineInstant(nanoseconds: on + 20_000_000), nozzles: [wanted.count % 64])
        session.take(blast, at: now)
        if let blast { wanted.append(blast) }
      }
      for bytes in box.arrivals(at: now.nanoseconds) { session.receive(bytes, at: now) }
      var sent: [[UInt8]] = []
      session.due(at: now) { bytes in
        sent.append(bytes)
        return true
      }
      let error = (session.status.clockErrorMilliseconds ?? 0) * 1e6
      for bytes in sent {
        box.send(bytes, at: now.nanoseconds)
        guard case .blast(let blast)? = ValveEnvelope(bytes)?.message else { continue }
        let margin = Double(blast.boxOn - box.clock(now.nanoseconds))
        #expect(margin > -error, "seed \(seed): sent \(-margin / 1e6) ms after its time")
      }
      try box.step(at: now.nanoseconds)
      #expect(session.status.account.isBalanced, "seed \(seed)")
    }
    #expect(session.status.account.taken == wanted.count)
    #expect(session.status.account.waiting == 0)
    return session.status
  }

  @Test("whatever the line loses, none is sent late and each blast is counted once")
  func properties() throws {
    for seed in UInt64(1)...40 {
      var random = SplitMix64(seed: seed)
      var box = VirtualBox(
        random: SplitMix64(seed: seed &+ 1000),
        lossShare: Double.random(in: 0...0.5, using: &random),
        worstDelay: Int64.random(in: 100_000...6_000_000, using: &random),
        drift: Double.random(in: -5e-5...5e-5, using: &random))
      let status = try play(seed: seed, &box)
      #expect(status.account.accepted > 0, "seed \(seed)")
      #expect(status.account.late > 0, "seed \(seed)")
    }
  }

  @Test("a line that loses nothing has every blast in time accepted, at its time to 0.1 ms")
  func exact() throws {
    var box = VirtualBox(
      random: SplitMix64(seed: 4), lossShare: 0, worstDelay: 100_000, drift: 3e-5)
    let status = try play(seed: 3, &box, step: 50_000, leads: 2_000_000...100_000_000)
    #expect(status.account.refused == 0 && status.account.unanswered == 0)
    // Nothing can be sent before the clock is known, and all that comes later is fired.
    #expect(status.account.accepted + status.account.late == status.account.taken)
    #expect(status.account.late < 5, "\(status)")
    #expect(status.state == .ready && status.nozzles == 64 && status.advice == nil)
    #expect((status.clockErrorMilliseconds ?? 9) < 0.2)
  }

  @Test("the bound on the clock's error holds the truth")
  func clockBound() throws {
    for seed in UInt64(1)...200 {
      var random = SplitMix64(seed: seed)
      let drift = Double.random(in: -5e-5...5e-5, using: &random)
      var clock = BoxClock()
      func box(_ host: Int64) -> Int64 { 500 + host + Int64(Double(host) * drift) }
      for beat in 1...40 {
        let sent = Int64(beat) * 100_000_000
        let there = sent + Int64.random(in: 10_000...5_000_000, using: &random)
        let back = there + Int64.random(in: 10_000...5_000_000, using: &random)
        clock.note(
          BoxPulse(
            boot: 1, hostSent: sent, boxReceived: box(there), boxSent: box(there), state: .ready,
            nozzles: 1, fired: 0, failed: 0), hostReceived: back)
        let reading = try #require(clock.reading(at: back))
        #expect(abs(reading.offset - (box(back) - back)) <= reading.error + 1, "seed \(seed)")
      }
    }
  }

  @Test("a box that falls silent is told, and what was to go to it is counted late")
  func silence() throws {
    var box = VirtualBox(
      random: SplitMix64(seed: 4), lossShare: 0, worstDelay: 100_000, drift: 0)
    box.deafFrom = 10_000_000_000
    let status = try play(seed: 3, &box)
    #expect(status.state == .silent)
    #expect(status.advice?.contains("check its current and its cable") == true)
    #expect(status.account.late > 100)
  }

  @Test("a full session drops and counts")
  func full() {
    var terms = ValveTerms()
    terms.capacity = 3
    var session = ValveSession(number: 1, terms: terms)
    let start = LineInstant(seconds: 0)
    for piece in 0..<5 {
      session.take(
        Blast(
          piece: piece, onAt: LineInstant(seconds: 1), offAt: LineInstant(seconds: 2),
          nozzles: [1]),
        at: start)
    }
    session.take(nil, at: start)
    #expect(session.status.account.dropped == 2 && session.status.account.waiting == 3)
    #expect(session.status.account.unaimed == 1)
    _ = session.goodbye(at: start)
    #expect(session.status.account.abandoned == 3 && session.status.account.isBalanced)
    #expect(
      session.status.account.text
        == "6 blasts = 0 accepted + 2 dropped + 1 without a nozzle + 3 given up at the end")
  }
}
