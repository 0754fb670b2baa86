import CV4L2
import Diagnostics
import Imaging
import Units

/// Finds a camera, reads it, and takes it up again after every fault: the life of an acquisition
/// thread, one `step()` after the other.
final class CameraReader {
  private enum Phase {
    case searching
    case reading(CameraSession)
  }

  /// What the thread was given.
  struct Wiring: Sendable {
    let name: CameraName
    let settings: CameraSettings
    let directory: CameraDirectory
    let system: any VideoSystem
    let clock: any LineClock
    let encoder: any Encoder
    let exchange: FrameExchange
  }

  let wiring: Wiring
  private var phase = Phase.searching
  private var memory = CameraSession.Memory()
  /// The camera that was read first; from then on it alone will do.
  private var identity: CameraIdentity?
  private let startedAt: Int64
  private var retryAt: Int64
  private var retryMilliseconds = CameraReader.firstRetryMilliseconds
  /// Restarts and openings since the last good frame.
  private var fruitless = 0
  private var hasStreamed = false
  var acquisition: FrameAcquisition
  private var guardAt: Int64 = 0
  private var rateWatch = RateWatch()

  private static let firstRetryMilliseconds = 50
  private static let longestRetryMilliseconds = 1000
  private static let pollMilliseconds: Int32 = 50
  private static let guardNanoseconds: Int64 = 250_000_000
  /// Cameras take their time to the first frame.
  private static let firstFrameNanoseconds: Int64 = 2_000_000_000
  /// So many attempts in vain are told once more, as an alarm.
  private static let alarmAttempts = 5

  init(_ wiring: Wiring) {
    self.wiring = wiring
    startedAt = wiring.system.nanoseconds
    retryAt = startedAt
    acquisition = FrameAcquisition(wiring)
  }

  /// Does what is next; comes back within a few hundredths of a second, or once a camera is set up.
  ///
  /// - Throws: why the source is of no use, at its start only; afterwards it never gives up.
  func step() throws {
    switch phase {
    case .searching: try open()
    case .reading(let session):
      do throws(CameraRefusal) {
        try read(session)
      } catch {
        try recover(session, from: error)
      }
    }
  }

  /// Gives everything back.
  func close() {
    if case .reading(let session) = phase { session.close() }
    phase = .searching
  }

  // MARK: Finding and opening

  private func open() throws {
    let now = wiring.system.nanoseconds
    guard now >= retryAt else {
      let left = Int((retryAt - now + 999_999) / 1_000_000)
      wiring.system.pause(milliseconds: min(left, Int(Self.pollMilliseconds)))
      return
    }
    do throws(CameraRefusal) {
      let node = try find()
      enter(.opening, "setting up \(node.identity.name) at \(node.path)")
      let session = try CameraSession(
        node, settings: wiring.settings, memory: memory, system: wiring.system,
        directory: wiring.directory, complain: { wiring.exchange.note($0) })
      begin(session, node)
    } catch {
      try retry(after: error)
    }
  }

  private func find() throws(CameraRefusal) -> CameraNode {
    let nodes = wiring.directory.nodes()
    let name = identity.map { CameraName.identity($0) } ?? wiring.name
    let found = name.matches(among: nodes)
    guard let node = found.first else {
      throw CameraRefusal(
        name.text,
        .absent(found: nodes.filter { $0.identity.index == 0 }.map { $0.identity.text }))
    }
    guard found.count == 1 else {
      throw CameraRefusal(
        name.text, .ambiguous(found: found.map { "\($0.path) (\($0.identity.text))" }))
    }
    return node
  }

  private func begin(_ session: CameraSession, _ node: CameraNode) {
    phase = .reading(session)
    identity = node.identity
    memory = session.remembered(memory)
    acquisition.begin(session, at: wiring.system.nanoseconds)
    rateWatch = RateWatch()
    wiring.exchange.update { status in
      status.name = session.capabilities.card
      status.identity = node.identity.text
      status.node = node.path
      status.format = session.format.name
      status.width = session.format.width
      status.height = session.format.height
      status.choice = session.choice.reason
      status.nominalRate = session.format.rate
      status.exposureMilliseconds = session.exposureMilliseconds
      if hasStreamed { status.reconnects += 1 }
    }
  }

