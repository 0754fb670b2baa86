import CameraCalibration
import Foundation
import Hyperspectral
import Imaging
import Tensors
import Units

/// A rig whose every number is known, and what its cameras see: for trying calibrations.
public struct SimulatedRig: Sendable {
  public let truth: RigTruth
  /// Deviation of the picture's noise in gray values, and of the cube's in counts.
  public var pictureNoise = 2.0
  public var scanNoise = 8.0
  /// Deviation of the lens's blur in pixels, for picture and cube.
  public var pictureBlur = 0.5
  public var scanBlur = 0.45

  private var seed: UInt64
  /// Undoes the lens, if the rig has one.
  private let bent: BentPixels?
  private static let white = 3000.0
  private static let dark = 60.0

  public init(_ truth: RigTruth, seed: UInt64) {
    self.truth = truth
    self.seed = seed
    bent = truth.lens.flatMap { BentPixels($0) }
  }

  /// The same rig with other noise.
  func reseeded(_ seed: UInt64) -> SimulatedRig {
    var rig = self
    rig.seed = seed
    return rig
  }

  /// The area of belt that both cameras see whole, at belt position 0.
  public var sharedArea: Rectangle<BeltFrame> {
    let seen = corners
    let (last, end) = (Double(truth.samples - 1), Double(truth.lines - 1))
    let scanned = [(0, 0), (last, 0), (0, end), (last, end)].map { x, y in
      truth.scan.belt(Point(x: x, y: y))
    }
    let xs = (seen.map(\.x).sorted(), scanned.map(\.x).sorted())
    let ys = (seen.map(\.y).sorted(), scanned.map(\.y).sorted())
    let (left, top) = (max(xs.0[1], xs.1[1]), max(ys.0[1], ys.1[1]))
    return Rectangle(
      x: left, y: top, width: min(xs.0[2], xs.1[2]) - left, height: min(ys.0[2], ys.1[2]) - top)
  }

  /// Corners of the belt that the picture shows, through a lens those of the largest rectangle.
  private var corners: [Point<BeltFrame>] {
    let (right, bottom) = (Double(truth.width - 1), Double(truth.height - 1))
    guard let lens = truth.lens, let grid = LensMount(lens: lens, straight: truth.color)?.grid
    else {
      return [(0, 0), (right, 0), (0, bottom), (right, bottom)].map { x, y in
        truth.color(Point(x: x, y: y))
      }
    }
    let area = grid.area
    return [(0.0, 0.0), (1, 0), (0, 1), (1, 1)].map { u, v in
      Point(x: area.x + u * area.width, y: area.y + v * area.height)
    }
  }

  /// How far the belt has traveled at a time: even running with a slow sway.
  public func beltMillimeters(at seconds: Double) -> Double {
    let speed = truth.beltMillimetersPerSecond
    let (slow, slower) = (2 * Double.pi * 1.7, 2 * Double.pi * 0.6)
    return speed * seconds
      + speed * truth.speedVariation
      * ((1 - cos(slow * seconds)) / slow + 0.5 * sin(slower * seconds) / slower)
  }

  /// How fast the belt runs at a time, in millimeters a second.
  public func speed(at seconds: Double) -> Double {
    (beltMillimeters(at: seconds + 1e-4) - beltMillimeters(at: seconds - 1e-4)) / 2e-4
  }

  /// The picture when the belt has traveled this far.
  ///
  /// - Parameter speed: of the belt during the exposure; a rolling shutter then sees each row
  ///   later than the one above it, the middle row at `position`.
  public func picture(
    of scene: RigScene, atBeltMillimeters position: Double, speed: Double = 0, number: Int = 0
  ) -> Picture {
    var random = SplitMix64(seed: seed, purpose: "rig picture/\(number)")
    var picture = Picture(width: truth.width, height: truth.height, channels: 1)
    let middle = Double(truth.height - 1) / 2
    let taps = Self.taps(deviation: pictureBlur)
    let few = Self.fewTaps(deviation: pictureBlur)
    for row in 0..<truth.height {
      let travel =
        position + speed * truth.lineDelayMicroseconds * 1e-6 * (Double(row) - middle)
      for column in 0..<truth.width {
        func belt(_ dx: Double, _ dy: Double) -> Point<BeltFrame> {
          truth.color(
            bent?(column, row, dx: dx, dy: dy)
              ?? Point(x: Double(column) + dx, y: Double(row) + dy))
        }
        let center = belt(0, 0)
        // The belt's own texture is smooth and asks for few places; edges ask for all.
        let isBare = scene.isBare(Point(x: center.x, y: center.y + travel), within: 4)
        var sum: Float = 0
        for tap in isBare ? few : taps {
          let still = belt(tap.x, tap.y)
          sum += tap.weight * scene.reflectance(Point(x: still.x, y: still.y + travel)).visible
        }
        let noisy = 250 * Double(sum) + pictureNoise * Double(random.nextSensorNoise())
        picture[column, row, 0] = UInt8(min(255, max(0, noisy.rounded())))
      }
    }
    return picture
  }

