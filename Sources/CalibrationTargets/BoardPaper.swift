import Diagnostics

/// The paper that a board is printed on.
public struct BoardPaper: Codable, Equatable, Sendable {
  public var widthMillimeters: Double
  public var heightMillimeters: Double

  public static let a4 = BoardPaper(widthMillimeters: 210, heightMillimeters: 297)
  public static let a3 = BoardPaper(widthMillimeters: 297, heightMillimeters: 420)

  public init(widthMillimeters: Double, heightMillimeters: Double) {
    self.widthMillimeters = widthMillimeters
    self.heightMillimeters = heightMillimeters
  }

  /// `A4`, `A3`, or millimeters as `600x400`; nil for anything else.
  public init?(_ text: String) {
    switch text.lowercased() {
    case "a4": self = .a4
    case "a3": self = .a3
    default:
      let sides = text.lowercased().split(separator: "x", omittingEmptySubsequences: false)
        .map { Double($0) }
      guard sides.count == 2, let width = sides[0], let height = sides[1],
        (50...5000).contains(width), (50...5000).contains(height)
      else { return nil }
      self.init(widthMillimeters: width, heightMillimeters: height)
    }
  }

  /// The same paper, turned so that it is wider than high.
  public var landscape: BoardPaper {
    BoardPaper(
      widthMillimeters: max(widthMillimeters, heightMillimeters),
      heightMillimeters: min(widthMillimeters, heightMillimeters))
  }

  /// `A4`, `A3 landscape`, `600 × 400 mm`.
  public var text: String {
    for (paper, name) in [(Self.a4, "A4"), (Self.a3, "A3")] {
      if self == paper { return name }
      if self == paper.landscape { return "\(name) landscape" }
    }
    return "\(short(widthMillimeters)) × \(short(heightMillimeters)) mm"
  }
}
