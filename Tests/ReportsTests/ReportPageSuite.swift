import Diagnostics
import Foundation
import Pages
import TestSupport
import Testing

@testable import Distillation
@testable import Reports

@Suite("Report page")
struct ReportPageSuite {
  static let anchors = [
    "verdict", "ways", "differences", "pairs", "confusion", "certainty", "mistakes", "agreement",
    "imagined", "learning", "origin",
  ]

  private func page(
    _ written: WrittenRun, flattery: Flattery? = nil, overlap: Double = 0
  ) throws -> String {
    try withTemporaryFolder { folder in
      let (run, results) = try written.write(in: folder, flattery: flattery, overlap: overlap)
      return try ReportPage(run: run, results: results).html()
    }
  }

  @Test("every section stands on a well-formed page of moderate size")
  func sections() throws {
    let text = try page(WrittenRun())
    let scanned = try ScannedPage(text)
    #expect(scanned.elements.compactMap { $0.attributes["id"] } == Self.anchors)
    let links = scanned.elements.compactMap { $0.attributes["href"] }
    #expect(links == Self.anchors.dropFirst().map { "#\($0)" })
    #expect(text.utf8.count < 3_000_000)
    for name in WrittenRun().classes { #expect(scanned.text.contains(name)) }
    for arm in WrittenRun().arms { #expect(scanned.text.contains(Markup.escaped(arm.title))) }
    let drawings = scanned.elements.filter { $0.name == "svg" }
    #expect(drawings.count > 30)
    let broken = text.firstMatch(of: /[\s:"',(\[>]-?(?:nan|inf)\b/)
    #expect(broken == nil, "a value that is no number on the page")
  }

  @Test("the page asks no other place for anything")
  func selfContained() throws {
    let scanned = try ScannedPage(try page(WrittenRun()))
    for element in scanned.elements {
      #expect(!["script", "link", "iframe", "object", "base"].contains(element.name))
      for (key, value) in element.attributes {
        if key == "src" {
          #expect(value.hasPrefix("data:image/png;base64,iVBOR"))
        } else if key == "href" {
          #expect(value.hasPrefix("#"))
        } else {
          #expect(!value.contains("url(") && !value.contains("//"), "\(element)")
        }
        #expect(!key.hasPrefix("on"), "\(element)")
      }
    }
    #expect(scanned.elements.contains { $0.attributes["src"] != nil })
    #expect(!PageStyle.sheet.source.contains("@import"))
    #expect(!PageStyle.sheet.source.contains("url("))
  }

  @Test("names from files cannot become tags")
  func escaping() throws {
    var written = WrittenRun()
    written.name = "<script>alert('run')</script>"
    written.classes[0] = "<script>alert(\"class\")</script>"
    written.classes[1] = "</title><b onclick=\"x\">&amp;"
    written.seeds = [1, 2]
    written.pieces = 60
    let text = try page(written)
    let scanned = try ScannedPage(text)
    #expect(!text.contains("<script"))
    #expect(!scanned.elements.contains { $0.attributes["onclick"] != nil })
    #expect(scanned.text.contains("&lt;script&gt;alert(&quot;class&quot;)&lt;/script&gt;"))
    #expect(scanned.text.contains("&lt;/title&gt;&lt;b onclick=&quot;x&quot;&gt;&amp;amp;"))
  }

  @Test("the same run gives the same page")
  func repeatable() throws {
    var written = WrittenRun()
    written.seeds = [1, 2]
    written.pieces = 60
    try withTemporaryFolder { folder in
      let (run, results) = try written.write(in: folder)
      let report = ReportPage(run: run, results: results)
      let file = folder.appending(path: "out/report.html")
      try report.write(to: file)
      #expect(try String(contentsOf: file, encoding: .utf8) == report.html())
    }
  }

  @Test(
    "a run of few arms or one seed leaves out what it cannot say",
    arguments: [[Arm.color], [.spectralAngle], [.color, .fusion], [.compactPlain, .compact]])
  func partial(arms: [Arm]) throws {
    var written = WrittenRun()
    written.arms = arms
    written.seeds = [7]
    written.pieces = 30
    written.hasWavelengths = false
    let scanned = try ScannedPage(try page(written))
    #expect(scanned.elements.compactMap { $0.attributes["id"] } == Self.anchors)
    #expect(scanned.text.contains("? undecided"))
  }

  @Test("overlap and the flattering figure are said plainly")
  func honesty() throws {
    var written = WrittenRun()
    written.seeds = [1, 2]
    written.pieces = 60
    let flattery = Flattery(
      accuracy: 0.972, honestAccuracy: 0.81, arm: .spectral, overlapOfCenters: 0.423,
      overlapOfPatches: 0.991)
    let space = NumberText.space
    let leaky = try ScannedPage(try page(written, flattery: flattery, overlap: 0.25)).text
    #expect(leaky.contains("97.2\(space)%is what a random split would have said for HSI alone"))
    #expect(leaky.contains("99.1\(space)% of the test samples share a pixel or piece"))
    #expect(leaky.contains("The test is not wholly separate: 25.0\(space)%"))
    let clean = try ScannedPage(try page(written)).text
    #expect(clean.contains("Training has seen no pixel and no piece of the test."))
    #expect(!clean.contains("random split would have said"))
  }

  @Test("look-alikes come first, and the spectra are said to tell them apart")
  func lookAlikes() throws {
    try withTemporaryFolder { folder in
      let (run, results) = try WrittenRun().write(in: folder)
      let section = ConfusedPairsSection(evidence: try Evidence(run, results))
      let first = try #require(section.pairs.first)
      #expect(section.arms == [.twoColor, .student, .fusion])
      #expect(first.first == 0 && first.second == 1)
      #expect(first.shares[0] > first.shares[1] && first.shares[1] > first.shares[2])
      #expect(
        section.sentence(first)
          == "RGB can hardly tell them apart; the spectra can, and the student has learnt some of "
          + "it.")
    }
  }

  @Test("the worst mistakes are wrong, surest first, and varied")
  func mistakes() throws {
    try withTemporaryFolder { folder in
      let (run, results) = try WrittenRun().write(in: folder)
      let evidence = try Evidence(run, results)
      let found = MistakesSection(evidence: evidence).mistakes(.compact)
      #expect(!found.isEmpty)
      for mistake in found { #expect(mistake.decided != evidence.pieces[mistake.piece].truth) }
      #expect(found.map(\.confidence) == found.map(\.confidence).sorted(by: >))
      let pairs = Dictionary(grouping: found) {
        [evidence.pieces[$0.piece].truth, $0.decided]
      }
      #expect(pairs.values.allSatisfy { $0.count <= 3 })
    }
  }

  @Test("samples of one piece are one decision")
  func units() throws {
    try withTemporaryFolder { folder in
      let (run, results) = try WrittenRun().write(in: folder)
      let evidence = try Evidence(run, results)
      #expect(evidence.pieces.count == 150)
      #expect(evidence.pieces.count { $0.rows.count == 2 } == 50)
      #expect(evidence.judgements(.student).allSatisfy { $0.pieces == Array(0..<150) })
      let right = evidence.rightShare(.student).values.reduce(0, +) / 150
      let accuracy = SeedMean(try #require(results.arm(.student)), \.accuracy).mean
      expectClose(right, accuracy, absolute: 1e-12)
    }
  }
}
