import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Services

@Suite("Access to changes")
struct AccessSuite {
  @Test("a made token is 256 bits, its owner's alone, and never written over")
  func made() throws {
    try withTemporaryFolder { folder in
      let (first, second) = (folder.appending(path: "a"), folder.appending(path: "b"))
      try AccessToken.make(at: first)
      try AccessToken.make(at: second)
      let text = try String(contentsOf: first, encoding: .utf8)
      #expect(text.count == 65 && text.dropLast().allSatisfy(\.isHexDigit))
      #expect(try String(contentsOf: second, encoding: .utf8) != text)
      let token = try AccessToken(file: first)
      #expect(token.matches(text.dropLast()))
      #expect(!token.matches(text) && !token.matches("") && !token.matches(text.dropLast(2)))
      #expect(complaint { try AccessToken.make(at: first) }.contains("cannot be made"))
      #expect(try String(contentsOf: first, encoding: .utf8) == text)
      for mode in [0o640, 0o604, 0o660, 0o777] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: first.path)
        #expect(complaint { _ = try AccessToken(file: first) }.contains("can be read by others"))
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: first.path)
      _ = try AccessToken(file: first)
      #expect(complaint { _ = try AccessToken(file: folder) }.contains("is a folder"))
    }
  }

  @Test(
    "a token that could be guessed or not be sent is refused",
    arguments: [
      "", "secret", "0123456789abcdef0123456789abcde", String(repeating: "ab", count: 30),
      "0123456789abcdef0123456789abcdef!", "0123456789 abcdef0123456789abcdef",
      String(repeating: "0123456789abcdef", count: 40), "pässwörter0123456789abcdefghij",
    ])
  func weak(_ text: String) {
    #expect(
      complaint { _ = try AccessToken(text, place: "t") }.contains("miraged token FILE"))
  }

  @Test("the right token always opens; wrong ones are told five times a minute")
  func tries() throws {
    let right = "0123456789abcdef0123456789ABCDEF"
    let access = TokenGuard(try AccessToken(right, place: "t"))
    let start = ContinuousClock.now
    #expect(access.judge(nil, at: start) == .missing)
    #expect(access.judge("Bearer \(right)", at: start) == .right)
    #expect(access.judge("bearer  \(right)", at: start) == .right)
    for attempt in 0..<40 {
      let wrong = ["Bearer x", "Basic \(right)", right, "Bearer \(right) \(right)", ""][attempt % 5]
      #expect(access.judge(wrong, at: start) == (attempt < 5 ? .wrong : .tooOften))
      #expect(access.judge("Bearer \(right)", at: start) == .right)
    }
    #expect(access.wrong == 40)
    #expect(access.judge("Bearer x", at: start + .seconds(61)) == .wrong)
  }

  @Test("changes come from programs and from our own page, as JSON")
  func origins() {
    let host = "127.0.0.1:8080"
    for (origin, site, isOurs) in [
      (nil, nil, true), ("http://127.0.0.1:8080", nil, true),
      ("http://127.0.0.1:8081", nil, false), ("https://127.0.0.1:8080", nil, false),
      ("null", nil, false), ("", nil, false), ("http://evil.example", "cross-site", false),
      ("http://127.0.0.1:8080", "same-site", false), (nil, "none", false),
      ("https://line1.plant", "same-origin", true),
    ] as [(String?, String?, Bool)] {
      #expect(ChangeOrigin.isOurs(origin: origin, host: host, site: site) == isOurs)
    }
    #expect(!ChangeOrigin.isOurs(origin: "http://", host: nil, site: nil))
    for (type, isJSON) in [
      ("application/json", true), ("Application/JSON; charset=utf-8", true), (nil, false),
      ("text/plain", false), ("application/x-www-form-urlencoded", false), ("", false),
      ("text/plain; application/json", false),
    ] as [(String?, Bool)] {
      #expect(ChangeOrigin.isJSON(type) == isJSON, "\(type ?? "nothing")")
    }
  }

  @Test("a wish has who and why, and a recipe where one is to be named; nothing else")
  func wishes() throws {
    func wish(_ text: String, _ kind: ChangeWish.Kind = .recipe) throws -> ChangeWish {
      try ChangeWish(Array(text.utf8), kind)
    }
    let good = try wish(#"{"recipe": "Kupfer ü", "who": " Eva ", "why": "lot 7"}"#)
    #expect(good.wanted == .recipe("Kupfer ü") && good.who == "Eva" && good.why == "lot 7")
    #expect(try wish(#"{"who": "Eva", "why": "lot 7"}"#, .former).wanted == .former)
    let file = try wish(#"{"configuration": "b.json5", "who": "a", "why": "b"}"#, .configuration)
    #expect(file.wanted == .configuration("b.json5"))
    for (text, kind, words) in [
      ("", .recipe, "not valid JSON"), ("[]", .recipe, "wrong type"),
      ("{}", .recipe, "'who' is missing"),
      (#"{"who": "a", "why": "b"}"#, .recipe, "the key 'recipe' is missing"),
      (#"{"recipe": "x", "who": "a", "why": "b"}"#, .former, "'recipe' is not known here"),
      (#"{"recipe": "x", "who": "a", "why": "b", "x": 1}"#, .recipe, "no such key"),
      (#"{"recipe": "x", "who": " ", "why": "b"}"#, .recipe, "'who' takes 1 to 60 letters"),
      (#"{"recipe": "x", "who": "a\nb", "why": "b"}"#, .recipe, "'who' takes 1 to 60 letters"),
      (#"{"configuration": "../b", "who": "a", "why": "b"}"#, .configuration, "a file beside"),
      (#"{"configuration": ".b", "who": "a", "why": "b"}"#, .configuration, "a file beside"),
      (#"{"recipe": "x", "who": "a", "why": "b"}"#, .configuration, "'recipe' is not known here"),
      (#"{"recipe": 1, "who": "a", "why": "b"}"#, .recipe, "wrong type"),
    ] as [(String, ChangeWish.Kind, String)] {
      #expect(complaint { _ = try wish(text, kind) }.contains(words), "\(text)")
    }
    let long = String(repeating: "x", count: 201)
    #expect(
      complaint { _ = try wish("{\"recipe\":\"x\",\"who\":\"a\",\"why\":\"\(long)\"}") }
        .contains("1 to 200"))
    for copy in mutations(
      of: Data(#"{"recipe": "x", "who": "a", "why": "b"}"#.utf8), count: 2000, seed: 3)
    {
      do { _ = try ChangeWish([UInt8](copy), .recipe) } catch {
        #expect((error as? any Explained)?.problem.isEmpty == false)
      }
    }
  }
}
