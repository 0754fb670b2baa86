import Units

/// Where the valves are and how they blow.
public struct ValveSettings: Codable, Equatable, Sendable {
  /// Belt travel at which the belt's own zero reaches the bar: a point at belt coordinate `y`
  /// is over the bar once the belt has traveled `y + barMillimeters`.
  public var barMillimeters: Double
  /// From the command to the air at the bar.
  public var latencyMilliseconds: Double = 15
  /// The middle share of a piece's length that is blown at; the rest allows for timing errors.
  public var blastShare: Double = 0.6
  /// Shortest blast; one over a short piece is made this long around its middle.
  public var leastBlastMilliseconds: Double = 0
  /// The bar's nozzles, where they are known.
  public var nozzles: NozzleLine?
  /// How long before its time a blast is handed to the valves, at least.
  public var leadMilliseconds: Double = 100
  /// Longest time from the last look at the belt to a command.
  ///
  /// Over a longer one the belt may have stopped or changed its speed. A blast that no later frame
  /// comes in time for is late.
  public var forecastMilliseconds: Double = 500
  /// Most blasts waiting; more are dropped and counted.
  public var capacity = 1024

  public var latency: Duration { .nanoseconds(Int64(latencyMilliseconds * 1e6)) }
  public var forecast: Duration { .nanoseconds(Int64(forecastMilliseconds * 1e6)) }
  public var lead: Duration { .nanoseconds(Int64(leadMilliseconds * 1e6)) }
  public var leastBlast: Duration { .nanoseconds(Int64(leastBlastMilliseconds * 1e6)) }

  public init(barMillimeters: Double) { self.barMillimeters = barMillimeters }
}

/// Times a piece's arrival at the valve bar.
public struct Deadline: Sendable, Equatable {
  /// When the decision must be there: leading edge at the bar, less the valves' latency.
  ///
  /// Nil while the belt stands or its speed is unknown: then nothing is urgent.
  public let at: LineInstant?
  /// From the decision to the deadline; negative is late.
  public let slack: Duration?

  public var isLate: Bool { slack.map { $0 < .zero } ?? false }

  /// The deadline of a piece whose leading edge lies at `leadingMillimeters`, decided at `now`.
  public init(
    leadingMillimeters: Double, valves: ValveSettings, motion: BeltMotion,
    decidedAt now: LineInstant
  ) {
    let arrival = motion.instant(at: leadingMillimeters + valves.barMillimeters)
    let deadline = arrival.map { $0.advanced(by: .zero - valves.latency) }
    at = deadline
    slack = deadline.map { now.duration(to: $0) }
  }
}

/// Air for one piece.
public struct Ejection: Sendable, Equatable {
  public var piece: Int
  /// When the valves must be told.
  public var commandAt: LineInstant
  /// When the air begins and ends at the bar.
  public var opensAt: LineInstant
  public var closesAt: LineInstant
  /// From where to where across the belt, in millimeters.
  public var across: ClosedRange<Double>
  /// The nozzles that blow; nil where the bar's nozzles are not known.
  public var nozzles: [Int]?
}

/// Decided pieces on their way to the valve bar.
///
/// They wait by belt position, not by time, so that a belt that slows down takes its blasts along;
/// a blast's times are fixed only shortly before, from the belt's latest motion. A blast whose
/// command would come too late is dropped and counted: late air hits the next piece.
public struct EjectionQueue: Sendable {
  private struct Waiting: Sendable {
    var piece: Int
    var start: Double
    var end: Double
    var across: ClosedRange<Double>
  }

  public private(set) var valves: ValveSettings
  /// Blasts handed to the valves.
  public private(set) var fired = 0
  /// Blasts whose command would have been too late.
  public private(set) var late = 0
  /// Blasts for which there was no room.
  public private(set) var dropped = 0
  public var waitingCount: Int { waiting.count }

  private var waiting: [Waiting] = []

  public init(_ valves: ValveSettings) { self.valves = valves }

  /// Blows otherwise from now on; where the pieces lie that wait already stays as it is.
  public mutating func adopt(_ valves: ValveSettings) { self.valves = valves }

  /// Takes in a piece that is to be blown out.
  public mutating func add(piece: Int, bounds: Rectangle<BeltFrame>) {
    guard waiting.count < valves.capacity else {
      dropped += 1
      return
    }
    let center = bounds.center.y + valves.barMillimeters
    let half = bounds.height / 2 * valves.blastShare
    waiting.append(
      Waiting(
        piece: piece, start: center - half, end: center + half,
        across: bounds.x...(bounds.x + bounds.width)))
  }

  /// Hands out the blasts that begin before the next look at the queue: within `interval` and the
  /// valves' lead from `now`, and not longer after the last look at the belt than can be foretold.
  public mutating func due(
    at now: LineInstant, interval: Duration, motion: BeltMotion, into ejections: inout [Ejection]
  ) {
    handOut(
      at: now, interval: interval, motion: motion,
      latest: motion.last?.advanced(by: valves.forecast), into: &ejections)
  }

  private mutating func handOut(
    at now: LineInstant, interval: Duration, motion: BeltMotion, latest: LineInstant?,
    into ejections: inout [Ejection]
  ) {
    ejections.removeAll(keepingCapacity: true)
    let horizon = now.advanced(by: max(valves.lead, interval + interval) + valves.latency)
    let valves = valves
    var (firedNow, lateNow) = (0, 0)
    waiting.removeAll { target in
      guard var opensAt = motion.instant(at: target.start),
        var closesAt = motion.instant(at: target.end)
      else { return false }
      let missing = valves.leastBlast - opensAt.duration(to: closesAt)
      if missing > .zero {
        opensAt = opensAt.advanced(by: .zero - missing / 2)
        closesAt = closesAt.advanced(by: missing / 2)
      }
      guard opensAt <= horizon else { return false }
      let commandAt = opensAt.advanced(by: .zero - valves.latency)
      guard commandAt >= now else {
        lateNow += 1
        return true
      }
      if let latest, commandAt > latest { return false }
      firedNow += 1
      ejections.append(
        Ejection(
          piece: target.piece, commandAt: commandAt, opensAt: opensAt, closesAt: closesAt,
          across: target.across, nozzles: valves.nozzles?.covering(target.across)))
      return true
    }
    fired += firedNow
    late += lateNow
  }

  /// Hands out what still waits at the end of a run, timed by the belt's last motion.
  public mutating func finish(
    at now: LineInstant, motion: BeltMotion, into ejections: inout [Ejection]
  ) {
    handOut(at: now, interval: .seconds(3600), motion: motion, latest: nil, into: &ejections)
  }
}
