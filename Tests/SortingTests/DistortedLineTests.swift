import CameraCalibration
import Cameras
import Conveyor
import Diagnostics
import Foundation
import Imaging
import Sorting
import Tensors
import TestSupport
import Testing
import Units

/// A tilted camera with strong distortion over a seeded belt, drawn point by point.
struct DistortedCamera {
  /// Bends by some 20 pixels in the picture's corners.
  static let lens = LensModel(
    width: 640, height: 520, focal: (620, 622), center: (325, 255), radial: (-0.32, 0.1, 0),
    tangential: (0.001, -0.0008))

  let belt: Homography<RayFrame, BeltFrame>
  /// Where each pixel looks on the still belt.
  private let places: [Point<BeltFrame>]

  init() throws {
    // Belt coordinates 60, 50 some 130 mm before the lens, both axes tilted.
    let toRays = Homography<BeltFrame, RayFrame>(
      matrix: [0.99, 0.02, -60.4, -0.015, 0.985, -48.35, 0.05, -0.09, 131.5])
    belt = try #require(toRays.inverse)
    let inverse = LensInverse(Self.lens)
    var places: [Point<BeltFrame>] = []
    for y in 0..<Self.lens.height {
      for x in 0..<Self.lens.width {
        places.append(belt(try #require(inverse(Point(x: Double(x), y: Double(y))))))
      }
    }
    self.places = places
  }

  /// The calibration with the lens, and one that knows only a map between planes.
  func calibration(knowsLens: Bool) throws -> RigCalibration {
    let mount = try #require(LensMount(lens: Self.lens, belt: belt))
    // What the same camera would be without distortion.
    let straight = Homography<ColorFrame, RayFrame>(
      scaleX: 1 / Self.lens.focalX, scaleY: 1 / Self.lens.focalY,
      shiftX: -Self.lens.centerX / Self.lens.focalX, shiftY: -Self.lens.centerY / Self.lens.focalY)
    var m: [Double] = []
    for (row, column) in (0..<9).map({ ($0 / 3, $0 % 3) }) {
      var sum = 0.0
      for k in 0..<3 { sum += belt.matrix[3 * row + k] * straight.matrix[3 * k + column] }
      m.append(sum)
    }
    return RigCalibration(
      rig: "bent", date: "2026-01-01", color: knowsLens ? mount.grid.map : Homography(matrix: m),
      cube: Homography(scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0), beltWidthMillimeters: 120,
      valveBarMillimeters: 150, registrationErrorMillimeters: 0.3, lens: knowsLens ? mount : nil)
  }

  func picture(of belt: SeededBelt, at position: Double, seed: UInt64) -> Picture {
    var random = SplitMix64(seed: seed, purpose: "noise \(position)")
    let near = belt.pieces.filter { (-60...160).contains($0.center.y - position) }
    var picture = Picture(width: Self.lens.width, height: Self.lens.height)
    for (index, place) in places.enumerated() {
      var color = [24.0, 24, 24]
      for piece in near {
        let (x, y) = (place.x - piece.center.x, place.y + position - piece.center.y)
        // A border of a pixel's size is partly covered; a pixel is about 0.21 mm.
        let cover = 0.5 + (piece.radius - (x * x + y * y).squareRoot()) / 0.21
        guard cover > 0 else { continue }
        for channel in 0..<3 {
          let own = Double(SeededBelt.colors[piece.classIndex][channel])
          color[channel] += min(1, cover) * (own - color[channel])
        }
      }
      for channel in 0..<3 {
        let level = color[channel] + Double(random.nextIndex(below: 5)) - 2
        picture.pixels[3 * index + channel] = UInt8(min(255, max(0, level)))
      }
    }
    return picture
  }
}

/// The distorted camera over a belt that moves 20 mm from frame to frame.
private struct DistortedSource: FrameSource {
  let camera: DistortedCamera
  let belt: SeededBelt
  let length: Double
  var account = SourceAccount()
  var troubles = SourceTroubles()
  var nextExposure: LineInstant? { nil }
  mutating func skip() {}
  private var sequence = 0

  init(_ camera: DistortedCamera, _ belt: SeededBelt, length: Double) {
    (self.camera, self.belt, self.length) = (camera, belt, length)
  }

  mutating func next() throws -> CameraFrame? {
    let position = 20 * Double(sequence)
    guard position < length else { return nil }
    defer { sequence += 1 }
    account.delivered += 1
    return CameraFrame(
      picture: camera.picture(of: belt, at: position, seed: 7), sequence: sequence,
      exposedAt: LineInstant(seconds: position / 500), beltMillimeters: position)
  }
}

@Suite("Distorted camera")
struct DistortedLineTests {
  /// How far the pieces that a run decided lie from the nearest true ones, in millimeters.
  private func distances(knowsLens: Bool) throws -> (found: [Double], pieces: Int) {
    let camera = try DistortedCamera()
    let belt = SeededBelt(seed: 3, lengthMillimeters: 240)
    let clock = SimulatedClock()
    let pipeline = try Pipeline(
      ColorClassifier(), calibration: try camera.calibration(knowsLens: knowsLens),
      ejected: ["copper"], settings: TestLine.settings, clock: clock)
    var run = LineRun(DistortedSource(camera, belt, length: 400), through: pipeline, clock: clock)
    _ = try run.play(until: { false }, emit: { _ in })
    let found = run.decisions.map { decision in
      let center = decision.beltMillimeters.center
      return belt.pieces.map { piece in
        let (x, y) = (center.x - piece.center.x, center.y - piece.center.y)
        return (x * x + y * y).squareRoot()
      }.min() ?? .infinity
    }
    return (found, belt.pieces.count)
  }

  @Test("pieces lie on the belt where they truly are, through lens and tilt", .tags(.slow))
  func positions() throws {
    let (found, pieces) = try distances(knowsLens: true)
    #expect(found.count == pieces)
    #expect((found.max() ?? .infinity) < 0.25, "\(found)")
    // The test sees distortion: a map between planes alone is off by millimeters.
    let blind = try distances(knowsLens: false).found
    #expect((blind.max() ?? 0) > 1, "\(blind)")
  }

  @Test("a frame of another extent than the lens's is refused with both numbers")
  func extent() throws {
    let camera = try DistortedCamera()
    var pipeline = try Pipeline(
      ColorClassifier(), calibration: try camera.calibration(knowsLens: true), ejected: [],
      settings: TestLine.settings, clock: SimulatedClock())
    let frame = CameraFrame(
      picture: Picture(width: 320, height: 260), sequence: 4, exposedAt: LineInstant(seconds: 0),
      beltMillimeters: 0)
    #expect(
      complaint { try pipeline.sort(frame) { _ in } } == """
        frame 4: the picture has 320 × 260 pixels, but the rig was calibrated on 640 × 520
          help: set the camera to the calibrated size, or calibrate the rig again with this one
        """)
  }
}
