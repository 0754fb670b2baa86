import CameraCalibration
import Foundation
import Tensors
import Units

/// Shots at a disc on a simulated rig, with the delay, the jitter and the readings of a real test.
public struct SimulatedCoinTest: Sendable {
  public let truth: RigTruth
  public var readingMillimeters = 1.0
  public var discRadiusMillimeters = 12.0
  /// Half the length of belt that the air sweeps.
  public var airMillimeters = 4.0
  private let seed: UInt64

  public init(_ truth: RigTruth, seed: UInt64) {
    self.truth = truth
    self.seed = seed
  }

  /// Delay from exposure to air, without the way.
  public var delayMilliseconds: Double {
    truth.cameraLatencyMilliseconds + truth.valveDelayMilliseconds
  }

  /// Shots at each speed, timed by guesses of delay and distance that are a little off.
  public func strikes(
    speeds: [Double], each count: Int, spreadMillimeters: Double = 8
  ) -> [CoinShot] {
    var random = SplitMix64(seed: seed, purpose: "coin strikes")
    var shots: [CoinShot] = []
    for speed in speeds {
      for _ in 0..<count {
        let aim = random.nextUniform(-spreadMillimeters, spreadMillimeters)
        let made = shot(
          number: shots.count, speed: speed, aimMillimeters: aim, using: &random)
        var shot = made.shot
        shot.strikeMillimeters = made.strike + readingMillimeters * random.nextNormal()
        shots.append(shot)
      }
    }
    return shots
  }

  /// A ladder of commands at each speed, from too early to too late; only hits and misses are told.
  public func ladder(
    speeds: [Double], rungs: Int, each count: Int, reachMillimeters: Double = 40
  ) -> [CoinShot] {
    var random = SplitMix64(seed: seed, purpose: "coin ladder")
    var shots: [CoinShot] = []
    for speed in speeds {
      // Nobody knows where the middle is; that is what the ladder is for.
      let guess = random.nextUniform(-8, 8)
      for rung in 0..<(rungs * count) {
        let aim =
          guess + reachMillimeters * (2 * Double(rung / count) / Double(rungs - 1) - 1)
        let made = shot(
          number: shots.count, speed: speed, aimMillimeters: aim + random.nextUniform(-1, 1),
          using: &random)
        var shot = made.shot
        shot.isHit = abs(made.strike) <= discRadiusMillimeters + airMillimeters
        shots.append(shot)
      }
    }
    return shots
  }

  /// Each nozzle fired some times alone.
  public func nozzles(each count: Int) -> [NozzleShot] {
    var random = SplitMix64(seed: seed, purpose: "nozzles")
    return (0..<truth.nozzles).flatMap { nozzle in
      (0..<count).map { _ in
        guard !truth.deadNozzles.contains(nozzle) else {
          return NozzleShot(nozzle: nozzle, strikeMillimeters: nil)
        }
        return NozzleShot(
          nozzle: nozzle,
          strikeMillimeters: truth.firstNozzleMillimeters
            + truth.nozzlePitchMillimeters * Double(nozzle)
            + readingMillimeters * random.nextNormal())
      }
    }
  }

  /// One shot whose mean strike lies `aimMillimeters` behind the disc's middle.
  private func shot(
    number: Int, speed: Double, aimMillimeters: Double, using random: inout SplitMix64
  ) -> (shot: CoinShot, strike: Double) {
    let seconds = Double(number) * 2
    let seen = random.nextUniform(20, 200)
    // The camera's own noise in the disc's place.
    let told = seen + 0.1 * random.nextNormal()
    let way = seen + truth.barMillimeters + aimMillimeters
    let command = seconds + way / speed - delayMilliseconds / 1000
    let air =
      command + (delayMilliseconds + truth.jitterMilliseconds * random.nextNormal()) / 1000
    let strike = -truth.barMillimeters - (seen - speed * (air - seconds))
    return (
      CoinShot(
        name: "shot \(number + 1)", beltMillimetersPerSecond: speed, seconds: seconds,
        discMillimeters: told, commandSeconds: command),
      strike
    )
  }
}