  /// Waits a little longer each time; before the first frame, gives up where waiting is no use.
  private func retry(after refusal: CameraRefusal) throws {
    let now = wiring.system.nanoseconds
    if !hasStreamed {
      let waited = (now - startedAt) / 1_000_000
      let isHopeless: Bool =
        switch refusal.reason {
        case .absent, .forbidden: true
        default: waited >= wiring.settings.patienceMilliseconds
        }
      if refusal.isFinal || wiring.settings.start == .now && isHopeless { throw refusal }
    }
    let state: CameraState =
      switch refusal.reason {
      case .absent: .searching
      case .noSignal: .noSignal
      default: .opening
      }
    enter(state, "\(refusal.place): \(refusal.problem)")
    retryAt = now + Int64(retryMilliseconds) * 1_000_000
    retryMilliseconds = min(retryMilliseconds * 2, Self.longestRetryMilliseconds)
  }

  // MARK: Reading

  private func read(_ session: CameraSession) throws(CameraRefusal) {
    let ready = wiring.system.poll(session.device.file, milliseconds: Self.pollMilliseconds)
    guard ready >= 0 else { throw session.device.refusal("poll", number: -ready) }
    if ready & Int32(POLLPRI) != 0, try session.hasSignalChanged() {
      throw CameraRefusal(session.device.place, .noSignal("the signal at the input changed"))
    }
    if ready & Int32(POLLIN | POLLERR | POLLHUP | POLLNVAL) == 0 {
      try checkSilence(session, now: wiring.system.nanoseconds)
    } else {
      let found = try acquisition.take(from: session)
      if found.good { noteGoodFrame(session) }
      if found.frames > 0, !found.good {
        try checkUse(session, now: wiring.system.nanoseconds)
      }
      // An error without a frame would be told again at once, and for ever.
      if found.frames == 0, ready & Int32(POLLERR | POLLHUP | POLLNVAL) != 0 {
        throw CameraRefusal(session.device.place, .call(request: "poll", number: EIO))
      }
    }
    let now = wiring.system.nanoseconds
    if now >= guardAt {
      guardAt = now + Self.guardNanoseconds
      try session.guardControls { wiring.exchange.note($0) }
      watchRate(session)
    }
  }

  private func noteGoodFrame(_ session: CameraSession) {
    hasStreamed = true
    fruitless = 0
    retryMilliseconds = Self.firstRetryMilliseconds
    // Words are made only where the state is new: this is called for each frame.
    guard wiring.exchange.state != .streaming else { return }
    let rate = session.format.rate.map { " at \(short($0)) frames/s" } ?? ""
    enter(
      .streaming,
      "\(session.format.name) \(session.format.width) × \(session.format.height)\(rate); "
        + session.choice.reason)
  }

  private func watchRate(_ session: CameraSession) {
    let rates = session.meter.rates
    let place = session.device.place
    if let trouble = rateWatch.look(
      rates, nominal: session.format.rate, tolerance: wiring.settings.rateTolerance, place: place,
      at: wiring.system.nanoseconds)
    {
      wiring.exchange.note(trouble)
    }
    let (isWrong, drifts) = (rateWatch.isWrong, session.controls?.drifts ?? 0)
    wiring.exchange.update { status in
      status.rate = rates?.received
      status.exposureRate = rates?.exposed
      status.isRateWrong = isWrong
      status.exposureMilliseconds = session.exposureMilliseconds
      status.countsLosses = session.counter.isCounting
      status.drifts = drifts
    }
  }

  /// Frames that come and cannot be shown, one and all, are no better than none.
  private func checkUse(_ session: CameraSession, now: Int64) throws(CameraRefusal) {
    let silence = now - acquisition.lastGoodAt
    guard silence > max(patience(session), Self.firstFrameNanoseconds) else { return }
    throw CameraRefusal(
      session.device.place,
      .useless(
        seconds: Double(silence) / 1e9, frames: acquisition.framesSinceGood,
        fault: acquisition.lastFault))
  }

