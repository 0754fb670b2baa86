import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Services

@Suite("Audit log", .timeLimit(.minutes(20)))
struct AuditLogSuite {
  private func withLog(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { try body($0.appending(path: "audit.jsonl")) }
  }

  /// Writes so many entries, in openings of three.
  private func fill(_ file: URL, entries: Int) throws {
    var left = entries
    while left > 0 {
      let log = try AuditLog(file)
      for _ in 0..<min(3, left) {
        left -= 1
        try log.add(
          .change, who: "Eva \"\(left)\"", why: "lot ü\(left)",
          facts: ["to": "copper", "from": "a/b"])
      }
    }
  }

  @Test("lines follow one another over several openings, and each is JSON")
  func chain() throws {
    try withLog { file in
      try fill(file, entries: 10)
      let (chain, problem) = try AuditChain.verify(file)
      #expect(problem == nil && chain.count == 10)
      let log = try AuditLog(file)
      #expect(log.healing == nil)
      #expect(log.recent.entries.map(\.number) == Array(1...10))
      #expect(log.recent.last == chain.last)
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let entry = try JSONFile.decode([String: Loose].self, from: Data(line.utf8), place: "line")
        #expect(entry.keys.contains("sha256") && entry.keys.contains("previous"))
      }
    }
  }

  private struct Loose: Decodable { init(from decoder: any Decoder) throws {} }

  @Test("an altered, removed, added or swapped line is the first that is named")
  func altered() throws {
    try withLog { file in
      try fill(file, entries: 6)
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(
        String.init)
      func problem(_ lines: [String]) throws -> String? {
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
        return try AuditChain.verify(file).problem.map { "\($0.place) \($0.problem)" }
      }
      #expect(try problem(lines) == nil)
      var copy = lines
      copy[2] = copy[2].replacingOccurrences(of: "copper", with: "silver")
      #expect(try problem(copy)?.hasPrefix("line 3 was altered: its digest is ") == true)
      copy = lines
      copy.remove(at: 3)
      #expect(try problem(copy)?.hasPrefix("line 4 does not follow the line before") == true)
      copy = lines
      copy.swapAt(1, 2)
      #expect(try problem(copy)?.hasPrefix("line 2 does not follow") == true)
      copy = lines
      copy.insert(lines[4], at: 5)
      #expect(try problem(copy)?.hasPrefix("line 6 does not follow") == true)
      copy = lines
      copy[5] = String(copy[5].dropLast(3)) + "0\"}"
      #expect(try problem(copy)?.hasPrefix("line 6 was altered") == true)
      #expect(try problem(["{}"] + lines)?.hasPrefix("line 1 is no entry") == true)
      // Whoever forges a whole new line needs the digests of all that follow, too.
      copy = lines
      var entry = try AuditChain.read(Data(lines[1].utf8), place: "").entry
      entry.who = "Adam"
      copy[1] = try entry.line().text
      #expect(try problem(copy)?.hasPrefix("line 3 does not follow") == true)
    }
  }

  @Test("every cut through the last line is healed and said; whole lines stay", arguments: [1, 4])
  func torn(_ entries: Int) throws {
    try withLog { file in
      try fill(file, entries: entries)
      let whole = try Data(contentsOf: file)
      let body = whole.dropLast()
      let lastStart = (body.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
      for cut in stride(from: lastStart, to: whole.count, by: 7) {
        try Data(whole.prefix(cut)).write(to: file)
        let log = try AuditLog(file)
        #expect((log.healing != nil) == (cut > lastStart), "cut at \(cut)")
        try log.add(.stop)
        let (chain, problem) = try AuditChain.verify(file)
        #expect(problem == nil, "cut at \(cut): \(String(describing: problem))")
        #expect(chain.count == entries - 1 + (cut > lastStart ? 2 : 1))
      }
    }
  }

  @Test("a file that is no log, or whose last line was altered, is refused and left as it is")
  func refused() throws {
    try withLog { file in
      try fill(file, entries: 2)
      var bytes = try Data(contentsOf: file)
      bytes[bytes.count - 200] ^= 1
      for contents in [bytes, Data("hello\nworld\n".utf8), Data(repeating: 10, count: 5)] {
        try contents.write(to: file)
        let text = complaint { _ = try AuditLog(file) }
        #expect(text.contains("its last line"), "\(text)")
        #expect(try Data(contentsOf: file) == contents)
      }
      try Data(repeating: 65, count: 200_000).write(to: file)
      #expect(complaint { _ = try AuditLog(file) }.contains("is no audit log"))
    }
  }

  @Test("two programs cannot write to one log, and a full disk leaves no part of a line")
  func exclusive() throws {
    try withLog { file in
      let first = try AuditLog(file)
      #expect(complaint { _ = try AuditLog(file) }.contains("is written to by another program"))
      let long = String(repeating: "x", count: AuditChain.lineLimit)
      #expect(
        complaint { try first.add(.change, facts: ["x": long]) }.contains("cannot be written"))
      try first.add(.stop)
      #expect(try AuditChain.verify(file).chain.count == 1)
      let full = complaint {
        let log = try AuditLog(URL(filePath: "/dev/full"))
        try log.add(.start)
      }
      #expect(full.contains("/dev/full: cannot be "), "\(full)")
    }
  }

  @Test("a damaged file is refused in words, whatever the damage")
  func damage() throws {
    try withLog { file in
      try fill(file, entries: 3)
      let whole = try Data(contentsOf: file)
      var found = 0
      for copy in mutations(of: whole, count: 300, seed: 11) where copy != whole {
        try copy.write(to: file)
        if try AuditChain.verify(file).problem != nil { found += 1 }
        do throws(Complaint) { _ = try AuditLog(file) } catch {
          #expect(!error.problem.isEmpty)
        }
      }
      // What cuts whole lines off the end cannot be seen without a digest that someone noted.
      #expect(found > 250)
    }
  }
}
