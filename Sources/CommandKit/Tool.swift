import Diagnostics
import Foundation

/// A program: its commands, and what it says when the command line or the world is wrong.
public struct Tool: Sendable {
  let name: String
  let summary: String
  let commands: [any Command.Type]

  /// A program `name` of the given commands, listed in this order; `summary` is one sentence.
  public init(_ name: String, _ summary: String, _ commands: [any Command.Type]) {
    self.name = name
    self.summary = summary
    self.commands = commands
  }

  /// What a command line asks for.
  package enum Request {
    case show(String)
    case run(any Command)
  }

  /// Does what the program's command line says and ends the program with the status it earned.
  public func main() async -> Never {
    exit(await run(Array(CommandLine.arguments.dropFirst())).rawValue)
  }

  private func run(_ arguments: [String]) async -> ExitStatus {
    do {
      switch try request(arguments) {
      case .show(let text): print(text)
      case .run(let command): try await command.run()
      }
      return .success
    } catch {
      let (text, status) = report(error)
      if let text { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
      return status
    }
  }

  /// Reads the arguments behind the program's name.
  package func request(_ arguments: [String]) throws(UsageError) -> Request {
    guard var word = arguments.first else {
      throw UsageError("a command is missing", help: "\(name) --help")
    }
    var rest = Array(arguments.dropFirst())
    switch word {
    case "--version": return .show("\(name) \(Release.version)")
    case "--completions": return .show(Completions.bash(for: self))
    case "--help", "-h", "help":
      guard let asked = rest.first else { return .show(Help.text(of: self)) }
      (word, rest) = (asked, ["--help"])
    default: break
    }
    guard let command = commands.first(where: { $0.name == word }) else {
      let kind = word.hasPrefix("-") ? "flag" : "command"
      let names = commands.map { $0.name } + ["--help", "--version"]
      throw UsageError(
        "unknown \(kind) '\(word)'\(suggestion(for: word, among: names))", help: "\(name) --help")
    }
    return try request(rest, of: command)
  }

  private func request<C: Command>(
    _ arguments: [String], of command: C.Type
  ) throws(UsageError) -> Request {
    guard let options = try CommandLineReader<C>.read(arguments, program: name) else {
      return .show(Help.text(of: command, program: name))
    }
    return .run(options)
  }

  /// What the program prints on standard error for `error`, and its exit status.
  package func report(_ error: any Error) -> (text: String?, status: ExitStatus) {
    switch error {
    case let status as ExitStatus: (nil, status)
    case let error as UsageError:
      ("\(name): \(error.problem)\n  help: run '\(error.help)'", .usage)
    case let error as any Explained: ("\(name): \(error)", error.exitStatus)
    default: ("\(name): \(error.localizedDescription)", .failure)
    }
  }
}