  private func checkSilence(_ session: CameraSession, now: Int64) throws(CameraRefusal) {
    let silence = now - acquisition.lastFrameAt
    var limit = patience(session)
    if acquisition.framesOfSession == 0 { limit = max(limit, Self.firstFrameNanoseconds) }
    guard silence > limit else { return }
    throw CameraRefusal(session.device.place, .silent(seconds: Double(silence) / 1e9))
  }

  /// How long a running stream may be without frames.
  private func patience(_ session: CameraSession) -> Int64 {
    let slowest = min(session.format.rate ?? 30, session.meter.rates?.received ?? .infinity)
    let periods = Double(wiring.settings.stallPeriods) / max(slowest, 0.01) * 1e9
    return max(Int64(wiring.settings.stallMilliseconds) * 1_000_000, Int64(min(periods, 60e9)))
  }

  // MARK: Recovering

  /// Restarts the stream the first time; closes, searches and opens again where that is not
  /// possible or did not help.
  private func recover(_ session: CameraSession, from refusal: CameraRefusal) throws {
    fruitless += 1
    if fruitless == Self.alarmAttempts {
      wiring.exchange.note(
        CameraRefusal(
          refusal.place,
          .contradiction("\(fruitless) restarts without one good frame")))
    }
    if refusal.isNoSignal {
      enter(.noSignal, refusal.problem)
    } else if refusal.isGone {
      enter(.lost, refusal.problem)
    } else {
      enter(.stalled, "\(refusal.problem); the stream is restarted")
    }
    wiring.exchange.note(refusal)
    let mayRestart = fruitless == 1 && !refusal.isNoSignal && !refusal.isGone && !refusal.isFinal
    if mayRestart {
      do throws(CameraRefusal) {
        try session.restart()
        acquisition.begin(session, at: wiring.system.nanoseconds)
        wiring.exchange.update { $0.restarts += 1 }
        return
      } catch {
        wiring.exchange.note(error)
      }
    }
    close()
    retryAt = wiring.system.nanoseconds + Int64(retryMilliseconds) * 1_000_000
    retryMilliseconds = min(retryMilliseconds * 2, Self.longestRetryMilliseconds)
    if !hasStreamed { try retry(after: refusal) }
  }

  private func enter(_ state: CameraState, _ reason: String) {
    let seconds = Double(wiring.system.nanoseconds - startedAt) / 1e9
    wiring.exchange.enter(state, reason, seconds: seconds)
  }
}

/// Compares the rate that comes with the rate that was agreed on, and tells changes once.
struct RateWatch: Sendable {
  private(set) var isWrong = false
  /// Since when it looks wrong without a break; monotonic nanoseconds.
  private var wrongSince: Int64?

  private static let leastSeconds = 1.5
  /// As long as a rate is measured, so that the one that is told is not a mixture.
  private static let settlingNanoseconds: Int64 = 2_000_000_000

  init() {}

  /// A trouble where the rate has just become wrong.
  mutating func look(
    _ rates: RateMeter.Rates?, nominal: Double?, tolerance: Double, place: String, at now: Int64
  ) -> Complaint? {
    guard let rates, let nominal, rates.seconds >= Self.leastSeconds else { return nil }
    let difference = abs(rates.exposed - nominal) / nominal
    // Half the tolerance back, so that a rate at the limit does not raise alarm after alarm.
    if isWrong, difference < tolerance / 2 { isWrong = false }
    guard difference > tolerance else {
      wrongSince = nil
      return nil
    }
    wrongSince = wrongSince ?? now
    guard !isWrong, now - (wrongSince ?? now) >= Self.settlingNanoseconds else { return nil }
    isWrong = true
    return Complaint(
      place,
      "\(short((rates.exposed * 10).rounded() / 10)) frames/s come, the driver agreed to "
        + "\(short(nominal))",
      remedy: "give more light or a shorter exposure, and switch the camera's dynamic frame rate "
        + "off")
  }
}
