import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("Pictures of bands and tables of spectra")
struct BandPictureSuite {
  private func put(_ labels: [UInt16], _ name: String, width: Int, in folder: URL) throws {
    try LabelMapFile.write(
      LabelMap(width: width, height: labels.count / width, labels: labels),
      to: folder.appending(path: name))
  }

  @Test("a folder with a picture for each band is a cube, its wavelengths in the names")
  func bands() throws {
    try withTemporaryFolder { folder in
      try put([1, 2, 3, 4, 5, 6], "rice_1302nm.png", width: 3, in: folder)
      try put([7, 8, 9, 10, 11, 300], "rice_998.5nm.PNG", width: 3, in: folder)
      try Data("about".utf8).write(to: folder.appending(path: "readme.txt"))
      #expect(CubeFile.isCube(folder: folder))
      let reader = try CubeFile.open(folder)
      #expect(reader.shape == CubeShape(lines: 2, samples: 3, bands: 2))
      #expect(reader.wavelengths?.map(\.nanometers) == [998.5, 1302])
      #expect(reader.numberType == .uint16 && reader.quantity == .counts)
      #expect(reader.notes == ["2 pictures, one for each band, named by its wavelength"])
      #expect(try reader.counts().values == [7, 1, 8, 2, 9, 3, 10, 4, 11, 5, 300, 6])
    }
  }

  @Test("pictures that are not the bands of one cube are refused in words")
  func refused() throws {
    try withTemporaryFolder { folder in
      #expect(!CubeFile.isCube(folder: folder))
      #expect(
        complaint { _ = try CubeFile.open(folder) } == """
          \(folder.relativePath): is a folder without pictures of bands, a cube was wanted
            help: give a file, or a folder of PNG pictures named like band_1293nm.png
          """)
      try put([1, 2, 3, 4], "rice_500nm.png", width: 2, in: folder)
      try put([1, 2, 3, 4], "wheat_500nm.png", width: 2, in: folder)
      #expect(
        complaint { _ = try CubeFile.open(folder) } == """
          \(folder.relativePath): holds two pictures at 500.0 nm: rice_500nm.png and \
          wheat_500nm.png
            help: give each recording a folder of its own
          """)
      try put([1, 2, 3], "wheat_600nm.png", width: 3, in: folder)
      try FileManager.default.removeItem(at: folder.appending(path: "wheat_500nm.png"))
      let file = folder.appending(path: "wheat_600nm.png")
      #expect(
        complaint { _ = try CubeFile.open(folder) } == """
          \(file.relativePath): is 1 lines × 3 samples, the first band 2 × 2
            help: keep the bands of one recording in the folder, and no previews
          """)
    }
  }

  @Test("a table of spectra is a cube of one line, in whatever unit its wavelengths are")
  func table() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "powders.csv")
      try Data("99,0.66, 0.54,0.47\r\n6,1.0412,1.0416,1.0476\r\n\r\n7, 1e-1,nan,-2\r\n".utf8)
        .write(to: file)
      let reader = try CubeFile.open(file)
      #expect(reader.shape == CubeShape(lines: 1, samples: 2, bands: 3))
      #expect(reader.wavelengths?.map(\.nanometers) == [660, 540, 470])
      #expect(
        reader.notes == [
          "2 single spectra, side by side in one line; 2 names in the first column",
          "no 'wavelength units': 0.47 to 0.66 can only be micrometers",
        ])
      let values = try reader.reflectance().values
      #expect(values == [1.0412, 1.0416, 1.0476, 0.1, 0, -2])
    }
  }

  @Test(
    "each malformed table is refused in words",
    arguments: [
      (
        "none", "holds no spectra",
        "write the wavelengths first, then a row a spectrum"
      ),
      (
        "no-wavelengths", "row 1 holds other things than wavelengths behind its first cell",
        "write the wavelength of each column there"
      ),
      (
        "cut", "row 3 holds 1 numbers, 3 were wanted",
        "the file may be cut short: copy or export it again"
      ),
      (
        "word", "row 3 holds 'high', a number was wanted",
        "correct the cell, or write nan where nothing was measured"
      ),
      (
        "not-light",
        "'wavelength' runs from 40.0 to 50.0, which no unit makes wavelengths of light",
        "correct 'wavelength' and 'wavelength units', or take both out"
      ),
      ("latin", "the text is not UTF-8", "export the table again as UTF-8"),
    ])
  func malformed(name: String, problem: String, remedy: String) {
    let path = "SampleData/Malformed/spectra-\(name).csv"
    let found = complaint { _ = try CubeFile.open(packageRoot.appending(path: path)) }
    #expect(found == "\(path): \(problem)\n  help: \(remedy)")
  }

  @Test("damaged tables are read or refused, never more")
  func damaged() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "x.csv")
      let bytes = Data("99,400,500,600\n1,0.5,0.6,0.7\n2,0.25,0.5,0.125\n".utf8)
      expectNoTrap(reading: bytes, headerCount: bytes.count, copies: 400) { copy in
        try copy.write(to: file)
        _ = try CubeFile.open(file)
      }
    }
  }

  @Test(
    "the near-infrared recordings of food open, each a picture for each band",
    .enabled(if: sharedData != nil, "the recordings in shared/data are not on this machine"),
    arguments: ["coffee", "rice", "sugar_salt_flour"])
  func food(name: String) throws {
    let reader = try CubeFile.open(try #require(sharedData).appending(path: "nir-food/\(name)"))
    #expect(reader.shape == CubeShape(lines: 256, samples: 192, bands: 96))
    let wavelengths = try #require(reader.wavelengths).map(\.nanometers)
    #expect(wavelengths.first == 1293 && wavelengths.last == 2215)
    #expect(reader.numberType == .uint8)
  }

  @Test(
    "the powders that six sensors saw open, with nine classes",
    .enabled(if: sharedData != nil, "the recordings in shared/data are not on this machine"),
    arguments: [
      ("canonEOS70D", 3, 9000), ("neoVNIR1600", 160, 1125), ("neoVNIR1800", 186, 1125),
      ("nuance", 37, 3600), ("neoSWIR320", 256, 1346), ("neoSWIR384", 288, 1125),
    ])
  func powders(sensor: String, bands: Int, spectra: Int) throws {
    let file = try #require(sharedData).appending(path: "sugar/sugar_\(sensor).csv")
    let reader = try CubeFile.open(file)
    #expect(reader.shape == CubeShape(lines: 1, samples: spectra, bands: bands))
    #expect(reader.notes.first?.hasSuffix("; 9 names in the first column") == true)
    let wavelengths = try #require(reader.wavelengths).map(\.nanometers)
    #expect(wavelengths.allSatisfy { (404...2512).contains($0) })
  }
}
