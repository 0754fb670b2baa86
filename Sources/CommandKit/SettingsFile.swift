import Diagnostics
import Foundation

/// A JSON5 file with values for a command's flags: `valveLatency: 12` is `--valve-latency 12`.
package struct SettingsFile {
  /// The largest file that is read.
  static let limit = 1 << 20

  /// One setting and where it stands.
  struct Entry {
    let key: String
    let value: SettingValue
    /// `FILE:LINE:COLUMN`.
    let place: String
  }

  private(set) var entries: [Entry] = []
  /// Keys that stand there more than once, each in words.
  private(set) var problems: [String] = []

  /// Reads a file; refuses what is no object of plain values.
  init(_ file: URL) throws {
    let bytes = try BoundedFile.read(file, limit: Self.limit)
    try self.init(bytes, place: file.relativePath)
  }

  package init(_ bytes: Data, place name: String) throws {
    var values = try JSONFile.decode([String: SettingValue].self, from: bytes, place: name)
    var seen: Set<String> = []
    for found in KeyPositions(String(decoding: bytes, as: UTF8.self)).keys {
      let place = "\(name):\(found.line):\(found.column)"
      if let value = values.removeValue(forKey: found.key) {
        entries.append(Entry(key: found.key, value: value, place: place))
      } else if seen.contains(found.key) {
        problems.append("\(place): '\(found.key)' stands there twice")
      }
      seen.insert(found.key)
    }
    // A key that is written with escapes is not found in the text.
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      entries.append(Entry(key: key, value: value, place: name))
    }
  }
}

/// What may stand behind a key.
enum SettingValue: Decodable {
  case toggle(Bool)
  case text(String)
  case list([String])
  case table([String: Double])
  /// Another object, nothing, or a list of other things.
  case unusable

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // Each try that fails says only that it is another kind of value.
    if let value = try? container.decode(Bool.self) {
      self = .toggle(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .text("\(value)")
    } else if let value = try? container.decode(UInt64.self) {
      self = .text("\(value)")
    } else if let value = try? container.decode(Double.self) {
      self = .text("\(value)")
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([String].self) {
      self = .list(value)
    } else if let value = try? container.decode([String: Double].self) {
      self = .table(value)
    } else {
      self = .unusable
    }
  }
}

extension Settings {
  /// The name of a flag in a settings file: `--valve-latency` is `valveLatency`.
  static func key(of flag: Flag<Self>) -> String {
    let words = flag.name.drop { $0 == "-" }.split(separator: "-")
    return words.enumerated().map { $0.offset == 0 ? String($0.element) : $0.element.capitalized }
      .joined()
  }

  /// The settings that differ from their defaults, by key, as a person would type them.
  public var settings: [String: String] {
    let defaults = Self()
    var found: [String: String] = [:]
    for flag in Self.flags where !flag.readsSettings {
      let text = flag.current(self)
      if text != flag.current(defaults) { found[Self.key(of: flag)] = text }
    }
    return found
  }

  /// The settings of a file, and what is wrong with them, each with its place and in words.
  public static func read(
    settings file: URL
  ) throws -> (options: Self, given: [String], problems: [String]) {
    var options = Self()
    let read = try SettingsFile(file)
    let (given, problems) = apply(read, to: &options, in: file.deletingLastPathComponent())
    return (options, given.sorted(), problems)
  }

  /// What a key of a settings file means: its values with their range, and what holds without it;
  /// all keys where none is named.
  ///
  /// - Throws: a `Complaint` with the nearest key where there is no such one.
  public static func explanation(of key: String?) throws(Complaint) -> String {
    let flags = flags.filter { !$0.readsSettings }
    guard let key else {
      let width = flags.map { Self.key(of: $0).count }.max() ?? 0
      return flags.map { flag in
        Self.key(of: flag).padding(toLength: width + 2, withPad: " ", startingAt: 0) + flag.help
      }.joined(separator: "\n")
    }
    guard let flag = flags.first(where: { Self.key(of: $0) == key || $0.name == key }) else {
      throw Complaint(
        key, "is no setting\(suggestion(for: key, among: flags.map(Self.key)))",
        remedy: "without a key, 'explain' lists all")
    }
    let kind = flag.placeholder.map { "\($0)" } ?? "true or false"
    return """
      \(Self.key(of: flag)): \(kind)
        \(flag.explanation(Self()))\(flag.occurrence == .required ? " (must be given)" : "")
        on the command line: \(flag.label)
      """
  }

  /// Sets what the file names, save the flags in `except`; gives those that were set.
  static func apply(
    _ file: SettingsFile, to options: inout Self, in folder: URL, except: Set<String> = []
  ) -> (given: Set<String>, problems: [String]) {
    var given: Set<String> = []
    var problems = file.problems
    let known = flags.filter { !$0.readsSettings }
    for entry in file.entries {
      guard let flag = known.first(where: { key(of: $0) == entry.key }) else {
        let near = suggestion(for: entry.key, among: known.map(key))
        problems.append("\(entry.place): '\(entry.key)' is no setting\(near)")
        continue
      }
      guard !except.contains(flag.name) else { continue }
      do throws(UsageError) {
        try flag.set(&options, to: entry.value, in: folder)
        given.insert(flag.name)
      } catch {
        let words = error.problem.replacingOccurrences(of: flag.name, with: "'\(entry.key)'")
        problems.append("\(entry.place): \(words)")
      }
    }
    return (given, problems)
  }
}

extension Flag {
  fileprivate func set(
    _ options: inout Options, to value: SettingValue, in folder: URL
  ) throws(UsageError) {
    switch (value, placeholder) {
    case (.table(let numbers), _) where takesTable:
      try set(&options, NamedNumbers.text(of: numbers, for: name))
    case (.unusable, let wanted), (.table, let wanted):
      let kind = wanted.map {
        "\($0), a text, a number or \(takesTable ? "numbers by name" : "a list of texts")"
      }
      throw UsageError("\(name) takes \(kind ?? "true or false")")
    case (.toggle(let isOn), nil): if isOn { try set(&options, "") }
    case (_, nil): throw UsageError("\(name) takes true or false")
    case (.toggle, let wanted?): throw UsageError("\(name) takes \(wanted), not true or false")
    case (.text(let text), _):
      clear?(&options)
      try set(&options, isPath ? Self.path(text, in: folder) : text)
    case (.list(let texts), _):
      clear?(&options)
      guard occurrence != .repeated else {
        for text in texts { try set(&options, isPath ? Self.path(text, in: folder) : text) }
        return
      }
      try set(&options, texts.joined(separator: ","))
    }
  }

  /// A relative path of a file counts from that file's folder, wherever the program was started.
  private static func path(_ text: String, in folder: URL) -> String {
    text.hasPrefix("/") || text.isEmpty ? text : folder.appending(path: text).relativePath
  }
}
