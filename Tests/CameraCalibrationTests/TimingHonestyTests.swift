import BeltSimulation
import CameraCalibration
import Foundation
import TestSupport
import Testing

@Suite("Timing on rigs of known truth")
struct TimingHonestyTests {
  @Test("delay, distance, jitter and nozzles are within their stated bounds")
  func strikes() throws {
    var (delay, bar, jitter) = (
      Honesty("delay by strikes"), Honesty("distance to the bar"), Honesty("jitter by strikes")
    )
    var (ladderDelay, ladderJitter) = (Honesty("delay by ladder"), Honesty("jitter by ladder"))
    var (first, pitch) = (Honesty("first nozzle"), Honesty("pitch of nozzles"))
    for seed in 0..<UInt64(Trials.count(isOptimized ? 40 : 6)) {
      let rig = RigTruth(seed: seed)
      let test = SimulatedCoinTest(rig, seed: seed)
      let nozzles = try NozzleRow.estimate(test.nozzles(each: 3), count: rig.nozzles)
      let found = try EjectionTiming.estimate(
        test.strikes(speeds: [600, 1500], each: 10), nozzles: nozzles)
      delay.note(
        error: abs(found.delayMilliseconds.value - test.delayMilliseconds),
        bound: found.delayMilliseconds.uncertainty)
      bar.note(
        error: abs(found.barMillimeters.value - rig.barMillimeters),
        bound: found.barMillimeters.uncertainty)
      jitter.note(found.jitterMilliseconds, rig.jitterMilliseconds)
      first.note(nozzles.firstMillimeters, rig.firstNozzleMillimeters)
      pitch.note(nozzles.pitchMillimeters, rig.nozzlePitchMillimeters)
      #expect(nozzles.states.indices.filter { nozzles.states[$0] == .dead } == rig.deadNozzles)
      var setup = TimingSetup()
      setup.barMillimeters = rig.barMillimeters
      setup.barUncertaintyMillimeters = 0
      let ladder = try EjectionTiming.estimate(
        test.ladder(speeds: [1000], rungs: 13, each: 4), setup: setup)
      ladderDelay.note(
        error: abs(ladder.delayMilliseconds.value - test.delayMilliseconds),
        bound: ladder.delayMilliseconds.uncertainty)
      ladderJitter.note(ladder.jitterMilliseconds, rig.jitterMilliseconds)
    }
    for honesty in [delay, bar, jitter, ladderDelay, ladderJitter, first, pitch] {
      if Trials.isLong { print(honesty) }
      #expect(honesty.share >= (Trials.isLong ? 0.93 : 0.87), "\(honesty)")
    }
    #expect(delay.ratio < 6 && bar.ratio < 6, "\(delay), \(bar)")
  }
}

extension Honesty {
  mutating func note(_ interval: Interval, _ truth: Double) {
    note(
      error: abs(truth - interval.value),
      bound: truth >= interval.value
        ? interval.high - interval.value : interval.value - interval.low)
  }
}
