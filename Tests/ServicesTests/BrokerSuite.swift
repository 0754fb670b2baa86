import Diagnostics
import Foundation
import Synchronization
import TestSupport
import Testing
import Units

@testable import Services

@Suite("What a broker is told", .serialized, .timeLimit(.minutes(20)))
struct BrokerSuite {
  private struct Event: Decodable {
    let piece: Int?
    let state: String?
    let isFit: Bool?
    let id: String?
    let isOpen: Bool?
    let type: String?
    let outcome: String?
    let historical: Bool
    let sequence: Int
    let session: String
  }

  private struct Message {
    let isRetained: Bool
    let topic: String
    let text: String

    var event: Event? {
      try? JSONFile.decode(Event.self, from: Data(text.utf8), place: topic)
    }
  }

  private func messages(_ listener: RunningProgram) -> [Message] {
    listener.output.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard parts.count == 3 else { return nil }
      return Message(isRetained: parts[0] == "1", topic: parts[1], text: parts[2])
    }
  }

  private func withLine(
    _ broker: TestBroker, _ body: (BrokerPublisher, ToldLine) throws -> Void
  ) throws {
    let line = ToldLine()
    let address = try BrokerAddress("mqtt://127.0.0.1:\(broker.port)/plant/line-1")
    let publisher = try BrokerPublisher(address, watch: line.watch)
    line.begin(broker: { publisher.status })
    line.set(ToldLine.readyValves)
    defer { _ = publisher.close() }
    try body(publisher, line)
  }

  /// Listens, and is known to listen by what it has heard: what is not kept would pass by before.
  private func listen(_ broker: TestBroker) throws -> RunningProgram {
    let listener = try broker.listen(below: "plant")
    let address = try BrokerAddress("mqtt://127.0.0.1:\(broker.port)/plant/probe")
    let probe = try BrokerPublisher(address, watch: LineWatch())
    #expect(
      StoreSamples.waits {
        messages(listener).contains { $0.topic == "plant/probe/availability" }
      })
    _ = probe.close()
    return listener
  }

  @Test("availability, state, pieces and alarms, those who come later told what is kept")
  func told() throws {
    let broker = try TestBroker()
    let early = try listen(broker)
    try withLine(broker) { publisher, line in
      line.play(seconds: 3)
      #expect(StoreSamples.waits { publisher.status.isConnected })
      for number in 1...300 { publisher.put(StoreSamples.piece(number)) }
      publisher.put(StoreSamples.blast(7))
      publisher.put(LossReport(piece: 8, reason: "tooBrief"))
      var sight = SightReport(.new, piece: 9, frame: 3, exposedAt: LineInstant(seconds: 1))
      publisher.put(sight)
      (sight.type, sight.likeliest, sight.confidence, sight.views) = (.update, "copper", 0.8, 1)
      publisher.put(sight)
      publisher.put(StoreSamples.piece(9))
      var silent = ValveStatus()
      silent.state = .silent
      line.set(silent)
      func alarms() -> [Event] {
        messages(early).filter { $0.topic == "plant/line-1/alarms" }.compactMap(\.event)
      }
      #expect(StoreSamples.waits { alarms().map(\.isOpen) == [true] })
      line.set(ToldLine.readyValves)
      #expect(StoreSamples.waits { alarms().map(\.isOpen) == [true, false] })
      #expect(alarms().map(\.id) == ["valves-silent", "valves-silent"])
      func pieces() -> [Event] {
        messages(early).filter { $0.topic == "plant/line-1/pieces/decision" }.compactMap(\.event)
      }
      #expect(StoreSamples.waits { pieces().count == 301 })
      #expect(pieces().map(\.piece) == Array(1...300) + [9])
      func path(of piece: Int) -> [Event] {
        messages(early).filter { $0.topic == "plant/line-1/pieces/path" }.compactMap(\.event)
          .filter { $0.piece == piece }
      }
      #expect(StoreSamples.waits { path(of: 9).count == 4 })
      #expect(path(of: 9).map(\.type) == ["final", "new", "update", "final"])
      #expect(path(of: 8).map(\.outcome) == ["decided", "lost"])
      #expect(pieces().allSatisfy { !$0.historical && $0.session == pieces().first?.session })
      let topics = Set(messages(early).map(\.topic))
      #expect(topics.contains("plant/line-1/pieces/blast"))
      #expect(topics.contains("plant/line-1/pieces/loss"))
      // One who comes later.
      let late = try broker.listen(below: "plant")
      func kept() -> [Message] { messages(late).filter(\.isRetained) }
      let wanted: Set = ["plant/line-1/availability", "plant/line-1/state"]
      #expect(StoreSamples.waits { wanted.isSubset(of: kept().map(\.topic)) })
      #expect(kept().contains { $0.topic == "plant/line-1/availability" && $0.text == "online" })
      let state = kept().first { $0.topic == "plant/line-1/state" }?.event
      #expect(state?.state == "ContinuousExecution" && state?.isFit == true)
    }
    #expect(
      StoreSamples.waits {
        messages(early).last { $0.topic == "plant/line-1/availability" }?.text == "offline"
      })
  }

  @Test("a killed daemon is offline by its last will")
  func will() async throws {
    let broker = try TestBroker()
    let listener = try listen(broker)
    let port = broker.port
    await #expect(processExitsWith: .signal(SIGKILL)) { [port = port as Int] in
      let address = try BrokerAddress("mqtt://127.0.0.1:\(port)/plant/line-1")
      let publisher = try BrokerPublisher(address, watch: LineWatch())
      try #require(StoreSamples.waits { publisher.status.delivered > 1 })
      kill(getpid(), SIGKILL)
    }
    func words() -> [String] {
      messages(listener).filter { $0.topic == "plant/line-1/availability" }.map(\.text)
    }
    #expect(StoreSamples.waits { words() == ["online", "offline"] })
  }

  @Test("what happens while the broker is away is told when it is back, marked, and none is missed")
  func outage() throws {
    let broker = try TestBroker()
    try withLine(broker) { publisher, line in
      line.play(seconds: 3)
      #expect(StoreSamples.waits { publisher.status.isConnected })
      broker.stop()
      #expect(StoreSamples.waits { !publisher.status.isConnected })
      for number in 1...500 { publisher.put(StoreSamples.piece(number)) }
      #expect(StoreSamples.waits { publisher.status.trouble?.id == "broker-away" })
      let state = line.watch.state()
      #expect(state.alarms.map(\.id) == ["broker-away"] && state.isFit)
      let figures = MetricsReader(line.watch.metrics(requests: (0, 0)))
      #expect(figures.value("mirage_broker_connected") == 0)
      #expect((figures.value("mirage_broker_waiting") ?? 0) >= 500)
      try broker.start()
      let listener = try broker.listen(below: "plant")
      #expect(StoreSamples.waits { publisher.status.isConnected })
      publisher.put(StoreSamples.piece(501))
      func pieces() -> [Event] {
        messages(listener).filter { $0.topic == "plant/line-1/pieces/decision" }
          .compactMap(\.event)
      }
      #expect(StoreSamples.waits { publisher.status.waiting == 0 })
      #expect(publisher.status.reconnects == 1 && publisher.status.dropped == 0)
      #expect(publisher.status.trouble == nil)
      #expect(StoreSamples.waits { pieces().contains { $0.piece == 501 } })
      // The listener may have come after the first of them; those it has are marked.
      #expect(!pieces().contains { $0.piece != 501 && !$0.historical })
      #expect(pieces().last.map { $0.piece == 501 && !$0.historical } == true)
      #expect(publisher.status.delivered >= 501)
    }
  }

  @Test("a broker that takes nothing holds up nobody: what is too much goes, and is counted")
  func slow() throws {
    let listener = try SilentListener()
    let line = ToldLine()
    let address = try BrokerAddress("mqtt://127.0.0.1:\(listener.port)/plant")
    let publisher = try BrokerPublisher(address, watch: line.watch)
    line.begin(broker: { publisher.status })
    let count = BrokerQueue.capacity + 2500
    for number in 1...count { publisher.put(StoreSamples.piece(number)) }
    let status = publisher.close()
    #expect(status.delivered == 0 && status.waiting + status.dropped >= count)
    #expect(status.dropped >= 2500)
  }

  @Test("a wrong password is told as such, and the right one is let in")
  func password() throws {
    let broker = try TestBroker(user: "line", password: "open sesame")
    let address = try BrokerAddress("mqtt://line@127.0.0.1:\(broker.port)/plant")
    let wrong = try BrokerPublisher(address, password: "x", watch: LineWatch())
    #expect(StoreSamples.waits { wrong.status.trouble?.id == "broker-refused" })
    #expect(wrong.status.trouble?.remedy.contains("--mqtt-password") == true)
    _ = wrong.close()
    let right = try BrokerPublisher(address, password: "open sesame", watch: LineWatch())
    #expect(StoreSamples.waits { right.status.isConnected })
    _ = right.close()
  }

  @Test("at the bound the oldest go, and are counted")
  func queue() {
    var queue = BrokerQueue()
    for number in 0..<(BrokerQueue.capacity + 5000) {
      queue.put(BrokerMessage(topic: "\(number)", body: "{", at: .now))
    }
    #expect(queue.dropped == 5000 && queue.count == BrokerQueue.capacity)
    for number in 5000..<(BrokerQueue.capacity + 5000) {
      #expect(queue.take()?.topic == "\(number)")
    }
    #expect(queue.take() == nil && queue.count == 0)
  }

  @Test(
    "an address is read, and a wrong one is answered with the right form",
    arguments: [
      ("mqtt://10.0.0.1/a", "mqtt://10.0.0.1:1883/a"),
      ("mqtt://eva@broker.plant:8883/a/b 1", "mqtt://broker.plant:8883/a/b 1"),
      ("mqtt://[::1]:1883/a", "mqtt://::1:1883/a"), ("mqtt://h/", nil), ("mqtt://h", nil),
      ("mqtts://h/a", nil), ("h/a", nil), ("mqtt://h:0/a", nil), ("mqtt://h:99999/a", nil),
      ("mqtt://h/a/#", nil), ("mqtt://h/a//b", nil), ("mqtt://h/$SYS", nil), ("mqtt://@h/a", nil),
      ("", nil),
    ])
  func address(_ text: String, _ wanted: String?) {
    var read: String?
    let said = complaint { read = try BrokerAddress(text).description }
    #expect(read == wanted)
    #expect(wanted != nil || said.contains("write it as mqtt://"))
  }

  @Test("a password in an address is refused without being repeated")
  func noPassword() {
    let said = complaint { _ = try BrokerAddress("mqtt://eva:secret@h/a") }
    #expect(said.contains("--mqtt-password") && !said.contains("secret"))
  }
}
