import Foundation
import Services
import Sorting

/// What is kept of a run: each event goes from the frame thread to the store.
final class Evidence: Sendable {
  private let store: StoreKeeper
  private let events: HandOver<SortEvent>

  /// Nil where nothing is to be kept.
  init?(_ invited: Invited, watch: LineWatch) throws {
    guard let settings = invited.store else { return nil }
    // A file that may not grow any more is then told as a full disk, and ends no sorting.
    signal(SIGXFSZ, SIG_IGN)
    let store = try StoreKeeper(settings, watch: watch)
    let events = HandOver<SortEvent>("evidence", capacity: 4096, whenFull: .drop) { event in
      switch event {
      case .decision(let decision): store.put(PieceReport(decision))
      case .ejection(let ejection): store.put(BlastReport(ejection))
      case .loss(let loss): store.put(LossReport(loss))
      }
    }
    store.count(missed: { events.dropped })
    self.store = store
    self.events = events
    say("store: \(settings.file.relativePath)")
    if let trouble = store.status.trouble {
      say("store: \(trouble.problem)\n  help: \(trouble.remedy)")
    }
  }

  /// What is in force from now on.
  func note(_ setup: LineSetup) { store.begin(setup) }

  /// Lets the line tell how keeping goes.
  func show(in sources: inout LineWatch.Sources) { sources.store = { [store] in store.status } }

  /// Called on the frame thread; neither waits nor takes memory.
  func put(_ event: SortEvent) { events.put(event) }

  /// Stores what is left; gives what became of it.
  func close() -> [String: [String: Int]] {
    events.close()
    let status = store.close()
    say("store: \(status.stored) pieces stored, \(status.missed) records missed")
    if let trouble = status.trouble { say("store: \(trouble.problem)\n  help: \(trouble.remedy)") }
    return ["store": ["stored": status.stored, "missed": status.missed]]
  }
}
