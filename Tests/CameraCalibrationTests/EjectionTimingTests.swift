import BeltSimulation
import CameraCalibration
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@Suite("Ejection timing")
struct EjectionTimingTests {
  static let rig = RigTruth(seed: 21)
  static let test = SimulatedCoinTest(rig, seed: 4)

  @Test("two speeds tell distance from delay; one speed needs the distance")
  func split() throws {
    let both = try EjectionTiming.estimate(Self.test.strikes(speeds: [500, 1400], each: 12))
    #expect(both.isBarMeasured)
    expectClose(both.barMillimeters.value, Self.rig.barMillimeters, absolute: 3)
    expectClose(both.delayMilliseconds.value, Self.test.delayMilliseconds, absolute: 3)
    let one = Self.test.strikes(speeds: [1000], each: 12)
    #expect(
      complaint { _ = try EjectionTiming.estimate(one) }
        == """
        shots: all shots were made at about 1000 mm/s: distance and delay cannot be told apart
          help: repeat some shots at another belt speed (30 % apart at least), or give the bar's \
        distance with --bar
        """)
    var setup = TimingSetup()
    setup.barMillimeters = Self.rig.barMillimeters
    let given = try EjectionTiming.estimate(one, setup: setup)
    #expect(!given.isBarMeasured)
    expectClose(given.delayMilliseconds.value, Self.test.delayMilliseconds, absolute: 2)
    setup.cameraLatencyMilliseconds = Self.rig.cameraLatencyMilliseconds
    let split = try EjectionTiming.estimate(one, setup: setup)
    expectClose(
      try #require(split.valveDelayMilliseconds), Self.rig.valveDelayMilliseconds, absolute: 2)
  }

  @Test("a blast as long as suggested meets 99 of 100 discs")
  func blast() throws {
    let timing = try EjectionTiming.estimate(Self.test.strikes(speeds: [500, 1400], each: 20))
    let half = timing.leastBlastMilliseconds / 2
    var random = SplitMix64(seed: 5)
    let met = (0..<20_000).filter { _ in
      let late =
        Self.test.delayMilliseconds - timing.delayMilliseconds.value
        + Self.rig.jitterMilliseconds * random.nextNormal()
        + (timing.barMillimeters.value - Self.rig.barMillimeters) / 0.95
      return abs(late) <= half
    }.count
    #expect(met >= 19_800)
    #expect(half < 5 * Self.rig.jitterMilliseconds + 2)
  }

  @Test("a jitter beyond the valve's window fails, and the advice says what to do")
  func wideJitter() throws {
    var rig = Self.rig
    rig.jitterMilliseconds = 3
    let shots = SimulatedCoinTest(rig, seed: 1).strikes(speeds: [500, 1400], each: 15)
    let judgement = try EjectionTiming.estimate(shots).judgement()
    #expect(judgement.verdict == .fail)
    #expect(judgement.advice.contains { $0.remedy.hasPrefix("check pressure, valve supply") })
  }

  @Test(
    "bad shots are refused by name, with what to do",
    arguments: [
      BadShots(
        { $0 = Array($0.prefix(4)) }, "shots: 4 shots tell where the air struck, 6 at least"),
      BadShots({ $0[2].beltMillimetersPerSecond = 0 }, "shot 3: the belt stood still"),
      BadShots({ $0[1].discMillimeters = .nan }, "shot 2: a time or place is not a finite number"),
      BadShots(
        { $0[0].commandSeconds = $0[0].seconds - 0.01 },
        "shot 1: the valve's command came 10.0 ms before the picture it follows from"),
      BadShots(
        { shots in
          for index in shots.indices {
            shots[index].strikeMillimeters = nil
            shots[index].isHit = false
          }
        }, "shots: no shot hit"),
      BadShots(
        { shots in
          for index in shots.indices {
            shots[index].strikeMillimeters = nil
            shots[index].isHit = true
          }
        }, "shot 1: every shot hit, misses on both sides were wanted\n  help: spread the ladder"),
    ])
  func refusals(bad: BadShots) {
    var shots = Self.test.strikes(speeds: [500, 1400], each: 6)
    bad.change(&shots)
    let found = complaint { _ = try EjectionTiming.estimate(shots) }
    #expect(found.hasPrefix(bad.message), "\(found)")
  }

  struct BadShots: Sendable {
    let change: @Sendable (inout [CoinShot]) -> Void
    let message: String

    init(_ change: @escaping @Sendable (inout [CoinShot]) -> Void, _ message: String) {
      self.change = change
      self.message = message
    }
  }
}

@Suite("Nozzle row")
struct NozzleRowTests {
  /// Nozzles 0 to 11 at 20 + 10 · n mm.
  static let shots = (0..<12).map {
    NozzleShot(nozzle: $0, strikeMillimeters: 20 + 10 * Double($0))
  }

  @Test("dead, mixed up and forgotten nozzles are named")
  func faults() throws {
    var shots = Self.shots
    shots[4].strikeMillimeters = nil
    (shots[7].strikeMillimeters, shots[8].strikeMillimeters) = (100, 90)
    shots.remove(at: 10)
    let row = try NozzleRow.estimate(shots, count: 12)
    #expect(row.states[4] == .dead)
    #expect(row.states[7] == .misplaced && row.states[8] == .misplaced)
    #expect(row.states[10] == .untested)
    #expect(row.states.filter { $0 == .works }.count == 8)
    expectClose([row.x(of: 0), row.x(of: 11)], [20, 130], absolute: 1e-6)
  }

  @Test("a bar counted from the right has a negative pitch")
  func reversed() throws {
    let shots = (0..<6).map { NozzleShot(nozzle: $0, strikeMillimeters: 100 - 12.5 * Double($0)) }
    expectClose(try NozzleRow.estimate(shots).pitchMillimeters.value, -12.5, absolute: 1e-9)
  }

  @Test("too few nozzles and wrong numbers are refused")
  func refusals() {
    #expect(
      complaint { _ = try NozzleRow.estimate([Self.shots[3]]) }
        .hasPrefix("nozzles: 1 nozzles struck something, 3 at least were wanted"))
    #expect(
      complaint { _ = try NozzleRow.estimate(Self.shots, count: 8) }
        .hasPrefix("nozzles: nozzle 8 was fired, the bar's nozzles are 0 to 7"))
  }
}
