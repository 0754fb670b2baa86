import Foundation
import TestSupport
import Testing

/// The programs as a shell sees them: help, versions, mistakes.
@Suite("Command lines")
struct CommandLineTests {
  static let programs = ["mirage-train", "miraged", "mirage-calibrate", "mirage-simulate"]

  /// The commands that a program's help lists.
  static func commands(of program: String) throws -> [String] {
    try run(program, ["--help"]).output.split(separator: "\n")
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("  --") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }

  @Test("a program shows its commands and version", arguments: programs)
  func help(program: String) throws {
    let help = try run(program, ["--help"])
    #expect(help.status == 0)
    #expect(help.output.hasPrefix("\(program): "))
    #expect(help.error.isEmpty)
    #expect(try !Self.commands(of: program).isEmpty)
    #expect(try run(program, ["--version"]).output.hasPrefix("\(program) 0."))
  }

  @Test(
    "every command explains itself, with examples that begin as one types them", arguments: programs
  )
  func commandHelp(program: String) throws {
    for command in try Self.commands(of: program) {
      let help = try run(program, [command, "--help"])
      #expect(help.status == 0)
      #expect(help.output.hasPrefix("\(program) \(command): "))
      let examples = help.output.split(separator: "\n").drop { $0 != "examples:" }.dropFirst()
      #expect(!examples.isEmpty, "\(program) \(command) has no example")
      for example in examples {
        #expect(example.hasPrefix("  \(program) \(command)"), "\(example)")
      }
    }
  }

  @Test("a mistake on the command line has status 2 and says where help is", arguments: programs)
  func mistakes(program: String) throws {
    let command = try #require(try Self.commands(of: program).first)
    for arguments in [[], ["nonsense-command"], [command, "--nonsense-flag"]] {
      let result = try run(program, arguments)
      #expect(result.status == 2)
      #expect(result.output.isEmpty)
      #expect(result.error.hasPrefix("\(program): "))
      #expect(result.error.contains("\n  help: run '\(program)"))
    }
  }

  @Test("the commands and flags that the documents show are there")
  func documents() throws {
    let known = Dictionary(
      uniqueKeysWithValues: try Self.programs.map { ($0, try Self.commands(of: $0)) })
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"] {
      let text = try String(contentsOf: packageRoot.appending(path: name), encoding: .utf8)
      for quote in text.split(separator: "`", omittingEmptySubsequences: false) {
        let words = quote.split(separator: " ").map(String.init)
        guard words.count > 1, let commands = known[words[0]] else { continue }
        #expect(commands.contains(words[1]), "\(name) names '\(quote)'")
        let help = try run(words[0], [words[1], "--help"]).output
        for flag in words.dropFirst(2) where flag.hasPrefix("--") && flag != "--help" {
          #expect(help.contains("  \(flag)"), "\(name) names '\(quote)'")
        }
        for file in words.dropFirst(2) where file.hasPrefix("SampleData/") {
          let url = packageRoot.appending(path: file)
          #expect(FileManager.default.fileExists(atPath: url.path), "\(name) names '\(quote)'")
        }
      }
    }
  }

  @Test("a split that leaks is refused, and shown on request with what it would claim")
  func leak() throws {
    let scene = packageRoot.appending(path: "SampleData/IndianPines").path
    let refused = try run("mirage-train", ["split", scene, "--method", "random"])
    #expect(refused.status == 1 && refused.output.isEmpty)
    #expect(refused.error.contains("share a pixel with a training patch; none was wanted"))
    let shown = try run(
      "mirage-train", ["split", scene, "--method", "random", "--show-flattering"])
    #expect(shown.status == 0, "\(shown.error)")
    func share(after words: String) throws -> Double {
      let rest = try #require(shown.output.firstRange(of: words)).upperBound
      return try #require(Double(shown.output[rest...].prefix { $0 != " " }))
    }
    let (leaky, honest) = (
      try share(after: "\n  here: "), try share(after: "\n  with blocks kept apart: ")
    )
    #expect(leaky > honest + 15, "\(shown.output)")
  }

  @Test("bash accepts the completions of every program", arguments: programs)
  func completions(program: String) throws {
    let script = try run(program, ["--completions"]).output
    let call = """
      \(script)
      COMP_WORDS=(\(program) '') COMP_CWORD=1
      _\(program.replacing("-", with: "_")); echo ${COMPREPLY[@]}
      """
    let result = try run("/bin/bash", ["-c", call])
    let commands = try Self.commands(of: program).joined(separator: " ")
    #expect(result.output == "\(commands) --help --version\n")
    #expect(result.status == 0)
    #expect(result.error.isEmpty)
  }
}
