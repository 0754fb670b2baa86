import Units

/// How the clock of the box stands to the line's, from beats and their answers.
///
/// Source: Mills, *Internet Time Synchronization: The Network Time Protocol*, IEEE Transactions on
/// Communications, 1991: of several exchanges that with the shortest way there and back is the
/// best, and half its length bounds its error. Differs: an older one is trusted less by what two
/// quartz clocks may drift meanwhile.
struct BoxClock {
  /// Exchanges that are kept.
  static let memory = 16
  /// By how much two clocks may part, in parts of the time: twice 50 millionths.
  static let drift = 1e-4

  private struct Exchange {
    /// Box time less line time, in nanoseconds.
    var offset: Int64
    /// Half of the way there and back.
    var error: Int64
    var at: Int64
  }

  private var exchanges: [Exchange] = []

  /// Takes in one exchange that ended at `hostReceived`; impossible ones are ignored.
  mutating func note(_ pulse: BoxPulse, hostReceived: Int64) {
    let way = (hostReceived - pulse.hostSent) - (pulse.boxSent - pulse.boxReceived)
    guard way >= 0, pulse.hostSent <= hostReceived else { return }
    let offset =
      ((pulse.boxReceived - pulse.hostSent) + (pulse.boxSent - hostReceived)) / 2
    if exchanges.count == Self.memory { exchanges.removeFirst() }
    exchanges.append(Exchange(offset: offset, error: way / 2, at: hostReceived))
  }

  mutating func forget() { exchanges.removeAll(keepingCapacity: true) }

  /// The best offset at `now` in nanoseconds with the bound of its error; nil before any exchange.
  func reading(at now: Int64) -> (offset: Int64, error: Int64)? {
    func error(_ exchange: Exchange) -> Int64 {
      exchange.error + Int64(Double(max(0, now - exchange.at)) * Self.drift)
    }
    return exchanges.min { error($0) < error($1) }.map { ($0.offset, error($0)) }
  }
}
