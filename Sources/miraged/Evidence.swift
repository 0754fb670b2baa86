import Foundation
import Services
import Sorting

/// What is kept of a run and told of it: each event goes from the frame thread to store and broker.
final class Evidence: Sendable {
  private let store: StoreKeeper?
  private let broker: BrokerPublisher?
  private enum News: Sendable {
    case event(SortEvent)
    case sight(PieceSight)
  }

  private let events: HandOver<News>
  private let coming = ComingChange<LineSetup>()

  /// Nil where nothing is to be kept or told.
  init?(_ invited: Invited, watch: LineWatch) throws {
    guard invited.store != nil || invited.broker != nil else { return nil }
    // A file that may not grow any more is then told as a full disk, and ends no sorting.
    signal(SIGXFSZ, SIG_IGN)
    let store = try invited.store.map { try StoreKeeper($0, watch: watch) }
    let broker = try invited.broker.map {
      try BrokerPublisher($0.address, password: $0.password, watch: watch)
    }
    let coming = coming
    let events = HandOver<News>("evidence", capacity: 4096, whenFull: .drop) { news in
      switch news {
      case .sight(let sight): broker?.put(SightReport(sight))
      case .event(.decision(let decision)):
        let piece = PieceReport(decision)
        store?.put(piece)
        broker?.put(piece)
      case .event(.ejection(let ejection)):
        let blast = BlastReport(ejection)
        store?.put(blast)
        broker?.put(blast)
      case .event(.loss(let loss)):
        let loss = LossReport(loss)
        store?.put(loss)
        broker?.put(loss)
      case .event(.change(let change)):
        if let setup = coming.take(change.number) { store?.begin(setup) }
      }
    }
    store?.count(missed: { events.dropped })
    broker?.count(dropped: { events.dropped })
    (self.store, self.broker, self.events) = (store, broker, events)
    if let store {
      say("store: \(store.status.file)")
      Self.complain("store", store.status.trouble)
    }
    if let broker { say("broker: \(broker.status.broker)") }
  }

  /// What is in force from now on.
  func note(_ setup: LineSetup) { store?.begin(setup) }

  /// What will be in force once a change of recipe is told of.
  func expect(_ setup: LineSetup, change: Int) { coming.put(setup, for: change) }

  /// Lets the line tell how keeping and telling go.
  func show(in sources: inout LineWatch.Sources) {
    if let store { sources.store = { store.status } }
    if let broker { sources.broker = { broker.status } }
  }

  /// Called on the frame thread; neither waits nor takes memory.
  func put(_ event: SortEvent) { events.put(.event(event)) }

  /// Called on the frame thread, too.
  func put(_ sight: PieceSight) { events.put(.sight(sight)) }

  /// Whether somebody wants to know of pieces on their way.
  var wantsPaths: Bool { broker != nil }

  /// Stores and tells what is left; gives what became of all.
  func close() -> [String: [String: Int]] {
    events.close()
    var counts: [String: [String: Int]] = [:]
    if let status = broker?.close() {
      say(
        "broker: \(status.delivered) messages delivered, \(status.waiting) left, "
          + "\(status.dropped) dropped")
      Self.complain("broker", status.trouble)
      counts["broker"] = [
        "delivered": status.delivered, "left": status.waiting, "dropped": status.dropped,
      ]
    }
    if let status = store?.close() {
      say("store: \(status.stored) pieces stored, \(status.missed) records missed")
      Self.complain("store", status.trouble)
      counts["store"] = ["stored": status.stored, "missed": status.missed]
    }
    return counts
  }

  private static func complain(_ name: String, _ trouble: LineReason?) {
    guard let trouble else { return }
    say("\(name): \(trouble.problem)\n  help: \(trouble.remedy)")
  }
}
