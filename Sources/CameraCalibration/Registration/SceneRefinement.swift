import Foundation
import Imaging
import Units

/// A picture and a cube of the same stretch of belt, with whatever lay on it.
public struct RegisteredScene: Sendable {
  public var name: String
  /// Without the lens's distortion.
  public var picture: Picture
  public var scan: ScanPicture

  public init(_ name: String, picture: Picture, scan: ScanPicture) {
    (self.name, self.picture, self.scan) = (name, picture, scan)
  }
}

/// What the scenes themselves say about a registration.
///
/// The cube is moved over the picture until both tell most of each other (mutual information, from
/// coarse to fine). Blocks of belt then tell on their own where they fit best; how they scatter is
/// how well the whole is known. The new registration is taken only where it differs from the
/// target's by more than both can be wrong, and most blocks fit better with it.
public struct SceneRefinement: Codable, Equatable, Sendable {
  /// What came of it.
  public enum Outcome: String, Codable, Sendable {
    /// Scenes and targets agree; the targets' registration stays.
    case confirmed
    /// The scenes show another registration; theirs is taken.
    case taken
    /// The scenes show too little to tell; the targets' registration stays.
    case undecided
  }

  public var outcome: Outcome
  /// Normalized mutual information before and after, 1 to 2.
  public var informationBefore: Double
  public var informationAfter: Double
  /// Blocks that told a place, and the share of them that fit better afterwards.
  public var blocks: Int
  public var improvedShare: Double
  /// Largest difference between the targets' and the scenes' registration.
  public var differenceMillimeters: Double
  /// 95 % bound of the scenes' own error; nil where they tell none.
  public var boundMillimeters: Double?

  var figures: [Figure] {
    [
      Figure(
        "scenes against targets, largest difference", differenceMillimeters, "mm", .none,
        uncertainty: boundMillimeters),
      Figure("mutual information before refinement", informationBefore, ""),
      Figure("mutual information after refinement", informationAfter, ""),
    ]
  }

  var advice: Advice? {
    switch outcome {
    case .confirmed: nil
    case .taken:
      Advice(
        .warning,
        "scenes lie \(rounded(differenceMillimeters, 2)) mm from where the targets put them: a "
          + "camera moved since, or the target lay higher than the scenes; their registration was "
          + "taken",
        remedy: "check the mounts and record targets and scenes again")
    case .undecided:
      Advice(
        .note, "the scenes show too little to check the registration",
        remedy: "record scenes full of pieces that both cameras see")
    }
  }
}

extension CubeRegistration {
  /// Refines on what both cameras saw of scenes; the result is this registration or a better one.
  public func refined(
    on scenes: [RegisteredScene], color: Homography<ColorFrame, BeltFrame>
  ) throws(RegistrationError) -> CubeRegistration {
    for scene in scenes where scene.scan.samples != samples {
      throw RegistrationError(scene.name, .otherWidth(found: scene.scan.samples, wanted: samples))
    }
    for scene in scenes where scene.scan.deviation < 1e-6 {
      throw RegistrationError(scene.name, .noContrast)
    }
    let area = uncertainty.area
    guard area.width * area.height > 2500 else {
      throw RegistrationError(
        scenes.first?.name ?? "scenes", .smallOverlap(squareMillimeters: area.width * area.height))
    }
    let search = SceneSearch(scenes, geometry: geometry, color: color, area: area)
    return adopted(search.run(from: geometry), search)
  }

  /// Weighs what the scenes say against what the targets said.
  private func adopted(_ found: SceneSearch.Found?, _ search: SceneSearch) -> CubeRegistration {
    var result = self
    let before = search.information(geometry)
    guard let found else {
      result.refinement = SceneRefinement(
        outcome: .undecided, informationBefore: before, informationAfter: before, blocks: 0,
        improvedShare: 0, differenceMillimeters: 0, boundMillimeters: nil)
      return result
    }
    let after = search.information(found.geometry)
    let (columns, rows) = (BeltPlane.mapColumns, BeltPlane.mapRows)
    let grid = UncertaintyMap.grid(over: uncertainty.area, columns: columns, rows: rows)
    let own = found.geometry
    let differences = grid.map { point -> Double in
      let moved = own.belt(geometry.cube(point))
      return hypot(moved.x - point.x, moved.y - point.y)
    }
    let errors = found.draws.map { draw in
      grid.map { point -> Double in
        let moved = draw.belt(own.cube(point))
        return hypot(moved.x - point.x, moved.y - point.y)
      }
    }
    let map = UncertaintyMap(
      over: uncertainty.area, columns: columns, rows: rows, errors: errors)
    let difference = differences.max() ?? 0
    // Both are 95 % bounds of the largest error; half as much again as both leaves one in
    // thousands, and less than a tenth of a sample is not worth a change.
    let noise = hypot(map.bound, uncertainty.bound - homographyErrorMillimeters)
    let isOther =
      difference > max(1.5 * noise, 0.1 * abs(geometry.millimetersPerSample))
    let isSeen = search.prominence(own) > 6
    let isTaken = isSeen && isOther && after > before && found.improvedShare >= 0.6
    let isClear = isSeen && map.bound < 3 * abs(geometry.millimetersPerSample)
    result.refinement = SceneRefinement(
      outcome: isTaken ? .taken : isClear ? .confirmed : .undecided, informationBefore: before,
      informationAfter: isTaken ? after : before, blocks: found.blocks,
      improvedShare: found.improvedShare, differenceMillimeters: difference,
      boundMillimeters: map.bound)
    guard isTaken, let near = own.homography(samples: samples, lines: lines) else { return result }
    result.geometry = own
    result.cube = near.map
    result.homographyErrorMillimeters = near.errorMillimeters
    result.uncertainty = map.widened(by: near.errorMillimeters)
    return result
  }
}
