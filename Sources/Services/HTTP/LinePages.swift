import Diagnostics
import Foundation
import Synchronization
import Units

/// What the server shows of a line: the operator's page, its pictures, figures and health.
public final class LinePages: Sendable {
  /// Pictures that are made when someone asks.
  public struct Pictures: Sendable {
    /// The belt as it is, with what was decided, as JPEG; nil before the first.
    public var view: @Sendable () -> [UInt8]?
    /// A piece by its number, as JPEG; nil where there is no picture of it.
    public var piece: @Sendable (Int) -> [UInt8]?

    public init(
      view: @escaping @Sendable () -> [UInt8]?, piece: @escaping @Sendable (Int) -> [UInt8]?
    ) {
      self.view = view
      self.piece = piece
    }
  }

  /// The paths that take changes, where there is a desk for them.
  public var changes: Set<String> { control == nil ? [] : ControlPages.changes }

  private let watch: LineWatch
  private let control: ControlPages?
  private let pictures = Mutex<Pictures?>(nil)
  private let evidence = Mutex(EvidencePages())
  /// The state as text, made anew after a fifth of a second, so that many viewers cost as one.
  private let cache = Mutex<(text: String, madeAt: ContinuousClock.Instant)?>(nil)
  private let requests = Mutex<@Sendable () -> (answered: Int, refused: Int)>({ (0, 0) })

  /// - Parameter desk: where changes are asked for; without one all is only read.
  public init(_ watch: LineWatch, desk: ControlDesk? = nil) {
    self.watch = watch
    control = desk.map { ControlPages(desk: $0) }
  }

  /// The line has pictures from now on.
  public func show(_ pictures: Pictures) { self.pictures.withLock { $0 = pictures } }

  /// There are recordings, or a second opinion, from now on.
  public func show(_ evidence: EvidencePages) { self.evidence.withLock { $0 = evidence } }

  /// Counts of the server that shows these pages, for the figures.
  public func count(_ server: HTTPServer) {
    requests.withLock { $0 = { [weak server] in server?.counts ?? (0, 0) } }
  }

  /// The page at a path.
  public func answer(_ request: HTTPRequest) -> HTTPResponse {
    switch request.path {
    case "/": return OperatorPage.response
    case "/live": return .text("live\n")
    case "/ready": return ready
    case "/fit": return fit
    case "/metrics":
      return HTTPResponse(
        type: "text/plain; version=0.0.4; charset=utf-8",
        body: Array(watch.metrics(requests: requests.withLock { $0() }).utf8))
    case "/api/state": return state
    case "/api/openapi.json": return OpenAPIDocument.response
    case "/api/view.jpg": return picture(pictures.withLock { $0 }?.view())
    default:
      if let answer = control?.answer(request) { return answer }
      if let answer = evidence.withLock({ $0 }).answer(request) { return answer }
      let prefix = "/api/pieces/"
      guard request.path.hasPrefix(prefix), request.path.hasSuffix(".jpg"),
        let number = Int(request.path.dropFirst(prefix.count).dropLast(4))
      else { return .notFound }
      return picture(pictures.withLock { $0 }?.piece(number))
    }
  }

  /// Whether the daemon has loaded everything and looks at pictures.
  private var ready: HTTPResponse {
    let state = watch.state()
    let isStill = [.preoperational, .initialized, .halted].contains(state.state)
    let isReady = state.facts != nil && !isStill
    return .text(
      "\(isReady ? "ready" : "not ready"): \(state.state.rawValue)\n", status: isReady ? 200 : 503)
  }

  /// Whether the line sorts as it should, and if not, why and what to do.
  private var fit: HTTPResponse {
    let state = watch.state()
    var lines = [state.isFit ? "fit to sort" : "not fit to sort: \(state.sentence)"]
    lines += state.alarms.map { "\($0.id): \($0.problem)\n  do: \($0.remedy)" }
    return .text(lines.joined(separator: "\n") + "\n", status: state.isFit ? 200 : 503)
  }

  private var state: HTTPResponse {
    let text = cache.withLock { cache in
      if let cache, cache.madeAt.duration(to: .now) < .milliseconds(200) { return cache.text }
      // A number that JSON has no words for is a mistake of ours, and is said.
      let text = (try? JSONFile.line(watch.state())) ?? "{\"error\":\"not a number\"}"
      cache = (text, .now)
      return text
    }
    return .json(text + "\n")
  }

  private func picture(_ bytes: [UInt8]?) -> HTTPResponse {
    guard let bytes else { return .text("there is no picture yet\n", status: 404) }
    return HTTPResponse(type: "image/jpeg", body: bytes)
  }
}
