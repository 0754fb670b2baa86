import Units

/// Air for one piece, as the box with the valves is told: which valves are on, from when to when.
public struct Blast: Sendable, Equatable {
  /// Nozzles are numbered below this.
  public static let nozzleLimit = 4096
  /// Nozzles from the first to the last of one blast, at most.
  public static let widthLimit = 512
  /// The longest time that valves may be on, in seconds.
  public static let longestSeconds = 10.0

  /// The piece that is to be blown out, for messages.
  public let piece: Int
  /// When current is put on the valves, on the line's clock: earlier than the air, by their delay.
  public let onAt: LineInstant
  /// When it is taken off.
  public let offAt: LineInstant
  /// Rising numbers.
  public let nozzles: [Int]

  /// Nil for what no box could do: no nozzle, nozzles out of order or bounds, a time that ends
  /// before it begins or lasts too long.
  public init?(piece: Int, onAt: LineInstant, offAt: LineInstant, nozzles: [Int]) {
    guard let first = nozzles.first, let last = nozzles.last,
      first >= 0, last < Self.nozzleLimit, last - first < Self.widthLimit,
      zip(nozzles, nozzles.dropFirst()).allSatisfy({ $0 < $1 }),
      onAt.nanoseconds >= 0, onAt < offAt, onAt.duration(to: offAt).seconds <= Self.longestSeconds
    else { return nil }
    self.piece = piece
    self.onAt = onAt
    self.offAt = offAt
    self.nozzles = nozzles
  }
}
