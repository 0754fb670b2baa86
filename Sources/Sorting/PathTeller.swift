import Conveyor
import Units

/// A piece on its way to its decision: seen for the first time, or told otherwise than before.
public struct PieceSight: Codable, Sendable, Equatable {
  /// What is new about it.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// It came into view.
    case new
    /// Its views speak for a class, or for another than before.
    case update
  }

  public var kind: Kind
  public var piece: Int
  /// The frame that shows it best so far, and when that was exposed.
  public var frame: Int
  public var exposedAt: LineInstant
  /// The most probable class so far, and its probability; nil before a view showed it whole.
  public var likeliest: String?
  public var confidence: Double?
  /// Views that spoke so far.
  public var views: Int
  /// Where it lies on the belt.
  public var beltMillimeters: Rectangle<BeltFrame>
}

/// Tells of pieces on their way what is new, where somebody wants to know.
///
/// Belongs to the frame thread. A piece costs memory only when something about it is new.
struct PathTeller: Sendable {
  var isOn = false
  /// What this frame brought.
  private(set) var sights: [PieceSight] = []
  /// The class that was told of each piece on its way.
  private var told: [Int: Int] = [:]

  mutating func beginFrame() { sights.removeAll(keepingCapacity: true) }

  /// A frame shows the piece.
  mutating func saw(_ track: Track) {
    guard isOn, track.views == 1 else { return }
    sights.append(PieceSight(.new, track, nil))
  }

  /// A view of the piece was heard.
  mutating func heard(_ track: Track, by rule: DecisionRule) {
    guard isOn, let likeliest = track.evidence.likeliest, told[track.piece] != likeliest else {
      return
    }
    told[track.piece] = likeliest
    let confidence = rule.verdict(on: track.evidence)?.confidence
    sights.append(
      PieceSight(.update, track, (rule.classes[likeliest], confidence)))
  }

  /// The piece is decided or gone.
  mutating func end(_ piece: Int) {
    if isOn { told[piece] = nil }
  }

  /// All that was heard is void, as the recipe changes.
  mutating func forget() { told.removeAll(keepingCapacity: true) }
}

extension PieceSight {
  fileprivate init(
    _ kind: Kind, _ track: Track, _ told: (likeliest: String, confidence: Double?)?
  ) {
    self.init(
      kind: kind, piece: track.piece, frame: track.frame, exposedAt: track.exposedAt,
      likeliest: told?.likeliest, confidence: told?.confidence, views: track.evidence.views,
      beltMillimeters: track.sighting.bounds)
  }
}
