import Units

/// A piece on its way through the picture.
public struct Track: Sendable, Equatable {
  /// The piece's number, from 1, in the order of first sight.
  public let piece: Int
  /// The best view so far: whole before cut, then the latest.
  public var sighting: Sighting
  /// The frame of that view, and when it was exposed.
  public var frame: Int
  public var exposedAt: LineInstant
  /// Frames that showed the piece whole.
  public var wholeViews = 0
  /// Frames in a row that should have shown it and did not.
  public var misses = 0
  /// Frames that showed any of it.
  public var views = 1
  /// What its views said so far.
  public var evidence = Evidence()
  /// Whether its decision was taken; it is followed on, so that it is not found anew.
  public var isDecided = false

  /// Whether a frame has shown it whole, so that its edges are known.
  public var isWhole: Bool { wholeViews > 0 }
}

/// How pieces are followed.
public struct TrackingSettings: Codable, Equatable, Sendable {
  /// Farthest that a piece may seem to move on the belt between frames: encoder error, slip.
  public var gateMillimeters: Double = 12
  /// Frames in a row that may miss a piece before it counts as gone.
  public var patience = 2
  /// Frames that must have shown a piece before it is believed, where it left early.
  public var minimumViews = 1
  /// Most pieces followed at a time; more are dropped and counted.
  public var capacity = 1024

  public init() {}
}

/// Follows pieces from frame to frame.
///
/// A piece that lies still on the belt keeps its belt coordinates, so that the encoder is the
/// prediction and the nearest sighting within a gate is the piece; the track takes over where the
/// sighting lies, which follows a slipping piece and an encoder that drifts. A cut sighting has no
/// true centroid: it belongs to the track whose rectangle it overlaps.
public struct Tracker: Sendable {
  /// What became of one sighting.
  public enum Match: Sendable, Equatable {
    /// The track's place in `tracks`.
    case track(Int)
    /// Part of a piece that was decided before, or beyond the capacity.
    case none
  }

  public let settings: TrackingSettings
  /// Pieces in view, by rising number.
  public private(set) var tracks: [Track] = []
  public private(set) var account = PieceAccount()

  private var pairs: [(distance: Double, track: Int, sighting: Int)] = []
  private var isTaken: [Bool] = []
  private var nextPiece = 1

  public init(_ settings: TrackingSettings) { self.settings = settings }

  /// Takes in the sightings of a frame and tells which piece each is, in their order.
  public mutating func follow(
    _ sightings: [Sighting], frame: Int, in view: BeltView, into matches: inout [Match]
  ) {
    matches.removeAll(keepingCapacity: true)
    for _ in sightings { matches.append(.none) }
    isTaken.removeAll(keepingCapacity: true)
    for _ in tracks { isTaken.append(false) }
    pair(sightings)
    for pair in pairs where !isTaken[pair.track] && matches[pair.sighting] == .none {
      isTaken[pair.track] = true
      matches[pair.sighting] = .track(pair.track)
      tracks[pair.track].see(sightings[pair.sighting], frame: frame, at: view.exposedAt)
    }
    for index in tracks.indices where !isTaken[index] && isDue(tracks[index], in: view) {
      tracks[index].misses += 1
    }
    for index in sightings.indices where matches[index] == .none {
      matches[index] = open(sightings[index], frame: frame, at: view.exposedAt)
    }
  }

  /// Adds what one view of a piece said.
  public mutating func hear(_ logits: some Collection<Float>, weight: Double, of track: Int) {
    tracks[track].evidence.add(logits, weight: weight)
  }

  /// Forgets what was said of pieces that are not decided.
  public mutating func unhear() {
    for index in tracks.indices where !tracks[index].isDecided {
      tracks[index].evidence = Evidence()
    }
  }

  /// Marks a piece as decided.
  public mutating func settle(_ track: Int, isLate: Bool) {
    precondition(!tracks[track].isDecided, "piece \(tracks[track].piece) is decided twice")
    tracks[track].isDecided = true
    account.open -= 1
    if isLate { account.late += 1 } else { account.decided += 1 }
    account.audit()
  }

  /// Whether the piece is about to be out of sight: gone, missing, or leaving before a next frame
  /// `travel` millimeters on could show it whole.
  public func isLeaving(_ track: Track, from view: BeltView, travel: Double) -> Bool {
    track.misses >= settings.patience
      || track.sighting.leadingMillimeters < view.along.lowerBound + travel
  }

