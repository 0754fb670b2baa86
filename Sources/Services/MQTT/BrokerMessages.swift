import Diagnostics
import Foundation

// What is told of the line: `Tools/mqtt/TOPICS.md` is the printed table of it.

extension BrokerMessage {
  /// A decided piece, a blast or a loss.
  static func event(_ topic: String, _ value: some Encodable, at time: WallTime) -> BrokerMessage? {
    // A number that JSON has no words for; it is counted as dropped.
    guard let line = try? JSONFile.line(value), line.hasSuffix("}") else { return nil }
    return BrokerMessage(topic: topic, body: String(line.dropLast()), at: time)
  }

  /// The whole object, told now.
  func text(session: String, sequence: Int, isHistorical: Bool) -> String {
    let comma = body == "{" ? "" : ","
    return body + comma + "\"at\":\"\(Self.text(of: at))\",\"historical\":\(isHistorical),"
      + "\"sequence\":\(sequence),\"session\":\"\(session)\"}"
  }

  /// As RFC 3339 writes times, in UTC, to the millisecond.
  static func text(of time: WallTime) -> String {
    time.date.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
  }
}

/// The line's state, as a broker keeps it for those who ask later.
struct BrokerState: Encodable, Equatable {
  struct Alarm: Encodable, Equatable {
    var id: String
    var problem: String
    var remedy: String
    var isUnfit: Bool
  }

  /// A state of OPC 40100-1.
  var state: String
  var word: String
  var sentence: String
  var isFit: Bool
  var alarms: [Alarm]
  var bundle: String?
  var source: String?
  /// What is sorted by, and the file of the configuration, where they have names.
  var recipe: String?
  var configuration: String?
  /// Changes of either since the start.
  var changes: Int
  /// How closely pieces are looked at, and what was announced, with `--ladder`.
  var overload: OverloadStatus?
  var framesDecided: Int
  var framesLate: Int
  var framesDropped: Int
  var framesLost: Int
  var piecesDecided: Int
  var piecesLost: Int
  var blastsFired: Int
  var blastsLate: Int
  var beltMillimetersPerSecond: Double?
  var piecesInLastMinute: Int
  var slackLeastMilliseconds: Double?

  init(_ state: LineState) {
    self.state = state.state.rawValue
    (word, sentence, isFit) = (state.word, state.sentence, state.isFit)
    alarms = state.alarms.map {
      Alarm(id: $0.id, problem: $0.problem, remedy: $0.remedy, isUnfit: $0.isUnfit)
    }
    (bundle, source) = (state.facts?.bundle, state.facts?.source)
    (recipe, configuration) = (state.facts?.recipe, state.facts?.configuration)
    changes = state.facts?.change ?? 0
    overload = state.overload
    (framesDecided, framesLate) = (state.frames.decided, state.frames.late)
    (framesDropped, framesLost) = (state.frames.dropped, state.frames.lost)
    (piecesDecided, piecesLost) = (state.piecesDecided, state.piecesLost)
    (blastsFired, blastsLate) = (state.blastsFired, state.blastsLate)
    beltMillimetersPerSecond = state.beltMillimetersPerSecond
    piecesInLastMinute = state.minute.pieces
    slackLeastMilliseconds = state.minute.slackLeastMilliseconds
  }

  /// What is told at once where it changes; all else is told every ten seconds.
  var urgent: [String] {
    let steps = overload.map { "\($0.steps) \($0.coming?.rawValue ?? "")" } ?? ""
    return [state, "\(isFit)", "\(changes)", steps] + alarms.map(\.id)
  }
}

/// The begin or the end of an alarm.
struct BrokerAlarm: Encodable {
  var id: String
  var problem: String
  var remedy: String
  var isUnfit: Bool
  /// False at its end.
  var isOpen: Bool

  init(_ alarm: StoredAlarm) {
    (id, problem) = (alarm.reason.id, alarm.reason.problem)
    (remedy, isUnfit) = (alarm.reason.remedy, alarm.reason.isUnfit)
    isOpen = alarm.endedAt == nil
  }
}
