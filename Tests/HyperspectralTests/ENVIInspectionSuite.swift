import Foundation
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("Cube inspection")
struct ENVIInspectionSuite {
  @Test("a good cube is described on one screen")
  func good() throws {
    let file = sampleData.appending(path: "Cubes/counts-bil.hdr")
    let inspection = try ENVIInspection(file)
    #expect(inspection.isUsable)
    #expect(
      inspection.text == """
        counts-bil.hdr + counts-bil.raw
          6 lines × 5 samples × 16 bands, bil, uint16, little endian
          size: 6 × 5 × 16 × 2 bytes = 960 bytes, the file holds 960
          wavelengths: 400 to 1000 nm, rising by 40 nm a band
          numbers: 98 to 2348, mean 804.233
          histogram: 98 █▇██▇▇▇▇▆▆▇▆▆▆▆▆▆▆▆▆▅▅▆▆▅▆▅▃▆▆▅▆▅▄▄▅▅▅▁▃▄▅▃▄▁▁▃▂ 2348 (heights logarithmic)
          dead bands: none
          mean by band: 400 nm ▁▂▃▅▆▇██████▇▆▆▄ 1000 nm
        """)
  }

  @Test("a cube that does not fit its header is described with the arithmetic")
  func wrongSize() throws {
    let file = sampleData.appending(path: "Malformed/cube-wider.hdr")
    let inspection = try ENVIInspection(file)
    #expect(!inspection.isUsable)
    #expect(
      inspection.text == """
        cube-wider.hdr + cube-wider.raw
          6 lines × 5 samples × 4 bands, bil, uint16, little endian
          size: the header says 6 lines × 5 samples × 4 bands × 2 bytes = 240 bytes; the file \
        holds 480, which is 12 lines
          help: the size fits exactly with 'data type = 4', or with 'header offset = 240'
          wavelengths: 400 to 700 nm, rising by 100 nm a band
        """)
  }

  @Test("dead and saturated bands, bad pixels and overlapping spectrometers are named")
  func troubles() throws {
    let wavelengths = [400, 500, 450, 600].map(Wavelength.init(nanometers:))
    let cube = Cube<RawCounts>(
      lines: 100, samples: 2, wavelengths: wavelengths,
      values: (0..<800).map { index in [Float(index), 7, Float(index), 4095][index % 4] })
    try withTemporaryFolder { folder in
      let header = try ENVIFile.write(
        cube, to: folder.appending(path: "x.hdr"),
        fields: [ENVIHeader.Field(name: "bbl", value: "1, 1, 0, 1", isList: true)])
      let lines = try ENVIInspection(header).text.split(separator: "\n").map(String.init)
      for wanted in [
        "  wavelengths: 400 to 600 nm, not in rising order "
          + "(1 steps back: spectrometers that overlap?)",
        "  bad bands by header: 2", "  saturated: 25 % of the numbers are 4095",
        "  dead bands: 1, 3, one number in all pixels", "  (64 of 100 lines looked at)",
      ] {
        #expect(lines.contains(wanted), "\(lines.joined(separator: "\n"))")
      }
    }
  }

  @Test("bars reach from the least to the largest value")
  func bars() {
    #expect(ENVIInspection.sparkline([0, 1, 2, 7]) == "▁▂▃█")
    #expect(ENVIInspection.sparkline([5, .nan, 5]) == "▁ ▁")
    #expect(ENVIInspection.grouped([1, 2]) == [1, 2])
    #expect(Array(ENVIInspection.grouped((0..<96).map(Double.init)).prefix(2)) == [0.5, 2.5])
  }
}

@Suite("Cube files")
struct CubeFileSuite {
  @Test("a NumPy cube is read with the wavelengths beside it, sorted or not")
  func numPy() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "cube.npy")
      try Data(contentsOf: sampleData.appending(path: "Malformed/cube-counts.npy")).write(to: file)
      try Data("[400, 600, 500, 700]".utf8).write(to: folder.appending(path: "wavelengths.json"))
      let cube = try CubeFile.counts(file)
      #expect(cube.shape == [1, 1, 4])
      #expect(cube.wavelengths.map(\.nanometers) == [400, 600, 500, 700])
      // Its own list goes before the folder's.
      try Data("[401, 402, 403, 404]".utf8)
        .write(to: folder.appending(path: "cube.wavelengths.json"))
      #expect(try CubeFile.counts(file).wavelengths[0].nanometers == 401)
    }
  }
}
