import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("ENVI writer")
struct ENVIWriterSuite {
  static let wavelengths = [500.0, 600, 700].map(Wavelength.init(nanometers:))
  /// `[4 lines, 2 samples, 3 bands]`.
  static let values = (0..<24).map { Float($0 * 100) }
  static let fields = [
    ENVIHeader.Field(name: "Sensor Type", value: "FX10", isList: false),
    ENVIHeader.Field(name: "himg", value: "1, 512", isList: true),
  ]

  static func line(_ number: Int) -> [Float] { Array(values[(6 * number)..<(6 * number + 6)]) }

  @Test(
    "lines appended one by one make a cube",
    arguments: [Interleave.bil, .bip], [ENVIWriter.Appearance.whenFinished, .growing])
  func lines(interleave: Interleave, appearance: ENVIWriter.Appearance) throws {
    try withTemporaryFolder { folder in
      let layout = ENVILayout(
        samples: 2, bands: 3, type: .uint16, interleave: interleave, byteOrder: .big)
      let writer = try ENVIWriter(
        to: folder.appending(path: "belt.raw"), layout: layout, wavelengths: Self.wavelengths,
        fields: Self.fields, appearance: appearance)
      #expect(FileManager.default.fileExists(atPath: writer.file.path) == (appearance == .growing))
      try writer.append(Self.line(0))
      try writer.append(stored: layout.bytes(ofLines: Self.line(1)))
      try writer.append(Self.line(2) + Self.line(3))
      let header = try writer.finish(fields: [
        .init(name: "missing lines", value: "7", isList: false)
      ])
      let cube = try ENVIFile.open(header)
      #expect(try cube.counts().values == Self.values)
      #expect(cube.wavelengths == Self.wavelengths)
      #expect(
        cube.header.fields.map(\.spelling).suffix(4) == [
          "Sensor Type", "himg", "missing lines", "wavelength",
        ])
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left.sorted() == ["belt.hdr", "belt.raw"])
    }
  }

  @Test("a growing cube opens with the lines that were made known")
  func growing() throws {
    try withTemporaryFolder { folder in
      let writer = try ENVIWriter(
        to: folder.appending(path: "belt.hdr"),
        layout: ENVILayout(samples: 2, bands: 3, type: .uint16), wavelengths: Self.wavelengths,
        appearance: .growing)
      try writer.append(Self.line(0))
      try writer.append(Self.line(1))
      #expect(
        complaint { _ = try ENVIFile.open(writer.headerFile) }
          .contains("'lines' is '000000000000', not a whole number above 0"))
      try writer.checkpoint()
      #expect(try ENVIFile.open(writer.headerFile).counts().values == Array(Self.values[..<12]))
    }
  }

  @Test("a cube that was never finished leaves nothing behind")
  func abandoned() throws {
    try withTemporaryFolder { folder in
      do {
        let writer = try ENVIWriter(
          to: folder.appending(path: "belt.hdr"),
          layout: ENVILayout(samples: 2, bands: 3, type: .uint8), wavelengths: nil)
        try writer.append(Self.line(0))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
  }

  @Test("a full disk is told, with the lines that are kept")
  func fullDisk() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "belt.raw")
      try FileManager.default.createSymbolicLink(
        atPath: file.path, withDestinationPath: "/dev/full")
      let writer = try ENVIWriter(
        to: file, layout: ENVILayout(samples: 2, bands: 3, type: .uint16), wavelengths: nil,
        appearance: .growing)
      let found = complaint { try writer.append(Self.line(0)) }
      #expect(
        found == """
          \(file.relativePath): cannot be written after 0 lines: No space left on device
            help: check that the folder is yours to write and has room left; what was written is \
          kept
          """)
      #expect(writer.lines == 0)
      #expect(
        complaint { try writer.finish() }
          == "\(file.relativePath): no line was written, one or more were wanted")
    }
  }

  @Test("every field of a header survives a rewrite, unknown ones too, in order and spelling")
  func fields() throws {
    let text = """
      ENVI
      description = {
        Scrap,
        second shift}
      Samples = 2
      lines = 1
      bands   = 3
      data type = 12
      interleave = bil
      My Unknown Field = value = with equals
      wavelength units = Micrometers
      wavelength = {0.5, 0.6, 0.7}
      fwhm = {0.01, 0.01, 0.02}
      bbl = {1, 1.0, 0}
      map info = {UTM, 1.000, 1.000, 500000, 4000000, 1, 1, 33, North, WGS-84, units=Meters}
      """
    try withTemporaryFolder { folder in
      let first = folder.appending(path: "a.hdr")
      try text.write(to: first, atomically: true, encoding: .utf8)
      try Data([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]).write(to: folder.appending(path: "a.raw"))
      let original = try ENVIFile.open(first)
      let cube = try original.counts()
      let header = try ENVIFile.write(
        cube, to: folder.appending(path: "b.hdr"), type: .int32, fields: original.header.fields)
      let copy = try ENVIFile.open(header)
      let changed: Set = ["data type"]
      #expect(
        copy.header.fields.filter { original.header[$0.name] != nil && !changed.contains($0.name) }
          == original.header.fields.filter { !changed.contains($0.name) })
      #expect(copy.header.badBands == [2])
      #expect(try copy.counts().values == [1, 3, 5, 2, 4, 6])

      // Other wavelengths: the list and its unit are new, and so the widths are gone.
      let moved = Cube<RawCounts>(
        lines: 1, samples: 2, wavelengths: Self.wavelengths.reversed(), values: cube.values)
      let other = try ENVIFile.open(
        ENVIFile.write(
          moved, to: folder.appending(path: "c.hdr"), fields: original.header.fields))
      #expect(other.wavelengths == Self.wavelengths.reversed())
      #expect(other.header["wavelength units"] == "Nanometers" && other.header["fwhm"] == nil)
    }
  }
}
