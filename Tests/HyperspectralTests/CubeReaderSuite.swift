import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("Cube readers")
struct CubeReaderSuite {
  static let names = [
    "counts-bil.hdr", "counts-bip.hdr", "counts-bsq.hdr", "big-endian-bil.raw",
    "big-endian-bsq.hdr",
    "rows.npy", "columns.npy",
  ]

  @Test("any lines of any format are those of the whole cube", .tags(.golden), arguments: names)
  func lines(name: String) throws {
    let reader = try CubeFile.open(sampleData.appending(path: "Cubes/\(name)"))
    let wanted = try ENVIFileSuite.golden("counts")
    #expect(reader.shape == CubeShape(lines: 6, samples: 5, bands: 16))
    #expect(reader.wavelengths?.last == Wavelength(nanometers: 1000))
    #expect(reader.linesAtOnce == 6)
    var values: [Float] = [7]
    for lines in [0..<6, 2..<3, 5..<6, 1..<4, 3..<3] {
      try reader.read(lines: lines, into: &values)
      #expect(values == Array(wanted.values[(80 * lines.lowerBound)..<(80 * lines.upperBound)]))
    }
  }

  @Test("stored lines are the bytes of the file", arguments: names)
  func storedLines(name: String) throws {
    let reader = try CubeFile.open(sampleData.appending(path: "Cubes/\(name)"))
    guard let line = reader.storedLine else {
      #expect(reader.interleave == .bsq)
      return
    }
    var bytes: [UInt8] = []
    try reader.readStored(lines: 1..<3, into: &bytes)
    #expect(bytes.count == 2 * line.byteCount)
    let whole = try Data(contentsOf: #require(reader.files.first { $0.pathExtension != "hdr" }))
    let start = whole.count - 5 * line.byteCount
    #expect(bytes == [UInt8](whole[start..<(start + 2 * line.byteCount)]))
  }
}
