import Foundation
import TestSupport
import Testing

/// What the text of the sources may not contain, and how long it may be.
@Suite("Source text")
struct SourceTextTests {
  static let programs = [
    "Sources/miraged/", "Sources/mirage-train/", "Sources/mirage-calibrate/",
    "Tools/mirage-simulate/", "Tools/uvc-camera/",
  ]
  static let sources = Result { try SourceText.all(under: ["Sources", "Tools"]) }
  static let tests = Result { try SourceText.all(under: ["Tests"]) }

  static func libraries() throws -> [SourceText] {
    try sources.get().filter { file in !programs.contains { file.path.hasPrefix($0) } }
  }

  static func everything() throws -> [SourceText] { try sources.get() + tests.get() }

  @Test("a file has at most 400 lines, a line at most 100 characters")
  func lengths() throws {
    let files = try Self.everything()
    #expect(files.count > 50)
    for file in files {
      // The line behind the last line break is empty and does not count.
      #expect(file.lines.count - 1 <= 400, "\(file.path): \(file.lines.count - 1) lines")
      // A text that a test expects is written as it is.
      let isTest = file.path.hasPrefix("Tests/")
      for (number, line) in (isTest ? file.code : file.lines).enumerated() where line.count > 100 {
        Issue.record("\(file.path):\(number + 1): \(line.count) characters")
      }
    }
  }

  @Test("a function has at most 60 lines")
  func functions() throws {
    for file in try Self.sources.get() {
      for (name, length) in Self.functionLengths(file) where length > 60 {
        Issue.record("\(file.path): '\(name)' has \(length) lines")
      }
    }
  }

  @Test("a file of a program has at most 150 lines")
  func programFiles() throws {
    for file in try Self.sources.get()
    where Self.programs.contains(where: { file.path.hasPrefix($0) }) {
      #expect(file.lines.count - 1 <= 150, "\(file.path): \(file.lines.count - 1) lines")
    }
  }

  @Test("no name of a type says Manager, Helper and the like, nor repeats its target")
  func names() throws {
    let banned: Set<String> = [
      "Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Common", "Base",
      "Impl", "Info", "Data", "Processor",
    ]
    for file in try Self.everything() {
      let target = file.path.split(separator: "/").dropFirst().first.map(String.init)
      for name in Self.typeNames(file) {
        let words = Set(name.split { !$0.isLetter }.flatMap { Self.words(of: String($0)) })
        let found = words.intersection(banned).sorted()
        #expect(found.isEmpty, "\(file.path): '\(name)' says \(found)")
        #expect(name != target, "\(file.path): '\(name)' is also the name of its target")
      }
    }
  }

