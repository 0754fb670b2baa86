import Diagnostics

/// Why a cube could not be registered to the picture.
public struct RegistrationError: Explained, Equatable {
  /// What is wrong, with the value found and the value wanted.
  public enum Reason: Equatable, Sendable {
    case noTargets
    case fewCorners(found: Int)
    case noCommonCorners
    case oneLine
    case otherWidth(found: Int, wanted: Int)
    case notFinite
    case mirrored
    case turnedTarget(degrees: Double)
    case noContrast
    case smallOverlap(squareMillimeters: Double)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .noTargets: "no target was seen by both cameras, one at least was wanted"
    case .fewCorners(let found):
      "\(found) corners were seen by both cameras, 8 at least were wanted"
    case .noCommonCorners: "picture and cube show no corner in common"
    case .oneLine: "all corners lie on one line of the belt; the cube's lines cannot be placed"
    case .otherWidth(let found, let wanted):
      "the cube is \(found) samples wide, the others are \(wanted)"
    case .notFinite: "a corner's place is not a finite number"
    case .mirrored: "the cube shows the target mirrored against the picture"
    case .turnedTarget(let degrees):
      "the target is turned by \(rounded(degrees, 0))° between cube and picture"
    case .noContrast: "the cube's picture is the same everywhere"
    case .smallOverlap(let area):
      "cube and picture share \(rounded(area / 100, 0)) cm² of belt, 25 at least were wanted"
    }
  }

  public var remedy: String? {
    switch reason {
    case .noTargets, .fewCorners, .noCommonCorners:
      "print a target with fields of at least 12 of the cube's pixels, lay it flat where both "
        + "cameras see it, and record both again"
    case .oneLine: "scan the whole target, not one line of it"
    case .otherWidth: "record all cubes with the same region of the detector"
    case .notFinite: "detect the target again; a detector gave this"
    case .mirrored: "reverse the cube's samples (reflection in the scanner's settings)"
    case .turnedTarget: "do not turn the target between the cameras; use one whose ends differ"
    case .noContrast: "check the scanner's shutter and lamps, and scan again"
    case .smallOverlap: "scan the stretch of belt that the picture shows"
    }
  }
}
