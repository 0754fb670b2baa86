/// The registers that a PLC reads, version 1; `Tools/modbus/REGISTERS.md` is their printed map.
struct RegisterMap {
  static let version: UInt16 = 1
  static let count = 46
  /// Where the result that waits for its acknowledgement begins.
  static let results = 32
  /// What stands where a signed number is unknown.
  static let none = UInt16(bitPattern: .min)

  private(set) var words = [UInt16](repeating: 0, count: RegisterMap.count)

  init(_ state: LineState, heartbeat: UInt16, result: PendingResult?, dropped: Int) {
    words[0] = Self.version
    words[1] = heartbeat
    words[2] = Self.number(of: state.state)
    words[3] = state.isFit ? 1 : 0
    words[4] = UInt16(clamping: state.alarms.count)
    words[5] = state.alarms.reduce(0) { $0 | Self.bit(of: $1.id) }
    for (place, count) in [
      (6, state.frames.decided), (8, state.frames.late), (10, state.frames.dropped),
      (12, state.frames.lost), (14, state.piecesDecided), (16, state.piecesLost),
      (18, state.blastsFired), (20, state.blastsLate),
    ] {
      set(count, at: place)
    }
    words[22] = UInt16(clamping: state.minute.pieces)
    words[23] = state.beltMillimetersPerSecond.map(Self.unsigned) ?? .max
    words[24] = state.minute.slackLeastMilliseconds.map(Self.signed) ?? Self.none
    words[25] = Self.unsigned(state.minute.framesPerSecond * 10)
    words[26] = state.valves.map { Self.number(of: $0.state) } ?? 0
    words[27] = state.overload?.rung.number ?? 0
    words[28] = state.overload?.coming?.number ?? 0
    set(dropped, at: 42)
    words[44] = UInt16(truncatingIfNeeded: state.facts?.change ?? 0)
    guard let result else { return }
    let piece = result.piece
    words[32] = result.number
    set(piece.piece, at: 33)
    // By the classes of the bundle that decided it, which may be gone since.
    let index = state.facts(of: piece)?.classes.firstIndex { $0.name == piece.class }
    words[35] = index.map { UInt16(clamping: $0 + 1) } ?? 0
    words[36] = Self.unsigned(piece.confidence * 10_000)
    words[37] = piece.isEjected ? 1 : 0
    words[38] = piece.isLate ? 1 : 0
    words[39] = piece.slackMilliseconds.map(Self.signed) ?? Self.none
    words[40] = Self.signed(piece.acrossMillimeters)
    words[41] = UInt16(clamping: result.waiting)
    words[45] = UInt16(truncatingIfNeeded: piece.change)
  }

  /// A number of 32 bits, the high word first; it begins anew behind its largest.
  private mutating func set(_ value: Int, at place: Int) {
    let value = UInt32(truncatingIfNeeded: value)
    words[place] = UInt16(value >> 16)
    words[place + 1] = UInt16(truncatingIfNeeded: value)
  }

  static func unsigned(_ value: Double) -> UInt16 {
    value.isFinite ? UInt16(min(max(value.rounded(), 0), 65_534)) : .max
  }

  static func signed(_ value: Double) -> UInt16 {
    guard value.isFinite else { return none }
    return UInt16(bitPattern: Int16(min(max(value.rounded(), -32_767), 32_767)))
  }

  private static func number(of state: VisionState) -> UInt16 {
    switch state {
    case .preoperational: 0
    case .initialized: 1
    case .ready: 2
    case .continuousExecution: 3
    case .error: 4
    case .halted: 5
    }
  }

  private static func number(of state: ValveState) -> UInt16 {
    switch state {
    case .seeking: 1
    case .ready: 2
    case .uncertain: 3
    case .fault: 4
    case .silent: 5
    }
  }

  private static func bit(of alarm: String) -> UInt16 {
    let known = [
      "no-frames", "late-decisions", "short-slack", "frames-lost", "frames-dropped", "valves",
      "blasts-late", "calibration-differs",
    ]
    let name = alarm.hasPrefix("valves-") ? "valves" : alarm
    return 1 << UInt16(known.firstIndex(of: name) ?? 15)
  }
}

/// A result that a PLC has not acknowledged yet.
struct PendingResult: Sendable, Equatable {
  var number: UInt16
  var piece: PieceReport
  /// Results behind it.
  var waiting: Int
}

/// Results on their way to a PLC, each until it is acknowledged; at the bound the oldest go.
struct ResultDesk: Sendable {
  static let capacity = 1024

  private var pieces: [(number: UInt16, piece: PieceReport)] = []
  private var last: UInt16 = 0
  private(set) var dropped = 0

  /// Takes in a decided piece.
  mutating func put(_ piece: PieceReport) {
    last = last == .max ? 1 : last + 1
    if pieces.count == Self.capacity {
      pieces.removeFirst()
      dropped += 1
    }
    pieces.append((last, piece))
  }

  var first: PendingResult? {
    pieces.first.map {
      PendingResult(number: $0.number, piece: $0.piece, waiting: pieces.count - 1)
    }
  }

  /// Lets go of the first, if that is the one that is acknowledged.
  mutating func acknowledge(_ number: UInt16) {
    if let first = pieces.first, first.number == number { pieces.removeFirst() }
  }
}
