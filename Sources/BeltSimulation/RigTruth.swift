import CameraCalibration
import Foundation
import Tensors
import Units

/// All that is true of a simulated rig: both cameras over one belt, and the valves.
public struct RigTruth: Codable, Equatable, Sendable {
  /// From the picture, without the lens's distortion, to the belt at belt position 0, and the
  /// picture's extent.
  public var color: Homography<ColorFrame, BeltFrame>
  public var width: Int
  public var height: Int
  /// The lens that bends the pictures; nil is one that does not.
  public var lens: LensModel?
  public var scan: LineScanGeometry
  public var samples: Int
  public var lines: Int
  public var bands: Int
  /// Coefficients over v = −1 at the first band … 1 at the last, as `DetectorDistortion` has them.
  public var keystoneColumns: [Double]
  public var beltMillimetersPerSecond: Double
  /// Deviation of the speed from a constant one, slow, as a share.
  public var speedVariation: Double
  /// From the exposure of one row to that of the next, in microseconds; 0 is a global shutter.
  public var lineDelayMicroseconds: Double
  /// Travel for each of the encoder's millimeters.
  public var encoderFactor: Double
  public var barMillimeters: Double
  public var cameraLatencyMilliseconds: Double
  public var valveDelayMilliseconds: Double
  public var jitterMilliseconds: Double
  public var nozzles: Int
  public var firstNozzleMillimeters: Double
  public var nozzlePitchMillimeters: Double
  public var deadNozzles: [Int]

  /// A rig as a fitter might leave it: nothing quite straight, nothing quite where it should be.
  public init(seed: UInt64) {
    var random = SplitMix64(seed: seed, purpose: "rig")
    (width, height) = (640, 480)
    (samples, lines, bands) = (340, 272, 12)
    let pixel = random.nextUniform(0.5, 0.62)
    color = Self.view(
      width: width, height: height, pixel: pixel, degrees: random.nextUniform(-2.5, 2.5),
      tiltX: random.nextUniform(-1.2e-4, 1.2e-4), tiltY: random.nextUniform(-1.2e-4, 1.2e-4))
    let middle = color(Point(x: Double(width - 1) / 2, y: Double(height - 1) / 2))
    let scale = random.nextUniform(0.97, 1.12)
    let start = middle.x + random.nextUniform(-6, 6)
    scan = LineScanGeometry(
      samples: samples, lines: lines, start: start, millimetersPerSample: scale,
      tilt: random.nextUniform(-3e-5, 3e-5), along: middle.y + random.nextUniform(-6, 6),
      skew: random.nextUniform(-0.025, 0.025), millimetersPerLine: random.nextUniform(0.95, 1.1),
      drift: random.nextUniform(-0.002, 0.002))
    keystoneColumns = [
      random.nextUniform(-0.1, 0.1), random.nextUniform(-0.4, 0.4), random.nextUniform(-0.2, 0.2),
    ]
    beltMillimetersPerSecond = random.nextUniform(200, 1500)
    speedVariation = random.nextUniform(0.0005, 0.003)
    lineDelayMicroseconds = random.nextUniform(0, 25)
    encoderFactor = random.nextUniform(0.97, 1.03)
    barMillimeters = random.nextUniform(400, 1200)
    cameraLatencyMilliseconds = random.nextUniform(2, 20)
    valveDelayMilliseconds = random.nextUniform(6, 20)
    jitterMilliseconds = random.nextUniform(0.15, 0.9)
    nozzles = 32
    nozzlePitchMillimeters = random.nextUniform(8, 12)
    firstNozzleMillimeters = random.nextUniform(-10, 20)
    deadNozzles = random.nextUniform() < 0.5 ? [] : [Int(random.nextUniform(0, 32))]
  }

  /// The same rig behind a lens of its own, which bends straight lines by several pixels.
  public func behindLens(seed: UInt64) -> RigTruth {
    var random = SplitMix64(seed: seed, purpose: "rig lens")
    let focal = Double(width) * random.nextUniform(1.1, 1.5)
    var rig = self
    rig.lens = LensModel(
      width: width, height: height, focal: (focal, focal * random.nextUniform(0.997, 1.003)),
      center: (
        Double(width - 1) / 2 + random.nextUniform(-8, 8),
        Double(height - 1) / 2 + random.nextUniform(-8, 8)
      ),
      radial: (random.nextUniform(-0.25, -0.12), random.nextUniform(0, 0.06), 0),
      tangential: (random.nextUniform(-0.0008, 0.0008), random.nextUniform(-0.0008, 0.0008)))
    return rig
  }

  /// Scale, turn and tilt around the middle of the picture; the belt's smallest coordinates that
  /// show are about 0.
  private static func view(
    width: Int, height: Int, pixel: Double, degrees: Double, tiltX: Double, tiltY: Double
  ) -> Homography<ColorFrame, BeltFrame> {
    let (c, s) = (pixel * cos(degrees * .pi / 180), pixel * sin(degrees * .pi / 180))
    let (u, v) = (Double(width - 1) / 2, Double(height - 1) / 2)
    let (x, y) = (pixel * u, pixel * v)
    let w = 1 - tiltX * u - tiltY * v
    return Homography(matrix: [
      c + x * tiltX, -s + x * tiltY, -c * u + s * v + x * w,
      s + y * tiltX, c + y * tiltY, -s * u - c * v + y * w, tiltX, tiltY, w,
    ])
  }

  /// What a calibration of this rig should hold, but for what cannot be known.
  public var calibration: RigCalibration {
    let near = scan.homography(samples: samples, lines: lines)
    return RigCalibration(
      rig: "simulated", date: "2026-01-31", color: color,
      cube: near?.map ?? Homography(scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0),
      beltWidthMillimeters: scan.millimetersPerSample * Double(samples),
      valveBarMillimeters: barMillimeters,
      registrationErrorMillimeters: near?.errorMillimeters ?? 0)
  }

  /// The camera or the scanner is knocked: both look elsewhere than before.
  public func knocked(byMillimeters distance: Double, seed: UInt64) -> RigTruth {
    var random = SplitMix64(seed: seed, purpose: "knock")
    let angle = random.nextUniform(0, 2 * .pi)
    var rig = self
    rig.scan.start += distance * cos(angle)
    rig.scan.along += distance * sin(angle)
    rig.scan.skew += random.nextUniform(-0.004, 0.004)
    return rig
  }
}
