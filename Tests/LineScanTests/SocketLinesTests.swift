import Diagnostics
import Foundation
import LineScan
import Tensors
import TestSupport
import Testing

/// A server that plays on a thread of its own: the receiver blocks the thread of the test, and the
/// threads that tests share may all be taken by others.
private struct Sending {
  private let results: AsyncThrowingStream<SentLines?, any Error>

  init(
    _ server: LineServer, _ source: SimulatedLines, _ faults: LineFaults, isLive: Bool
  ) {
    let (results, ending) = AsyncThrowingStream.makeStream(of: SentLines?.self)
    self.results = results
    Thread.detachNewThread {
      var random = SplitMix64(seed: 9)
      do {
        ending.yield(
          try server.play(source, faults: faults, isLive: isLive, using: &random))
        ending.finish()
      } catch {
        ending.finish(throwing: error)
      }
    }
  }

  func finish() async throws -> SentLines? {
    for try await sent in results { return sent }
    return nil
  }
}

@Suite("Lines over a socket", .serialized, .timeLimit(.minutes(20)))
struct SocketLinesTests {
  private func source(_ count: Int, isPaced: Bool = false) -> SimulatedLines {
    var settings = SimulatedLines.Settings(lineCount: count)
    settings.isPaced = isPaced
    return SimulatedLines(.small, settings: settings)
  }

  private var quick: SocketLines.Settings {
    var settings = SocketLines.Settings()
    settings.queueCapacity = 100_000
    settings.firstPause = .milliseconds(10)
    settings.stillAfter = .milliseconds(100)
    return settings
  }

  @Test("every line arrives as it was sent, over TCP and a Unix socket", arguments: [true, false])
  func exact(isTCP: Bool) async throws {
    try await withTemporaryFolder { folder in
      let address =
        isTCP
        ? LineAddress.tcp(host: "127.0.0.1", port: 0)
        : .unix(path: folder.appending(path: "s").path)
      let server = try LineServer(at: address)
      let sending = Sending(server, source(500), LineFaults(), isLive: false)
      let receiver = try SocketLines(server.address, settings: quick)
      #expect(receiver.format == .small)
      let lines = try LineSourceConformance.check(receiver, exposed: 500)
      #expect(try await sending.finish() == SentLines(sent: 500))
      #expect(lines.count == 500)
      for line in lines {
        #expect(line.counts == source(0).counts(line: line.sequence))
        #expect(line.beltMillimeters == Double(line.sequence) * 0.25)
        #expect(line.cameraNanoseconds == Int64(Double(line.sequence) / 2000 * 1e9))
      }
    }
  }

