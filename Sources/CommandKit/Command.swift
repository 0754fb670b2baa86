import Foundation

/// Values that are given by name, on a command line or in a file: its stored properties are the
/// settings, their initial values the defaults.
public protocol Settings: Sendable {
  /// What may be given by name, in the order of the help text.
  static var flags: [Flag<Self>] { get }
  init()
}

/// A subcommand: its stored properties are the options, their initial values the defaults.
public protocol Command: Settings {
  /// What a person types after the program's name.
  static var name: String { get }
  /// One sentence for the list of commands.
  static var summary: String { get }
  /// What is given by position.
  static var operands: [Operand<Self>] { get }
  /// Whole command lines that work, for the end of the help text.
  static var examples: [String] { get }
  /// Does the work; a thrown `Explained` error is printed, its exit status is the program's.
  func run() async throws
}

extension Command {
  public static var flags: [Flag<Self>] { [] }
  public static var operands: [Operand<Self>] { [] }
  public static var examples: [String] { [] }
}

/// What is wrong with a command line, without the name of the program.
public struct UsageError: Error, Equatable, Sendable {
  /// What was found and what was wanted.
  public let problem: String
  /// The command line whose help answers it.
  public let help: String

  init(_ problem: String, help: String = "") {
    self.problem = problem
    self.help = help
  }

  /// The same problem, answered by the help of `command`.
  func answered(by command: String) -> UsageError {
    UsageError(problem, help: help.isEmpty ? command : help)
  }
}

/// A key path that several threads may hold, as `Flag` and `Operand` need it.
public typealias Property<Options, Value> = any WritableKeyPath<Options, Value> & Sendable

/// One flag: what a person types, what it means and which property it sets.
public struct Flag<Options>: Sendable {
  /// How often a flag may or must be given.
  enum Occurrence: Sendable { case optional, required, repeated }

  let name: String
  /// What stands for the value in the help text; `nil` where the flag takes none.
  let placeholder: String?
  let help: String
  /// The values that complete the flag in a shell, where they are few.
  var choices: [String] = []
  var occurrence = Occurrence.optional
  /// Whether the value names a file or folder.
  var isPath = false
  /// Whether a file may give numbers by name.
  var takesTable = false
  /// Whether the value names a file with values for the other flags.
  var readsSettings = false
  var set: @Sendable (inout Options, String) throws(UsageError) -> Void
  /// The value as a person would type it; empty where there is none.
  let current: @Sendable (Options) -> String
  /// Forgets the initial values before the first of a repeated flag.
  var clear: (@Sendable (inout Options) -> Void)?

