import Diagnostics
import Dispatch
import Foundation
import Synchronization
import Units

/// Tells a broker of the line, on a thread of its own.
///
/// A broker that is away or slow holds up nobody: messages wait here, up to a bound, and are told
/// as historical when it is back; beyond the bound the oldest go and are counted. Each message is
/// told at least once; who may not count it twice goes by `session` and `sequence`.
public final class BrokerPublisher: Sendable {
  /// Messages that were sent and not answered, at most.
  static let unanswered = 100
  /// Between two tries for a connection, at first and at most.
  static let patience = (first: Duration.seconds(1), most: Duration.seconds(30))
  /// A broker that says nothing for so long is given up.
  static let answerTime = Duration.seconds(10)

  private struct Desk: Sendable {
    var queue = BrokerQueue()
    var status: BrokerStatus
    var missedBefore: @Sendable () -> Int = { 0 }
    var unreadable = 0
    var absence: BrokerAbsence? = BrokerAbsence()
    var isEnding = false
  }

  private let address: BrokerAddress
  private let watch: LineWatch
  private let wall: @Sendable () -> WallTime
  private let desk: Mutex<Desk>
  private let client: BrokerClient
  private let ended = DispatchSemaphore(value: 0)

  /// Tells from now on; the broker may come later.
  public init(
    _ address: BrokerAddress, password: String? = nil, watch: LineWatch,
    wall: @escaping @Sendable () -> WallTime = { .now }
  ) throws(Complaint) {
    self.address = address
    self.watch = watch
    self.wall = wall
    desk = Mutex(Desk(status: BrokerStatus(broker: "\(address)")))
    // Two lines under one prefix would push each other out; so does one that is started twice.
    let name = "mirage-" + Digest(of: "\(address)").short
    guard
      let client = BrokerClient(
        name: name, will: (address.prefix + "/availability", "offline"), user: address.user,
        password: password)
    else { throw Complaint("\(address)", "there is no memory for a client") }
    self.client = client
    let thread = Thread { [self] in
      var session = BrokerSession(address, client, name: BrokerMessage.text(of: wall()))
      work(&session)
      ended.signal()
    }
    thread.name = "mqtt"
    thread.start()
  }

  /// Messages that never came here are dropped, too.
  public func count(dropped: @escaping @Sendable () -> Int) {
    desk.withLock { $0.missedBefore = dropped }
  }

  /// A piece on its way.
  public func put(_ sight: SightReport) { put("pieces/path", sight) }
  /// A decided piece, which ends its way.
  public func put(_ piece: PieceReport) {
    put("pieces/decision", piece)
    put("pieces/path", PathEnd(piece))
  }
  /// Air for a piece.
  public func put(_ blast: BlastReport) { put("pieces/blast", blast) }
  /// A piece that left undecided, which ends its way.
  public func put(_ loss: LossReport) {
    put("pieces/loss", loss)
    put("pieces/path", PathEnd(loss))
  }

  /// How it goes.
  public var status: BrokerStatus {
    let (status, before) = desk.withLock { desk in
      var status = desk.status
      status.waiting += desk.queue.count
      status.dropped = desk.queue.dropped + desk.unreadable
      status.trouble = desk.absence?.trouble(address.host, waiting: status.waiting)
      return (status, desk.missedBefore)
    }
    var counted = status
    counted.dropped += before()
    return counted
  }

  /// Tells what is left, as far as that goes at once, says goodbye, and ends.
  public func close() -> BrokerStatus {
    desk.withLock { $0.isEnding = true }
    // A network that does not answer must not keep the daemon from ending.
    if ended.wait(timeout: .now() + .milliseconds(800)) == .success { ended.signal() }
    return status
  }

  private func put(_ topic: String, _ value: some Encodable) {
    let message = BrokerMessage.event(topic, value, at: wall())
    desk.withLock { desk in
      if let message { desk.queue.put(message) } else { desk.unreadable += 1 }
    }
  }

  private func work(_ session: inout BrokerSession) {
    var alarms = AlarmLog()
    var told: (urgent: [String], at: ContinuousClock.Instant)?
    var isFirst = true
    var end: ContinuousClock.Instant?
    while true {
      let isEnding = desk.withLock { $0.isEnding }
      let now = wall()
      let state = watch.state()
      alarms.look(at: isEnding ? [] : state.alarms, now)
      for alarm in alarms.changed {
        guard let message = BrokerMessage.event("alarms", BrokerAlarm(alarm), at: now) else {
          continue
        }
        desk.withLock { $0.queue.put(message) }
      }
      alarms.forget(alarms.changed.count)
      let hasJoined = session.turn(at: .now) { desk.withLock { $0.queue.take() } }
      let urgent = BrokerState(state).urgent
      let isOld = told.map { $0.at.duration(to: .now) > .seconds(10) } ?? true
      if session.isConnected, hasJoined || isOld || told?.urgent != urgent {
        if hasJoined {
          session.tellAvailability("online")
          desk.withLock { if !isFirst { $0.status.reconnects += 1 } }
          isFirst = false
        }
        if let message = BrokerMessage.event("state", BrokerState(state), at: now) {
          session.tell(message, isRetained: true)
        }
        told = (urgent, .now)
      }
      desk.withLock { desk in
        desk.absence = session.absence
        desk.status.isConnected = session.isConnected
        desk.status.delivered = session.delivered
        desk.status.waiting = session.waiting
      }
      guard isEnding else { continue }
      end = end ?? .now + .milliseconds(500)
      let isDone = session.waiting == 0 && desk.withLock { $0.queue.count } == 0
      if isDone || !session.isConnected || .now > end ?? .now {
        session.leave()
        return
      }
    }
  }
}