  @Test("dropped and corrupt lines are counted apart, to the last one")
  func faults() async throws {
    let server = try LineServer(at: .tcp(host: "127.0.0.1", port: 0))
    var faults = LineFaults()
    faults.dropShare = 0.05
    faults.corruptShare = 0.04
    let sending = Sending(server, source(2000), faults, isLive: false)
    let receiver = try SocketLines(server.address, settings: quick)
    let lines = try LineSourceConformance.check(receiver, exposed: nil)
    let sent = try #require(try await sending.finish())
    #expect(sent.dropped > 50 && sent.corrupted > 40)
    #expect(lines.count == sent.sent - sent.corrupted)
    // Lines before the first whole one have no number.
    let first = 2000 - receiver.account.exposed
    #expect(first >= 0 && first < 5)
    #expect(receiver.account.damaged <= sent.corrupted)
    #expect(receiver.account.damaged >= sent.corrupted - first)
    #expect(receiver.account.overflowed == 0)
    for line in lines { #expect(line.counts == source(0).counts(line: line.sequence + first)) }
  }

  @Test("a cut connection is taken up again, and lines that waited are not lost")
  func cut() async throws {
    let server = try LineServer(at: .tcp(host: "127.0.0.1", port: 0))
    var faults = LineFaults()
    faults.cutBefore = 120
    let sending = Sending(server, source(300), faults, isLive: false)
    let receiver = try SocketLines(server.address, settings: quick)
    let lines = try LineSourceConformance.check(receiver, exposed: 300)
    #expect(lines.map(\.sequence) == Array(0..<300))
    #expect(try await sending.finish() == SentLines(sent: 300))
  }

  @Test("a camera that counts anew after a break is placed by the belt's travel")
  func restarted() async throws {
    let server = try LineServer(at: .tcp(host: "127.0.0.1", port: 0))
    var faults = LineFaults()
    faults.cutBefore = 200
    faults.restartsCount = true
    let sending = Sending(server, source(1000, isPaced: true), faults, isLive: true)
    let receiver = try SocketLines(server.address, settings: quick)
    let lines = try LineSourceConformance.check(receiver, exposed: 1000)
    let sent = try #require(try await sending.finish())
    #expect(sent.unheard > 0)
    #expect(receiver.account.estimated == sent.unheard)
    #expect(lines.count == 1000 - sent.unheard)
    let later = try #require(lines.first { $0.isLossEstimated })
    #expect(later.lostBefore == sent.unheard)
    for line in lines { #expect(line.counts == source(0).counts(line: line.sequence)) }
  }

  @Test("a belt that stands is told with the sender's words")
  func halt() async throws {
    let server = try LineServer(at: .tcp(host: "127.0.0.1", port: 0))
    var faults = LineFaults()
    faults.halt = (line: 3, duration: .milliseconds(300))
    let sending = Sending(server, source(6), faults, isLive: false)
    var receiver = try SocketLines(server.address, settings: quick)
    var told: [String] = []
    reading: while true {
      switch try receiver.next(within: .seconds(5)) {
      case .line(let line): told.append("\(line.sequence)")
      case .state(.ended(let reason)):
        told.append(reason)
        break reading
      case .state(let state): told.append("\(state)")
      case nil: told.append("silence")
      }
    }
    _ = try await sending.finish()
    #expect(
      told == [
        "lines come", "0", "1", "2", "waits: the belt stands", "lines come", "3", "4", "5",
        "the sender has no more lines",
      ])
  }

  @Test("a slow reader makes the sender wait, or loses lines that are counted")
  func slowReader() async throws {
    let server = try LineServer(at: .tcp(host: "127.0.0.1", port: 0))
    let sending = Sending(server, source(400), LineFaults(), isLive: false)
    var settings = quick
    settings.queueCapacity = 50
    let receiver = try SocketLines(server.address, settings: settings)
    while receiver.account.overflowed == 0 { try await Task.sleep(for: .milliseconds(5)) }
    _ = try await sending.finish()
    let lines = try LineSourceConformance.check(receiver, exposed: nil)
    #expect(receiver.account.overflowed > 0)
    #expect(lines.count + receiver.account.overflowed == 400)
  }

  @Test("stopping ends the source, and its thread")
  func stop() async throws {
    let server = try LineServer(at: .tcp(host: "127.0.0.1", port: 0))
    let sending = Sending(server, source(200_000), LineFaults(), isLive: true)
    let receiver = try SocketLines(server.address, settings: quick)
    try LineSourceConformance.checkStop(receiver)
    _ = try await sending.finish()
  }

  @Test("nobody at the address, and somebody else, are told apart")
  func refusals() throws {
    var settings = SocketLines.Settings()
    settings.patience = .milliseconds(300)
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "nobody").path
      #expect(
        complaint { _ = try SocketLines(.unix(path: path), settings: settings) }
          == """
          unix:\(path): cannot connect: No such file or directory
            help: check that the sender runs and listens at this address
          """)
    }
    let silent = try LineServer(at: .tcp(host: "127.0.0.1", port: 0))
    #expect(
      complaint { _ = try SocketLines(silent.address, settings: settings) }
        .contains("sent no header within 0.3 s"))
  }
}

@Suite("The example bridge", .timeLimit(.minutes(20)))
struct ExampleBridgeTests {
  @Test("a page of Python brings a camera, and every count arrives")
  func python() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "camera").path
      let bridge = try Self.start(path, lines: 20, rate: 100)
      let receiver = try Self.connect(bridge, path)
      #expect(receiver.format.camera == "Example camera")
      #expect(receiver.format.samples == 640 && receiver.format.bands == 224)
      #expect(receiver.format.wavelengths?.last?.nanometers == 1000)
      let lines = try LineSourceConformance.check(receiver, exposed: 20)
      #expect(lines.count == 20)
      for line in lines {
        let wanted = (0..<(640 * 224)).map { UInt16((line.sequence + $0) % 4095) }
        #expect(line.counts == wanted)
        #expect(line.beltMillimeters == nil)
      }
      let result = bridge.finish()
      #expect(result.status == 0, "\(result.error)")
    }
  }

  @Test("it says each second that no line comes")
  func silence() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "camera").path
      let bridge = try Self.start(path, lines: 2, rate: 0.4)
      var source = try Self.connect(bridge, path)
      var events: [String] = []
      reading: while let event = try source.next(within: .seconds(5)) {
        switch event {
        case .line(let line): events.append("line \(line.sequence)")
        case .state(.waiting(let reason)): events.append(reason)
        case .state(.ended): break reading
        case .state: continue
        }
      }
      #expect(events.first == "line 0" && events.last == "line 1", "\(events)")
      #expect(events.contains("no line for a second"), "\(events)")
      #expect(bridge.finish().status == 0)
    }
  }

  private static func start(_ path: String, lines: Int, rate: Double) throws -> RunningProgram {
    try RunningProgram(
      "/usr/bin/env",
      [
        "python3", packageRoot.appending(path: "Tools/line-bridge/bridge.py").path,
        "unix:\(path)", "\(lines)", "\(rate)",
      ])
  }

  private static func connect(_ bridge: RunningProgram, _ path: String) throws -> SocketLines {
    while bridge.isRunning, !FileManager.default.fileExists(atPath: path) {
      Thread.sleep(forTimeInterval: 0.01)
    }
    var source: SocketLines?
    // Between the file's appearance and listening there is a moment.
    for _ in 0..<100 where source == nil {
      source = try? SocketLines(.unix(path: path))
      if source == nil { Thread.sleep(forTimeInterval: 0.01) }
    }
    return try #require(source)
  }
}
