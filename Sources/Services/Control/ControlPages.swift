import Diagnostics

/// What the server answers of changes: recipes, changing them, the audit log.
struct ControlPages {
  /// The paths that take changes.
  static let changes = Set(kinds.keys).union(["/api/recording"])
  /// What is wanted by whoever posts to a path.
  private static let kinds: [String: ChangeWish.Kind] = [
    "/api/recipe": .recipe, "/api/recipe/revert": .former,
    "/api/configuration/apply": .configuration,
  ]

  let desk: ControlDesk

  /// The answer to a request; nil where its path is none of ours.
  func answer(_ request: HTTPRequest) -> HTTPResponse? {
    switch request.path {
    case "/api/recipes": Self.json(desk.board)
    case "/api/configuration": configuration
    case "/api/audit": audit
    case let path where Self.changes.contains(path) && request.isChange: change(request)
    case let path where Self.changes.contains(path): Self.changeOnly
    default: nil
    }
  }

  private static let changeOnly: HTTPResponse = {
    var response = HTTPResponse.text("this is changed by POST\n", status: 405)
    response.headers["Allow"] = "POST"
    return response
  }()

  private var configuration: HTTPResponse {
    guard let card = desk.configuration else {
      return Self.problem("miraged still starts", status: 503)
    }
    return Self.json(card)
  }

  private var audit: HTTPResponse {
    guard let audit = desk.audit else {
      return Self.problem("miraged was started without --audit", status: 404)
    }
    let (entries, last) = audit.recent
    return Self.json(AuditExcerpt(entries: entries, last: last))
  }

  private func change(_ request: HTTPRequest) -> HTTPResponse {
    guard let access = desk.access else {
      return Self.problem(desk.closed ?? "closed", status: 503)
    }
    switch access.judge(request.authorization) {
    case .right: break
    case .missing: return Self.unauthorized("the header 'Authorization: Bearer TOKEN' is missing")
    case .wrong:
      tellWrongToken(on: request.path, total: access.wrong)
      return Self.unauthorized("this is not the token")
    case .tooOften:
      var response = Self.problem("too many wrong tokens; wait a minute", status: 429)
      response.headers["Retry-After"] = "60"
      return response
    }
    do {
      if request.path == "/api/recording" {
        try desk.record(try ChangeWish(request.body, .former))
        return Self.json(["recording": true], status: 202)
      }
      let wish = try ChangeWish(request.body, Self.kinds[request.path] ?? .recipe)
      return Self.json(try desk.take(wish), status: 202)
    } catch let refusal as ControlDesk.Refusal {
      return Self.problem(refusal.problem, status: refusal.status)
    } catch {
      return Self.problem("\(error)", status: 400)
    }
  }

  /// Writes it down; a log that cannot be written keeps nobody out who would get in otherwise.
  private func tellWrongToken(on path: String, total: Int) {
    _ = try? desk.audit?.add(.wrongToken, facts: ["path": path, "soFar": "\(total)"])
  }

  private static func unauthorized(_ problem: String) -> HTTPResponse {
    var response = Self.problem(problem, status: 401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response
  }

  private static func json(_ value: some Encodable, status: Int = 200) -> HTTPResponse {
    // A number that JSON has no words for would be a mistake of ours, and is said.
    let text = (try? JSONFile.line(value)) ?? "{\"problem\":\"not a number\"}"
    return .json(text + "\n", status: status)
  }

  private static func problem(_ text: String, status: Int) -> HTTPResponse {
    json(["problem": text], status: status)
  }
}

/// The newest part of the audit log.
struct AuditExcerpt: Codable {
  /// The newest last.
  var entries: [AuditEntry]
  /// The digest of the newest line.
  var last: Digest
}
