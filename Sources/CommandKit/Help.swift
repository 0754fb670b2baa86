/// The text of `--help`, made from the same tables that are parsed.
enum Help {
  private static let width = 100

  static func text(of tool: Tool) -> String {
    var lines = ["\(tool.name): \(tool.summary)", "", "usage: \(tool.name) COMMAND ...", ""]
    let rows = tool.commands.map { ($0.name, $0.summary) }
    lines += table(
      rows + [
        ("--help", "Show this text; behind a command, the text of that command"),
        ("--version", "Show the version"),
        ("--completions", "Print a script that completes commands and flags in bash"),
      ])
    return lines.joined(separator: "\n")
  }

  static func text<C: Command>(of command: C.Type, program: String) -> String {
    var usage = "usage: \(program) \(command.name)"
    for flag in command.flags where flag.occurrence == .required { usage += " \(flag.label)" }
    if command.flags.contains(where: { $0.occurrence != .required }) { usage += " [FLAGS]" }
    for operand in command.operands { usage += " \(operand.label)" }
    var lines = ["\(program) \(command.name): \(command.summary)", "", usage]
    if !command.operands.isEmpty {
      lines += [""] + table(command.operands.map { ($0.placeholder, $0.help) })
    }
    if !command.flags.isEmpty {
      let initial = C()
      lines += [""] + table(command.flags.map { ($0.label, $0.explanation(initial)) })
    }
    if !command.examples.isEmpty {
      lines += ["", "examples:"] + command.examples.map { "  \($0)" }
    }
    return lines.joined(separator: "\n")
  }

  /// Two columns; the second is wrapped and keeps its left edge.
  private static func table(_ rows: [(String, String)]) -> [String] {
    let column = min(28, (rows.map(\.0.count).max() ?? 0) + 4)
    return rows.flatMap { label, text -> [String] in
      var lines = wrapped(text, to: width - column)
        .map { String(repeating: " ", count: column) + $0 }
      let head = "  " + label
      guard head.count + 2 <= column, let first = lines.first else { return [head] + lines }
      lines[0] = head + first.dropFirst(head.count)
      return lines
    }
  }

  private static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let last = lines[lines.count - 1]
      if last.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if last.count + 1 + word.count <= width {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension Flag {
  var label: String { placeholder.map { "\(name) \($0)" } ?? name }

  func explanation(_ initial: Options) -> String {
    var notes: [String] = []
    if !choices.isEmpty { notes.append("one of \(choices.joined(separator: ", "))") }
    if occurrence == .repeated { notes.append("may be repeated") }
    let value = current(initial)
    if occurrence != .required, !value.isEmpty { notes.append("default: \(value)") }
    return notes.isEmpty ? help : "\(help) (\(notes.joined(separator: "; ")))"
  }
}

extension Operand {
  var label: String {
    switch count {
    case .one: placeholder
    case .oneOrNone: "[\(placeholder)]"
    case .oneOrMore: "\(placeholder)..."
    }
  }
}

/// A bash script that completes the commands, flags and closed choices of a tool.
enum Completions {
  static func bash(for tool: Tool) -> String {
    let function = "_" + tool.name.map { $0 == "-" ? "_" : "\($0)" }.joined()
    var commands: [String] = []
    var cases: [String] = []
    for command in tool.commands {
      commands.append(command.name)
      cases.append(command.completionCases)
    }
    return """
      # bash completion for \(tool.name); to use it: source <(\(tool.name) --completions)
      \(function)() {
        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
        if [ "$COMP_CWORD" = 1 ]; then
          COMPREPLY=($(compgen -W "\(commands.joined(separator: " ")) --help --version" -- "$word"))
          return
        fi
        case "${COMP_WORDS[1]} $before" in
      \(cases.joined(separator: "\n"))
        esac
      }
      complete -o default -F \(function) \(tool.name)
      """
  }
}

extension Command {
  /// The lines of the script's `case` that complete this command, the most special first.
  fileprivate static var completionCases: String {
    var lines: [String] = []
    for flag in flags where flag.placeholder != nil {
      let words = flag.choices.joined(separator: " ")
      let reply = words.isEmpty ? "" : "$(compgen -W \"\(words)\" -- \"$word\")"
      lines.append("    \"\(name) \(flag.name)\") COMPREPLY=(\(reply)) ;;")
    }
    let words = (flags.map(\.name) + ["--help"]).joined(separator: " ")
    lines.append("    \"\(name) \"*) COMPREPLY=($(compgen -W \"\(words)\" -- \"$word\")) ;;")
    return lines.joined(separator: "\n")
  }
}
