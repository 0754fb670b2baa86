import CameraCalibration
import Foundation
import Hyperspectral
import Imaging
import Tensors
import Units

/// Recordings of tile, lamp, sheet and chart whose truth is known: a commissioning without a plant.
public struct SimulatedReferences: Sendable {
  /// What has to be found; written beside the recordings.
  public struct Truth: Codable, Equatable, Sendable {
    public var spectrograph: SimulatedSpectrograph
    public var darkCounts: Double
    public var darkCountsPerMillisecond: Double
    /// Share of the middle's light in the outermost columns.
    public var edgeLight: Double
    /// Elements without any answer, `[sample, band]`.
    public var deadElements: [[Int]]
    /// Linear sRGB to the color camera's channels, row by row.
    public var colorMixing: [Double]
    public var colorBlack: Double
    /// Share of the middle's light in the picture's corners.
    public var cornerLight: Double
    public var chartCorners: [Point<ColorFrame>]
  }

  public let truth: Truth
  private let seed: UInt64

  /// A camera as an FX10 with `samples` columns.
  public init(samples: Int = 256, seed: UInt64 = 1) {
    self.seed = seed
    var random = SplitMix64(seed: seed, purpose: "commissioning truth")
    var camera = SimulatedSpectrograph(
      samples: samples, bands: 224, range: 398...1002, width: 5.5)
    camera.bow = random.nextUniform(0.002, 0.008)
    camera.smile = random.nextUniform(0.8, 2)
    camera.tilt = random.nextUniform(-0.5, 0.5)
    let turn = random.nextUniform(-0.12, 0.12)
    truth = Truth(
      spectrograph: camera, darkCounts: 60, darkCountsPerMillisecond: 0.6, edgeLight: 0.75,
      deadElements: (0..<5).map { _ in
        [random.nextIndex(below: samples), 40 + random.nextIndex(below: 140)]
      },
      colorMixing: [0.62, 0.22, 0.05, 0.12, 0.66, 0.10, 0.02, 0.20, 0.48], colorBlack: 0.004,
      cornerLight: 0.75,
      chartCorners: [(-3.0, -2.0), (3, -2), (3, 2), (-3, 2)].map { u, v in
        Point(
          x: 320 + 61 * (cos(turn) * u - sin(turn) * v),
          y: 240 + 61 * (sin(turn) * u + cos(turn) * v))
      })
  }

  private var camera: SimulatedSpectrograph { truth.spectrograph }

  /// Wavelengths that the camera's maker wrote into headers: a straight axis, some nanometers off.
  public var headerWavelengths: [Wavelength] {
    (0..<camera.bands).map { Wavelength(nanometers: 400 + 600 * Double($0) / 223) }
  }

  /// Lines with the shutter closed.
  public func dark(milliseconds: Double, lines: Int = 100) -> Cube<RawCounts> {
    cube(milliseconds: milliseconds, lines: lines, purpose: "dark") { _, _ in 0 }
  }

  /// Lines of the white tile under halogen lamps; 10 ms fill some 70 % of the range.
  public func white(milliseconds: Double, lines: Int = 100) -> Cube<RawCounts> {
    cube(milliseconds: milliseconds, lines: lines, purpose: "white") { column, band in
      let side = 2 * Double(column) / Double(camera.samples - 1) - 1
      let light = 1 - (1 - truth.edgeLight) * side * side
      let nanometers = camera.nanometers(band: Double(band), column: Double(column))
      let lamp = 0.04 + exp(-0.5 * pow((nanometers - 700) / 150, 2))
      return 275 * light * lamp
    }
  }

  /// Lines of a gas lamp before the slit.
  public func lamp(
    _ elements: [LampElement], milliseconds: Double = 20, lines: Int = 100
  ) -> Cube<RawCounts> {
    let glow = LampLine.lines(of: elements)
    let spectra = (0..<camera.samples).map { column in
      camera.spectrum(of: glow, column: Double(column)) { place in
        exp(-0.5 * pow((place - 0.45) / 0.4, 2))
      }
    }
    return cube(milliseconds: milliseconds, lines: lines, purpose: "lamp") { column, band in
      1.7 * spectra[column][band]
    }
  }

