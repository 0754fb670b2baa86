import Diagnostics
import Dispatch
import Foundation
import Synchronization

/// Serves a PLC over Modbus TCP: the line's registers to read, and results to acknowledge.
///
/// libmodbus reads and answers the requests, on a thread of its own that serves all connections in
/// turn; one that stops in the middle of a request is closed after a fifth of a second.
public final class ModbusServer: Sendable {
  /// Connections at a time; one more takes the place of the one that has been silent longest.
  static let connections = 8
  /// The heartbeat's pace.
  static let beat = Duration.milliseconds(250)

  /// Where it is served, with the port that was found where 0 was asked for.
  public let address: ModbusAddress
  private let desk = Mutex(ResultDesk())
  private let isEnding = Atomic<Bool>(false)
  private let ended = DispatchSemaphore(value: 0)

  /// Serves from now on.
  public init(_ wanted: ModbusAddress, watch: LineWatch) throws(Complaint) {
    let listener = try ModbusListener(wanted)
    address = listener.address

    let thread = Thread { [self] in
      serve(listener, watch)
      ended.signal()
    }
    thread.name = "modbus"
    thread.start()
  }

  /// A decided piece, for the results.
  public func put(_ piece: PieceReport) { desk.withLock { $0.put(piece) } }

  /// Ends all connections.
  public func close() {
    isEnding.store(true, ordering: .relaxed)
    ended.wait()
    ended.signal()
  }

  private func serve(_ listener: ModbusListener, _ watch: LineWatch) {
    let start = ContinuousClock.now
    // Made anew ten times a second, however often the PLC asks; results are always the latest.
    var (state, madeAt) = (watch.state(), start)
    while !isEnding.load(ordering: .relaxed) {
      listener.serveOnce(within: .milliseconds(20)) {
        if madeAt.duration(to: .now) > .milliseconds(100) {
          (state, madeAt) = (watch.state(), .now)
        }
        let beats = Int(start.duration(to: .now) / Self.beat)
        let (result, dropped) = desk.withLock { ($0.first, $0.dropped) }
        return RegisterMap(
          state, heartbeat: UInt16(truncatingIfNeeded: beats), result: result,
          dropped: dropped)
      } acknowledged: { number in
        desk.withLock { $0.acknowledge(number) }
      }
    }
    listener.close()
  }
}

/// Where a PLC finds the registers: `HOST:PORT`, a number of this machine, and 0.0.0.0 for all.
public struct ModbusAddress: Sendable, Equatable, CustomStringConvertible {
  public let host: String
  public let port: UInt16

  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `text`; refuses what is no such address.
  public init(_ text: String) throws(Complaint) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.first?.split(separator: ".").map { UInt8($0) } ?? []
    guard parts.count == 2, numbers.count == 4, !numbers.contains(nil),
      let port = UInt16(parts[1])
    else {
      throw Complaint(
        text, "is no address to serve a PLC at",
        remedy: "write it as 192.168.1.20:1502, a number of this machine on the PLC's network")
    }
    self.init(host: String(parts[0]), port: port)
  }

  public var description: String { "\(host):\(port)" }
}
