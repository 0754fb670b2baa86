import Foundation

/// A setting that two configurations have otherwise, as a person would type both.
public struct SettingDifference: Sendable, Equatable {
  public var key: String
  /// `key: before → after`, with the unit of both.
  public var text: String
  /// What the key means.
  public var meaning: String
}

extension Settings {
  /// As `settings`, with whole paths: the same wherever a program was started.
  public var placedSettings: [String: String] {
    var found = settings
    for flag in Self.flags where flag.isPath {
      let key = Self.key(of: flag)
      found[key] = found[key].map { URL(filePath: $0).absoluteURL.standardizedFileURL.path }
    }
    return found
  }

  /// What is otherwise in `after`, in the order of the help text.
  ///
  /// Both are by key, as `settings` gives them: what is not there is as it is by default.
  public static func differences(
    from before: [String: String], to after: [String: String]
  ) -> [SettingDifference] {
    let defaults = Self()
    return flags.filter { !$0.readsSettings }.compactMap { flag in
      let key = key(of: flag)
      guard before[key] != after[key] else { return nil }
      func told(_ value: String?) -> String {
        let text = value ?? flag.current(defaults)
        guard !text.isEmpty else { return flag.placeholder == nil ? "false" : "not given" }
        return flag.unit.map { "\(text) \($0)" } ?? text
      }
      return SettingDifference(
        key: key, text: "\(key): \(told(before[key])) → \(told(after[key]))", meaning: flag.help)
    }
  }

  /// The settings of a file's text beside those that a person typed, which hold against it.
  ///
  /// - Parameters:
  ///   - place: the file's name, for what is wrong with it.
  ///   - folder: what relative paths of it count from.
  ///   - typed: holds what was typed; `arguments` say which flags those are.
  /// - Throws: a `Complaint` where the text is no object of plain values.
  public static func read(
    settings text: String, place: String, in folder: URL, beside typed: Self,
    _ arguments: [String]
  ) throws -> (options: Self, problems: [String]) {
    let names = Set(arguments.map { String($0.prefix { $0 != "=" }) })
    var options = Self()
    for flag in flags where names.contains(flag.name) {
      precondition(flag.occurrence != .repeated, "\(flag.name): of several only the last is kept")
      let text = flag.current(typed)
      // What was typed as nothing is as it is without.
      if !text.isEmpty { try flag.set(&options, flag.placeholder == nil ? "" : text) }
    }
    let file = try SettingsFile(Data(text.utf8), place: place)
    let problems = apply(file, to: &options, in: folder, except: names).problems
    return (options, problems)
  }
}

extension Flag {
  /// The unit of a number, where its placeholder says one.
  fileprivate var unit: String? {
    switch placeholder {
    case "MS": "ms"
    case "S": "s"
    case "MM": "mm"
    case "MM/S": "mm/s"
    case "FPS": "frames/s"
    case "K": "K"
    default: nil
    }
  }
}