  @Test("nothing unfinished is left behind")
  func leftovers() throws {
    let mark = /\b(?:TODO|FIXME|XXX|HACK)\b/
    let oldCode = /^\s*\/\/ ?(?:let|var|func|return|import|for|guard|if|print)\b.*[={}\])]$/
    for file in try Self.everything() where file.path != "Tests/TidyTests/SourceTextTests.swift" {
      for (number, line) in file.lines.enumerated() {
        #expect(!line.contains(mark), "\(file.path):\(number + 1): \(line)")
        #expect(!line.contains(oldCode), "\(file.path):\(number + 1): code in a comment: \(line)")
      }
    }
  }

  /// A way of doing things that the package does not use, and where it is used all the same.
  struct Ban: Sendable, CustomTestStringConvertible {
    let what: String
    let pattern: @Sendable () -> Regex<Substring>
    var except: [String] = []

    var testDescription: String { what }
  }

  static let banned: [Ban] = [
    Ban(what: "try! and as!", pattern: { /\b(?:try|as)!/ }),
    Ban(what: "an empty catch", pattern: { /catch\s*\{\s*\}/ }),
    Ban(
      what: "printing below the programs", pattern: { /\b(?:print|debugPrint|dump|NSLog)\(/ },
      except: ["Sources/CommandKit/Tool.swift"]),
    Ban(
      what: "the environment, the command line or the current folder below the programs",
      pattern: {
        /processInfo\.(?:environment|arguments)|\bgetenv\(|\bCommandLine\.|currentDirectoryPath/
      },
      except: ["Sources/CommandKit/Tool.swift"]),
    Ban(
      what: "a JSON coder beside JSONFile", pattern: { /JSON(?:Encoder|Decoder|Serialization)\b/ },
      except: ["Sources/Diagnostics/AtomicFile.swift"]),
    Ban(
      what: "random numbers without a seed",
      pattern: {
        #/
        SystemRandomNumberGenerator | \.random\(in:\ [^,()]*\) | \.shuffled?\(\)
        | \.randomElement\(\) | \barc4random | \bdrand48\(
        /#
      }),
    Ban(what: "an unchecked Sendable", pattern: { /@unchecked Sendable|nonisolated\(unsafe\)/ }),
    Ban(
      what: "ending the program below the programs", pattern: { /\b(?:exit|abort|fatalError)\(/ },
      except: ["Sources/CommandKit/Tool.swift"]),
  ]

  @Test("the libraries do each thing in one way", arguments: banned)
  func oneWay(ban: Ban) throws {
    for file in try Self.libraries() where !ban.except.contains(file.path) {
      for place in file.places(where: ban.pattern()) {
        Issue.record("\(ban.what): \(place)")
      }
    }
  }

  @Test("the programs neither force nor swallow errors")
  func programErrors() throws {
    for file in try Self.sources.get() {
      let places = file.places(where: /\b(?:try|as)!/) + file.places(where: /catch\s*\{\s*\}/)
      #expect(places.isEmpty)
    }
  }

  @Test("every public type and function has a doc comment")
  func documentation() throws {
    let declaration =
      #/
      ^\s*public\s+(?:(?:static|final|indirect|mutating)\s+)*
      (?:struct|class|enum|actor|protocol|func)\b
      /#
    // Witnesses of well-known protocols say nothing new, nor does the reason of an error.
    let witness =
      #/
      enum\ Reason\b
      | func\ (?:encode\(to|hash\(into|==|<|run\(\)\ async|next\(\)|callAsFunction)
      /#
    for file in try Self.sources.get() {
      for (number, line) in file.lines.enumerated()
      where file.code[number].contains(declaration) && !line.contains(witness) {
        var above = number - 1
        while above >= 0, file.lines[above].drop(while: \.isWhitespace).hasPrefix("@") {
          above -= 1
        }
        let comment = above >= 0 ? file.lines[above].drop(while: \.isWhitespace) : ""
        if !comment.hasPrefix("///") { Issue.record("\(file.path):\(number + 1): \(line)") }
      }
    }
  }

  @Test("the checks find what they look for")
  func checksWork() {
    let file = SourceText(
      path: "x.swift",
      text: """
        @testable import Alpha
        import struct Beta.Gamma
        let text = "print(\\(f("a")))" // print(
        struct DataManager<Info> {}
        enum Dataset {}
        func one() {
          try! two()
        }
        let long = \"\"\"
          try! not code
          \"\"\"
        """)
    #expect(file.imports == ["Alpha", "Beta"])
    #expect(file.places(where: /print\(/).isEmpty)
    #expect(file.places(where: /try!/) == ["x.swift:7:   try! two()"])
    #expect(Self.typeNames(file) == ["DataManager", "Dataset"])
    #expect(Self.words(of: "DataManager") == ["Data", "Manager"])
    #expect(Self.words(of: "ENVIFile") == ["ENVI", "File"])
    #expect(Self.functionLengths(file).map(\.length) == [3])
  }

  static func typeNames(_ file: SourceText) -> [String] {
    let pattern = /\b(struct|class|enum|actor|protocol|typealias) ([A-Z]\w*)/
    return file.code.filter { !$0.contains("import ") }
      .flatMap { line in line.matches(of: pattern).map { String($0.output.2) } }
  }

  /// `ENVIFileReader` as `ENVI`, `File`, `Reader`.
  static func words(of name: String) -> [String] {
    let characters = Array(name)
    var words = [""]
    for (index, character) in characters.enumerated() {
      let startsWord =
        character.isUppercase && index > 0
        && (characters[index - 1].isLowercase
          || (index + 1 < characters.count && characters[index + 1].isLowercase))
      if startsWord { words.append("") }
      words[words.count - 1].append(character)
    }
    return words
  }

  /// The functions of a formatted file: the closing brace stands under the first letter.
  static func functionLengths(_ file: SourceText) -> [(name: String, length: Int)] {
    let start = /^ *([a-z@]+(\([a-z]+\))? )*(func [^(<]+|init[?]?)[(<]/
    var lengths: [(String, Int)] = []
    for (number, line) in file.code.enumerated() {
      guard line.contains(start) else { continue }
      let indent = String(line.prefix { $0 == " " })
      // A requirement of a protocol has no body; a body of one line needs no count.
      guard let opening = file.code[number...].firstIndex(where: { $0.contains("{") }),
        !file.code[number..<opening].contains(where: { $0.isEmpty }),
        !file.code[opening].hasSuffix("}"),
        let end = file.code[opening...].dropFirst().firstIndex(where: { $0 == indent + "}" })
      else { continue }
      let name = line.drop { $0 == " " }.prefix { $0 != "(" }
      lengths.append((String(name), end - number + 1))
    }
    return lengths
  }
}
