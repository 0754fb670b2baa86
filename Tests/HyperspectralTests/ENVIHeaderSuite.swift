import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("ENVI headers")
struct ENVIHeaderSuite {
  static let plain = """
    ENVI
    samples = 5
    lines = 6
    bands = 4
    data type = 12
    interleave = bil
    byte order = 0

    """

  static func header(_ more: String) throws -> ENVIHeader {
    try ENVIHeader(Data((plain + more).utf8), place: "x.hdr")
  }

  @Test("every habit of writing headers is understood")
  func habits() throws {
    let text = """
      \u{feff}ENVI \r
      ; written by hand\r
      DESCRIPTION = { a lamp = on,\r
        ; not a word of the text\r
        second line }  \r
      Samples=5\r
       lines   =  6 \r
      bands\t= 4\r
      Header  Offset = 12\r
      data type = 4\r
      interleave = BIP\r
      byte order = 1\r
      just a remark\r
      lines = 7\r
      wavelength = {\r
      0.4 , 0.5\r
      , ; in order\r
      0.6,\r
      0.7,\r
      }\r
      bbl = {1.0, 0, 1, 0.0}\r
      """
    // The comment inside the list is not at the start of its line, so it belongs to the list.
    let header = try ENVIHeader(
      Data(text.replacingOccurrences(of: " ; in order", with: "").utf8), place: "x.hdr")
    #expect((header.lines, header.samples, header.bands) == (7, 5, 4))
    #expect(header.interleave == .bip && header.type == .float32 && header.byteOrder == .big)
    #expect(header.headerOffset == 12)
    #expect(header.wavelengths?.map(\.nanometers) == [400, 500, 600, 700])
    #expect(header.badBands == [1, 3])
    #expect(header["description"] == "a lamp = on,\nsecond line")
    #expect(
      header.notes == [
        "line 13 is not 'name = value' and was passed over",
        "'lines' comes twice, the last one counts",
        "no 'wavelength units': 0.4 to 0.7 can only be micrometers",
      ])
  }

  @Test(
    "a list ends at the brace that closes it, and is written as it was",
    arguments: [
      ("{lamp {left}, lamp {right}}", "lamp {left}, lamp {right}"),
      ("{ a { b }", "a { b"),
      ("{\n  {1, 2}, {3, 4} of\n  two }", "{1, 2}, {3, 4} of\ntwo"),
      ("{}", ""),
    ])
  func braces(written: String, value: String) throws {
    let header = try Self.header("description = \(written)\nwavelength = {400, 500, 600, 700}\n")
    #expect(header["description"] == value)
    #expect(header.wavelengths?.count == 4)
    let layout = ENVILayout(samples: 5, bands: 4, type: .uint16)
    let text = ENVIHeader.text(
      layout, lines: "6", meaning: .init(wavelengths: header.wavelengths, isAsStored: true),
      fields: header.fields)
    let again = try ENVIHeader(Data(text.utf8), place: "y.hdr")
    #expect(again["description"] == value && again.wavelengths == header.wavelengths)
  }

  @Test("bytes that end lines elsewhere are letters of Windows in a header that is not UTF-8")
  func windows() throws {
    var bytes = Data((Self.plain + "description = {and so").utf8)
    bytes.append(contentsOf: [0x85, 0x20, 0x6f, 0x6e, 0x7d, 0x0a])
    let header = try ENVIHeader(bytes, place: "x.hdr")
    #expect(header["description"] == "and so\u{85} on" && header.notes.isEmpty)
  }

  @Test("Latin-1 text and its micro sign are read")
  func latin1() throws {
    var bytes = Data((Self.plain + "operator = J").utf8)
    bytes.append(contentsOf: [0xf6, 0x72, 0x67, 0x0a])
    bytes.append(contentsOf: Data("wavelength units = ".utf8) + [0xb5, 0x6d, 0x0a])
    bytes.append(Data("wavelength = {0.4, 0.5, 0.6, 0.7}".utf8))
    let header = try ENVIHeader(bytes, place: "x.hdr")
    #expect(header["operator"] == "Jörg")
    #expect(header.wavelengths?.last == Wavelength(nanometers: 700))
  }

  @Test(
    "wavelengths in every unit become nanometers",
    arguments: [
      ("nm", "400, 500, 600, 700"), ("Nanometers", "400, 500, 600, 700"),
      ("Micrometers", "0.4, 0.5, 0.6, 0.7"), ("um", "0.4, 0.5, 0.6, 0.7"),
      ("\u{3bc}m", "0.4, 0.5, 0.6, 0.7"), ("Angstroms", "4000, 5000, 6000, 7000"),
      ("Wavenumber", "25000, 20000, 16666.6666667, 14285.7142857"),
      ("Unknown", "400, 500, 600, 700"), ("", "0.4, 0.5, 0.6, 0.7"),
    ])
  func units(unit: String, list: String) throws {
    let header = try Self.header("wavelength units = \(unit)\nwavelength = {\(list)}\n")
    let found = try #require(header.wavelengths).map(\.nanometers)
    expectClose(found, [400, 500, 600, 700], absolute: 1e-5)
    #expect(header.notes.isEmpty == !["Unknown", ""].contains(unit))
  }

  @Test("a list that numbers the bands tells no wavelength")
  func index() throws {
    let header = try Self.header("wavelength units = Index\nwavelength = {1, 2, 3, 4}\n")
    #expect(header.wavelengths == nil)
    #expect(
      header.notes == [
        "'wavelength units' is 'index': the list numbers bands and tells no wavelength"
      ])
  }

  @Test("unsorted wavelengths are kept as they are, and can be put in order")
  func unsorted() throws {
    let header = try Self.header("wavelength units = nm\nwavelength = {400, 600, 500, 700}\n")
    let wavelengths = try #require(header.wavelengths)
    #expect(wavelengths.map(\.nanometers) == [400, 600, 500, 700])
    let cube = Cube<RawCounts>(
      lines: 1, samples: 1, wavelengths: wavelengths, values: [1, 2, 3, 4])
    let sorted = cube.selecting(bands: cube.bandsByWavelength)
    #expect(sorted.values == [1, 3, 2, 4])
    #expect(sorted.band(nearest: Wavelength(nanometers: 520)) == 1)
  }

  @Test("a damaged header is read or refused, never more")
  func damaged() throws {
    let file = sampleData.appending(path: "Cubes/counts-bil.hdr")
    let bytes = try Data(contentsOf: file)
    expectNoTrap(reading: bytes, headerCount: bytes.count, copies: 1000) { copy in
      _ = try ENVIHeader(copy, place: "copy.hdr")
    }
  }

  @Test("a damaged header beside its cube is read or refused, never more")
  func damagedPair() throws {
    let source = sampleData.appending(path: "Cubes")
    let bytes = try Data(contentsOf: source.appending(path: "counts-bsq.hdr"))
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: source.appending(path: "counts-bsq.raw"), to: folder.appending(path: "x.raw"))
      let header = folder.appending(path: "x.hdr")
      expectNoTrap(reading: bytes, headerCount: bytes.count, copies: 200) { copy in
        try copy.write(to: header)
        _ = try CubeFile.counts(header)
      }
    }
  }
}
