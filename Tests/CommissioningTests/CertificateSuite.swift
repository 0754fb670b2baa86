import CameraCalibration
import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Commissioning

@Suite("Certificate")
struct CertificateSuite {
  private static let noon = Date(timeIntervalSince1970: 1_769_860_800)

  /// A rig with one step, done with the given shots.
  private func rig(_ shots: [Double], in folder: URL, days: Double = 0) throws -> RigFolder {
    let recordings = folder.appending(path: "Coins")
    try writeShots(shots, in: recordings)
    let rig = try RigFolder(root: folder.appending(path: "Rigs"), rig: "line-1")
    let work = StepWork(recordings, rig: rig)
    _ = try rig.keep(
      CoinStep.perform(.init(), on: work), of: work,
      stamp: .init(
        operatorName: "Eva <>", moment: Self.noon.addingTimeInterval(days * 86_400)))
    return rig
  }

  @Test("a certificate says what is missing, and its twin is read back")
  func twin() throws {
    try withTemporaryFolder { folder in
      let rig = try rig([3, 4], in: folder)
      let certificate = try Certificate(of: rig, at: Self.noon)
      #expect(certificate.verdict == .caution)
      #expect(certificate.missing == StepName.allCases.filter { $0 != .timing })
      #expect(certificate.next.first?.remedy == "run 'mirage-calibrate radiometry'")
      let file = folder.appending(path: "c.json")
      try certificate.write(to: file)
      #expect(try Certificate.read(file) == certificate)
      let text = try String(contentsOf: file, encoding: .utf8)
      try AtomicFile.write(text.replacing("Eva <>", with: "Adam"), to: file)
      let error = #expect(throws: StepError.self) { _ = try Certificate.read(file) }
      #expect(error?.problem.contains("it was edited") == true)
    }
  }

  @Test("an old step is a caution that says its age and the limit")
  func age() throws {
    try withTemporaryFolder { folder in
      let rig = try rig([3], in: folder)
      let certificate = try Certificate(of: rig, at: Self.noon.addingTimeInterval(3 * 365 * 86_400))
      let entry = try #require(certificate.entries.first)
      #expect(entry.ageDays == 1095)
      #expect(entry.remarks.map(\.problem) == ["1095 days old, at most 30 were wanted"])
      #expect(entry.verdict == .caution)
    }
  }

  @Test("a step beyond its limit fails the rig and comes first in what to do")
  func failure() throws {
    try withTemporaryFolder { folder in
      let certificate = try Certificate(of: rig([9], in: folder), at: Self.noon)
      #expect(certificate.verdict == .fail)
      #expect(certificate.next.first?.weight == .failure)
      #expect(
        certificate.next.first?.problem
          == "Timing of the valves: valve delay is 9.00 ± 0.25 ms, at most 5")
    }
  }

  @Test("the page is well formed, self-contained and says everything")
  func page() throws {
    try withTemporaryFolder { folder in
      let rig = try rig([3, 4], in: folder)
      let certificate = try Certificate(of: rig, at: Self.noon)
      let html = try CertificatePage(certificate, of: rig, steps: [CoinStep.self]).html()
      let scanned = try ScannedPage(html)
      let anchors = scanned.elements.compactMap { $0.attributes["id"] }
      #expect(anchors == ["verdict", "timing", "origin"])
      for wanted in [
        "delay &lt; 5.0", "shown twice", "Eva &lt;&gt;", "25 mm", "nozzles.safetensors",
        "1 of 2 were used", "not assembled yet",
      ] { #expect(scanned.text.contains(wanted), "\(wanted)") }
      for element in scanned.elements {
        #expect(!["script", "link", "iframe", "object", "base"].contains(element.name))
        if let source = element.attributes["src"] {
          #expect(source.hasPrefix("data:image/png;base64,iVBOR"))
        }
      }
      #expect(scanned.elements.contains { $0.name == "img" })
    }
  }

  @Test("verification passes what stayed and names what moved")
  func verification() throws {
    try withTemporaryFolder { folder in
      let rig = try rig([3, 4], in: folder)
      let fresh = folder.appending(path: "Fresh")
      try writeShots([3.7], in: fresh.appending(path: "timing"))
      let good = try Verification(of: rig, on: fresh, steps: [CoinStep.self])
      #expect(good.isMet)
      try writeShots([4.1], in: fresh.appending(path: "timing"))
      let moved = try Verification(of: rig, on: fresh, steps: [CoinStep.self])
      #expect(!moved.isMet)
      #expect(
        moved.text == """
          fail  timing
            ✕ valve delay moved: 0.600 ms, at most 0.5
              valve delay: 3.50 → 4.10 ms, moved by 0.60 ± 0.35 ms
          verdict: fail
          """)
      try AtomicFile.write("no shots", to: fresh.appending(path: "timing/shots.json"))
      let broken = try Verification(of: rig, on: fresh, steps: [CoinStep.self])
      #expect(broken.parts.first?.failure?.contains("not valid JSON") == true)
      #expect(!broken.isMet)
      #expect(try Certificate(of: rig, at: Self.noon).entries.count == 1, "nothing was kept")
    }
  }

  @Test("a difference says what moved, in units, and whether it matters")
  func difference() throws {
    try withTemporaryFolder { folder in
      let rig = try rig([3, 4], in: folder)
      let before = try Certificate(of: rig, at: Self.noon)
      _ = try self.rig([4.6], in: folder, days: 1)
      let after = try Certificate(of: rig, at: Self.noon.addingTimeInterval(86_400))
      let comparison = CertificateComparison(
        (before, rig.folder), (after, rig.folder), steps: [CoinStep.self])
      #expect(!comparison.isMet)
      #expect(
        comparison.text == """
          MATTERS: timing
            ✕ valve delay moved: 1.10 ms, at most 0.5
              valve delay: 3.50 → 4.60 ms, moved by 1.10 ± 0.35 ms
          something moved beyond its limit: bundles trained before should be tried again
          """)
      let same = CertificateComparison(
        (before, rig.folder), (before, rig.folder), steps: [CoinStep.self])
      #expect(same.isMet && same.unchanged == [.timing])
    }
  }
}