  /// `--name VALUE`; without it the property keeps its initial value.
  public static func value<Value: ArgumentValue>(
    _ name: String, _ property: Property<Options, Value>, _ placeholder: String, _ help: String
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: help, choices: Value.choices,
      isPath: Value.self == URL.self,
      set: { options, text throws(UsageError) in
        options[keyPath: property] = try parsed(text, of: name)
      },
      current: { $0[keyPath: property].argumentText })
  }

  /// `--name NUMBER`, refused outside `bounds`.
  public static func value<Value: ArgumentValue & Comparable>(
    _ name: String, _ property: Property<Options, Value>, _ placeholder: String, _ help: String,
    in bounds: Bounds<Value>
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: "\(help), \(bounds.text)",
      set: { options, text throws(UsageError) in
        options[keyPath: property] = try parsed(text, of: name, in: bounds)
      },
      current: { $0[keyPath: property].argumentText })
  }

  /// `--name VALUE`, without which the command is refused.
  public static func required<Value: ArgumentValue>(
    _ name: String, _ property: Property<Options, Value>, _ placeholder: String, _ help: String
  ) -> Self {
    var flag = value(name, property, placeholder, help)
    flag.occurrence = .required
    return flag
  }

  /// `--name VALUE`; without it the property stays `nil`.
  public static func optional<Value: ArgumentValue>(
    _ name: String, _ property: Property<Options, Value?>, _ placeholder: String, _ help: String
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: help, choices: Value.choices,
      isPath: Value.self == URL.self,
      set: { options, text throws(UsageError) in
        options[keyPath: property] = try parsed(text, of: name) as Value
      },
      current: { $0[keyPath: property]?.argumentText ?? "" })
  }

  /// `--name FILE`, a JSON5 file that gives other flags, named in one word.
  ///
  /// `valveLatency` stands for `--valve-latency`. The command line holds against the file.
  public static func settings(
    _ name: String, _ property: Property<Options, URL?>, _ placeholder: String, _ help: String
  ) -> Self {
    var flag = optional(name, property, placeholder, help)
    flag.readsSettings = true
    return flag
  }

  /// `--name NUMBER`, refused outside `bounds`; without it the property stays `nil`.
  public static func optional<Value: ArgumentValue & Comparable>(
    _ name: String, _ property: Property<Options, Value?>, _ placeholder: String, _ help: String,
    in bounds: Bounds<Value>
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: "\(help), \(bounds.text)",
      set: { options, text throws(UsageError) in
        options[keyPath: property] = try parsed(text, of: name, in: bounds)
      },
      current: { $0[keyPath: property]?.argumentText ?? "" })
  }

  /// `--name VALUE`, as often as wanted; the first one replaces the initial values.
  public static func repeated<Value: ArgumentValue>(
    _ name: String, _ property: Property<Options, [Value]>, _ placeholder: String, _ help: String
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: help, choices: Value.choices,
      occurrence: .repeated, isPath: Value.self == URL.self,
      set: { options, text throws(UsageError) in
        options[keyPath: property].append(try parsed(text, of: name))
      },
      current: { $0[keyPath: property].map(\.argumentText).joined(separator: " ") },
      clear: { $0[keyPath: property] = [] })
  }

  /// `--name`; without it the property keeps its initial value, `false`.
  public static func toggle(
    _ name: String, _ property: Property<Options, Bool>, _ help: String
  ) -> Self {
    Self(
      name: name, placeholder: nil, help: help,
      set: { options, _ in options[keyPath: property] = true },
      current: { $0[keyPath: property] ? "true" : "" })
  }
}

/// One argument without a name: its place in the row says what it is.
public struct Operand<Options>: Sendable {
  /// How many arguments an operand takes.
  enum Count: Sendable { case one, oneOrNone, oneOrMore }

  let placeholder: String
  let help: String
  let count: Count
  let set: @Sendable (inout Options, String) throws(UsageError) -> Void

  /// `VALUE`, without which the command is refused.
  public static func required<Value: ArgumentValue>(
    _ placeholder: String, _ property: Property<Options, Value>, _ help: String
  ) -> Self {
    Self(placeholder: placeholder, help: help, count: .one) { options, text throws(UsageError) in
      options[keyPath: property] = try parsed(text, of: placeholder)
    }
  }

  /// `[VALUE]`; without it the property stays `nil`.
  public static func optional<Value: ArgumentValue>(
    _ placeholder: String, _ property: Property<Options, Value?>, _ help: String
  ) -> Self {
    Self(placeholder: placeholder, help: help, count: .oneOrNone) {
      options, text throws(UsageError) in
      options[keyPath: property] = try parsed(text, of: placeholder) as Value
    }
  }

  /// `VALUE...`, all that is left, at least one; only as the last operand.
  public static func rest<Value: ArgumentValue>(
    _ placeholder: String, _ property: Property<Options, [Value]>, _ help: String
  ) -> Self {
    Self(placeholder: placeholder, help: help, count: .oneOrMore) {
      options, text throws(UsageError) in
      options[keyPath: property].append(try parsed(text, of: placeholder))
    }
  }
}

private func parsed<Value: ArgumentValue>(
  _ text: String, of name: String
) throws(UsageError) -> Value {
  guard let value = Value(argument: text) else {
    throw UsageError("\(name) takes \(Value.expectation), not '\(text)'")
  }
  return value
}

private func parsed<Value: ArgumentValue & Comparable>(
  _ text: String, of name: String, in bounds: Bounds<Value>
) throws(UsageError) -> Value {
  let value: Value = try parsed(text, of: name)
  guard bounds.contains(value) else {
    throw UsageError("\(name) takes \(bounds.text), not '\(text)'")
  }
  return value
}
