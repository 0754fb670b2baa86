extension PairedComparison {
  enum CodingKeys: String, CodingKey {
    case first, second, metric, differences, mean, standardError, low, high, pValue
  }

  /// Reads what `encode` wrote; an error or an interval that is left out is unbounded.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      first: try values.decode(String.self, forKey: .first),
      second: try values.decode(String.self, forKey: .second),
      metric: try values.decode(String.self, forKey: .metric),
      differences: try values.decode([Double].self, forKey: .differences))
    mean = try values.decode(Double.self, forKey: .mean)
    standardError = try values.decodeIfPresent(Double.self, forKey: .standardError) ?? .infinity
    low = try values.decodeIfPresent(Double.self, forKey: .low) ?? -.infinity
    high = try values.decodeIfPresent(Double.self, forKey: .high) ?? .infinity
    pValue = try values.decode(Double.self, forKey: .pValue)
  }

  /// Leaves out what a single run does not tell: JSON has no infinity.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(first, forKey: .first)
    try values.encode(second, forKey: .second)
    try values.encode(metric, forKey: .metric)
    try values.encode(differences, forKey: .differences)
    try values.encode(mean, forKey: .mean)
    for (key, value) in [
      (CodingKeys.standardError, standardError), (.low, low), (.high, high),
    ] where value.isFinite {
      try values.encode(value, forKey: key)
    }
    try values.encode(pValue, forKey: .pValue)
  }
}
