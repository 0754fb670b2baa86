@testable import CameraCalibration
import Foundation
import Tensors
import Units

/// A camera of a known lens before boards of known corners, seen with noise.
struct SimulatedBoards {
  var lens: LensModel
  var columns = 9
  var rows = 6
  var sideMillimeters = 30.0
  var distanceMillimeters = 650.0
  var tiltDegrees = 40.0
  /// Largest turn of a board in the picture.
  var rollRadians = 0.5
  /// Whether boards are tilted about their own sides alone.
  var isTiltedAlongSides = false
  /// Noise of each coordinate in pixels.
  var noise = 0.15

  /// A rig as one might meet it: focal length, distortion, distance, board and noise at random.
  init(using random: inout SplitMix64) {
    let (width, height) = random.nextUniform(0, 1) < 0.5 ? (1920, 1080) : (1280, 1024)
    let scale = Double(max(width, height))
    let focal = scale * random.nextUniform(0.6, 2)
    // A shorter lens bends more.
    let bend = min(1, scale / focal) * min(1, scale / focal)
    lens = LensModel(
      width: width, height: height,
      focal: (focal, focal * random.nextUniform(0.995, 1.005)),
      center: (
        Double(width) * random.nextUniform(0.47, 0.53),
        Double(height) * random.nextUniform(0.47, 0.53)
      ),
      radial: (
        bend * random.nextUniform(-0.25, 0.1), bend * bend * random.nextUniform(-0.02, 0.12), 0
      ),
      tangential: (random.nextUniform(-1, 1) * 1e-3, random.nextUniform(-1, 1) * 1e-3))
    distanceMillimeters = random.nextUniform(400, 1200)
    tiltDegrees = random.nextUniform(30, 45)
    noise = random.nextUniform(0.03, 0.3)
    // The board fills a third to half of the picture's height.
    let seen = Double(height) / focal * distanceMillimeters
    sideMillimeters = seen * random.nextUniform(0.35, 0.5) / 6
  }

  init(_ lens: LensModel) { self.lens = lens }

  var board: [Point<BoardFrame>] {
    (0..<rows).flatMap { row in
      (0..<columns).map {
        Point(x: Double($0) * sideMillimeters, y: Double(row) * sideMillimeters)
      }
    }
  }

  /// Views that show the whole board; their names count up from 1.
  func views(_ count: Int, using random: inout SplitMix64) -> [BoardView] {
    var views: [BoardView] = []
    while views.count < count {
      let pose = pose(using: &random)
      guard let corners = corners(pose, using: &random) else { continue }
      views.append(
        BoardView(
          name: "view \(views.count + 1)", width: lens.width, height: lens.height,
          corners: corners))
    }
    return views
  }

  /// A board turned about a random axis, its middle somewhere in the picture.
  private func pose(using random: inout SplitMix64) -> BoardPose {
    let tilt = random.nextUniform(5, tiltDegrees) * .pi / 180
    let quarter = isTiltedAlongSides ? Double.pi / 2 : 0
    let turn = random.nextUniform(0, 2 * .pi)
    let direction = quarter > 0 ? quarter * (turn / quarter).rounded() : turn
    let (roll, z) = (
      rollRadians * random.nextUniform(-1, 1), distanceMillimeters * random.nextUniform(0.75, 1.3)
    )
    let turned = rotation(
      cos(direction) * tilt, sin(direction) * tilt, 0, after: rotation(0, 0, roll))
    let x = random.nextUniform(-0.5, 0.5) * Double(lens.width) / lens.focalX * z
    let y = random.nextUniform(-0.5, 0.5) * Double(lens.height) / lens.focalY * z
    let middle = (
      x: Double(columns - 1) / 2 * sideMillimeters, y: Double(rows - 1) / 2 * sideMillimeters
    )
    return BoardPose(
      rotation: turned,
      translation: [
        x - turned[0] * middle.x - turned[1] * middle.y,
        y - turned[3] * middle.x - turned[4] * middle.y,
        z - turned[6] * middle.x - turned[7] * middle.y,
      ])
  }

  /// Corners of the board with noise; nil where not all lie well in the picture.
  func corners(_ pose: BoardPose, using random: inout SplitMix64) -> [BoardCorner]? {
    var corners: [BoardCorner] = []
    // Beyond the fold of its polynomial a lens would show things a second time, as none does.
    let inverse = LensInverse(lens)
    for (number, point) in board.enumerated() {
      let place = pose.camera(x: point.x, y: point.y)
      guard let pixel = lens.pixel(x: place.x, y: place.y, z: place.z),
        inverse.isWithinReach(Point(x: place.x / place.z, y: place.y / place.z)),
        (3...Double(lens.width - 4)).contains(pixel.x),
        (3...Double(lens.height - 4)).contains(pixel.y)
      else { return nil }
      corners.append(
        BoardCorner(
          number: number, board: point,
          picture: Point(
            x: pixel.x + noise * random.nextNormal(), y: pixel.y + noise * random.nextNormal())))
    }
    return corners
  }

  private func rotation(
    _ x: Double, _ y: Double, _ z: Double, after first: [Double] = [1, 0, 0, 0, 1, 0, 0, 0, 1]
  ) -> [Double] {
    BoardPose(rotation: first, translation: [0, 0, 0]).moved(by: [x, y, z, 0, 0, 0]).rotation
  }
}
