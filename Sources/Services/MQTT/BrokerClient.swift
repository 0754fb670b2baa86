import CMosquitto
import Foundation
import Synchronization

/// libmosquitto's client, for one thread that asks it to work.
///
/// The library keeps what was sent and not answered, and sends it again after a new connection.
final class BrokerClient: Sendable {
  /// What the library told while it worked.
  private struct News: Sendable {
    var answer: Int32?
    var isGone = false
    var delivered: [Int32] = []
  }

  /// How a connection stands after a turn.
  struct Turn: Sendable {
    /// The broker's answer to the request for a connection: 0 where it agrees.
    var answer: Int?
    /// Why the connection is over.
    var end: String?
    /// Messages that the broker has.
    var delivered: [Int32] = []
  }

  /// Where the library's functions find it, as long as it lives.
  private final class Desk: Sendable {
    let news = Mutex(News())
  }

  private let desk = Desk()
  /// The library's, as a number: pointers may not change threads.
  private let bits: UInt

  private var client: OpaquePointer? { OpaquePointer(bitPattern: bits) }

  /// - Parameters:
  ///   - will: what the broker tells for us when we are gone without a word.
  init?(name: String, will: (topic: String, text: String), user: String?, password: String?) {
    mosquitto_lib_init()
    let context = Unmanaged.passUnretained(desk).toOpaque()
    guard let made = mosquitto_new(name, true, context) else { return nil }
    bits = UInt(bitPattern: made)
    _ = mirage_mosquitto_set_version(made)
    mosquitto_will_set(
      made, will.topic, Int32(will.text.utf8.count), will.text, 1, true)
    if let user { mosquitto_username_pw_set(made, user, password) }
    mosquitto_connect_callback_set(made) { _, context, answer in
      BrokerClient.note(context) { $0.answer = answer }
    }
    mosquitto_disconnect_callback_set(made) { _, context, _ in
      BrokerClient.note(context) { $0.isGone = true }
    }
    mosquitto_publish_callback_set(made) { _, context, message in
      BrokerClient.note(context) { $0.delivered.append(message) }
    }
  }

  deinit { mosquitto_destroy(client) }

  private static func note(_ context: UnsafeMutableRawPointer?, _ change: (inout News) -> Void) {
    guard let context else { return }
    Unmanaged<Desk>.fromOpaque(context).takeUnretainedValue().news.withLock { change(&$0) }
  }

  /// Asks for a connection, and waits for the name and the network; gives why not, if not.
  func connect(to address: BrokerAddress) -> String? {
    let status = mosquitto_connect(client, address.host, Int32(address.port), 10)
    return status == mirage_mosquitto_success ? nil : Self.words(status)
  }

  /// Hands a message over; gives its number, or nil where it is not taken now.
  func publish(_ topic: String, _ text: String, isRetained: Bool) -> Int32? {
    var number: Int32 = 0
    let status = mosquitto_publish(
      client, &number, topic, Int32(text.utf8.count), text, 1, isRetained)
    // What the library cannot send for want of a connection it has taken all the same.
    return status == mirage_mosquitto_success || number > 0 ? number : nil
  }

  /// Sends and takes what there is, waiting for it at most so long.
  func work(within patience: Duration) -> Turn {
    let status = mosquitto_loop(client, Int32(patience / .milliseconds(1)), 1)
    return turn(status == mirage_mosquitto_success ? nil : Self.words(status))
  }

  /// Says goodbye: the broker then tells nothing for us.
  func disconnect() { mosquitto_disconnect(client) }

  private func turn(_ problem: String?) -> Turn {
    desk.news.withLock { news in
      defer { news = News() }
      return Turn(
        answer: news.answer.map(Int.init),
        end: problem ?? (news.isGone ? "the connection has ended" : nil),
        delivered: news.delivered)
    }
  }

  private static func words(_ status: Int32) -> String {
    status == mirage_mosquitto_errno
      ? String(cString: strerror(errno)).lowercased()
      : String(cString: mosquitto_strerror(status)).lowercased().trimmingCharacters(in: ["."])
  }
}
