/// Why a view of a board had no part in a calibration.
public enum ViewRejection: Codable, Equatable, Sendable {
  case corners(found: Int, wanted: Int)
  case repeatedCorner(number: Int)
  case notFinite
  case extent(width: Int, height: Int, others: [Int])
  /// All corners lie on a line, in the picture or on the board.
  case line
  /// The corners lie as no flat board of this kind can show them.
  case otherBoard(residual: Double, others: Double)
  case residual(found: Double, others: Double)
  /// The board would lie behind the camera.
  case behind

  /// What is wrong with the view, and what was wanted.
  public var problem: String {
    switch self {
    case .corners(let found, let wanted):
      "\(found) corner\(found == 1 ? "" : "s") found, \(wanted) or more wanted"
    case .repeatedCorner(let number): "corner \(number) was found twice"
    case .notFinite: "a corner's place is not a number"
    case .extent(let width, let height, let others):
      "\(width) × \(height) pixels, the others have "
        + others.map(String.init).joined(separator: " × ")
    case .line: "all its corners lie on one line"
    case .otherBoard(let residual, let others):
      "its corners lie \(pixels(residual)) from where a flat board would show them, "
        + "\(pixels(others)) in other views"
    case .residual(let found, let others):
      "its corners lie \(pixels(found)) off, \(pixels(others)) in other views"
    case .behind: "the board would lie behind the camera"
    }
  }

  /// What to do about it.
  public var remedy: String {
    switch self {
    case .corners, .line: "hold the board so that most of it is seen, and take the picture again"
    case .repeatedCorner: "keep a second board out of the picture"
    case .notFinite, .behind: "take the picture again"
    case .extent: "give pictures of one camera in one mode"
    case .otherBoard:
      "another board, a bent one, or corners taken for others: check the board, hold it still"
    case .residual:
      "blurred, bent or half hidden: look at the picture, hold the board still, take it again"
    }
  }

  private func pixels(_ value: Double) -> String { decimals(value, 2) + " px" }
}

/// A number with this many decimals, without Foundation's formats.
func decimals(_ value: Double, _ places: Int) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
  let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
  let whole = Int((abs(value) * scale).rounded())
  let text = String(whole)
  let padded = String(repeating: "0", count: max(0, places + 1 - text.count)) + text
  let sign = value < 0 && whole != 0 ? "-" : ""
  guard places > 0 else { return sign + padded }
  return sign + padded.dropLast(places) + "." + padded.suffix(places)
}
