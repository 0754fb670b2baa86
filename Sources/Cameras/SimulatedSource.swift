import BeltSimulation
import Diagnostics
import Imaging
import Tensors
import Units

/// The color camera over the simulated belt.
///
/// Each frame is drawn when it is asked for. The belt runs at an even speed; the encoder's jitter
/// and the frames that a poor link loses are drawn from the belt's seed.
public struct SimulatedSource: FrameSource {
  /// How the camera and the belt run.
  public struct Timing: Sendable, Equatable {
    public var framesPerSecond = 20.0
    public var speedMillimetersPerSecond = 1000.0
    /// Frames until the source ends; nil goes on for ever.
    public var frames: Int?
    /// Largest error of the belt position that a frame tells.
    public var encoderMillimeters = 0.0
    /// Share of frames that never come through.
    public var lossShare = 0.0

    public init() {}
  }

  public let belt: SimulatedBelt
  public let timing: Timing
  public private(set) var account = SourceAccount()
  public private(set) var troubles = SourceTroubles()

  private var random: SplitMix64
  private var sequence = 0
  private var lostSinceLast = 0
  private var lastPosition = -Double.infinity

  public init(_ belt: SimulatedBelt, timing: Timing = Timing()) {
    precondition(
      timing.framesPerSecond > 0 && timing.speedMillimetersPerSecond >= 0,
      "simulated source: \(timing.framesPerSecond) frames a second at "
        + "\(timing.speedMillimetersPerSecond) mm/s")
    self.belt = belt
    self.timing = timing
    random = SplitMix64(seed: belt.seed, purpose: "simulated source")
  }

  public mutating func next() throws -> CameraFrame? {
    while sequence < timing.frames ?? .max {
      let exposure = expose()
      guard exposure.comesThrough else {
        lose(Complaint("frame \(exposure.number)", "lost on its way from the simulated camera"))
        continue
      }
      account.delivered += 1
      lastPosition = max(lastPosition, exposure.encoder)
      defer { lostSinceLast = 0 }
      return CameraFrame(
        picture: belt.picture(atBeltMillimeters: exposure.position), sequence: exposure.number,
        exposedAt: exposure.at, beltMillimeters: lastPosition, lostBefore: lostSinceLast)
    }
    return nil
  }

  public var nextExposure: LineInstant? {
    guard sequence < timing.frames ?? .max else { return nil }
    return LineInstant(seconds: Double(sequence) / timing.framesPerSecond)
  }

  /// Passes over the next frame without making its picture.
  public mutating func skip() {
    guard sequence < timing.frames ?? .max else { return }
    lose(.passedOver(frame: expose().number))
  }

  private struct Exposure {
    var number: Int
    var at: LineInstant
    var position: Double
    var encoder: Double
    var comesThrough: Bool
  }

  /// The next frame but for its picture; each one takes the same random numbers, drawn or not.
  private mutating func expose() -> Exposure {
    let number = sequence
    sequence += 1
    let seconds = Double(number) / timing.framesPerSecond
    let position = timing.speedMillimetersPerSecond * seconds
    let error = timing.encoderMillimeters * random.nextUniform(-1, 1)
    return Exposure(
      number: number, at: LineInstant(seconds: seconds), position: position,
      encoder: position + error, comesThrough: random.nextUniform() >= timing.lossShare)
  }

  private mutating func lose(_ trouble: Complaint) {
    account.lost += 1
    lostSinceLast += 1
    troubles.note(trouble)
  }
}
