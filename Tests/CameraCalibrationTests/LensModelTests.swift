@testable import CameraCalibration
import Tensors
import TestSupport
import Testing
import Units

@Suite("Lens model")
struct LensModelTests {
  static let barrel = LensModel(
    width: 1920, height: 1080, focal: (1450, 1448), center: (970, 530),
    radial: (-0.28, 0.11, -0.02), tangential: (0.0008, -0.0005))

  @Test("a pixel's direction leads back to the pixel, over the whole picture")
  func undistortion() throws {
    let inverse = LensInverse(Self.barrel)
    for y in stride(from: 0.0, to: 1080, by: 53) {
      for x in stride(from: 0.0, to: 1920, by: 67) {
        let pixel = Self.barrel(try #require(inverse(Point(x: x, y: y))))
        expectClose([pixel.x, pixel.y], [x, y], absolute: 1e-8)
      }
    }
  }

  @Test("a pixel beyond the fold of the polynomial has no direction")
  func fold() {
    var lens = Self.barrel
    (lens.k1, lens.k2, lens.k3, lens.p1, lens.p2) = (-0.5, 0, 0, 0, 0)
    // r (1 - r²/2) is largest, 0.5443, at r = 0.8165.
    let inverse = LensInverse(lens)
    #expect(inverse(Point(x: lens.centerX + 0.54 * lens.focalX, y: lens.centerY)) != nil)
    #expect(inverse(Point(x: lens.centerX + 0.55 * lens.focalX, y: lens.centerY)) == nil)
    #expect(inverse(Point(x: .nan, y: 0)) == nil)
    #expect(inverse(Point(x: 1e300, y: 0)) == nil)
  }

  @Test("whatever the lens, an answer is a true one")
  func anyLens() {
    var random = SplitMix64(seed: 11)
    for _ in 0..<2000 {
      let lens = LensModel(
        width: 640, height: 480, focal: (600, 600), center: (320, 240),
        radial: (
          random.nextUniform(-2, 2), random.nextUniform(-2, 2), random.nextUniform(-2, 2)
        ), tangential: (random.nextUniform(-0.1, 0.1), random.nextUniform(-0.1, 0.1)))
      let pixel = Point<ColorFrame>(x: random.nextUniform(0, 639), y: random.nextUniform(0, 479))
      guard let ray = lens.ray(at: pixel) else { continue }
      let back = lens(ray)
      expectClose([back.x, back.y], [pixel.x, pixel.y], absolute: 1e-6)
    }
  }

  @Test("normal equations are those of finite differences")
  func derivatives() throws {
    var random = SplitMix64(seed: 5)
    let boards = SimulatedBoards(Self.barrel)
    let view = try #require(boards.views(1, using: &random).first)
    let corners = ViewCorners(view.corners)
    let map = try #require(BoardHomography(view.corners))
    let pose = try #require(LensStart.pose(map, Self.barrel))
    var normals = ViewNormals()
    normals.fill(corners, lens: Self.barrel, pose: pose)
    expectClose(
      normals.squares, ViewNormals.squares(corners, lens: Self.barrel, pose: pose), absolute: 1e-6)
    for index in 0..<15 {
      func squares(_ step: Double) -> Double {
        var lens = Self.barrel
        var parameters = lens.parameters
        var turn = [Double](repeating: 0, count: 6)
        if index < 9 { parameters[index] += step } else { turn[index - 9] += step }
        lens.parameters = parameters
        return ViewNormals.squares(corners, lens: lens, pose: pose.moved(by: turn))
      }
      let step = index < 4 || index > 11 ? 1e-3 : 1e-6
      let slope = (squares(step) - squares(-step)) / (2 * step)
      expectClose(2 * normals.gradient[index], slope, absolute: 1e-2, relative: 1e-5, "\(index)")
    }
  }
}