  /// `light` gives counts a millisecond of a column and a band.
  private func cube(
    milliseconds: Double, lines: Int, purpose: String, light: (Int, Int) -> Double
  ) -> Cube<RawCounts> {
    var random = SplitMix64(seed: seed, purpose: "\(purpose) at \(milliseconds) ms")
    let dead = Set(truth.deadElements)
    var levels: [Double] = []
    levels.reserveCapacity(camera.samples * camera.bands)
    for column in 0..<camera.samples {
      for band in 0..<camera.bands {
        let signal = dead.contains([column, band]) ? 0 : light(column, band) * milliseconds
        levels.append(
          truth.darkCounts + truth.darkCountsPerMillisecond * milliseconds + signal)
      }
    }
    var values: [Float] = []
    values.reserveCapacity(lines * levels.count)
    for _ in 0..<lines {
      for level in levels {
        values.append(Float(camera.noisy(level, using: &random).rounded()))
      }
    }
    return Cube(
      lines: lines, samples: camera.samples, wavelengths: headerWavelengths, values: values)
  }

  // MARK: Color

  /// The color camera with its lens covered.
  public func blackPicture() -> Picture { picture("black") { _, _ in [0, 0, 0] } }

  /// An even gray sheet that fills the picture.
  public func flatPicture() -> Picture { picture("flat") { _, _ in [0.8, 0.8, 0.8] } }

  /// The chart of 24 patches on a gray table.
  public func chartPicture() -> Picture {
    let (first, second) = (truth.chartCorners[0], truth.chartCorners[1])
    let across = ((second.x - first.x) / 6, (second.y - first.y) / 6)
    let square = across.0 * across.0 + across.1 * across.1
    return picture("chart") { x, y in
      let (dx, dy) = (x - first.x, y - first.y)
      let u = (dx * across.0 + dy * across.1) / square
      let v = (dy * across.0 - dx * across.1) / square
      guard u > -0.3, v > -0.3, u < 6.3, v < 4.3 else { return [0.35, 0.34, 0.33] }
      guard u > 0, v > 0, u < 6, v < 4, abs(u - u.rounded(.down) - 0.5) < 0.42,
        abs(v - v.rounded(.down) - 0.5) < 0.42
      else { return [0.02, 0.02, 0.02] }
      return ColorChart.linear[Int(v) * 6 + Int(u)].map { max(0, $0) }
    }
  }

  private func picture(_ purpose: String, color: (Double, Double) -> [Double]) -> Picture {
    // As large as those of a simulated rig, whose calibration takes the colors.
    let (width, height) = (640, 480)
    var random = SplitMix64(seed: seed, purpose: "\(purpose) picture")
    var picture = Picture(width: width, height: height)
    let mixing = truth.colorMixing
    for y in 0..<height {
      for x in 0..<width {
        let (u, v) = (2 * Double(x) / Double(width) - 1, 2 * Double(y) / Double(height) - 1)
        let light = 0.95 * (1 - (1 - truth.cornerLight) * (u * u + v * v) / 2)
        let seen = color(Double(x), Double(y))
        for channel in 0..<3 {
          let mixed =
            mixing[3 * channel] * seen[0] + mixing[3 * channel + 1] * seen[1]
            + mixing[3 * channel + 2] * seen[2]
          let level = truth.colorBlack + light * mixed + 0.001 * random.nextNormal()
          picture[x, y, channel] = Self.coded(level)
        }
      }
    }
    return picture
  }

  /// sRGB's byte of a linear share.
  private static func coded(_ linear: Double) -> UInt8 {
    let inside = min(max(linear, 0), 1)
    let share = inside <= 0.003_130_8 ? 12.92 * inside : 1.055 * pow(inside, 1 / 2.4) - 0.055
    return UInt8((255 * share).rounded())
  }
}
