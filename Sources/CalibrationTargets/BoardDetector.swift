import CameraCalibration
import Diagnostics
import Imaging
import Units

/// Finds one board in pictures; made once for many of them, used by one thread at a time.
public final class BoardDetector {
  public let board: CalibrationBoard
  public let limits: SightingLimits
  private let finder: TagFinder?

  public init(_ board: CalibrationBoard, limits: SightingLimits = SightingLimits()) {
    self.board = board
    self.limits = limits
    if case .tags(let grid) = board { finder = TagFinder(grid.family) } else { finder = nil }
  }

  /// What a picture shows of the board; `name` is the picture's, for messages.
  ///
  /// - Throws: a `ViewRefusal` where the picture cannot be used.
  public func sighting(
    in picture: Picture, named name: String
  ) throws(ViewRefusal) -> BoardSighting {
    let gray = picture.gray
    let found: FoundCorners
    switch board {
    case .tags(let grid): found = try tags(of: grid, in: gray, named: name)
    case .chessboard(let chessboard):
      found = try ChessboardFinder(chessboard).corners(in: GrayPicture(gray), named: name)
    }
    guard found.corners.count >= limits.corners else {
      throw ViewRefusal(
        name,
        .fewCorners(found: found.corners.count, wanted: min(limits.corners, board.cornerCount)))
    }
    guard found.blur <= limits.blur else {
      throw ViewRefusal(name, .blurred(pixels: found.blur, most: limits.blur))
    }
    guard let map = Homography(through: found.corners.map { ($0.board, $0.picture) }) else {
      throw ViewRefusal(name, .fewCorners(found: 0, wanted: limits.corners))
    }
    let attitude = BoardAttitude(map, middle: board.corners.center)
    guard attitude.tiltDegrees <= limits.tiltDegrees else {
      throw ViewRefusal(
        name, .oblique(degrees: attitude.tiltDegrees, most: limits.tiltDegrees))
    }
    return BoardSighting(
      view: BoardView(
        name: name, width: picture.width, height: picture.height, corners: found.corners),
      blur: found.blur, contrast: found.contrast, attitude: attitude)
  }

  private func tags(
    of grid: TagGrid, in picture: Picture, named name: String
  ) throws(ViewRefusal) -> FoundCorners {
    let all = finder?.find(in: picture) ?? []
    let own = all.filter { grid.tags.contains($0.number) }
    let foreign = all.filter { !grid.tags.contains($0.number) && $0.correctedBits == 0 }
    guard foreign.isEmpty || foreign.count * 10 < own.count else {
      throw ViewRefusal(
        name,
        .foreignTags(
          foreign.map(\.number), wanted: grid.firstTag...(grid.firstTag + grid.count - 1)))
    }
    if own.isEmpty, let other = Self.family(in: picture, besides: grid.family) {
      throw ViewRefusal(name, .otherFamily(other.rawValue, wanted: grid.family.rawValue))
    }
    guard !own.isEmpty else { throw ViewRefusal(name, .noBoard) }
    try TagAgreement.checkLayout(of: own, on: grid, named: name)
    let kept = TagAgreement.consistent(own, on: grid)
    let gray = GrayPicture(picture)
    var found = FoundCorners()
    for tag in kept {
      guard let modules = finder?.modules(of: tag.number),
        let measured = MeasuredTag(tag, modules: modules, on: grid, in: gray)
      else { continue }
      found.blurs.append(measured.blur)
      found.contrasts.append(measured.contrast)
      for (place, corner) in measured.corners.enumerated() {
        guard let corner else { continue }
        let number = 4 * (tag.number - grid.firstTag) + place
        found.corners.append(
          BoardCorner(
            number: number, board: board.corner(number), picture: corner.point,
            deviation: corner.deviation))
      }
    }
    return found
  }

  /// The family that most tags in the picture are of, where it is another one.
  private static func family(in picture: Picture, besides known: TagFamily) -> TagFamily? {
    // Tags of 16 bits are seen where there are none: several of them are wanted.
    let counts = TagFamily.allCases.filter { $0 != known }.map { family in
      (family, TagFinder(family, correcting: 0).find(in: picture).count)
    }
    guard let best = counts.max(by: { $0.1 < $1.1 }), best.1 >= 3 else { return nil }
    return best.0
  }
}

/// The corners that were found in one picture.
struct FoundCorners {
  var corners: [BoardCorner] = []
  var blurs: [Double] = []
  var contrasts: [Double] = []

  var blur: Double { Self.median(blurs) }
  var contrast: Double { Self.median(contrasts) }

  private static func median(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.sorted()[values.count / 2]
  }
}
