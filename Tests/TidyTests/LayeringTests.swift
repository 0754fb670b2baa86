import Diagnostics
import Foundation
import TestSupport
import Testing

/// ARCHITECTURE.md names what each target imports; these tests keep it true.
@Suite("Layering")
struct LayeringTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let target: String
    let imports: Set<String>

    var testDescription: String { target }
  }

  struct Declared: Decodable {
    struct Dependency: Decodable {
      /// The name; a condition may stand behind it.
      struct Named: Decodable {
        let name: String

        init(from decoder: any Decoder) throws {
          var list = try decoder.unkeyedContainer()
          name = try list.decode(String.self)
        }
      }

      let byName: Named?
    }

    let name: String
    let type: String
    let path: String?
    let dependencies: [Dependency]

    var dependencyNames: Set<String> {
      Set(dependencies.compactMap { $0.byName?.name })
    }

    var folder: String { path ?? (type == "test" ? "Tests" : "Sources") + "/\(name)" }
  }

  struct Manifest: Decodable {
    let targets: [Declared]
    let dependencies: [Nothing]

    struct Nothing: Decodable {}
  }

  static let document: [String] = {
    let file = packageRoot.appending(path: "ARCHITECTURE.md")
    // A missing document leaves the table empty, which the first test refuses.
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }()

  /// Rows of the table: "| `Conveyor` | … | `Units`, `Imaging` |".
  static let table: [Row] = {
    let start = document.firstIndex { $0.hasPrefix("| Target |") } ?? document.endIndex
    return document[start...].prefix { !$0.hasPrefix("## ") }.compactMap { line in
      guard line.hasPrefix("| `") else { return nil }
      let cells = line.split(separator: "|").map(quoted)
      guard let target = cells.first?.first, let imports = cells.last else { return nil }
      return Row(target: target, imports: Set(imports))
    }
  }()

  /// The files that may name a pointer: "- `Sources/X/Y.swift`: reason".
  static let unsafeFiles: Set<String> = {
    let start = document.firstIndex(of: "## Unsafe memory") ?? document.endIndex
    let lines = document[start...].dropFirst().prefix { !$0.hasPrefix("## ") }
    return Set(lines.filter { $0.hasPrefix("- `") }.compactMap { quoted($0[...]).first })
  }()

  static let manifest = Result {
    try withTemporaryFolder { folder in
      let result = try run(
        "/usr/bin/env",
        [
          "swift", "package", "--package-path", packageRoot.path, "--scratch-path", folder.path,
          "dump-package",
        ])
      return try JSONFile.decode(
        Manifest.self, from: Data(result.output.utf8), place: "Package.swift")
    }
  }

  @Test("the table of ARCHITECTURE.md is that of Package.swift")
  func packageAgrees() throws {
    let targets = try Self.manifest.get().targets
      .filter { !$0.folder.hasPrefix("Tests/") }
    #expect(Set(Self.table.map(\.target)) == Set(targets.map(\.name)))
    for target in targets {
      let row = Self.table.first { $0.target == target.name }
      #expect(
        row?.imports == target.dependencyNames,
        "\(target.name): ARCHITECTURE.md and Package.swift differ")
    }
  }

  @Test("a row uses only rows above it")
  func order() {
    var above: Set<String> = []
    for row in Self.table {
      let below = row.imports.subtracting(above)
      #expect(below.isEmpty, "\(row.target) uses \(below.sorted()), which stand below it")
      above.insert(row.target)
    }
  }

  @Test("a target imports what its row names, no more and no less", arguments: table)
  func imports(of row: Row) throws {
    let folder = ["mirage-simulate", "uvc-camera"].contains(row.target) ? "Tools" : "Sources"
    let files = try SourceText.all(under: ["\(folder)/\(row.target)"])
    let known = Set(Self.table.map(\.target))
    let found = Set(files.flatMap(\.imports)).intersection(known)
    if row.target.hasPrefix("C"), files.isEmpty { return }
    #expect(
      found.subtracting(row.imports).isEmpty,
      "\(row.target) imports \(found.subtracting(row.imports).sorted()) outside its row")
    #expect(
      row.imports.subtracting(found).isEmpty,
      "\(row.target) does not use \(row.imports.subtracting(found).sorted()) of its row")
  }

  @Test("a test imports only what its target declares")
  func testImports() throws {
    let targets = try Self.manifest.get().targets
    let known = Set(targets.map(\.name))
    for target in targets where target.type == "test" || target.name == "TestSupport" {
      let files = try SourceText.all(under: [target.folder])
      let found = Set(files.flatMap(\.imports)).intersection(known)
      let extra = found.subtracting(target.dependencyNames)
      #expect(extra.isEmpty, "\(target.name) imports \(extra.sorted()) without declaring it")
    }
  }

  @Test("the package depends on no other")
  func noPackages() throws {
    #expect(try Self.manifest.get().dependencies.isEmpty)
    let text = try String(
      contentsOf: packageRoot.appending(path: "Package.swift"), encoding: .utf8)
    #expect(!text.contains(".package("))
  }

  @Test("only the listed files name a pointer, and each of them does")
  func unsafeMemory() throws {
    let pointer = /Unsafe\w*Pointer|OpaquePointer|withUnsafe|withMemoryRebound|unsafeBitCast/
    let files = try SourceText.all(under: ["Sources", "Tools"])
    let found = files.filter { !$0.places(where: pointer).isEmpty }
    for file in found where !Self.unsafeFiles.contains(file.path) {
      Issue.record("\(file.places(where: pointer)[0]) is not listed in ARCHITECTURE.md")
    }
    let stale = Self.unsafeFiles.subtracting(found.map(\.path))
    #expect(stale.isEmpty, "listed in ARCHITECTURE.md without need: \(stale.sorted())")
  }

  @Test("every file that ARCHITECTURE.md names is there")
  func namedFiles() throws {
    for line in Self.document {
      for name in Self.quoted(line[...]) where name.contains("/") && name.hasSuffix(".swift") {
        let file = packageRoot.appending(path: name)
        #expect(FileManager.default.fileExists(atPath: file.path), "\(name) is not there")
      }
    }
  }

  /// The texts between backquotes.
  private static func quoted(_ text: Substring) -> [String] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }
}
