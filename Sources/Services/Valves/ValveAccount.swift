/// What became of the blasts that were to go to the valves; nothing is counted twice.
public struct ValveAccount: Sendable, Equatable, Codable {
  /// Handed to the driver.
  public var taken = 0
  /// The box said that it will fire them, and was left the time to.
  public var accepted = 0
  /// The box said no.
  public var refused = 0
  /// Their time came before they could be sent; they were never sent.
  public var late = 0
  /// Sent in time, and no answer came before their time: nobody knows.
  public var unanswered = 0
  /// There was no room for them.
  public var dropped = 0
  /// No usable nozzle lies over the piece, or no box could do what was asked.
  public var unaimed = 0
  /// Given up as the run ended before their time.
  public var abandoned = 0
  /// Not settled yet.
  public var waiting = 0

  public init() {}

  /// Each count by its name.
  public var counts: [String: Int] {
    [
      "taken": taken, "accepted": accepted, "refused": refused, "late": late,
      "unanswered": unanswered, "dropped": dropped, "unaimed": unaimed, "abandoned": abandoned,
      "waiting": waiting,
    ]
  }

  /// The counts as a person reads them.
  public var text: String {
    let parts = [
      (accepted, "accepted"), (refused, "refused"), (late, "too late to send"),
      (unanswered, "unanswered"), (dropped, "dropped"), (unaimed, "without a nozzle"),
      (abandoned, "given up at the end"), (waiting, "waiting"),
    ]
    return "\(taken) blasts = "
      + parts.enumerated().filter { $0.offset == 0 || $0.element.0 > 0 }
      .map { "\($0.element.0) \($0.element.1)" }.joined(separator: " + ")
  }

  /// Whether every blast is accounted for exactly once.
  public var isBalanced: Bool {
    taken == accepted + refused + late + unanswered + dropped + unaimed + abandoned + waiting
  }
}

/// How things stand with the box at the valves.
public enum ValveState: String, Sendable, Codable, CaseIterable {
  /// It has not answered yet.
  case seeking
  /// It answers, and its clock is known well enough.
  case ready
  /// It answers, but its clock is not known well enough to fire by.
  case uncertain
  /// It keeps its valves closed: it says that something is wrong with it.
  case fault
  /// It answered, and does so no more.
  case silent
}

/// What is told of the valves.
public struct ValveStatus: Sendable, Equatable, Codable {
  public var state = ValveState.seeking
  public var account = ValveAccount()
  /// The chip whose lines the valves hang on, where there is no box.
  public var chip: String?
  /// Nozzles of the box, once it told them.
  public var nozzles: Int?
  /// By how much its clock may be misread, in milliseconds.
  public var clockErrorMilliseconds: Double?
  /// From a beat to its answer, the latest.
  public var roundTripMilliseconds: Double?
  /// Starts of the box that were noticed after the first.
  public var restarts = 0
  /// Messages sent a second time or more.
  public var repeats = 0
  /// Blasts that the box began, and failed at, since its start, as it tells; lines fail where they
  /// go off late or cannot be set.
  public var boxFired = 0
  public var boxFailed = 0
  /// Messages that were damaged or of another session.
  public var strays = 0
  /// Failures of the socket or the port.
  public var linkFailures = 0
  /// The last of them, in words.
  public var trouble: String?

  public init() {}

  /// What is wrong and what to do, in plain words; nil where nothing is.
  public var advice: String? {
    if let chip, state != .ready {
      return "the lines of \(chip) cannot be set: check that the chip is there, and its driver"
    }
    return switch state {
    case .ready: nil
    case .seeking: "the valve box has not answered: check its current, its cable and its address"
    case .silent: "the valve box answers no more: check its current and its cable"
    case .uncertain:
      "the valve box answers too slowly to time blasts: take other traffic off its line"
    case .fault: "the valve box reports a fault and keeps all valves closed: look at the box itself"
    }
  }
}

/// The terms on which blasts are sent.
public struct ValveTerms: Sendable, Equatable {
  /// From one beat to the next.
  public var beat = Duration.milliseconds(100)
  /// After so long without a beat the box closes all valves; also when we call it silent.
  public var silence = Duration.milliseconds(500)
  /// An unanswered blast is sent again after so long.
  public var repetition = Duration.milliseconds(15)
  /// Blasts are sent when they begin within this time; the rest waits here, where there is room.
  public var horizon = Duration.seconds(2)
  /// A clock that may be further off is not fired by.
  public var clockErrorLimit = Duration.milliseconds(2)
  /// Blasts that wait or are unanswered, at most.
  public var capacity = 512

  public init() {}
}
