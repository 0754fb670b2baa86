import Diagnostics

/// What the server shows of evidence: recordings of events, and a second opinion.
public struct EvidencePages: Sendable {
  /// Recordings of events, to be listed, looked at and asked for.
  public struct Recordings: Sendable {
    /// All of them as JSON, the newest first.
    public var list: @Sendable () -> String
    /// A file of one; nil where there is none of that name.
    public var file: @Sendable (_ name: String, _ recording: String) -> [UInt8]?

    public init(
      list: @escaping @Sendable () -> String,
      file: @escaping @Sendable (_ name: String, _ recording: String) -> [UInt8]?
    ) {
      (self.list, self.file) = (list, file)
    }
  }

  /// What another recipe makes of the same pieces.
  public struct Shadow: Sendable {
    /// Agreement and disagreements as JSON.
    public var board: @Sendable () -> String
    /// A piece by its number, as JPEG; nil where there is no picture of it.
    public var picture: @Sendable (Int) -> [UInt8]?

    public init(
      board: @escaping @Sendable () -> String, picture: @escaping @Sendable (Int) -> [UInt8]?
    ) {
      (self.board, self.picture) = (board, picture)
    }
  }

  public var recordings: Recordings?
  public var shadow: Shadow?

  public init() {}

  /// The answer to a request; nil where its path is none of ours.
  func answer(_ request: HTTPRequest) -> HTTPResponse? {
    switch request.path {
    case "/recordings": return RecordingsPage.response
    case "/shadow": return ShadowPage.response
    case "/api/recordings":
      return recordings.map { .json($0.list() + "\n") }
        ?? Self.problem("miraged was started without --recordings")
    case "/api/shadow":
      return shadow.map { .json($0.board() + "\n") }
        ?? Self.problem("miraged was started without --shadow")
    default: break
    }
    let parts = request.path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 3, parts[1] == "api" else { return nil }
    if parts[2] == "recordings", parts.count == 5 {
      return recordingFile(String(parts[4]), of: String(parts[3]))
    }
    if parts[2] == "shadow", parts.count == 4, parts[3].hasSuffix(".jpg"),
      let piece = Int(parts[3].dropLast(4))
    {
      return picture(shadow?.picture(piece))
    }
    return nil
  }

  private func recordingFile(_ name: String, of recording: String) -> HTTPResponse {
    guard let bytes = recordings?.file(name, recording) else { return .notFound }
    return HTTPResponse(
      type: name.hasSuffix(".jpg") ? "image/jpeg" : "application/json", body: bytes)
  }

  private func picture(_ bytes: [UInt8]?) -> HTTPResponse {
    guard let bytes else { return .text("there is no picture\n", status: 404) }
    return HTTPResponse(type: "image/jpeg", body: bytes)
  }

  private static func problem(_ text: String) -> HTTPResponse {
    // A text is always JSON.
    .json(((try? JSONFile.line(["problem": text])) ?? "{}") + "\n", status: 404)
  }
}
