import Diagnostics
import Foundation
import Units

/// Lines that a bridge sends over a socket in the line protocol.
///
/// A thread of its own receives. A lost connection is taken up again, after pauses that double up
/// to a limit; the lines that passed meanwhile are counted where the sender's numbers go on, and
/// reckoned where they do not.
public struct SocketLines: LineSource {
  /// Times and sizes.
  public struct Settings: Sendable {
    /// How long to wait for the first connection and its header.
    public var patience = Duration.seconds(10)
    /// Lines that wait to be asked for; what comes beyond is dropped and counted.
    public var queueCapacity = 1024
    /// Without a line for so long, the belt is said to stand.
    public var stillAfter = Duration.seconds(1)
    /// Without a single byte for so long, the connection is given up.
    public var silentAfter = Duration.seconds(10)
    /// The pause before the first attempt to reconnect; doubles from one to the next.
    public var firstPause = Duration.milliseconds(100)
    public var longestPause = Duration.seconds(5)

    public init() {}
  }

  public let name: String
  public let format: LineFormat
  private let owner: QueueOwner

  public var account: LineAccount { owner.queue.account }

  /// Connects to `address` and waits for the sender's header.
  public init(_ address: LineAddress, settings: Settings = Settings()) throws {
    let queue = LineQueue(capacity: settings.queueCapacity)
    var receiver = LineReceiver(address: address, settings: settings, queue: queue)
    let header = try receiver.open(within: settings.patience)
    name = address.description
    format = header.format
    owner = QueueOwner(queue)
    let opened = receiver
    let thread = Thread {
      var receiver = opened
      receiver.run()
    }
    thread.name = "lines"
    thread.start()
  }

  /// As `LineSource` says.
  public mutating func next(within patience: Duration) throws -> LineEvent? {
    try owner.queue.next(within: patience)
  }

  /// As `LineSource` says.
  public mutating func stop() { owner.queue.stop() }
}

/// The receiving thread's work.
private struct LineReceiver: Sendable {
  /// Bytes asked of the system at once.
  private static let pieceCount = 1 << 20

  let address: LineAddress
  let settings: SocketLines.Settings
  let queue: LineQueue
  private var header: LineStreamHeader?
  private var intake: LineIntake
  private var socket: StreamSocket?
  private var decoder: LineStreamDecoder

  init(address: LineAddress, settings: SocketLines.Settings, queue: LineQueue) {
    self.address = address
    self.settings = settings
    self.queue = queue
    intake = LineIntake(queue: queue)
    decoder = LineStreamDecoder(place: address.description)
  }

  /// Connects, and reads up to the header.
  mutating func open(within patience: Duration) throws -> LineStreamHeader {
    let end = ContinuousClock.now + patience
    let socket = try StreamSocket.connect(to: address, within: patience)
    decoder = LineStreamDecoder(place: address.description)
    while true {
      if case .header(let found) = try decoder.next() {
        try take(found)
        self.socket = socket
        return found
      }
      let left = ContinuousClock.now.duration(to: end)
      guard left > .zero, !queue.isStopped else {
        throw Complaint(
          "\(address)", "sent no header within \(patience.seconds) s",
          remedy: "check that a bridge of the line protocol listens there")
      }
      guard
        let piece = try socket.read(
          atMost: Self.pieceCount, within: min(left, .milliseconds(100)))
      else { continue }
      guard !piece.isEmpty else {
        throw Complaint("\(address)", "closed the connection before its header was complete")
      }
      decoder.append(piece)
    }
  }

  private mutating func take(_ found: LineStreamHeader) throws {
    if let header, !header.format.agrees(with: found.format) {
      throw LineStreamError("\(address)", .formatChanged)
    }
    header = found
    intake.connect(found.format, stream: found.stream)
  }

  /// Receives until the sender ends, the source is stopped, or what came back is another camera.
  mutating func run() {
    var pause = settings.firstPause
    intake.run()
    while !queue.isStopped {
      let reason: String
      do {
        if socket == nil {
          _ = try open(within: settings.patience)
          intake.run()
        }
        pause = settings.firstPause
        guard let broken = try receive() else { return }
        reason = broken
      } catch let error as LineStreamError where error.reason == .formatChanged {
        return queue.fail(error)
      } catch let error as any Explained {
        reason = error.problem
      } catch {
        reason = "\(error)"
      }
      socket = nil
      intake.disconnect(reason: reason, retryAfter: pause)
      sleep(pause)
      pause = min(pause * 2, settings.longestPause)
    }
    queue.close(reason: "stopped")
  }

  private func sleep(_ pause: Duration) {
    let end = ContinuousClock.now + pause
    while !queue.isStopped, ContinuousClock.now < end {
      Thread.sleep(forTimeInterval: min(0.05, pause.seconds))
    }
  }

  /// Receives over the connection that stands; gives why it broke, nil where all is over.
  private mutating func receive() throws -> String? {
    guard let socket else { return nil }
    var lineAt = ContinuousClock.now
    var byteAt = lineAt
    while !queue.isStopped {
      while let item = try decoder.next() {
        switch item {
        case .header: continue
        case .line(let line):
          lineAt = .now
          intake.take(line)
        case .note(let text): intake.wait(for: text)
        case .damage: intake.noteDamage()
        case .end(let next):
          intake.end(next: next, reason: "the sender has no more lines")
          return nil
        }
      }
      let piece = try socket.read(atMost: Self.pieceCount, within: .milliseconds(50))
      let now = ContinuousClock.now
      if let piece {
        guard !piece.isEmpty else { return "the sender closed the connection" }
        byteAt = now
        decoder.append(piece)
      } else if now - byteAt > settings.silentAfter {
        return "nothing came for \(settings.silentAfter.seconds) s"
      } else if now - lineAt > settings.stillAfter {
        intake.wait(for: "no line for \(settings.stillAfter.seconds) s, the belt may stand")
      }
    }
    return nil
  }
}
