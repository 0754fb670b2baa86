import CalibrationTargets
import CameraCalibration
import Diagnostics
import Foundation
import Hyperspectral
import Imaging
import Pages
import Tensors
import Units

/// Where the hyperspectral camera looks, relative to the RGB camera, from targets seen by both.
///
/// Recordings: `targets/<name>/` with `color.png` and `cube.hdr` of one stretch of belt with the
/// board on it, and `scenes/<name>/` with the same of pieces.
public enum RegistrationStep: CalibrationStep {
  /// What the step was told.
  public struct Settings: Codable, Equatable, Sendable {
    public var board: CalibrationBoard
    /// Whether scenes refine what the targets say.
    public var refines = true
    public var limits = CubeRegistration.Limits()

    public init(_ board: CalibrationBoard) { self.board = board }
  }

  public static let name = StepName.registration

  /// Registers on the targets, then refines on the scenes, if there are any.
  public static func perform(
    _ settings: Settings, on work: StepWork
  ) throws -> StepOutcome<RegistrationStep> {
    let plane = try work.require(BeltStep.self).result
    var inputs: [StepInput] = []
    var pairs: [TargetPair] = []
    var sharpest: Cube<RawCounts>?
    for folder in try PairFolder.all(in: "targets", of: work.recordings) {
      let found = try target(folder, settings.board, plane, work)
      inputs += found.inputs
      guard let pair = found.pair else { continue }
      pairs.append(pair)
      // One cube is enough for the keystone; the largest target has the most edges.
      if pairs.map(\.cube.corners.count).max() == pair.cube.corners.count { sharpest = found.cube }
    }
    try NoBoard.check(found: pairs.count, of: inputs, place: work.recordings.relativePath)
    var result = try CubeRegistration.estimate(pairs, color: plane.color, lens: plane.lens)
      .widened(byLens: plane.lensErrorMillimeters ?? 0)
    if let sharpest { result.keystone = KeystoneCurve(sharpest) }
    for target in result.targets {
      guard let rejection = target.rejection else { continue }
      for index in inputs.indices where inputs[index].name.hasPrefix("targets/\(target.name)/") {
        inputs[index].rejection = rejection
      }
    }
    let before = result
    let view = StraightView(plane.lens)
    var scenes: [RegisteredScene] = []
    if settings.refines, RecordedFrames.exist("scenes", of: work.recordings) {
      for folder in try PairFolder.all(in: "scenes", of: work.recordings) {
        let (picture, cube) = try folder.read(plane)
        // Scenes are looked at straight, as the plane is.
        let straight = plane.lens == nil ? picture : view.brightness(of: picture)
        scenes.append(
          RegisteredScene(folder.path, picture: straight, scan: ScanPicture(cube)))
        inputs += try folder.inputs(work)
      }
      work.tell("refining on \(scenes.count) scenes")
      if !scenes.isEmpty { result = try result.refined(on: scenes, color: plane.color) }
      if result.refinement?.outcome == .taken {
        result = result.widened(byLens: plane.lensErrorMillimeters ?? 0)
      }
    }
    var outcome = StepOutcome<RegistrationStep>(
      settings, result, result.judgement(settings.limits), inputs: inputs)
    outcome.maps["uncertainty"] = [("radius", result.uncertainty.tensor)]
    if let scene = scenes.first {
      outcome.pictures["before.png"] = CubeOverlay.picture(scene, before, plane.color)
      outcome.pictures["after.png"] = CubeOverlay.picture(scene, result, plane.color)
    }
    return outcome
  }

  /// The corners of a target in picture and cube, or why it cannot be used.
  private static func target(
    _ folder: PairFolder, _ board: CalibrationBoard, _ plane: BeltPlane, _ work: StepWork
  ) throws -> (pair: TargetPair?, cube: Cube<RawCounts>?, inputs: [StepInput]) {
    var inputs = try folder.inputs(work)
    let detector = BoardDetector(board)
    do {
      let (picture, cube) = try folder.read(plane)
      let color = try detector.sighting(in: picture, named: "\(folder.path)/color.png").view
      let scan = try detector.sighting(
        in: ScanPicture(cube).picture, named: "\(folder.path)/cube.hdr"
      ).view
      work.tell("\(folder.path): \(scan.corners.count) corners in the cube")
      return (TargetPair(folder.name, color: color, cube: scan), cube, inputs)
    } catch let error as any Explained {
      for index in inputs.indices where error.place.hasSuffix(inputs[index].name) {
        inputs[index].rejection = error.problem
      }
      if inputs.allSatisfy({ $0.rejection == nil }) {
        for index in inputs.indices { inputs[index].rejection = "\(error.place): \(error.problem)" }
      }
      work.tell("\(folder.path): \(error.problem)")
      return (nil, nil, inputs)
    }
  }

  /// How far the cube moved on the belt.
  public static func moves(from stored: CubeRegistration, to fresh: CubeRegistration) -> [Figure] {
    let grid = UncertaintyMap.corners(of: stored.uncertainty.area)
    let worst =
      grid.map { point -> Double in
        let moved = fresh.geometry.belt(stored.geometry.cube(point))
        return hypot(moved.x - point.x, moved.y - point.y)
      }.max() ?? 0
    return [
      Figure(
        "the cube's place on the picture moved", worst, "mm", .atMost(1),
        uncertainty: hypot(stored.uncertainty.bound, fresh.uncertainty.bound))
    ]
  }
}

extension UncertaintyMap {
  /// Corners and middle of an area.
  static func corners(of area: Rectangle<BeltFrame>) -> [Point<BeltFrame>] {
    [(0.0, 0.0), (1, 0), (0, 1), (1, 1), (0.5, 0.5)].map { u, v in
      Point(x: area.x + u * area.width, y: area.y + v * area.height)
    }
  }
}

/// A folder with a picture and a cube of the same stretch of belt.
struct PairFolder {
  let name: String
  /// From the recordings' folder.
  let path: String
  let folder: URL

  /// All of a kind, in the order of their names.
  static func all(in kind: String, of recordings: URL) throws -> [PairFolder] {
    let place = recordings.appending(path: kind)
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: place.path) else {
      throw Complaint(
        place.relativePath, "no such folder, or it cannot be read",
        remedy: "Calibration/README.md says how recordings are laid out")
    }
    return names.filter { !$0.hasPrefix(".") }
      .sorted { $0.compare($1, options: [.numeric, .caseInsensitive]) == .orderedAscending }
      .map { PairFolder(name: $0, path: "\(kind)/\($0)", folder: place.appending(path: $0)) }
  }

  func read(_ plane: BeltPlane) throws -> (Picture, Cube<RawCounts>) {
    let file = folder.appending(path: "color.png")
    let picture = try PictureFile.read(file)
    guard picture.width == plane.width, picture.height == plane.height else {
      throw Complaint(
        file.relativePath,
        "is \(picture.width) × \(picture.height) pixels, the belt was calibrated with "
          + "\(plane.width) × \(plane.height)",
        remedy: "use the same camera and picture size, or do the step 'belt' again")
    }
    return (picture, try CubeFile.counts(folder.appending(path: "cube.hdr")))
  }

  func inputs(_ work: StepWork) throws -> [StepInput] {
    [try work.input("\(path)/color.png"), try work.input("\(path)/cube.hdr")]
  }
}
