import Conveyor
import Diagnostics
import Foundation
import Units

/// What leaves the pipeline, in the order it happened.
public enum SortEvent: Sendable, Equatable {
  case decision(PieceDecision)
  case ejection(PieceEjection)
  case loss(PieceLoss)
  /// All decisions before it are by the recipe before, all behind it by this one.
  case change(RecipeChange)
}

extension SortEvent: Codable {
  private enum Kind: String, Codable { case decision, ejection, loss, change }
  private enum CodingKeys: String, CodingKey { case event }

  /// Reads what `encode` writes.
  public init(from decoder: any Decoder) throws {
    let kind = try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .event)
    switch kind {
    case .decision: self = .decision(try PieceDecision(from: decoder))
    case .ejection: self = .ejection(try PieceEjection(from: decoder))
    case .loss: self = .loss(try PieceLoss(from: decoder))
    case .change: self = .change(try RecipeChange(from: decoder))
    }
  }

  /// One flat object: the event's kind under `event`, beside the event's own keys.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .decision(let decision):
      try container.encode(Kind.decision, forKey: .event)
      try decision.encode(to: encoder)
    case .ejection(let ejection):
      try container.encode(Kind.ejection, forKey: .event)
      try ejection.encode(to: encoder)
    case .loss(let loss):
      try container.encode(Kind.loss, forKey: .event)
      try loss.encode(to: encoder)
    case .change(let change):
      try container.encode(Kind.change, forKey: .event)
      try change.encode(to: encoder)
    }
  }
}

/// What is done with a decided piece.
public enum SortAction: String, Codable, Sendable, CaseIterable {
  /// Blown out.
  case eject
  /// Left on the belt.
  case pass
}

/// A piece's class, and whether it was told in time.
public struct PieceDecision: Codable, Sendable, Equatable {
  /// The class that stands for "none of those we know, or not sure enough".
  public static let unknown = "unknown"
  /// The class that stands for "known, and may be of more than one class".
  public static let uncertain = "uncertain"

  /// By which recipe; nil where the run has none.
  public var recipe: String?
  public var piece: Int
  /// The frame that shows the piece best.
  public var frame: Int
  /// A class of the bundle, `unknown` or `uncertain`.
  public var `class`: String
  /// The most probable class, whether it was probable enough or not.
  public var likeliest: String
  /// Probability of the likeliest class, 0 to 1.
  public var confidence: Double
  /// Probability of each class, in the bundle's order.
  public var probabilities: [Double]
  /// The classes that it may be of, where the recipe asks for sets.
  public var set: [String]?
  /// -T logsumexp(z / T); high for strangers.
  public var energy: Double
  /// Frames that the decision rests on.
  public var views: Int
  /// What is done; always `pass` for a late decision.
  public var action: SortAction
  /// The piece on the belt, in millimeters: `x` across, `y` along, from the leading edge.
  public var beltMillimeters: Rectangle<BeltFrame>
  public var areaSquareMillimeters: Double
  /// When the frame that shows it best was exposed, in seconds of the line's clock.
  public var exposedAt: LineInstant
  public var decidedAt: LineInstant
  /// When the decision had to be there; nil while the belt's speed is unknown or zero.
  public var deadline: LineInstant?
  /// From decision to deadline; negative is late.
  public var slackMilliseconds: Double?
  public var isLate: Bool
}

/// Air for a piece, on the line's clock.
public struct PieceEjection: Codable, Sendable, Equatable {
  public var piece: Int
  public var commandAt: LineInstant
  public var opensAt: LineInstant
  public var closesAt: LineInstant
  /// From where to where across the belt.
  public var fromMillimeters: Double
  public var toMillimeters: Double
  /// The nozzles that blow, where the rig's calibration knows them.
  public var nozzles: [Int]?
}

/// A piece that left without a decision.
public struct PieceLoss: Codable, Sendable, Equatable {
  /// Why there is no decision.
  public enum Reason: String, Codable, Sendable {
    /// Every frame cut it off, or the frames that would have shown it whole are missing.
    case neverWhole
    /// Gone before it was seen often enough to be believed.
    case tooBrief
    /// The run ended while it was in view.
    case runEnded
  }

  public var piece: Int
  public var reason: Reason
  public var beltMillimeters: Rectangle<BeltFrame>
}

/// Another recipe is sorted by from here on.
public struct RecipeChange: Codable, Sendable, Equatable {
  /// From 1, by one more at each change of the run.
  public var number: Int
  /// The recipe's name.
  public var recipe: String?
}

extension Track {
  func loss(_ reason: PieceLoss.Reason) -> PieceLoss {
    PieceLoss(piece: piece, reason: reason, beltMillimeters: sighting.bounds)
  }
}

extension PieceEjection {
  init(_ ejection: Ejection) {
    self.init(
      piece: ejection.piece, commandAt: ejection.commandAt, opensAt: ejection.opensAt,
      closesAt: ejection.closesAt, fromMillimeters: ejection.across.lowerBound,
      toMillimeters: ejection.across.upperBound, nozzles: ejection.nozzles)
  }
}
