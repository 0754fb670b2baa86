import Foundation

/// A message for a broker.
struct BrokerMessage: Sendable, Equatable {
  /// Behind the prefix.
  var topic: String
  /// The keys of a JSON object, without its last brace.
  var body: String
  var isRetained = false
  /// When it was told, for those behind the broker.
  var at: WallTime
}

/// What waits for a broker; at the bound the oldest go and are counted.
struct BrokerQueue: Sendable {
  /// An outage of minutes on a busy line; some megabytes.
  static let capacity = 10_000

  private var messages: [BrokerMessage] = []
  private var first = 0
  private(set) var dropped = 0

  var count: Int { messages.count - first }

  mutating func put(_ message: BrokerMessage) {
    if count == Self.capacity {
      _ = take()
      dropped += 1
    }
    messages.append(message)
  }

  /// The oldest, waited for by nobody any more.
  mutating func take() -> BrokerMessage? {
    guard first < messages.count else { return nil }
    defer {
      first += 1
      // The room in front is given back now and then, so that taking one costs next to nothing.
      if first > 1024, first * 2 > messages.count {
        messages.removeFirst(first)
        first = 0
      }
    }
    return messages[first]
  }
}
