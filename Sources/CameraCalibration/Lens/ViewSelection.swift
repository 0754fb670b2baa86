import Foundation
import Units

/// Which views have part in a calibration; what was left out and why.
struct ViewSelection: Sendable {
  private(set) var used: [BoardView] = []
  private(set) var rejected: [RejectedView] = []
  private var maps: [BoardHomography] = []
  private let settings: LensSettings

  /// Views that are needed at least; two fix a lens only if its center is known.
  static let minimumViews = 3
  /// Boards nearer to parallel than this fix nothing.
  static let leastDegrees = 3.0

  /// Leaves out what cannot be right by itself.
  init(_ views: [BoardView], settings: LensSettings) {
    self.settings = settings
    let extent = Self.mostFrequentExtent(views)
    for view in views {
      if let reason = Self.fault(of: view, extent: extent, settings) {
        rejected.append(RejectedView(name: view.name, reason: reason))
      } else if let map = BoardHomography(view.corners) {
        used.append(view)
        maps.append(map)
      } else {
        rejected.append(RejectedView(name: view.name, reason: .line))
      }
    }
    rejectOtherBoards()
  }

  func requireEnough(place: String) throws(LensCalibrationError) {
    guard used.count >= Self.minimumViews else {
      throw LensCalibrationError(
        place,
        .tooFewViews(usable: used.count, wanted: Self.minimumViews, rejected: rejected))
    }
  }

  private static func mostFrequentExtent(_ views: [BoardView]) -> [Int] {
    let counts = Dictionary(grouping: views) { [$0.width, $0.height] }.mapValues(\.count)
    // Of two as frequent, the larger: the answer must not depend on an order of keys.
    return counts.max { ($0.value, $0.key[0], $0.key[1]) < ($1.value, $1.key[0], $1.key[1]) }?.key
      ?? [0, 0]
  }

  private static func fault(
    of view: BoardView, extent: [Int], _ settings: LensSettings
  ) -> ViewRejection? {
    if [view.width, view.height] != extent {
      return .extent(width: view.width, height: view.height, others: extent)
    }
    let wanted = max(4, settings.minimumCorners)
    if view.corners.count < wanted { return .corners(found: view.corners.count, wanted: wanted) }
    var numbers: Set<Int> = []
    for corner in view.corners {
      let places = [corner.board.x, corner.board.y, corner.picture.x, corner.picture.y]
      if !places.allSatisfy(\.isFinite) { return .notFinite }
      if !numbers.insert(corner.number).inserted {
        return .repeatedCorner(number: corner.number)
      }
    }
    return nil
  }

  /// A flat board and any lens make a map with small residuals; a lens with strong distortion
  /// makes all of them larger alike.
  private mutating func rejectOtherBoards() {
    let middle = median(maps.map(\.residual))
    for index in maps.indices.reversed()
    where maps[index].residual > max(2, 8 * middle) && used.count > 1 {
      rejected.append(
        RejectedView(
          name: used[index].name,
          reason: .otherBoard(residual: maps[index].residual, others: middle)))
      used.remove(at: index)
      maps.remove(at: index)
    }
  }

  // MARK: The fit

  /// A fit of the views left, ready to descend.
  mutating func start(place: String) throws(LensCalibrationError) -> LensFit {
    let (width, height) = (used[0].width, used[0].height)
    let lens = LensStart.lens(maps, width: width, height: height)
    var poses: [BoardPose] = []
    for index in maps.indices.reversed() {
      if let pose = LensStart.pose(maps[index], lens), Self.isInFront(pose, used[index]) {
        poses.append(pose)
      } else {
        reject(index, .behind)
      }
    }
    try requireEnough(place: place)
    return LensFit(
      used.map { ViewCorners($0.corners) }, lens: lens, poses: poses.reversed(),
      isFree: settings.terms.isFree)
  }

  private static func isInFront(_ pose: BoardPose, _ view: BoardView) -> Bool {
    view.corners.allSatisfy { pose.camera(x: $0.board.x, y: $0.board.y).z > 0 }
  }

  private mutating func reject(_ index: Int, _ reason: ViewRejection) {
    rejected.append(RejectedView(name: used[index].name, reason: reason))
    used.remove(at: index)
    maps.remove(at: index)
  }

  /// The view whose corners lie furthest off, if that is far above the others.
  func outlier(of fit: LensFit) -> Int? {
    let residuals = zip(fit.normals, fit.views).map { normals, view in
      (normals.squares / Double(view.count)).squareRoot()
    }
    guard let worst = residuals.indices.max(by: { residuals[$0] < residuals[$1] }) else {
      return nil
    }
    let limit = max(settings.residualFloor, settings.residualFactor * median(residuals))
    return residuals[worst] > limit ? worst : nil
  }

  /// The fit without one of its views, from where it stands.
  mutating func without(_ index: Int, _ fit: LensFit) -> LensFit {
    let residuals = zip(fit.normals, fit.views).map { normals, view in
      (normals.squares / Double(view.count)).squareRoot()
    }
    reject(index, .residual(found: residuals[index], others: median(residuals)))
    var poses = fit.poses
    poses.remove(at: index)
    return LensFit(
      used.map { ViewCorners($0.corners) }, lens: fit.lens, poses: poses, isFree: fit.isFree)
  }
}

extension BoardPose {
  /// The largest angle in degrees between two of some directions, either way along each.
  static func largestAngle(between normals: [(x: Double, y: Double, z: Double)]) -> Double {
    var least = 1.0
    for (index, a) in normals.enumerated() {
      for b in normals[(index + 1)...] {
        least = min(least, abs(a.x * b.x + a.y * b.y + a.z * b.z))
      }
    }
    return acos(min(1, least)) * 180 / .pi
  }
}

/// The middle one, the mean of both middle ones; 0 of none.
func median(_ values: [Double]) -> Double {
  guard !values.isEmpty else { return 0 }
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