  /// Raw counts of the line scanner over the stretch of belt that a picture shows at this position.
  public func cube(
    of scene: RigScene, atBeltMillimeters position: Double, number: Int = 0
  ) -> Cube<RawCounts> {
    var random = SplitMix64(seed: seed, purpose: "rig scan/\(number)")
    let (samples, lines, bands) = (truth.samples, truth.lines, truth.bands)
    let shifts = DetectorDistortion(keystoneColumns: truth.keystoneColumns)
    // Light is gathered between the samples' places: each band sees others of them.
    var row = FineLine(samples: samples, blur: Self.profile(deviation: scanBlur))
    var values = [Float](repeating: 0, count: samples * lines * bands)
    for line in 0..<lines {
      row.gather { sample, down in
        let still = truth.scan.belt(Point(x: sample, y: Double(line) + down))
        return scene.reflectance(Point(x: still.x, y: still.y + position))
      }
      for band in 0..<bands {
        let share = Float(band) / Float(max(1, bands - 1))
        let shift = shifts.keystone(band: band, of: bands)
        for sample in 0..<samples {
          let seen = row.value(at: Double(sample) - shift)
          let light = Double(seen.visible + (seen.infrared - seen.visible) * share)
          let noisy =
            Self.dark + (Self.white - Self.dark) * light
            + scanNoise * Double(random.nextSensorNoise())
          values[(line * samples + sample) * bands + band] = Float(max(0, noisy.rounded()))
        }
      }
    }
    return Cube(
      lines: lines, samples: samples, wavelengths: wavelengths, values: values)
  }

  public var wavelengths: [Wavelength] {
    (0..<truth.bands).map {
      Wavelength(nanometers: 450 + 500 * Double($0) / Double(max(1, truth.bands - 1)))
    }
  }

  private struct Tap {
    var x: Double
    var y: Double
    var weight: Float
  }

  /// The pixel's own square and a Gaussian blur, as 5 × 5 weighted places.
  private static func taps(deviation: Double) -> [Tap] {
    let profile = profile(deviation: deviation)
    return profile.flatMap { row in
      profile.map { Tap(x: $0.place, y: row.place, weight: Float($0.weight * row.weight)) }
    }
  }

  /// The same for what is smooth: Gauss and Hermite's three places along each axis.
  private static func fewTaps(deviation: Double) -> [Tap] {
    let reach = (3 * (deviation * deviation + 1 / 12.0)).squareRoot()
    let profile: [(place: Double, weight: Float)] = [(-reach, 1 / 6), (0, 2 / 3), (reach, 1 / 6)]
    return profile.flatMap { row in
      profile.map { Tap(x: $0.place, y: row.place, weight: $0.weight * row.weight) }
    }
  }

  /// The same along one axis.
  private static func profile(deviation: Double) -> [(place: Double, weight: Double)] {
    let width = (deviation * deviation + 1 / 12.0).squareRoot()
    let places = (-2...2).map { Double($0) * 0.8 * width }
    let weights = places.map { exp(-0.5 * $0 * $0 / (width * width)) }
    let total = weights.reduce(0, +)
    return zip(places, weights).map { ($0, $1 / total) }
  }
}

/// A line of belt as the slit sees it, at four places a sample, with some beyond both ends.
private struct FineLine {
  private static let fine = 4
  private static let margin = 4
  private let blur: [(place: Double, weight: Double)]
  private var raw: [(visible: Float, infrared: Float)]
  private var smooth: [(visible: Float, infrared: Float)]
  private let kernel: [Float]

  init(samples: Int, blur: [(place: Double, weight: Double)]) {
    self.blur = blur
    raw = .init(repeating: (0, 0), count: (samples + 2 * Self.margin) * Self.fine)
    smooth = raw
    // The same blur across, on the places between samples.
    let width = blur.map { $0.place * $0.place * $0.weight }.reduce(0, +).squareRoot()
    let radius = Int((2.5 * width * Double(Self.fine)).rounded(.up))
    let weights = (-radius...radius).map { step -> Float in
      let distance = Double(step) / (Double(Self.fine) * width)
      return Float(exp(-0.5 * distance * distance))
    }
    let total = weights.reduce(0, +)
    kernel = weights.map { $0 / total }
  }

  /// Takes in a line; `light` tells what lies at a place along the slit and beside the line.
  mutating func gather(
    _ light: (_ sample: Double, _ down: Double) -> (visible: Float, infrared: Float)
  ) {
    for index in raw.indices {
      let sample = Double(index) / Double(Self.fine) - Double(Self.margin)
      var sum: (visible: Float, infrared: Float) = (0, 0)
      for tap in blur {
        let seen = light(sample, tap.place)
        sum.visible += Float(tap.weight) * seen.visible
        sum.infrared += Float(tap.weight) * seen.infrared
      }
      raw[index] = sum
    }
    let radius = kernel.count / 2
    for index in raw.indices {
      var sum: (visible: Float, infrared: Float) = (0, 0)
      for (tap, weight) in kernel.enumerated() {
        let seen = raw[min(max(index + tap - radius, 0), raw.count - 1)]
        sum.visible += weight * seen.visible
        sum.infrared += weight * seen.infrared
      }
      smooth[index] = sum
    }
  }

  func value(at sample: Double) -> (visible: Float, infrared: Float) {
    let place = (sample + Double(Self.margin)) * Double(Self.fine)
    let first = min(max(Int(place), 0), smooth.count - 2)
    let part = Float(place - Double(first))
    let (low, high) = (smooth[first], smooth[first + 1])
    return (
      low.visible * (1 - part) + high.visible * part,
      low.infrared * (1 - part) + high.infrared * part
    )
  }
}
