import Chemometrics
import Diagnostics

/// A step is its name, or an object of one key, its name, with its settings:
/// `"snv"`, `{ "savitzky-golay": { window: 15, order: 3, derivative: 2 } }`.
///
/// Steps with the settings that a bare name means are written as that name.
extension SpectralRecipe.Step: Codable {
  private enum Name: String, CodingKey, CaseIterable {
    case standardNormalVariate = "snv"
    case scatterCorrection = "msc"
    case logMeanReflectance = "log-mean"
    case savitzkyGolay = "savitzky-golay"
    case firstDerivative = "savitzky-golay-1"
    case secondDerivative = "savitzky-golay-2"
    case continuumRemoval = "continuum-removal"
    case absorbance
    case principalComponents = "pca"
  }

  private enum WindowKeys: String, CodingKey, CaseIterable { case window, order, derivative }
  private enum ReferenceKeys: String, CodingKey, CaseIterable { case reference }
  private enum FloorKeys: String, CodingKey, CaseIterable { case floor }
  private enum ComponentKeys: String, CodingKey, CaseIterable { case components, axes }

  /// What a recipe's JSON calls the step.
  public var name: String { key.rawValue }

  private var key: Name {
    switch self {
    case .standardNormalVariate: .standardNormalVariate
    case .scatterCorrection: .scatterCorrection
    case .logMeanReflectance: .logMeanReflectance
    case .firstDerivative: .firstDerivative
    case .secondDerivative: .secondDerivative
    case .savitzkyGolay: .savitzkyGolay
    case .continuumRemoval: .continuumRemoval
    case .absorbance: .absorbance
    case .principalComponents: .principalComponents
    }
  }

  public init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      // A number or an object is no name, and is read as such below.
      guard let name = Name(rawValue: text), let step = Self(bare: name) else {
        throw Self.unknown(text, at: decoder.codingPath)
      }
      self = step
      return
    }
    let container = try Self.container(decoder)
    guard let name = container.allKeys.first, container.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "a step is its name, or an object with its name as the one key"))
    }
    self = try Self.settings(name, try container.superDecoder(forKey: name))
  }

  /// The container of an object whose keys are names of steps, an unknown one refused.
  private static func container(_ decoder: any Decoder) throws -> KeyedDecodingContainer<Name> {
    try decoder.strictContainer(keyedBy: Name.self)
  }

  private static func unknown(_ name: String, at path: [any CodingKey]) -> DecodingError {
    let known = Name.allCases.map(\.rawValue).sorted().joined(separator: ", ")
    return .dataCorrupted(
      .init(codingPath: path, debugDescription: "unknown step '\(name)'; known are \(known)"))
  }

  /// What a bare name means; nil where it needs settings.
  private init?(bare name: Name) {
    switch name {
    case .standardNormalVariate: self = .standardNormalVariate
    case .scatterCorrection: self = .scatterCorrection
    case .logMeanReflectance: self = .logMeanReflectance
    case .savitzkyGolay: self = .smoothed
    case .firstDerivative: self = .firstDerivative
    case .secondDerivative: self = .secondDerivative
    case .continuumRemoval: self = .continuumRemoval
    case .absorbance: self = .absorbance
    case .principalComponents: self = .principalComponents(count: 20, axes: nil)
    }
  }

  private static func settings(_ name: Name, _ decoder: any Decoder) throws -> Self {
    switch name {
    case .savitzkyGolay:
      let values = try decoder.strictContainer(keyedBy: WindowKeys.self)
      var (window, order, derivative) = (11, 2, 0)
      try values.read(&window, .window)
      try values.read(&order, .order)
      try values.read(&derivative, .derivative)
      try values.check(
        .window, "an odd number from 3 to 1001", (3...1001).contains(window) && window % 2 == 1)
      try values.check(
        .order, "0 to 6, and less than the window", (0...min(6, window - 1)).contains(order))
      try values.check(
        .derivative, "0, 1 or 2, and no more than the order",
        (0...min(2, order)).contains(derivative))
      return .savitzkyGolay(window: window, order: order, derivative: derivative)
    case .scatterCorrection:
      let values = try decoder.strictContainer(keyedBy: ReferenceKeys.self)
      return .scatterCorrection(
        reference: try values.decodeIfPresent([Float].self, forKey: .reference))
    case .absorbance:
      let values = try decoder.strictContainer(keyedBy: FloorKeys.self)
      let floor = try values.decode(Float.self, forKey: .floor)
      try values.check(.floor, "a reflectance above 0", floor >= Float.leastNormalMagnitude)
      return .absorbance(floor: floor)
    case .principalComponents:
      let values = try decoder.strictContainer(keyedBy: ComponentKeys.self)
      let count = try values.decode(Int.self, forKey: .components)
      try values.check(.components, "a count of at least 1", count >= 1)
      return .principalComponents(
        count: count, axes: try values.decodeIfPresent(PrincipalComponents.self, forKey: .axes))
    default:
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "the step '\(name.rawValue)' has no settings; write its name alone"))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    if let bare = Self(bare: key), bare == self {
      var container = encoder.singleValueContainer()
      try container.encode(name)
      return
    }
    var container = encoder.container(keyedBy: Name.self)
    switch self {
    case .savitzkyGolay(let window, let order, let derivative):
      var values = container.nestedContainer(keyedBy: WindowKeys.self, forKey: key)
      try values.encode(window, forKey: .window)
      try values.encode(order, forKey: .order)
      try values.encode(derivative, forKey: .derivative)
    case .scatterCorrection(let reference):
      var values = container.nestedContainer(keyedBy: ReferenceKeys.self, forKey: key)
      try values.encodeIfPresent(reference, forKey: .reference)
    case .absorbance(let floor):
      var values = container.nestedContainer(keyedBy: FloorKeys.self, forKey: key)
      try values.encode(floor, forKey: .floor)
    case .principalComponents(let count, let axes):
      var values = container.nestedContainer(keyedBy: ComponentKeys.self, forKey: key)
      try values.encode(count, forKey: .components)
      try values.encodeIfPresent(axes, forKey: .axes)
    case .standardNormalVariate, .logMeanReflectance, .continuumRemoval: break
    }
  }
}
