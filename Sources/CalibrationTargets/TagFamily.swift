/// A family of AprilTags: which patterns there are, and how large.
///
/// Source: Wang, Olson, *AprilTag 2: Efficient and robust fiducial detection*, 2016.
public enum TagFamily: String, Codable, Sendable, CaseIterable {
  /// 36 bits, any two tags differ in 11 or more: the usual one.
  case tag36h11
  case tag36h10
  case tag25h9
  case tag16h5

  /// Modules along the black square, border included.
  public var side: Int {
    switch self {
    case .tag36h11, .tag36h10: 8
    case .tag25h9: 7
    case .tag16h5: 6
    }
  }

  /// How many different tags there are.
  public var count: Int {
    switch self {
    case .tag36h11: 587
    case .tag36h10: 2320
    case .tag25h9: 35
    case .tag16h5: 30
    }
  }

  /// What a tag looks like: `side · side` modules, row by row; true is black.
  public func modules(of tag: Int) -> [Bool] {
    precondition((0..<count).contains(tag), "\(rawValue): tag \(tag), 0 to \(count - 1) wanted")
    return TagLibrary(self).modules(of: tag)
  }
}