  /// Forgets pieces that are gone and hands out those that leave without a decision.
  public mutating func dismiss(from view: BeltView, into lost: inout [Track]) {
    lost.removeAll(keepingCapacity: true)
    tracks.removeAll { track in
      let isPast = track.sighting.trailingMillimeters < view.along.lowerBound
      // A decided piece is kept until it is past, so that it is not found and decided anew.
      guard isPast || (!track.isDecided && track.misses >= settings.patience) else {
        return false
      }
      if !track.isDecided { lost.append(track) }
      return true
    }
    loseOpen(lost.count)
  }

  /// Ends the run: every piece still open is handed out as lost.
  public mutating func finish(into lost: inout [Track]) {
    lost = tracks.filter { !$0.isDecided }
    tracks.removeAll()
    loseOpen(lost.count)
  }

  private mutating func loseOpen(_ count: Int) {
    account.open -= count
    account.lost += count
    account.audit()
  }

  /// Lists which sighting may be which track, nearest first.
  private mutating func pair(_ sightings: [Sighting]) {
    pairs.removeAll(keepingCapacity: true)
    for (number, track) in tracks.enumerated() {
      for (index, sighting) in sightings.enumerated() {
        if let distance = distance(from: track.sighting, to: sighting) {
          pairs.append((distance, number, index))
        }
      }
    }
    // Numbers break ties, so that two runs agree.
    pairs.sort { ($0.distance, $0.track, $0.sighting) < ($1.distance, $1.track, $1.sighting) }
  }

  /// How far apart two sightings of perhaps one piece are, or nil where they cannot be one.
  private func distance(from first: Sighting, to second: Sighting) -> Double? {
    let (dx, dy) = (
      second.centroid.x - first.centroid.x, second.centroid.y - first.centroid.y
    )
    let distance = (dx * dx + dy * dy).squareRoot()
    if first.isWhole, second.isWhole {
      return distance <= settings.gateMillimeters ? distance : nil
    }
    return first.bounds.overlap(with: second.bounds, grownBy: settings.gateMillimeters / 2) > 0.5
      ? distance : nil
  }

  /// Whether the frame should have shown the track.
  private func isDue(_ track: Track, in view: BeltView) -> Bool {
    view.along.contains(track.sighting.centroid.y)
  }

  private mutating func open(_ sighting: Sighting, frame: Int, at instant: LineInstant) -> Match {
    let isFragment = tracks.contains {
      $0.isDecided && $0.sighting.bounds.contains(sighting.centroid)
    }
    if isFragment { return .none }
    account.found += 1
    guard tracks.count < settings.capacity else {
      account.dropped += 1
      return .none
    }
    account.open += 1
    var track = Track(piece: nextPiece, sighting: sighting, frame: frame, exposedAt: instant)
    track.wholeViews = sighting.isWhole ? 1 : 0
    nextPiece += 1
    tracks.append(track)
    return .track(tracks.count - 1)
  }
}

extension Track {
  init(piece: Int, sighting: Sighting, frame: Int, exposedAt: LineInstant) {
    self.piece = piece
    self.sighting = sighting
    self.frame = frame
    self.exposedAt = exposedAt
  }

  fileprivate mutating func see(_ sighting: Sighting, frame: Int, at instant: LineInstant) {
    views += 1
    misses = 0
    if sighting.isWhole { wholeViews += 1 }
    // Once whole, a cut view would only take edges away.
    guard sighting.isWhole || !isWhole else { return }
    self.sighting = sighting
    self.frame = frame
    exposedAt = instant
  }
}

extension Rectangle<BeltFrame> {
  func contains(_ point: Point<BeltFrame>) -> Bool {
    (x...(x + width)).contains(point.x) && (y...(y + height)).contains(point.y)
  }

  /// The common area's share of the smaller rectangle, both grown by `margin` on every side.
  func overlap(with other: Self, grownBy margin: Double) -> Double {
    let across = min(x + width, other.x + other.width) - max(x, other.x) + 2 * margin
    let along = min(y + height, other.y + other.height) - max(y, other.y) + 2 * margin
    guard across > 0, along > 0 else { return 0 }
    let smaller = min(
      (width + 2 * margin) * (height + 2 * margin),
      (other.width + 2 * margin) * (other.height + 2 * margin))
    return min(across * along / smaller, 1)
  }
}
