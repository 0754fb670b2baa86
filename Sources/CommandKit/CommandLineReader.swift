import Diagnostics
import Foundation

/// Fills a command's options from the arguments behind its name.
struct CommandLineReader<Options: Command> {
  private let program: String
  private var options = Options()
  private var operands: [String] = []
  private var given: Set<String> = []
  /// Flags that a file gave, until the command line gives them too.
  private var fromFile: Set<String> = []

  /// Reads `arguments`; `nil` where help was asked for.
  static func read(
    _ arguments: [String], program: String
  ) throws(UsageError) -> Options? {
    var reader = Self(program: program)
    do throws(UsageError) {
      guard try reader.collect(arguments) else { return nil }
      try reader.placeOperands()
      try reader.checkRequired()
    } catch {
      throw error.answered(by: "\(program) \(Options.name) --help")
    }
    return reader.options
  }

  private init(program: String) { self.program = program }

  private mutating func collect(_ arguments: [String]) throws(UsageError) -> Bool {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        operands += rest
        return true
      }
      if argument == "--help" || argument == "-h" { return false }
      guard argument.hasPrefix("-"), argument != "-", Double(argument) == nil else {
        operands.append(argument)
        continue
      }
      try apply(argument, following: &rest)
    }
    return true
  }

  private mutating func apply(
    _ argument: String, following rest: inout ArraySlice<String>
  ) throws(UsageError) {
    let halves = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(halves[0])
    let attached = halves.count == 2 ? String(halves[1]) : nil
    guard let flag = Options.flags.first(where: { $0.name == name }) else {
      let names = Options.flags.map(\.name) + ["--help"]
      throw UsageError("unknown flag '\(name)'\(suggestion(for: name, among: names))")
    }
    let isNew = given.insert(name).inserted
    let isFirst = fromFile.remove(name) != nil || isNew
    guard let placeholder = flag.placeholder else {
      if let attached { throw UsageError("\(name) takes no value, not '\(attached)'") }
      try flag.set(&options, "")
      return
    }
    if isFirst { flag.clear?(&options) }
    if let attached {
      try flag.set(&options, attached)
      if flag.readsSettings { try takeSettings(from: attached) }
      return
    }
    guard let value = rest.first, !value.hasPrefix("--") else {
      let found = rest.first.map { "'\($0)' follows" } ?? "nothing follows"
      throw UsageError("\(name) needs its \(placeholder), but \(found)")
    }
    rest.removeFirst()
    try flag.set(&options, value)
    if flag.readsSettings { try takeSettings(from: value) }
  }

  /// Takes the settings of a file, save those that the command line gave already.
  private mutating func takeSettings(from path: String) throws(UsageError) {
    let file = URL(filePath: path)
    let settings: SettingsFile
    do {
      settings = try SettingsFile(file)
    } catch {
      throw UsageError("\(error)".split(separator: "\n").first.map(String.init) ?? path)
    }
    let (set, problems) = Options.apply(
      settings, to: &options, in: file.deletingLastPathComponent(), except: given)
    if let first = problems.first { throw UsageError(first, help: "\(program) check \(path)") }
    fromFile = set
    given.formUnion(set)
  }

  private mutating func placeOperands() throws(UsageError) {
    var rest = operands[...]
    for operand in Options.operands {
      guard let first = rest.popFirst() else {
        if operand.count == .oneOrNone { return }
        throw UsageError("\(operand.placeholder) is missing: \(operand.help.lowercasedFirst)")
      }
      try operand.set(&options, first)
      guard operand.count == .oneOrMore else { continue }
      while let next = rest.popFirst() { try operand.set(&options, next) }
    }
    if let extra = rest.first {
      throw UsageError("'\(extra)' is one argument too many")
    }
  }

  private func checkRequired() throws(UsageError) {
    for flag in Options.flags where flag.occurrence == .required && !given.contains(flag.name) {
      throw UsageError("\(flag.name) is missing: \(flag.help.lowercasedFirst)")
    }
  }
}

/// `; did you mean 'x'?` where one of `names` is near, else nothing.
func suggestion(for word: String, among names: [String]) -> String {
  let near = names.map { (name: $0, distance: editDistance(word, $0)) }
    .min { $0.distance < $1.distance }
  guard let near, near.distance <= max(1, word.count / 3) else { return "" }
  return "; did you mean '\(near.name)'?"
}

/// Insertions, deletions, substitutions and swaps of neighbors that turn `source` into `target`.
///
/// Source: Damerau, *A technique for computer detection and correction of spelling errors*, 1964;
/// the restricted form, in which no part is edited twice.
func editDistance(_ source: String, _ target: String) -> Int {
  let (source, target) = (Array(source), Array(target))
  var rows = [Array(0...target.count)]
  for i in 0..<source.count {
    var row = [i + 1]
    for j in 0..<target.count {
      let change = source[i] == target[j] ? 0 : 1
      var best = min(rows[i][j] + change, rows[i][j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, source[i] == target[j - 1], source[i - 1] == target[j] {
        best = min(best, rows[i - 1][j - 1] + 1)
      }
      row.append(best)
    }
    rows.append(row)
  }
  return rows[source.count][target.count]
}

extension String {
  var lowercasedFirst: String {
    // An abbreviation such as "RGB" keeps its capitals.
    guard let second = dropFirst().first, !second.isUppercase else { return self }
    return prefix(1).lowercased() + dropFirst()
  }
}
