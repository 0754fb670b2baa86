import Synchronization

/// What is to be told from a change of recipe on, for the one change that can be under way.
final class ComingChange<Value: Sendable>: Sendable {
  private let coming = Mutex<(number: Int, value: Value)?>(nil)

  func put(_ value: Value, for number: Int) { coming.withLock { $0 = (number, value) } }

  /// What a change brings, once; nil where another is expected.
  func take(_ number: Int) -> Value? {
    coming.withLock { coming in
      guard let found = coming, found.number == number else { return nil }
      coming = nil
      return found.value
    }
  }
}
