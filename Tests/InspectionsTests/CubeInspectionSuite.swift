import Diagnostics
import Foundation
import Hyperspectral
import Tensors
import TestSupport
import Testing
import Units

@testable import Inspections

@Suite("Cube inspection")
struct CubeInspectionSuite {
  @Test("a good cube is described on one screen")
  func good() throws {
    let inspection = try CubeInspection(sampleData.appending(path: "Cubes/counts-bil.hdr"))
    #expect(inspection.verdict == .good)
    #expect(
      inspection.text == """
        counts-bil.hdr + counts-bil.raw
          6 lines × 5 samples × 16 bands, bil, uint16, little endian
          size: 6 × 5 × 16 × 2 bytes = 960 bytes, the file holds 960
          wavelengths: 400 to 1000 nm, rising by 40 nm a band
          meaning: counts of a detector of 12 bits
          numbers: 98 to 2348, mean 804.233
          histogram: 98 █▇██▇▇▇▇▆▆▇▆▆▆▆▆▆▆▆▆▅▅▆▆▅▆▅▃▆▆▅▆▅▄▄▅▅▅▁▃▄▅▃▄▁▁▃▂ 2348 (heights logarithmic)
          saturated: none
          dead bands: none
          mean by band: 400 nm ▁▂▃▅▆▇██████▇▆▆▄ 1000 nm
          noise by band: 400 nm ▁▃▅▇▇▆▇▇████▆▇█▆ 1000 nm
            about 2.5 % of the mean at 400 nm, 10 % at 960 nm
        """)
  }

  @Test("a cube that does not fit its header is described with the arithmetic and the readings")
  func wrongSize() throws {
    let inspection = try CubeInspection(sampleData.appending(path: "Malformed/cube-wider.hdr"))
    #expect(inspection.verdict == .unusable)
    let lines = inspection.text.split(separator: "\n").map(String.init)
    #expect(
      Array(lines.prefix(3)) == [
        "cube-wider.hdr + cube-wider.raw",
        "  unusable: the header says 6 lines × 5 samples × 4 bands × 2 bytes = 240 bytes; the file "
          + "holds 480, which is 12 lines",
        "  readings that fit, the best first (evidence: how alike neighbors are, 0 to 1):",
      ])
    #expect(lines[3].hasPrefix("     evidence  spectra  samples  lines  numbers"))
    #expect(lines[4].hasSuffix("lines = 12 (was 6)"))
    // 240 numbers are no evidence.
    #expect(
      lines.last
        == "  next: the evidence is not clear; look at --previews FILE.png, then --repair --reading N"
    )
  }

  @Test("dead and saturated bands, dead columns, stripes and bad pixels are named")
  func troubles() throws {
    var cube = sceneCube(lines: 40, samples: 32, bands: 10)
    for line in 0..<40 {
      for sample in 0..<32 {
        let start = (line * 32 + sample) * 10
        if sample == 11 { for band in 0..<10 { cube.values[start + band] = 33 } }
        cube.values[start + 3] = 7
        if sample == 20 { for band in 0..<10 where band != 3 { cube.values[start + band] *= 1.4 } }
        if sample == 25 { cube.values[start + 6] = 0 }
        if line == 0 { cube.values[start + 5] = 4095 }
      }
    }
    try withTemporaryFolder { folder in
      let header = try ENVIFile.write(
        cube, to: folder.appending(path: "x.hdr"),
        fields: [ENVIHeader.Field(name: "bbl", value: "1,1,1,1,1,1,1,1,1,0", isList: true)])
      let lines = try CubeInspection(header).text.split(separator: "\n").map(String.init)
      for wanted in [
        "  bad bands by header: 9", "  saturated: 0.25 % of the numbers are 4095",
        "  dead bands: 3, one number in all pixels", "  dead columns: 11",
        "  dead elements: 1, 0.312 % of the detector, one number in all lines",
        "  meaning: counts of a detector of 12 bits",
      ] {
        #expect(lines.contains(wanted), "\(lines.joined(separator: "\n"))")
      }
      #expect(lines.contains { $0.hasPrefix("  stripes: columns 20 stand out, column 20 by +") })
    }
  }

  @Test("noise is measured where the picture is smooth")
  func noise() throws {
    try withTemporaryFolder { folder in
      var random = SplitMix64(seed: 3)
      let cube = Cube<RawCounts>(
        lines: 64, samples: 64,
        wavelengths: (0..<6).map { Wavelength(nanometers: 500 + 10 * Double($0)) },
        values: (0..<(64 * 64 * 6)).map { place in
          Float(1000 + place / 6 % 64 + random.nextIndex(below: 41) - 20)
        })
      let header = try ENVIFile.write(cube, to: folder.appending(path: "x.hdr"))
      let statistics = try CubeStatistics(CubeFile.open(header))
      // Whole numbers from -20 to 20, all as likely, have a deviation of 11.8; taken as normal ones
      // they seem to have a tenth more.
      for deviation in statistics.bandNoise {
        #expect((11.8...14).contains(deviation), "\(statistics.bandNoise)")
      }
    }
  }

  @Test("what numbers probably mean is said, and what the file does not tell")
  func meaning() throws {
    try withTemporaryFolder { folder in
      let scene = sceneCube()
      func meaning(_ header: URL) throws -> String {
        let reader = try CubeFile.open(header)
        return MeaningText.line(reader, try CubeStatistics(reader))
      }
      let share = Cube<Reflectance>(
        lines: scene.lines, samples: scene.samples, wavelengths: scene.wavelengths,
        values: scene.values.map { $0 / 1600 })
      let whole = try ENVIFile.write(
        share, to: folder.appending(path: "whole.hdr"), type: .uint16)
      #expect(try meaning(whole) == "reflectance times 10000, as the file says")
      let floating = try ENVIFile.write(
        scene, to: folder.appending(path: "floating.hdr"), type: .float32)
      #expect(try meaning(floating).hasPrefix("counts or radiance"))
      try edit(whole, [("reflectance scale factor", nil)])
      #expect(try meaning(whole).contains("counts of a detector of 14 bits"))
    }
  }

  @Test(
    "every format is described",
    arguments: ["bands-first.mat", "level-7-3.mat", "pages.tif", "rows.npy", "columns.npy"])
  func formats(name: String) throws {
    let inspection = try CubeInspection(sampleData.appending(path: "Cubes/\(name)"))
    #expect(inspection.verdict == .good)
    #expect(inspection.diagnosis == nil)
    let lines = inspection.text.split(separator: "\n")
    #expect(lines.first?.hasPrefix(name) == true)
    #expect(lines.contains { $0.hasPrefix("  6 lines × 5 samples × 16 bands") })
    #expect(lines.contains("  wavelengths: 400 to 1000 nm, rising by 40 nm a band"))
    #expect(lines.contains { $0.hasPrefix("  histogram: ") })
  }

  @Test("a folder is a table, for people and for machines")
  func table() throws {
    try withTemporaryFolder { folder in
      let header = try ENVIFile.write(
        sceneCube(), to: folder.appending(path: "a/good.hdr"), interleave: .bip)
      let broken = try ENVIFile.write(sceneCube(), to: folder.appending(path: "b.hdr"))
      try edit(broken, [("lines", "27")])
      // Belongs to the same numbers, and goes before the other header.
      let other = try ENVIFile.write(sceneCube(), to: folder.appending(path: "c.hdr"))
      try FileManager.default.copyItem(at: other, to: folder.appending(path: "c.raw.hdr"))
      #expect(header.lastPathComponent == "good.hdr")
      let files = try CubeTable.cubes(in: folder)
      let rows = try files.map { try CubeRow(CubeInspection($0), in: folder) }
      #expect(rows.map(\.file) == ["a/good.hdr", "b.hdr", "c.raw.hdr"])
      #expect(rows.map(\.verdict) == [.good, .unusable, .good])
      #expect(rows[1].choice == 1)
      #expect(rows[1].readings?.first?.changes.map(\.text) == ["lines = 26 (was 27)"])
      let text = CubeTable.text(of: rows, name: "folder").split(separator: "\n")
      #expect(text.first?.hasPrefix("file        lines × samples × bands") == true)
      #expect(text.last == "folder: 2 good, 1 unusable")
      #expect(try JSONFile.line(rows[0]).contains(#""nanometers":[420,710]"#))
    }
  }

  @Test("a file that is no cube is not unusable, and one that is missing is told")
  func others() throws {
    for name in ["cube-flat.npy", "cube-flat.mat"] {
      let flat = try CubeInspection(sampleData.appending(path: "Malformed/\(name)"))
      #expect(flat.verdict == .notCube)
    }
    #expect(
      complaint { _ = try CubeInspection(sampleData.appending(path: "none.hdr")) }
        == "SampleData/none.hdr: no such file, or it cannot be read\n  help: check the spelling")
  }

  @Test("a cube beside a preview, and one whose ending nobody knows, are good as they open")
  func beside() throws {
    try withTemporaryFolder { folder in
      let header = try ENVIFile.write(sceneCube(), to: folder.appending(path: "x.hdr"))
      try Data("a preview".utf8).write(to: folder.appending(path: "x.img"))
      #expect(try CubeInspection(header).verdict == .good)
      try FileManager.default.removeItem(at: folder.appending(path: "x.img"))
      let numbers = folder.appending(path: "x.raw")
      try FileManager.default.moveItem(at: numbers, to: folder.appending(path: "x.spe"))
      let inspection = try CubeInspection(header)
      #expect(inspection.verdict == .good, "\(inspection.text)")
      #expect(inspection.diagnosis?.file.lastPathComponent == "x.spe")
    }
  }

  @Test("what cannot be used is told with what to do")
  func remedies() throws {
    let folder = sampleData.appending(path: "Malformed")
    #expect(
      try CubeInspection(folder.appending(path: "cube-complex.mat")).text == """
        cube-complex.mat
          unusable: 'cube' is complex, real numbers were wanted
          help: save abs(cube) or real(cube) instead
        """)
    let lines = try CubeInspection(folder.appending(path: "gain-count.hdr")).text
      .split(separator: "\n").map(String.init)
    #expect(
      Array(lines[1...2]) == [
        "  unusable: 'data gain values' lists 2 values but 'bands' is 4",
        "  help: export the header again with all bands, or correct 'data gain values'",
      ])
  }

  @Test(
    "numbers of another type than the header says are doubted, though their size fits",
    .bug("https://github.com/spectralpython/spectral/issues/148"))
  func sameSize() throws {
    let inspection = try CubeInspection(
      sampleData.appending(path: "Malformed/type-same-size.hdr"))
    #expect(inspection.verdict == .doubtful, "\(inspection.text)")
    #expect(
      inspection.trouble
        == "neighbors are far more alike with data type = 4, float32 (was 3, int32)",
      "\(inspection.text)")
  }

  @Test("classes and single spectra are no cube, and are told as what they are")
  func otherContents() throws {
    try withTemporaryFolder { folder in
      let map = folder.appending(path: "map.hdr")
      let text = """
        ENVI
        samples = 3
        lines = 2
        bands = 1
        data type = 1
        interleave = bsq
        """
      let classes = "\nfile type = ENVI Classification\nclass names = {none, copper, brass}\n"
      try (text + classes).write(to: map, atomically: true, encoding: .utf8)
      try Data([0, 1, 2, 2, 1, 2]).write(to: folder.appending(path: "map.img"))
      let labels = try CubeInspection(map)
      #expect(labels.verdict == .notCube && labels.diagnosis == nil)
      #expect(
        labels.text.contains(
          "  a classification of 2 lines × 3 samples: none (0) 16.7 %, copper (1) 33.3 %, "
            + "brass (2) 50 %"), "\(labels.text)")
      let spectra =
        "\nfile type = ENVI Spectral Library\nspectra names = {copper, brass}\n"
        + "wavelength = {500, 600, 700}\n"
      let library = folder.appending(path: "metals.hdr")
      try (text + spectra).write(to: library, atomically: true, encoding: .utf8)
      try Data([1, 2, 3, 4, 5, 6]).write(to: folder.appending(path: "metals.sli"))
      #expect(
        try CubeInspection(library).text.contains(
          "  a library of 2 spectra of 3 bands, 500 to 700 nm: copper, brass"))
    }
  }

  @Test("bars reach from the least to the largest value")
  func bars() {
    #expect(AmountText.sparkline([0, 1, 2, 7]) == "▁▂▃█")
    #expect(AmountText.sparkline([5, .nan, 5]) == "▁ ▁")
    #expect(AmountText.grouped([1, 2]) == [1, 2])
    #expect(Array(AmountText.grouped((0..<96).map(Double.init)).prefix(2)) == [0.5, 2.5])
  }

  @Test("amounts are said as a person says them")
  func words() {
    #expect(AmountText.words(301 + 1 / 3.0) == "301 and a third")
    #expect(AmountText.words(0.75) == "three quarters")
    #expect(AmountText.words(12) == "12")
    #expect(AmountText.words(7.1) == "7.10")
  }
}
