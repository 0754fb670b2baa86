import CameraCalibration
import Foundation
import Imaging
import Tensors
import Units

/// A shot of the coin test as two cameras film it: the disc on its way, and at the bar.
public struct CoinFilm: Sendable {
  /// A picture with the time that its camera tells.
  public struct Frame: Sendable {
    public var picture: Picture
    public var seconds: Double
  }

  /// One shot.
  public struct Shot: Sendable {
    public var approach: [Frame]
    public var bar: [Frame]
    public var commandSeconds: Double
  }

  public let truth: RigTruth
  /// From the bar camera's pictures to the belt, the bar at y = 0.
  public static let barCamera = Homography<ColorFrame, BeltFrame>(
    scaleX: 0.5, scaleY: 0.5, shiftX: 0, shiftY: -40)
  private static let (barWidth, barHeight) = (160, 120)
  public var discRadius = 10.0
  private let seed: UInt64
  private let rig: SimulatedRig

  public init(_ truth: RigTruth, seed: UInt64) {
    self.truth = truth
    self.seed = seed
    rig = SimulatedRig(truth, seed: seed)
  }

  /// Films a shot that is timed by a guess: the air should strike `aimMillimeters` behind the
  /// disc's middle, but for what delay and distance are off.
  public func shot(
    number: Int, speed: Double, aimMillimeters: Double, guessedDelayMilliseconds: Double
  ) -> Shot {
    var random = SplitMix64(seed: seed, purpose: "coin film/\(number)")
    let start = Double(number) * 3
    let across = random.nextUniform(60, 200)
    let first = random.nextUniform(150, 190)
    let rig = rig.reseeded(seed &+ UInt64(number))
    let scene = RigScene(seed: seed &+ UInt64(number), contrast: 0.6)
    // The disc lies still on the belt; the belt carries it through the view.
    let approach = (0..<4).map { frame -> Frame in
      let passed = Double(frame) * 25 / speed
      let belt = scene.withDisc(x: across, y: first, radius: discRadius)
      return Frame(
        picture: rig.picture(
          of: belt, atBeltMillimeters: passed * speed, number: number * 100 + frame),
        seconds: start + passed + truth.cameraLatencyMilliseconds / 1000)
    }
    let way = first + truth.barMillimeters + aimMillimeters
    let command =
      start + truth.cameraLatencyMilliseconds / 1000 + way / speed
      - guessedDelayMilliseconds / 1000
    let air =
      command
      + (truth.valveDelayMilliseconds + truth.jitterMilliseconds * random.nextNormal()) / 1000
    return Shot(
      approach: approach,
      bar: bar(
        arrival: start + (first + truth.barMillimeters) / speed, air: air, speed: speed,
        number: number),
      commandSeconds: command)
  }

  /// The disc passes the bar at `arrival` and is thrown sideways and forward from `air` on.
  private func bar(arrival: Double, air: Double, speed: Double, number: Int) -> [Frame] {
    var view = truth
    (view.width, view.height, view.color) = (Self.barWidth, Self.barHeight, Self.barCamera)
    view.lineDelayMicroseconds = 0
    view.lens = nil
    let rig = SimulatedRig(view, seed: seed &+ UInt64(number) &+ 1000)
    let interval = 2.2 / speed
    return (0..<18).map { frame in
      let seconds = arrival + (Double(frame) - 9) * interval
      let thrown = max(0, seconds - air)
      let place = (
        x: 40 + 0.55 * speed * thrown, y: -speed * (seconds - arrival) - 0.5 * speed * thrown
      )
      let scene = RigScene(seed: seed &+ 7, contrast: 0.4)
        .withDisc(x: place.x, y: place.y, radius: 6)
      return Frame(
        picture: rig.picture(
          of: scene, atBeltMillimeters: 0, number: number * 100 + 50 + frame),
        seconds: seconds)
    }
  }
}
