/// What counts as a piece on the belt.
public struct SegmentationSettings: Codable, Equatable, Sendable {
  /// A neighborhood belongs to a piece from this many levels (of 255) off the belt in a channel.
  public var contrastLevels: Float = 6
  /// It must lie this many standard deviations of the belt's neighborhoods off it, too.
  public var contrastDeviations: Float = 5
  /// An outline runs where the contrast falls below this share of the largest near it.
  public var edgeShare: Float = 0.3
  /// A darker pixel of the belt's own hue is a shadow, down to this share of the belt's level.
  public var shadowFloor: Float = 0.35
  /// Smallest piece, in square millimeters; less is dust.
  public var minimumSquareMillimeters: Double = 25
  /// Largest hole that is filled, in square millimeters: a glint or dark spot within a piece.
  public var holeSquareMillimeters: Double = 60
  /// Two touching pieces are split where the neck between them is narrower than this share of
  /// the thinner one's thickness; 0 never splits.
  public var neckShare: Double = 0.55
  /// Most pieces in one frame; more are left out and counted.
  public var maximumPieces = 512

  public init() {}
}
