import BeltSimulation
import CalibrationTargets
import CameraCalibration
import Cameras
import Diagnostics
import Foundation
import Hyperspectral
import Imaging
import Tensors
import Units

/// Writes the recordings of one simulated rig, folder by folder.
struct RigRecorder {
  private let rig: SimulatedRig
  private let print: PrintedTarget
  let seed: UInt64
  private let out: URL

  var truth: RigTruth { rig.truth }

  init(_ truth: RigTruth, board: CalibrationBoard, seed: UInt64, out: URL) {
    rig = SimulatedRig(truth, seed: seed)
    let quiet = 12.0
    let black = board.black
    print = PrintedTarget(
      black: board.blackRectangles,
      paper: Rectangle(
        x: black.x - quiet, y: black.y - quiet, width: black.width + 2 * quiet,
        height: black.height + 2 * quiet))
    self.seed = seed
    self.out = out
  }

  /// A board held before the camera in many places and tilts.
  func writeViews(of board: CalibrationBoard, count: Int = 16) throws {
    let lens =
      truth.lens
      ?? LensModel(
        width: truth.width, height: truth.height,
        focal: (1.3 * Double(truth.width), 1.3 * Double(truth.width)),
        center: (Double(truth.width - 1) / 2, Double(truth.height - 1) / 2))
    var rig = SimulatedBoardRig(seed: seed, board: board, lens: lens)
    let renderer = BoardRenderer(board, lens: lens)
    var exposure = rig.exposure()
    exposure.blur = self.rig.pictureBlur
    for number in 1...count {
      // Larger than the picture too, so that tags lie in its corners.
      let pose = rig.pose(tiltDegrees: 40, fill: 0.6...1.15)
      try write(
        renderer.picture(at: pose, exposure, using: &rig.random), "intrinsics/view-\(number).png")
    }
  }

  /// The board at rest, then riding through the view, with times and encoder.
  func writeBoard() throws {
    var random = SplitMix64(seed: seed, purpose: "board recording")
    var scene = RigScene(seed: seed)
    scene.laid = RigScene.Laid(
      print, x: random.nextUniform(85, 115), y: random.nextUniform(40, 50),
      degrees: random.nextUniform(-3, 3))
    var frames: [FrameList.Entry] = []
    let speed = truth.beltMillimetersPerSecond
    for number in 0..<12 {
      let isMoving = number >= 3
      // The board enters from below; standing frames show it there.
      let seconds = isMoving ? (4 + 12 * Double(number - 3)) / speed : 0
      let traveled = rig.beltMillimeters(at: seconds)
      let picture = rig.picture(
        of: scene, atBeltMillimeters: traveled - 85, speed: isMoving ? speed : 0, number: number)
      let name = "board-\(number + 1).png"
      try write(picture, "belt/board/\(name)")
      frames.append(
        FrameList.Entry(
          file: name, seconds: isMoving ? 3 + seconds : 0.3 * Double(number),
          beltMillimeters: traveled / truth.encoderFactor))
    }
    try write(FrameList(frames: frames), "belt/board/frames.json")
  }

  /// Frames of the running, empty belt.
  func writeRunning() throws {
    let scene = RigScene(seed: seed &+ 1)
    var frames: [FrameList.Entry] = []
    let interval = 24 / truth.beltMillimetersPerSecond
    for number in 0..<40 {
      let seconds = Double(number) * interval
      let traveled = rig.beltMillimeters(at: seconds)
      let picture = rig.picture(
        of: scene, atBeltMillimeters: traveled, speed: truth.beltMillimetersPerSecond,
        number: 100 + number)
      let name = "frame-\(number + 1).png"
      try write(picture, "belt/running/\(name)")
      frames.append(
        FrameList.Entry(
          file: name, seconds: seconds, beltMillimeters: traveled / truth.encoderFactor))
    }
    try write(FrameList(frames: frames), "belt/running/frames.json")
  }

  /// The board at five places, seen by both cameras.
  func writeTargets() throws {
    for number in 0..<5 {
      var scene = RigScene(seed: seed &+ 2)
      let area = rig.sharedArea
      // Four near the corners of what both see, one in the middle.
      let (u, v) = [(0.0, 0.0), (1, 0), (0, 1), (1, 1), (0.5, 0.5)][number]
      scene.laid = RigScene.Laid(
        print, x: area.x + 34 + u * max(0, area.width - 212),
        y: area.y + 34 + v * max(0, area.height - 158), degrees: Double(number) - 2)
      try writePair(scene, rig, "registration/targets/target-\(number + 1)", number: 200 + number)
    }
  }

  /// Pieces seen by both cameras, after the scanner was knocked.
  func writeScenes(knock: Double) throws {
    let now = knock > 0 ? truth.knocked(byMillimeters: knock, seed: seed) : truth
    let rig = SimulatedRig(now, seed: seed)
    for number in 0..<2 {
      let scene = RigScene(seed: seed &+ UInt64(3 + number))
        .strewn(with: 60, over: rig.sharedArea, seed: seed &+ UInt64(number))
      try writePair(scene, rig, "registration/scenes/scene-\(number + 1)", number: 300 + number)
    }
  }

  private func writePair(
    _ scene: RigScene, _ rig: SimulatedRig, _ folder: String, number: Int
  ) throws {
    try write(rig.picture(of: scene, atBeltMillimeters: 0, number: number), "\(folder)/color.png")
    try ENVIFile.write(
      rig.cube(of: scene, atBeltMillimeters: 0, number: number),
      to: out.appending(path: "\(folder)/cube.hdr"))
  }

  func write(_ picture: Picture, _ path: String) throws {
    try AtomicFile.write(PictureFile.encodePNG(picture), to: out.appending(path: path))
  }

  func write(_ value: some Encodable, _ path: String) throws {
    try AtomicFile.write(JSONFile.encode(value), to: out.appending(path: path))
  }
}
