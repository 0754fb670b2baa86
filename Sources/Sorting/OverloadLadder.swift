import Units

/// What a line does with pieces while it has time, and what while it has ever less.
public enum SortingRung: Int, Codable, Sendable, CaseIterable, Comparable {
  /// The network hears as many views as the recipe wants.
  case full
  /// The network hears one view of each piece.
  case fewerViews
  /// Pieces are told apart by their mean color, as the network told them apart before.
  case color
  /// Nothing is looked at closely: all pieces go where the recipe says.
  case blind

  /// From more time to less.
  public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}

/// When a line goes down and up between rungs.
public struct LadderSettings: Codable, Equatable, Sendable {
  /// A frame whose least slack is below this, or that decides too late, is a short one.
  public var slackMilliseconds = 5.0
  /// So many short frames within the window lead a rung down.
  public var shortFrames = 3
  public var windowSeconds = 2.0
  /// From the announcement of a rung until it is in force, so that a PLC has read of it.
  public var noticeSeconds = 0.3
  /// So long without a short frame leads a rung up, at first; a rung that did not hold is tried
  /// again after twice the time, up to the most.
  public var calmSeconds = 30.0
  public var calmMostSeconds = 600.0

  public init() {}
}

/// Goes down rung by rung while decisions come too late, and up again when there is time.
///
/// Pure: fed with each frame's slack on the line's clock, the same steps for the same frames.
public struct OverloadLadder: Sendable {
  public let settings: LadderSettings
  /// The rung in force.
  public private(set) var rung = SortingRung.full
  /// The rung that was announced and is not in force yet.
  public private(set) var coming: (rung: SortingRung, at: LineInstant)?
  /// Steps that came into force.
  public private(set) var steps = 0

  private var shorts: [LineInstant] = []
  private var calmSince: LineInstant?
  private var calm: Duration
  private var climbedAt: LineInstant?

  public init(_ settings: LadderSettings = LadderSettings()) {
    self.settings = settings
    calm = .nanoseconds(Int64(settings.calmSeconds * 1e9))
  }

  private var first: Duration { .nanoseconds(Int64(settings.calmSeconds * 1e9)) }

  /// Takes in what a frame came to, and announces a step where it is time.
  ///
  /// - Parameters:
  ///   - slack: the least of the frame's decisions; nil where nothing was decided.
  ///   - isAvailable: whether a rung can be stood on; those that cannot are stepped over.
  public mutating func observe(
    slack: Duration?, isLate: Bool, at now: LineInstant, isAvailable: (SortingRung) -> Bool
  ) {
    let window = Duration.nanoseconds(Int64(settings.windowSeconds * 1e9))
    let least = Duration.nanoseconds(Int64(settings.slackMilliseconds * 1e6))
    let isShort = isLate || slack.map { $0 < least } ?? false
    shorts.removeAll { $0.duration(to: now) > window }
    if isShort {
      if shorts.count < settings.shortFrames { shorts.append(now) }
      calmSince = nil
    } else {
      calmSince = calmSince ?? now
    }
    guard coming == nil else { return }
    if shorts.count >= settings.shortFrames {
      guard let next = rungs(below: rung).first(where: isAvailable) else { return }
      // A rung that did not hold for as long as it took to climb it is not soon tried again.
      let didHold = climbedAt.map { $0.duration(to: now) >= calm } ?? true
      calm = didHold ? first : min(calm * 2, .nanoseconds(Int64(settings.calmMostSeconds * 1e9)))
      climbedAt = nil
      announce(next, at: now)
    } else if rung > .full, let calmSince, calmSince.duration(to: now) >= calm,
      let next = rungs(above: rung).first(where: isAvailable)
    {
      announce(next, at: now)
    }
  }

  /// The rung that comes into force now, if one does; asked between two frames.
  public mutating func step(at now: LineInstant) -> SortingRung? {
    guard let next = coming, next.at <= now else { return nil }
    climbedAt = next.rung < rung ? now : climbedAt
    (rung, coming) = (next.rung, nil)
    steps += 1
    // What was short on the rung before says nothing of this one.
    shorts.removeAll(keepingCapacity: true)
    calmSince = nil
    return rung
  }

  private mutating func announce(_ rung: SortingRung, at now: LineInstant) {
    let notice = Duration.nanoseconds(Int64(settings.noticeSeconds * 1e9))
    coming = (rung, now.advanced(by: notice))
  }

  private func rungs(below rung: SortingRung) -> [SortingRung] {
    SortingRung.allCases.filter { $0 > rung }
  }

  private func rungs(above rung: SortingRung) -> [SortingRung] {
    SortingRung.allCases.reversed().filter { $0 < rung }
  }
}
