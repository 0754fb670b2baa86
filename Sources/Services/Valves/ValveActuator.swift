import Units

/// What opens valves at the instants that it is told, and keeps books of it.
///
/// None of it is for the frame thread: each takes a lock.
public protocol ValveActuator: Sendable {
  /// How things stand.
  var status: ValveStatus { get }
  /// Opens the blast's nozzles at its time, if that has not passed; nil stands for a blast that
  /// nobody could do.
  func fire(_ blast: Blast?)
  /// Waits for blasts under way, at most `patience`, then closes all valves and gives the books.
  func close(within patience: Duration) -> ValveStatus
}

extension ValveAddress {
  /// Opens the way to the valves.
  ///
  /// - Parameters:
  ///   - session: names this start of the daemon to a box; another number than the last time.
  ///   - now: the line's clock, on which blasts are timed.
  /// - Throws: where the address cannot be used at all: no such host, port or chip.
  public func actuator(
    session: UInt32, now: @escaping @Sendable () -> LineInstant
  ) throws -> any ValveActuator {
    switch self {
    case .datagrams, .serial: try ValveDriver(self, session: session, now: now)
    case .lines(let address): try LineDriver(address, now: now)
    }
  }

  /// Nozzles that can be driven at most, where that is known before anyone is asked.
  public var nozzleLimit: Int? {
    if case .lines(let address) = self { address.offsets.count } else { nil }
  }
}
