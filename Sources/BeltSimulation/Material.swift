/// What a piece on the belt is made of.
public enum Material: String, Codable, CaseIterable, Sendable {
  case copper
  case brass
  case aluminium
  case zinc
  case stainless
  case steel
  case circuitBoard = "circuit board"
  case plastic
  case rubber

  /// The metals that a sorter is taught; the others are strangers on the belt.
  public static let metals: [Material] = [.copper, .brass, .aluminium, .zinc, .stainless, .steel]
  public static let strangers: [Material] = [.circuitBoard, .plastic, .rubber]

  public var isStranger: Bool { Self.strangers.contains(self) }

  /// Density in grams per cubic millimeter.
  var density: Double {
    switch self {
    case .copper: 8.96e-3
    case .brass: 8.5e-3
    case .aluminium: 2.7e-3
    case .zinc: 6.7e-3
    case .stainless: 7.9e-3
    case .steel: 7.85e-3
    case .circuitBoard: 1.9e-3
    case .plastic: 1.1e-3
    case .rubber: 1.2e-3
    }
  }
}
