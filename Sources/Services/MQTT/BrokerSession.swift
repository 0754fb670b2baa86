import Foundation

/// What the publisher's thread alone has in its hands: the connection, and what it has not
/// answered.
struct BrokerSession {
  private let address: BrokerAddress
  private let client: BrokerClient
  /// When this start of the daemon began to tell; the same in all its messages.
  private let name: String
  /// Nil while there is a connection.
  private(set) var absence: BrokerAbsence? = BrokerAbsence()
  private(set) var delivered = 0
  private var sequence = 0
  private var unanswered: Set<Int32> = []
  private var pause = BrokerPublisher.patience.first
  private var nextTry = ContinuousClock.now
  private var askedAt: ContinuousClock.Instant?
  private var joinedAt: WallTime?

  init(_ address: BrokerAddress, _ client: BrokerClient, name: String) {
    self.address = address
    self.client = client
    self.name = name
  }

  var isConnected: Bool { absence == nil }

  /// Messages that the broker has not answered.
  var waiting: Int { unanswered.count }

  /// One turn: connects where it is time to, sends what `next` gives, takes what comes.
  ///
  /// - Returns: whether the connection has just come about.
  mutating func turn(at now: ContinuousClock.Instant, next: () -> BrokerMessage?) -> Bool {
    guard askedAt != nil || isConnected else {
      guard now >= nextTry else {
        Thread.sleep(forTimeInterval: 0.05)
        return false
      }
      if let reason = client.connect(to: address) { fail(reason) } else { askedAt = now }
      return false
    }
    if isConnected {
      while unanswered.count < BrokerPublisher.unanswered, let message = next() {
        tell(message, isRetained: false)
      }
    }
    return take(client.work(within: .milliseconds(50)), at: now)
  }

  private mutating func take(_ turn: BrokerClient.Turn, at now: ContinuousClock.Instant) -> Bool {
    for number in turn.delivered where unanswered.remove(number) != nil { delivered += 1 }
    if let end = turn.end {
      // The broker's own reason says more than that the connection is over.
      let refusal = turn.answer.flatMap(Self.refusal)
      fail(refusal ?? end, isRefused: refusal != nil)
      return false
    }
    if let answer = turn.answer {
      if let refusal = Self.refusal(answer) {
        client.disconnect()
        fail(refusal, isRefused: true)
        return false
      }
      (absence, askedAt) = (nil, nil)
      pause = BrokerPublisher.patience.first
      joinedAt = .now
      return true
    }
    if let askedAt, askedAt.duration(to: now) > BrokerPublisher.answerTime {
      client.disconnect()
      fail("it takes connections and says nothing")
    }
    return false
  }

  /// Hands a message to the client; what was told before this connection is historical.
  mutating func tell(_ message: BrokerMessage, isRetained: Bool) {
    sequence += 1
    let text = message.text(
      session: name, sequence: sequence, isHistorical: joinedAt.map { message.at < $0 } ?? false)
    send(message.topic, text, isRetained)
  }

  mutating func tellAvailability(_ word: String) { send("availability", word, true) }

  private mutating func send(_ topic: String, _ text: String, _ isRetained: Bool) {
    if let number = client.publish("\(address.prefix)/\(topic)", text, isRetained: isRetained) {
      unanswered.insert(number)
    }
  }

  /// Says goodbye.
  mutating func leave() {
    guard isConnected else { return }
    tellAvailability("offline")
    for _ in 0..<10 where !unanswered.isEmpty {
      for number in client.work(within: .milliseconds(20)).delivered { unanswered.remove(number) }
    }
    client.disconnect()
    _ = client.work(within: .milliseconds(20))
    absence = BrokerAbsence()
  }

  private mutating func fail(_ reason: String, isRefused: Bool = false) {
    askedAt = nil
    absence = BrokerAbsence(
      since: absence?.since ?? .now, problem: reason, isRefused: isRefused)
    nextTry = .now + pause
    pause = min(pause * 2, BrokerPublisher.patience.most)
  }

  private static func refusal(_ answer: Int) -> String? {
    switch answer {
    case 0: nil
    case 4: "it refuses user or password"
    case 5: "it does not let us in"
    case 3: "it has no service to give just now"
    default: "it refuses us (\(answer))"
    }
  }

}

/// Since when a broker has been away, and why.
struct BrokerAbsence: Sendable {
  /// A broker that is found within that is no alarm.
  static let patience = Duration.seconds(5)

  var since = ContinuousClock.now
  var problem: String?
  /// It is there, and does not let us in.
  var isRefused = false

  /// What is not as it should be, if it has been so for some seconds.
  func trouble(_ host: String, waiting: Int) -> LineReason? {
    guard since.duration(to: .now) > Self.patience else { return nil }
    return LineReason(
      isRefused ? "broker-refused" : "broker-away",
      "the broker \(host) is told nothing: \(problem ?? "it does not answer"); "
        + "\(waiting) messages wait",
      remedy: isRefused
        ? "correct user and password of the line at the broker, or in --mqtt and --mqtt-password"
        : "check broker and network; what waits is told by itself when it is back",
      isUnfit: false)
  }
}
