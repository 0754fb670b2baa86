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

/// All pieces of a stretch of belt, as `truth.json` beside recorded frames holds them.
public struct BeltTruth: Codable, Equatable, Sendable {
  /// Names of the classes that a sorter is to tell apart; strangers are of none of them.
  public let classes: [String]
  public let pieces: [PieceTruth]

  public init(classes: [String], pieces: [PieceTruth]) {
    self.classes = classes
    self.pieces = pieces
  }
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
