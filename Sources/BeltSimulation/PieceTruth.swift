import Units

/// What really lies on the belt: one piece.
public struct PieceTruth: Codable, Equatable, Sendable {
  /// Unique on its belt; grows along it.
  public let id: Int
  public let className: String
  public let center: Point<BeltFrame>
  /// Corners of a polygon around the piece, in order.
  public let outline: [Point<BeltFrame>]
  public let massGrams: Double
  /// Hidden cues of a coated flake; nil for metals.
  public let cues: GradeCues?
}

/// The latent contributions to a flake's grade, one number a grade in each list.
public struct GradeCues: Codable, Equatable, Sendable {
  /// Seen by both sensors.
  public let common: [Double]
  /// Seen by the line scanner only.
  public let spectral: [Double]
  /// Seen by the color camera only.
  public let color: [Double]

  /// The grade that the cues decide, as weighted by `shares`.
  ///
  /// This is the oracle of both sensors together; with a share set to 0 it is that of one.
  public func grade(under shares: CueShares) -> Int {
    let weights = shares.weights
    let scores = common.indices.map {
      weights.common * common[$0] + weights.spectral * spectral[$0] + weights.color * color[$0]
    }
    return scores.indices.max { scores[$0] < scores[$1] } ?? 0
  }
}
