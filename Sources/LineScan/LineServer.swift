import Diagnostics
import Foundation
import Tensors
import Units

/// What goes wrong on the way from a simulated camera, on request.
public struct LineFaults: Sendable {
  /// Share of lines that are never sent.
  public var dropShare = 0.0
  /// Share of lines of which one byte is changed on the way.
  public var corruptShare = 0.0
  /// Before which line sending halts, and for how long.
  public var halt: (line: Int, duration: Duration)?
  /// Before which line the connection is cut.
  public var cutBefore: Int?
  /// Whether the numbers begin anew after the cut, as those of a camera that was switched off.
  public var restartsCount = false

  public init() {}
}

/// What a sender did with its lines.
public struct SentLines: Sendable, Equatable {
  public var sent = 0
  public var dropped = 0
  /// Of those sent.
  public var corrupted = 0
  /// Passed while nobody was connected.
  public var unheard = 0

  public init(sent: Int = 0, dropped: Int = 0, corrupted: Int = 0, unheard: Int = 0) {
    self.sent = sent
    self.dropped = dropped
    self.corrupted = corrupted
    self.unheard = unheard
  }
}

/// The sending end of the line protocol: waits for a receiver and plays lines to it.
public final class LineServer: Sendable {
  private let listener: StreamListener

  /// Listens at `address`; TCP port 0 takes any that is free.
  public init(at address: LineAddress) throws { listener = try StreamListener(address) }

  /// Where receivers connect.
  public var address: LineAddress { listener.address }

  /// Plays `source` to its end; nil where `isStopped` said so before a receiver came.
  ///
  /// `isLive` says that lines pass while nobody listens; otherwise they wait for the receiver.
  public func play(
    _ source: some LineSource, faults: LineFaults = LineFaults(), isLive: Bool,
    using random: inout some RandomNumberGenerator,
    unless isStopped: @Sendable () -> Bool = { false }
  ) throws -> SentLines? {
    var player = LinePlayer(
      listener: listener, faults: faults, isLive: isLive, format: source.format,
      stream: random.next())
    guard try player.awaitReceiver(unless: isStopped) else { return nil }
    var source = source
    while !isStopped() {
      switch try source.next(within: .milliseconds(500)) {
      case nil, .state(.waiting):
        player.say("the belt stands")
      case .state(.ended):
        player.end()
        return player.account
      case .state: continue
      case .line(let line):
        guard try player.play(line, using: &random, unless: isStopped) else {
          return player.account
        }
      }
    }
    player.end()
    return player.account
  }
}

/// One play's state.
private struct LinePlayer {
  let listener: StreamListener
  let faults: LineFaults
  let isLive: Bool
  let format: LineFormat
  var stream: UInt64
  var account = SentLines()
  private var socket: StreamSocket?
  private var numberShift: UInt64 = 0
  private var upcoming: UInt64 = 0

  init(
    listener: StreamListener, faults: LineFaults, isLive: Bool, format: LineFormat, stream: UInt64
  ) {
    self.listener = listener
    self.faults = faults
    self.isLive = isLive
    self.format = format
    self.stream = stream
  }

  mutating func awaitReceiver(unless isStopped: () -> Bool) throws -> Bool {
    while !isStopped() {
      if connects(within: .milliseconds(100)) { return true }
    }
    return false
  }

  private mutating func connects(within patience: Duration) -> Bool {
    guard let found = listener.accept(within: patience) else { return false }
    let header = LineStreamHeader(format: format, stream: stream)
    // A receiver that is gone before its header is as good as none.
    guard (try? found.write(header.encoded)) != nil else { return false }
    socket = found
    return true
  }

  mutating func say(_ text: String) { send(LineStreamNote.note(text)) { false } }

  mutating func end() {
    send(LineStreamNote.end(next: upcoming)) { false }
    socket = nil
  }

  @discardableResult
  private mutating func send(_ bytes: [UInt8], unless isStopped: () -> Bool) -> Bool {
    guard let socket else { return false }
    // A receiver that went away is waited for again; its lines are counted as unheard.
    guard (try? socket.write(bytes, unless: isStopped)) != nil else {
      self.socket = nil
      return false
    }
    return true
  }

  /// Sends one line, or what becomes of it; false where stopped meanwhile.
  mutating func play(
    _ line: ScanLine, using random: inout some RandomNumberGenerator,
    unless isStopped: () -> Bool
  ) throws -> Bool {
    if let halt = faults.halt, halt.line == line.sequence { rest(halt.duration, isStopped) }
    if faults.cutBefore == line.sequence {
      socket = nil
      if faults.restartsCount {
        stream = random.next()
        numberShift = UInt64(line.sequence)
      }
    }
    if socket == nil {
      let isThere =
        isLive ? connects(within: .zero) : try awaitReceiver(unless: isStopped)
      guard isThere || isLive else { return false }
    }
    let number = UInt64(line.sequence) - numberShift
    upcoming = number + 1
    if random.nextUniform() < faults.dropShare {
      account.dropped += 1
      return true
    }
    var bytes = WireLine(
      number: number, cameraNanoseconds: line.cameraNanoseconds,
      beltMillimeters: line.beltMillimeters, counts: line.counts
    ).encoded(format.packing)
    let isCorrupt = random.nextUniform() < faults.corruptShare
    if isCorrupt {
      bytes[WireLine.frontCount + random.nextIndex(below: bytes.count - WireLine.frontCount)] ^= 16
    }
    guard send(bytes, unless: isStopped) else {
      account.unheard += 1
      return !isStopped()
    }
    account.sent += 1
    if isCorrupt { account.corrupted += 1 }
    return true
  }

  /// Sends nothing but signs of life for a while.
  private mutating func rest(_ duration: Duration, _ isStopped: () -> Bool) {
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end, !isStopped() {
      say("the belt stands")
      Thread.sleep(forTimeInterval: min(0.5, ContinuousClock.now.duration(to: end).seconds))
    }
  }
}
