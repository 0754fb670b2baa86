import Diagnostics
import Foundation

/// Where a broker is and under which topic the line tells: `mqtt://[user@]HOST[:PORT]/PREFIX`.
public struct BrokerAddress: Sendable, Equatable, CustomStringConvertible {
  public let user: String?
  public let host: String
  public let port: UInt16
  /// Without a slash at either end.
  public let prefix: String

  /// Reads `text`; refuses what is no such address, and passwords in it.
  public init(_ text: String) throws(Complaint) {
    let form = /mqtt:\/\/(?:([^\/@]*)@)?([A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?\/(.+)/
    guard text.utf8.count <= 500, let match = text.wholeMatch(of: form) else {
      throw Self.wrong(text, "is no address of a broker")
    }
    let user = match.1.map(String.init)
    guard user?.contains(":") != true else {
      throw Complaint(
        "--mqtt", "has a password in it, which everyone on this computer could read",
        remedy: "write it into a file and give that with --mqtt-password")
    }
    guard user?.isEmpty != true else { throw Self.wrong(text, "has an empty user") }
    guard let port = match.3.map({ UInt16($0) }) ?? 1883, port > 0 else {
      throw Self.wrong(text, "has no port between 1 and 65535")
    }
    let parts = match.4.split(separator: "/", omittingEmptySubsequences: false)
    let isGood = parts.allSatisfy { part in
      !part.isEmpty
        && part.unicodeScalars.allSatisfy { !"+#".unicodeScalars.contains($0) && $0.value >= 0x20 }
    }
    guard isGood, !match.4.hasPrefix("$"), match.4.utf8.count <= 200 else {
      throw Self.wrong(text, "has no topic to tell under, such as plant/line-1")
    }
    self.user = user
    self.port = port
    host = String(match.2).trimmingCharacters(in: ["[", "]"])
    prefix = String(match.4)
  }

  public var description: String { "mqtt://\(host):\(port)/\(prefix)" }

  private static func wrong(_ text: String, _ problem: String) -> Complaint {
    Complaint(
      text, problem, remedy: "write it as mqtt://user@192.168.1.10:1883/plant/line-1")
  }
}

/// How telling a broker goes.
public struct BrokerStatus: Sendable, Codable, Equatable {
  public var broker: String
  public var isConnected = false
  /// Messages that the broker has said to have.
  public var delivered = 0
  /// Messages that wait for the broker.
  public var waiting = 0
  /// Messages that it never will get, for want of room here.
  public var dropped = 0
  /// Times that it was found again.
  public var reconnects = 0
  /// Why it gets nothing just now.
  public var trouble: LineReason?

  public init(broker: String) { self.broker = broker }
}
