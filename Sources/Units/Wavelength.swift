/// A wavelength of light in vacuum.
public struct Wavelength: Hashable, Comparable, Sendable, Codable {
  public let nanometers: Double

  public init(nanometers: Double) { self.nanometers = nanometers }
  public init(from decoder: any Decoder) throws {
    nanometers = try decoder.singleValueContainer().decode(Double.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(nanometers)
  }

  public static func < (first: Self, second: Self) -> Bool {
    first.nanometers < second.nanometers
  }
}
