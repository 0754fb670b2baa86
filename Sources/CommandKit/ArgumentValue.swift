import Foundation

/// A value that a person can type on a command line.
public protocol ArgumentValue: Sendable {
  /// What is wanted, as in "--epochs takes a whole number".
  static var expectation: String { get }
  /// All values as typed, where they are few; empty otherwise.
  static var choices: [String] { get }
  /// The value as a person would type it.
  var argumentText: String { get }
  /// `nil` where `argument` does not say such a value.
  init?(argument: String)
}

extension ArgumentValue {
  public static var choices: [String] { [] }
  public var argumentText: String { "\(self)" }
}

extension String: ArgumentValue {
  public static var expectation: String { "a text" }
  public init?(argument: String) { self = argument }
}

extension Int: ArgumentValue {
  public static var expectation: String { "a whole number" }
  public init?(argument: String) { self.init(argument) }
}

extension UInt64: ArgumentValue {
  public static var expectation: String { "a whole number from 0 on" }
  public init?(argument: String) { self.init(argument) }
}

extension Double: ArgumentValue {
  public static var expectation: String { "a number" }
  public init?(argument: String) {
    guard let value = Double(argument), value.isFinite else { return nil }
    self = value
  }
}

extension Float: ArgumentValue {
  public static var expectation: String { "a number" }
  public init?(argument: String) {
    guard let value = Float(argument), value.isFinite else { return nil }
    self = value
  }
}

/// A file or folder; a relative one counts from the folder the program was started in.
extension URL: ArgumentValue {
  public static var expectation: String { "a file or folder" }
  public var argumentText: String { relativePath }
  public init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    self.init(filePath: argument)
  }
}

/// A closed choice: an enum of strings needs only to name the protocol.
extension ArgumentValue where Self: RawRepresentable & CaseIterable, Self.RawValue == String {
  public static var choices: [String] { allCases.map(\.rawValue) }
  public static var expectation: String { "one of \(choices.joined(separator: ", "))" }
  public var argumentText: String { rawValue }
  public init?(argument: String) { self.init(rawValue: argument) }
}

/// The numbers that a flag accepts.
public struct Bounds<Value: ArgumentValue & Comparable>: Sendable {
  let lowest: Value
  let highest: Value?

  /// From `lowest` to `highest`, both included.
  public static func from(_ lowest: Value, to highest: Value) -> Self {
    Self(lowest: lowest, highest: highest)
  }

  /// `lowest` and everything above it.
  public static func from(_ lowest: Value) -> Self { Self(lowest: lowest, highest: nil) }

  func contains(_ value: Value) -> Bool {
    value >= lowest && highest.map { value <= $0 } ?? true
  }

  var text: String {
    guard let highest else { return "\(lowest.argumentText) or more" }
    return "\(lowest.argumentText) to \(highest.argumentText)"
  }
}
