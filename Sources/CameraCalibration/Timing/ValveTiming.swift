import Foundation

/// What the line needs of a timing test: the rig's calibration carries it to the daemon.
public struct ValveTiming: Codable, Equatable, Sendable {
  /// Nozzles at equal distances across the belt.
  public struct Nozzles: Codable, Equatable, Sendable {
    public var count: Int
    /// Belt x of nozzle 0, and from one to the next; negative where they count from the right.
    public var firstMillimeters: Double
    public var pitchMillimeters: Double
    /// Nozzles that struck nothing or not where they should.
    public var unusable: [Int]

    public init(
      count: Int, firstMillimeters: Double, pitchMillimeters: Double, unusable: [Int] = []
    ) {
      self.count = count
      self.firstMillimeters = firstMillimeters
      self.pitchMillimeters = pitchMillimeters
      self.unusable = unusable
    }
  }

  /// From exposure to air, without the way: from a picture's time stamp a piece is met if the valve
  /// is told this long before the piece, by the stamp, is over the bar.
  public var delayMilliseconds: Double
  /// Half the width of its 95 % interval.
  public var delayUncertaintyMilliseconds: Double
  /// Deviation from blast to blast.
  public var jitterMilliseconds: Double
  /// Shortest blast that meets a piece's middle in 99 of 100 cases.
  public var leastBlastMilliseconds: Double
  public var nozzles: Nozzles?

  public init(
    delayMilliseconds: Double, delayUncertaintyMilliseconds: Double, jitterMilliseconds: Double,
    leastBlastMilliseconds: Double, nozzles: Nozzles? = nil
  ) {
    self.delayMilliseconds = delayMilliseconds
    self.delayUncertaintyMilliseconds = delayUncertaintyMilliseconds
    self.jitterMilliseconds = jitterMilliseconds
    self.leastBlastMilliseconds = leastBlastMilliseconds
    self.nozzles = nozzles
  }

  public init(_ timing: EjectionTiming) {
    self.init(
      delayMilliseconds: timing.delayMilliseconds.value,
      delayUncertaintyMilliseconds: timing.delayMilliseconds.uncertainty,
      jitterMilliseconds: timing.jitterMilliseconds.value,
      leastBlastMilliseconds: timing.leastBlastMilliseconds,
      nozzles: timing.nozzles.map { row in
        Nozzles(
          count: row.count, firstMillimeters: row.firstMillimeters.value,
          pitchMillimeters: row.pitchMillimeters.value,
          unusable: row.states.indices.filter { ![.works, .untested].contains(row.states[$0]) })
      })
  }

  /// Refuses what cannot be; `place` is the file it came from.
  func check(place: String) throws(CalibrationError) {
    for (key, value) in [
      ("valves.delayMilliseconds", delayMilliseconds),
      ("valves.delayUncertaintyMilliseconds", delayUncertaintyMilliseconds),
      ("valves.jitterMilliseconds", jitterMilliseconds),
      ("valves.leastBlastMilliseconds", leastBlastMilliseconds),
    ] {
      // Beyond a minute no valve is meant, and nanoseconds would overflow far beyond.
      guard value >= 0, value <= 60_000 else {
        throw CalibrationError(place, .negative(key, found: value))
      }
    }
    guard let nozzles else { return }
    guard nozzles.count > 0, nozzles.count <= 100_000 else {
      throw CalibrationError(
        place, .notPositive("valves.nozzles.count", found: Double(nozzles.count)))
    }
    guard nozzles.firstMillimeters.isFinite, nozzles.pitchMillimeters.isFinite,
      nozzles.pitchMillimeters != 0
    else {
      throw CalibrationError(
        place, .notPositive("valves.nozzles.pitchMillimeters", found: nozzles.pitchMillimeters))
    }
  }
}
