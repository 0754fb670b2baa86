import Foundation
import Hyperspectral
import Tensors
import TestSupport
import Testing

@testable import Inspections

@Suite("Header doctor")
struct HeaderDiagnosisSuite {
  /// A mistake that a header was made with, and the fields that put it right.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let name: String
    let header: @Sendable (Interleave) -> [(name: String, value: String?)]
    var change: @Sendable (Data) -> Data = { $0 }
    let fields: Set<String>

    var testDescription: String { name }
  }

  static let mistakes: [Mistake] = [
    Mistake(name: "too many lines", header: { _ in [("lines", "320")] }, fields: ["lines"]),
    Mistake(name: "no lines", header: { _ in [("lines", nil)] }, fields: ["lines"]),
    Mistake(name: "wrong samples", header: { _ in [("samples", "21")] }, fields: ["samples"]),
    Mistake(name: "wrong bands", header: { _ in [("bands", "31")] }, fields: ["bands"]),
    Mistake(name: "no data type", header: { _ in [("data type", nil)] }, fields: ["data type"]),
    Mistake(name: "wide type", header: { _ in [("data type", "4")] }, fields: ["data type"]),
    Mistake(name: "unknown type", header: { _ in [("data type", "7")] }, fields: ["data type"]),
    Mistake(name: "big endian", header: { _ in [("byte order", "1")] }, fields: ["byte order"]),
    Mistake(
      name: "another interleave",
      header: { [("interleave", $0 == .bil ? "bsq" : "bil")] }, fields: ["interleave"]),
    Mistake(
      name: "unknown interleave", header: { _ in [("interleave", "zigzag")] },
      fields: ["interleave"]),
    Mistake(
      name: "lines for samples", header: { _ in [("lines", "20"), ("samples", "26")] },
      fields: ["lines", "samples"]),
    Mistake(
      name: "a preamble", header: { _ in [] },
      change: { Data(repeating: 0x5a, count: 138) + $0 }, fields: ["header offset"]),
  ]

  @Test("finds what one mistake in a header hides", arguments: mistakes, Interleave.allCases)
  func mistake(_ mistake: Mistake, _ interleave: Interleave) throws {
    try withTemporaryFolder { folder in
      let cube = sceneCube()
      let header = try ENVIFile.write(
        cube, to: folder.appending(path: "x.hdr"), interleave: interleave)
      let numbers = folder.appending(path: "x.raw")
      try mistake.change(Data(contentsOf: numbers)).write(to: numbers)
      try edit(header, mistake.header(interleave))
      let inspection = try CubeInspection(header)
      #expect(inspection.verdict != .good, "\(inspection.text)")
      let diagnosis = try #require(inspection.diagnosis)
      let best = try #require(diagnosis.readings.first)
      #expect(Set(best.changes.map(\.name)) == mistake.fields, "\(inspection.text)")
      #expect(diagnosis.choice == 0, "\(inspection.text)")
      let repaired = try diagnosis.repair()
      #expect(repaired.lastPathComponent == "x.raw.hdr")
      let again = try CubeInspection(numbers)
      #expect(again.verdict == .good, "\(again.text)")
      #expect(try CubeFile.counts(numbers).values == cube.values)
    }
  }

  @Test("a sound cube is not doubted", arguments: Interleave.allCases, [1, 2, 3] as [UInt64])
  func sound(interleave: Interleave, seed: UInt64) throws {
    try withTemporaryFolder { folder in
      for (lines, samples, bands) in [(26, 20, 30), (40, 8, 12), (9, 33, 64), (24, 24, 24)] {
        let cube = sceneCube(lines: lines, samples: samples, bands: bands, seed: seed)
        let header = try ENVIFile.write(
          cube, to: folder.appending(path: "x.hdr"), interleave: interleave)
        let inspection = try CubeInspection(header)
        #expect(inspection.verdict == .good, "\(inspection.text)")
      }
    }
  }

  @Test("a dark reference, which is noise, is not doubted", arguments: Interleave.allCases)
  func dark(interleave: Interleave) throws {
    try withTemporaryFolder { folder in
      var random = SplitMix64(seed: 9)
      var dark = sceneCube(lines: 30, samples: 40, bands: 24)
      for place in dark.values.indices {
        dark.values[place] = Float(100 + random.nextIndex(below: 9))
      }
      let header = try ENVIFile.write(
        dark, to: folder.appending(path: "dark.hdr"), interleave: interleave)
      let inspection = try CubeInspection(header)
      #expect(inspection.verdict == .good, "\(inspection.text)")
    }
  }

  @Test("a recording that was cut short keeps its whole lines")
  func cut() throws {
    try withTemporaryFolder { folder in
      let cube = sceneCube()
      let header = try ENVIFile.write(cube, to: folder.appending(path: "x.hdr"))
      let numbers = folder.appending(path: "x.raw")
      let all = try Data(contentsOf: numbers)
      try all.prefix(17 * 1200 + 400).write(to: numbers)
      let diagnosis = try HeaderDiagnosis(header)
      #expect(
        diagnosis.trouble?.problem == """
          the header says 26 lines × 20 samples × 30 bands × 2 bytes = 31200 bytes; the file \
          holds 20800, which is 17 and a third lines
          """)
      #expect(diagnosis.readings[0].text == "lines = 17 (was 26); 400 bytes behind it unused")
      try diagnosis.repair()
      #expect(
        try CubeFile.counts(numbers).values == Array(cube.values.prefix(17 * 20 * 30)))
    }
  }

  @Test("noise is no evidence: the doctor refuses to choose and lists the choices")
  func noise() throws {
    try withTemporaryFolder { folder in
      var random = SplitMix64(seed: 5)
      let noise = Data((0..<31_200).map { _ in UInt8(truncatingIfNeeded: random.next()) })
      let header = try ENVIFile.write(sceneCube(), to: folder.appending(path: "x.hdr"))
      try noise.write(to: folder.appending(path: "x.raw"))
      try edit(header, [("lines", "27")])
      let diagnosis = try HeaderDiagnosis(header)
      #expect(diagnosis.choice == nil)
      let refusal = complaint { _ = try diagnosis.repair() }
      #expect(refusal.contains("readings fit and the evidence is not clear"))
      #expect(refusal.contains("--repair --reading N"))
      #expect(complaint { _ = try diagnosis.repair(reading: 99) }.contains("no reading 100"))
      // A person may know better.
      let written = try diagnosis.repair(reading: 0)
      #expect(FileManager.default.fileExists(atPath: written.path))
      // Now both names are taken, and neither is written over.
      #expect(
        complaint { _ = try diagnosis.repair(reading: 0) }
          .contains("x.raw.hdr and x.hdr are both there, and neither is written over"))
    }
  }

  @Test("a repair keeps every other byte, and what it replaces as a comment")
  func bytes() throws {
    let text =
      "ENVI\r\nlines = 3\r\n; a comment, lines = 9\r\nsensor = Pika \u{e9}\r\n"
      + "wavelength = {\r\n 1, ; lines = 4\r\n 2}\r\nlines = 5\r\n"
    let bytes = try #require(text.data(using: .isoLatin1))
    var repair = HeaderRepair(bytes)
    #expect(repair.bytes == bytes)
    repair.set("lines", to: "7")
    repair.set("bands", to: "2")
    repair.retire("wavelength")
    #expect(
      String(data: repair.bytes, encoding: .isoLatin1)
        == "ENVI\r\nlines = 7\r\n; was: lines = 3\r\n; a comment, lines = 9\r\n"
        + "sensor = Pika \u{e9}\r\noriginal wavelength = {\r\n 1, ; lines = 4\r\n 2}\r\n"
        + "; was: lines = 5\r\nbands = 2\r\n")
  }

  @Test("fields that cannot be understood are put aside, and a unit is set where numbers tell it")
  func otherFields() throws {
    try withTemporaryFolder { folder in
      let header = try ENVIFile.write(sceneCube(), to: folder.appending(path: "x.hdr"))
      try edit(
        header,
        [
          ("wavelength units", "parsec"), ("bbl", "{1, 0}"), ("lines", "9"),
          ("byte order", "little"),
        ])
      let written = try HeaderDiagnosis(header).repair()
      let file = try ENVIFile.open(folder.appending(path: "x.raw"))
      #expect(file.headerFile.lastPathComponent == written.lastPathComponent)
      #expect(file.header.wavelengths?.first?.nanometers == 420)
      #expect(file.header["original bbl"] == "1, 0")
      #expect(file.header["original byte order"] == "little")
      #expect(file.header.lines == 26)
    }
  }

  @Test("damaged headers are diagnosed or refused, never more")
  func mutations() throws {
    try withTemporaryFolder { folder in
      let header = try ENVIFile.write(
        sceneCube(lines: 6, samples: 5, bands: 8), to: folder.appending(path: "x.hdr"))
      let text = try Data(contentsOf: header)
      expectNoTrap(reading: text, headerCount: text.count, copies: 60) { copy in
        try copy.write(to: header)
        let diagnosis = try HeaderDiagnosis(header)
        _ = diagnosis.table + [diagnosis.advice]
        for found in diagnosis.readings { _ = try? diagnosis.repairedText(found) }
        if let trouble = diagnosis.trouble { throw trouble }
      }
    }
  }
}
