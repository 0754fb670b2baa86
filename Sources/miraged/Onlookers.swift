import Cameras
import Services
import Sorting

/// Those who look on while a run sorts: the operator's page, figures and health over HTTP.
///
/// What the frame thread calls neither waits nor takes memory, save for the copy of a frame, five
/// times a second while someone has the page open.
final class Onlookers: Sendable {
  private enum News: Sendable {
    case event(SortEvent)
    case frame(FrameOutcome)
  }

  let album = PieceAlbum()
  private let watch: LineWatch
  private let view: LiveView
  private let server: HTTPServer
  private let news: HandOver<News>
  private let frames: HandOver<PaintedFrame>

  /// Serves from now on, so that it can be seen how the daemon starts.
  init(_ address: HTTPAddress) throws {
    let (watch, view, album) = (LineWatch(), LiveView(), album)
    let pages = LinePages(watch)
    server = try HTTPServer(address) { pages.answer($0) }
    pages.count(server)
    pages.show(
      LinePages.Pictures(view: { view.picture() }, piece: { album.picture(of: $0)?.jpeg }))
    news = HandOver("news", capacity: 4096, whenFull: .drop) { news in
      switch news {
      case .frame(let outcome): watch.note(FrameReport(outcome))
      case .event(let event):
        view.note(event)
        if case .decision(let decision) = event { watch.note(PieceReport(decision)) }
      }
    }
    frames = HandOver("view", capacity: 1, whenFull: .drop) { view.draw($0) }
    self.watch = watch
    self.view = view
    say("page: http://\(server.address)/")
  }

  func begin(_ facts: LineFacts, _ sources: LineWatch.Sources) { watch.begin(facts, sources) }

  // MARK: Called on the frame thread

  func put(_ event: SortEvent) { news.put(.event(event)) }
  func put(_ outcome: FrameOutcome) { news.put(.frame(outcome)) }

  func paint(_ frame: () -> PaintedFrame) {
    if view.wantsFrame() { frames.put(frame()) }
  }

  // MARK: Afterwards

  /// Ends the pages; gives how many events they never saw for want of time.
  func close() -> Int {
    watch.halt()
    news.close()
    frames.close()
    server.close()
    return news.dropped
  }
}

extension Run {
  /// Those who may look on, if they were asked in.
  var onlookers: Onlookers? {
    get throws {
      guard let http else { return nil }
      let address = try HTTPAddress(http)
      guard isPaced else {
        throw WrongOptions(
          "--http", "found without real time", remedy: "add --pace real, or a --rate")
      }
      return try Onlookers(address)
    }
  }
}
