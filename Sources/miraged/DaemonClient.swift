import Diagnostics
import Foundation
import FoundationNetworking
import Services

/// Asks a running daemon, as any program may, over HTTP.
struct DaemonClient: Sendable {
  /// For an answer, and for a change to be made ready: a large bundle on a busy machine.
  private static let patience = (answer: 10.0, change: Duration.seconds(300))

  let address: String

  /// - Parameter address: `HOST:PORT`.
  init(_ address: String) throws {
    self.address = try "\(HTTPAddress(address))"
  }

  var configuration: ConfigurationCard {
    get async throws {
      let (bytes, status) = try await ask("/api/configuration")
      guard status == 200 else { throw refusal(bytes, status) }
      return try JSONFile.decode(ConfigurationCard.self, from: bytes, place: address)
    }
  }

  /// Asks for a change and waits until it is made or refused.
  func change(_ path: String, _ wish: [String: String], token: String) async throws -> ChangeStatus
  {
    let (bytes, status) = try await ask(path, JSONFile.line(wish), token)
    guard status == 202 else { throw refusal(bytes, status) }
    let order = try JSONFile.decode(ChangeStatus.self, from: bytes, place: address).number
    let end = ContinuousClock.now + Self.patience.change
    while ContinuousClock.now < end {
      let (bytes, _) = try await ask("/api/recipes")
      let latest = try JSONFile.decode(RecipeBoard.self, from: bytes, place: address).latest
      if let latest, latest.number == order, latest.progress != .preparing { return latest }
      if let latest, latest.number > order {
        throw Complaint(address, "another change was asked for since", remedy: "look at the page")
      }
      try await Task.sleep(for: .milliseconds(200))
    }
    throw Complaint(address, "the change is still being made ready", remedy: "look at the page")
  }

  private func ask(
    _ path: String, _ body: String? = nil, _ token: String? = nil
  ) async throws -> (Data, Int) {
    guard let url = URL(string: "http://\(address)\(path)") else {
      throw Complaint(address, "is no address of a daemon")
    }
    var request = URLRequest(url: url, timeoutInterval: Self.patience.answer)
    if let body {
      request.httpMethod = "POST"
      request.httpBody = Data(body.utf8)
      request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    }
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
    do {
      let (bytes, response) = try await URLSession.shared.data(for: request)
      return (bytes, (response as? HTTPURLResponse)?.statusCode ?? 0)
    } catch {
      throw Complaint(
        address, "no daemon answers: \(error.localizedDescription)",
        remedy: "start it with --http, or say with --daemon where it is")
    }
  }

  private func refusal(_ bytes: Data, _ status: Int) -> Complaint {
    // Another kind of answer than ours is shown as it is.
    let words = try? JSONFile.decode([String: String].self, from: bytes, place: address)["problem"]
    let text = words ?? String(decoding: bytes.prefix(200), as: UTF8.self)
    return Complaint(address, text.trimmingCharacters(in: .newlines) + " (status \(status))")
  }
}
