import Diagnostics
import Foundation
import Services

/// Which broker is to be told, and how it lets us in.
struct BrokerWish: Sendable {
  var address: String?
  var password: URL?
}

/// A broker that is told, with the password that it wants.
struct InvitedBroker {
  var address: BrokerAddress
  var password: String?
}

extension Run {
  /// The broker that is to be told, if one is.
  var broker: InvitedBroker? {
    get throws {
      guard let text = telling.address else {
        if telling.password != nil { throw WrongOptions("--mqtt-password", "found without --mqtt") }
        return nil
      }
      guard isPaced else {
        throw WrongOptions(
          "--mqtt", "found without real time", remedy: "add --pace real, or a --rate")
      }
      var broker = InvitedBroker(address: try BrokerAddress(text))
      guard let file = telling.password else { return broker }
      guard broker.address.user != nil else {
        throw WrongOptions(
          "--mqtt-password", "found without a user", remedy: "write mqtt://USER@HOST/PREFIX")
      }
      let bytes = try BoundedFile.read(file, limit: 4096)
      let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first ?? ""
      guard !line.isEmpty else { throw Complaint(file.relativePath, "holds no password") }
      broker.password = line.hasSuffix("\r") ? String(line.dropLast()) : String(line)
      return broker
    }
  }
}
