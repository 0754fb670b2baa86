import Diagnostics

/// Why the plane of the belt or its travel could not be found.
public struct BeltError: Explained, Equatable {
  /// What is wrong, with the value found and the value wanted.
  public enum Reason: Equatable, Sendable {
    case noViews
    case fewCorners(found: Int)
    case cornersOnALine
    case notFinite
    case mirrored
    case beltStandsStill(millimeters: Double)
    case oneView
    case timesGoBack(seconds: Double, after: Double)
    case noTimes
    case otherSize(width: Int, height: Int, wantedWidth: Int, wantedHeight: Int)
    case allRejected(Int)
    case noTexture(correlation: Double)
    case fewFrames(found: Int)
    case viewTooSmall
    case encoderStandsStill
    case otherLens(width: Int, height: Int, lensWidth: Int, lensHeight: Int)
    case lensSeesNoBelt
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .noViews: "no board was found in any picture, one at least was wanted"
    case .fewCorners(let found): "\(found) corners of the board were found, 4 at least were wanted"
    case .cornersOnALine: "all corners found lie on one line, a board seen from above was wanted"
    case .notFinite: "a corner's place is not a finite number"
    case .mirrored: "the board is seen mirrored"
    case .beltStandsStill(let millimeters):
      "the belt stands still: it moved by \(rounded(millimeters, 2)) mm in all"
    case .oneView: "one picture of the board was found, two at least were wanted"
    case .timesGoBack(let seconds, let after):
      "taken at \(rounded(seconds, 6)) s, after one taken at \(rounded(after, 6)) s"
    case .noTimes: "no time of exposure, which the belt's speed is measured with"
    case .otherSize(let width, let height, let wantedWidth, let wantedHeight):
      "is \(width) × \(height) pixels, the pictures before it are \(wantedWidth) × \(wantedHeight)"
    case .allRejected(let count): "none of \(count) pictures of the board agrees with the others"
    case .noTexture(let correlation):
      "frames do not look alike after any travel: the best correlation is "
        + "\(rounded(correlation, 2)), 0.5 at least was wanted"
    case .fewFrames(let found): "\(found) frames, 3 at least were wanted"
    case .viewTooSmall: "the frames show too little belt to follow its texture"
    case .encoderStandsStill: "the encoder's position is the same in all frames"
    case .otherLens(let width, let height, let lensWidth, let lensHeight):
      "is \(width) × \(height) pixels, the lens was calibrated with \(lensWidth) × \(lensHeight)"
    case .lensSeesNoBelt:
      "with the distortion of the lens taken out, no rectangle of belt is seen whole"
    }
  }

  public var remedy: String? {
    switch reason {
    case .noViews, .fewCorners:
      "lay the whole board on the belt, printed side up, in even light, and take the pictures again"
    case .cornersOnALine: "look down on the belt, not along it"
    case .notFinite: "detect the board again; a detector gave this"
    case .mirrored:
      "switch off flipping in the camera and lay the board printed side up; where light comes over "
        + "a mirror, flip the pictures back first"
    case .beltStandsStill, .oneView:
      "move the belt by a third of the picture's length between pictures, the board still on it"
    case .timesGoBack: "list pictures in the order of exposure; check the camera's clock"
    case .noTimes: "give 'seconds' for each picture in frames.json"
    case .otherSize: "use one camera with one picture size for all pictures"
    case .allRejected: "take the pictures again; the board must not slide or bend on the belt"
    case .noTexture:
      "take frames at a higher rate, with shorter exposure, or dust the belt with some chalk"
    case .fewFrames: "record at least a second of the running belt"
    case .viewTooSmall: "give frames that show at least 40 mm of belt along the travel"
    case .encoderStandsStill: "check the encoder's wheel and wiring, or measure without encoder"
    case .otherLens:
      "use the picture size that the lens was calibrated with, or do 'intrinsics' again with this"
    case .lensSeesNoBelt: "look down on the belt, not along it, or do 'intrinsics' again"
    }
  }
}

/// A number with that many digits behind the point, for texts.
func rounded(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let number = Int((abs(value) * scale).rounded())
  let sign = value < 0 && number > 0 ? "−" : ""
  guard digits > 0 else { return "\(sign)\(number)" }
  let whole = number / Int(scale)
  let rest = String(number % Int(scale))
  return "\(sign)\(whole).\(String(repeating: "0", count: digits - rest.count))\(rest)"
}
