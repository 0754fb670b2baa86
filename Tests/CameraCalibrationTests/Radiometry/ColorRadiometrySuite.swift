import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@testable import CameraCalibration

@Suite("Color radiometry")
struct ColorRadiometrySuite {
  /// Pairs of L*a*b* and their difference.
  ///
  /// Source: Sharma, Wu, Dalal, *The CIEDE2000 Color-Difference Formula*, 2005, Table 1.
  static let pairs: [([Double], [Double], Double)] = [
    ([50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425),
    ([50, 0, 0], [50, -1, 2], 2.3669), ([50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792),
    ([50, 2.5, 0], [50, 0, -2.5], 4.3065), ([50, 2.5, 0], [73, 25, -18], 27.1492),
    ([50, 2.5, 0], [61, -5, 29], 22.8977), ([50, 2.5, 0], [58, 24, 15], 19.4535),
    ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
    ([35.0831, -44.1164, 3.7933], [35.0232, -40.0716, 1.5901], 1.8645),
    ([6.7747, -0.2908, -2.4247], [5.8714, -0.0985, -2.2286], 0.6377),
    ([2.0776, 0.0795, -1.1350], [0.9033, -0.0636, -0.5514], 0.9082),
  ]

  @Test("color differences are those of the published table", .tags(.golden), arguments: pairs)
  func differences(first: [Double], second: [Double], wanted: Double) {
    expectClose(ColorSpace.difference(first, second), wanted, absolute: 5e-5)
    expectClose(ColorSpace.difference(second, first), wanted, absolute: 5e-5)
  }

  @Test("colors go to L*a*b* and back, and gray stays gray")
  func spaces() {
    for color in ColorChart.lab {
      expectClose(ColorSpace.lab(ColorSpace.linear(ofLab: color)), color, absolute: 1e-3)
    }
    expectClose(ColorSpace.lab([1, 1, 1]), [100, 0, 0], absolute: 0.01)
    // Dark skin as Colour 0.4.7 gives it in linear sRGB (Bradford's adaptation).
    expectClose(ColorChart.linear[0], [0.17368, 0.07879, 0.05286], absolute: 5e-4)
    expectClose(ColorChart.linear[17], [-0.04392, 0.23366, 0.37719], absolute: 5e-4)
  }

  /// A camera that mixes colors, darkens corners and adds a black level, before a chart.
  struct Camera {
    static let mixing = [0.62, 0.22, 0.05, 0.12, 0.66, 0.10, 0.02, 0.20, 0.48]
    var black = 0.004
    var falloff = 0.25
    var exposure = 0.95

    func picture(
      width: Int = 480, height: Int = 360, _ color: (Double, Double) -> [Double]
    ) -> Picture {
      var random = SplitMix64(seed: 5)
      var picture = Picture(width: width, height: height)
      for y in 0..<height {
        for x in 0..<width {
          let (u, v) = (Double(x) / Double(width) - 0.5, Double(y) / Double(height) - 0.5)
          let light = exposure * (1 - falloff * 2 * (u * u + v * v))
          let seen = ColorSpace.multiply(Self.mixing, color(Double(x), Double(y)))
          for channel in 0..<3 {
            let level = black + light * seen[channel] + 0.001 * random.nextNormal()
            picture[x, y, channel] = UInt8((255 * ColorSpace.encoded(level)).rounded())
          }
        }
      }
      return picture
    }

    /// The chart turned a little, on a gray table.
    static func chart(_ x: Double, _ y: Double) -> [Double] {
      let (dx, dy) = (x - 240, y - 180)
      let (c, s) = (cos(0.12), sin(0.12))
      let (u, v) = ((c * dx + s * dy) / 46 + 3, (-s * dx + c * dy) / 46 + 2)
      guard u > -0.3, v > -0.3, u < 6.3, v < 4.3 else { return [0.35, 0.34, 0.33] }
      guard u > 0, v > 0, u < 6, v < 4, abs(u - u.rounded(.down) - 0.5) < 0.42,
        abs(v - v.rounded(.down) - 0.5) < 0.42
      else { return [0.02, 0.02, 0.02] }
      return ColorChart.linear[Int(v) * 6 + Int(u)].map { max(0, $0) }
    }

    static let corners = [(-3.0, -2.0), (3, -2), (3, 2), (-3, 2)].map { u, v in
      let (c, s) = (cos(0.12), sin(0.12))
      return Point<ColorFrame>(x: 240 + 46 * (c * u - s * v), y: 180 + 46 * (s * u + c * v))
    }
  }

  @Test("the chart is found, and its colors come out right", arguments: [true, false])
  func corrected(isGiven: Bool) throws {
    let camera = Camera()
    let found = try ColorRadiometry(
      black: camera.picture { _, _ in [0, 0, 0] },
      flat: camera.picture { _, _ in [0.8, 0.8, 0.8] }, chart: camera.picture(Camera.chart),
      corners: isGiven ? Camera.corners : nil)
    for (corner, wanted) in zip(found.chartCorners, Camera.corners) {
      #expect(abs(corner.x - wanted.x) < 5 && abs(corner.y - wanted.y) < 5)
    }
    #expect(found.differenceBefore > 8)
    #expect(found.differenceAfter < 1.5)
    #expect(try #require(found.codingErrorPercent) < 2)
    let judgement = found.judgement()
    #expect(judgement.verdict == .pass, "\(judgement.advice)")
    // The line and training correct the bytes of a crop by the same function.
    let white = found.patches[18]
    let corrected = found.correction(
      red: Float(white.bytes[0]), green: Float(white.bytes[1]), blue: Float(white.bytes[2]),
      at: Point(x: 150, y: 245))
    let wanted = ColorChart.linear[18].map { 255 * ColorSpace.encoded($0) }
    for (value, wanted) in zip([corrected.red, corrected.green, corrected.blue], wanted) {
      #expect(abs(Double(value) - wanted) < 8)
    }
    #expect(found.correction.isSound)
  }

  @Test("a chart seen upside down is turned")
  func turned() throws {
    let picture = Camera().picture { x, y in Camera.chart(479 - x, 359 - y) }
    let found = try ColorRadiometry(black: nil, flat: nil, chart: picture)
    #expect(found.chartCorners[0].x > 240 && found.chartCorners[0].y > 180)
    #expect(found.judgement().advice.contains { $0.problem.hasPrefix("no flat was given") })
  }

  @Test("light that is wrong is told at once, with the exposure that would be right")
  func warnings() throws {
    var camera = Camera()
    camera.exposure = 3
    let bright = try ColorRadiometry(
      black: nil, flat: camera.picture { _, _ in [0.8, 0.8, 0.8] }, chart: nil)
    #expect(bright.judgement().verdict == .fail)
    #expect(
      bright.judgement().advice.contains {
        $0.problem.hasPrefix("the sheet is saturated")
          && $0.remedy.hasPrefix("multiply the exposure time by 0.6")
      })
    camera.exposure = 0.25
    let dim = try ColorRadiometry(
      black: nil, flat: camera.picture { _, _ in [0.8, 0.8, 0.8] }, chart: nil)
    #expect(dim.judgement().advice.contains { $0.problem.hasPrefix("too dark") })
    expectClose(dim.suggestedFactor * dim.fillShare, 0.75, absolute: 1e-9)
    camera = Camera()
    let dirty = try ColorRadiometry(
      black: nil,
      flat: camera.picture { x, y in
        hypot(x - 120, y - 100) < 9 ? [0.4, 0.4, 0.4] : [0.8, 0.8, 0.8]
      }, chart: nil)
    #expect(dirty.judgement().advice.contains { $0.problem.hasPrefix("dirt") })
  }

  @Test("pictures that cannot be used are refused in words")
  func refused() {
    let plain = Picture(width: 64, height: 48, repeating: 90)
    #expect(
      complaint { _ = try ColorRadiometry(black: nil, flat: nil, chart: nil) }
        == """
        pictures: there is neither a flat nor a chart
          help: take a picture of a gray sheet (flat.png) or of the chart (chart.png)
        """)
    #expect(
      complaint {
        _ = try ColorRadiometry(
          black: Picture(width: 32, height: 48), flat: plain, chart: nil)
      } == """
        black: is 32 × 48 pixels, 64 × 48 were wanted
          help: take all pictures with the same camera settings
        """)
    #expect(
      complaint { _ = try ColorRadiometry(black: nil, flat: nil, chart: plain) }
        == """
        chart: no chart of 24 patches was found
          help: let the chart fill a third of the picture, without glare, or give its corners with \
        --corners
        """)
    #expect(
      complaint {
        _ = try ColorRadiometry(
          black: nil, flat: nil, chart: plain, corners: [Point(x: 1, y: 1)])
      }.hasPrefix("corners: 1 corners that make no field of patches"))
    #expect(
      complaint {
        _ = try ColorRadiometry(
          black: nil, flat: Picture(width: 64, height: 48, repeating: 0), chart: nil)
      }.hasPrefix("flat: too dark"))
  }
}
