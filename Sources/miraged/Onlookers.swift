import CameraCalibration
import Cameras
import Diagnostics
import Foundation
import Services
import Sorting

/// Those who look on while a run sorts: the operator's page, figures and health over HTTP, and
/// whoever started the daemon.
///
/// What the frame thread calls neither waits nor takes memory, save for the copy of a frame, five
/// times a second while someone has the page open.
final class Onlookers: Sendable {
  private enum News: Sendable {
    case event(SortEvent)
    case frame(FrameOutcome)
  }

  let album = PieceAlbum()
  /// Where changes are asked for.
  let desk: ControlDesk
  private let watch: LineWatch
  private let view: LiveView
  private let server: HTTPServer?
  private let life: LifeKeeper?
  private let plant: ModbusServer?
  private let evidence: Evidence?
  private let witness: Witness
  private let news: HandOver<News>
  private let frames: HandOver<PaintedFrame>
  private let coming = ComingChange<LineFacts>()

  /// Tells and serves from now on, so that it can be seen how the daemon starts.
  init(_ invited: Invited, _ calibration: RigCalibration?) throws {
    let (watch, view, album, coming) = (LineWatch(), LiveView(), album, coming)
    let steps = StepTeller()
    desk = ControlDesk(token: invited.token, audit: invited.audit)
    evidence = try Evidence(invited, watch: watch)
    let pages = LinePages(watch, desk: desk)
    let witness = try Witness(invited.recordings, calibration, watch, pages)
    self.witness = witness
    let registers = try invited.plant.map { try ModbusServer($0, watch: watch) }
    plant = registers
    server = try invited.page.map { page in
      try HTTPServer(page, changes: pages.changes) { pages.answer($0) }
    }
    if let server { pages.count(server) }
    pages.show(
      LinePages.Pictures(view: { view.picture() }, piece: { album.picture(of: $0)?.jpeg }))
    news = HandOver("news", capacity: 4096, whenFull: .drop) { news in
      switch news {
      case .frame(let outcome):
        // Where there was no room for the news of a change, a frame brings it.
        if let facts = coming.take(outcome.recipeChange) {
          watch.change(facts)
          witness.note(facts)
        }
        let report = FrameReport(outcome)
        steps.tell(report.overload)
        watch.note(report)
      case .event(let event):
        view.note(event)
        witness.note(event)
        if case .change(let change) = event, let facts = coming.take(change.number) {
          watch.change(facts)
          witness.note(facts)
        }
        guard case .decision(let decision) = event else { return }
        // Noted in every case, which an argument of an optional call is not.
        let piece = watch.note(PieceReport(decision))
        registers?.put(piece)
      }
    }
    frames = HandOver("view", capacity: 1, whenFull: .drop) { view.draw($0) }
    self.watch = watch
    self.view = view
    life = invited.supervisor.map { LifeKeeper($0.notice, watch: watch, watchdog: $0.watchdog) }
    if let registers { say("registers: \(registers.address)") }
    if let server { say("page: http://\(server.address)/") }
  }

  func begin(_ facts: LineFacts, _ sources: LineWatch.Sources) {
    var sources = sources
    evidence?.show(in: &sources)
    witness.begin(facts, desk, in: &sources)
    watch.begin(facts, sources)
  }

  /// Nothing is sorted, and why.
  func hold(_ reason: LineReason) { watch.hold(reason) }

  /// What is in force from now on, for those who keep it.
  func note(_ setup: LineSetup) { evidence?.note(setup) }

  /// What will be shown once a change of recipe is told of.
  func expect(_ facts: LineFacts, _ setup: LineSetup) {
    coming.put(facts, for: facts.change)
    evidence?.expect(setup, change: facts.change)
  }

  /// Whose second opinion is to be shown once the line begins.
  func show(_ shadow: ShadowJudge) { witness.show(shadow) }

  /// Whether somebody wants to know of pieces on their way.
  var wantsPaths: Bool { evidence?.wantsPaths ?? false }

  // MARK: Called on the frame thread

  func put(_ sight: PieceSight) { evidence?.put(sight) }

  func put(_ frame: CameraFrame) { witness.put(frame) }

  func put(_ event: SortEvent) {
    news.put(.event(event))
    evidence?.put(event)
  }

  func put(_ outcome: FrameOutcome) { news.put(.frame(outcome)) }

  func paint(_ frame: () -> PaintedFrame) {
    if view.wantsFrame() { frames.put(frame()) }
  }

  // MARK: Afterwards

  /// Tells that the end has come, while the last blasts are fired.
  func end() { life?.end() }

  /// Ends all; gives what became of what was told, by output and outcome.
  func close() -> [String: [String: Int]] {
    watch.halt()
    desk.close()
    news.close()
    frames.close()
    server?.close()
    plant?.close()
    var counts = evidence?.close() ?? [:]
    counts["recordings"] = witness.close()
    counts["page"] = ["dropped": news.dropped]
    return counts
  }
}
