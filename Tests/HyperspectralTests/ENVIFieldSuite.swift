import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("ENVI fields")
struct ENVIFieldSuite {
  static let wavelengths = "wavelength units = Micrometers\nwavelength = {0.4, 0.5, 0.6, 0.7}\n"

  @Test("what a header tells besides the cube is understood")
  func meanings() throws {
    let header = try ENVIHeaderSuite.header(
      Self.wavelengths + """
        fwhm = {0.01, 0.02, 0.01, 0.005}
        default bands = {3, 2.0, 1}
        acquisition time = 2026-03-01T07:08:09.5+02:00
        class names = {Unclassified, copper, brass}
        class lookup = {0, 0, 0, 184, 115, 51, 181, 166, 66}
        data ignore value = -9.99900000e+03
        """)
    expectClose(try #require(header.bandwidths), [10, 20, 10, 5], absolute: 1e-9)
    #expect(header.defaultBands == [2, 1, 0])
    let time = try #require(header.acquisitionTime)
    // 2026-03-01 05:08:09.5 in Greenwich.
    expectClose(time.timeIntervalSince1970, 1_772_341_689.5, absolute: 1e-3)
    #expect(header.classNames == ["Unclassified", "copper", "brass"])
    #expect(header.classColors == [[0, 0, 0], [184, 115, 51], [181, 166, 66]])
    #expect(header.ignoreValue == -9999)
    #expect(header.notes.isEmpty)
  }

  @Test(
    "what is only good to know is passed over where it is wrong, and told",
    arguments: [
      ("fwhm = {1, 2}", "'fwhm' is not one width for each of 4 bands and was passed over"),
      (
        "default bands = {1, 2}",
        "'default bands' is '1, 2', not one or three bands of 1 to 4, and was passed over"
      ),
      (
        "default bands = {60, 40, 20}",
        "'default bands' is '60, 40, 20', not one or three bands of 1 to 4, and was passed over"
      ),
      (
        "acquisition time = yesterday",
        "'acquisition time' is 'yesterday', not a date and time, and was passed over"
      ),
      (
        "class lookup = {0, 0, 300}",
        "'class lookup' is not three numbers of 0 to 255 a class and was passed over"
      ),
    ])
  func passedOver(field: String, note: String) throws {
    #expect(try ENVIHeaderSuite.header(Self.wavelengths + field).notes == [note])
  }

  @Test(
    "other habits of lists and numbers are understood",
    arguments: [
      "wavelength units = nm\nwavelength = {400 500\n600 700}",
      "wavelength units = nm\nwavelength = [400, 500, 600, 700]",
      "wavelength units = nm\nwavelength = {\n400\n,500\n,600\n,700}",
      "wavelength units = nm\nwavelength =\n{400, 500, 600, 700}",
      "wavelength_units = nm\nwavelengths = {400, 500, 600, 700}",
      "Wavelength Units = Nanometer\nWAVELENGTH = { \n400.0, 5e2, 600 , 700,}",
      "wavelength units = GHz\n"
        + "wavelength = {749481.145, 599584.916, 499654.0967, 428274.94}",
      "wavelength units = Millimeters\nwavelength = {4e-4, 5e-4, 6e-4, 7e-4}",
    ])
  func habits(text: String) throws {
    let header = try ENVIHeaderSuite.header(text)
    expectClose(
      try #require(header.wavelengths).map(\.nanometers), [400, 500, 600, 700], absolute: 1e-3)
  }

  @Test(
    "the fields of each maker's headers are kept in a rewrite",
    arguments: [
      """
      sensor type = FX10e, Lumo - Scanner v2018-517
      acquisition date = DATE(yyyy-mm-dd): 2019-07-09
      Start Time = UTC TIME: 18:28:06
      Stop Time = UTC TIME: 18:28:27
      errors = {none}
      fps = 50.00
      tint = 12.50
      binning = {2, 1}
      himg = {1, 1024}
      vimg = {109, 984}
      autodarkstartline = 301
      """,
      """
      description = {[HEADWALL Hyperspec III]}
      default bands = {3,2,1}
      """,
      """
      imager type = Pika XC2
      imager serial number = 100-71
      shutter = 8.123
      gain = 0
      framerate = 60.5
      reflectance scale factor = 10000
      spectral binning = 2
      label = made-up belt, lane 2
      timestamp = 2026-03-01 07:08:09
      """,
      """
      description = {
        Frameperiod = 20000
        Integration time = 9000
        Binning = 1
        Number of frames = 6
        Pixelsize x = 0.00075}
      ID = VNIR-1800
      RGB band = {75, 46, 19}
      """,
    ])
  func makers(text: String) throws {
    try withTemporaryFolder { folder in
      let original = folder.appending(path: "a.hdr")
      try (ENVIHeaderSuite.plain + text + "\n" + Self.wavelengths).write(
        to: original, atomically: true, encoding: .utf8)
      try Data(count: 6 * 5 * 4 * 2).write(to: folder.appending(path: "a.raw"))
      let first = try ENVIFile.open(original)
      let copy = try ENVIFile.open(
        first.rewrite(to: folder.appending(path: "b.hdr"), interleave: .bip))
      let wanted = first.header.fields.filter { $0.name != "interleave" }
      let kept = copy.header.fields.filter {
        first.header[$0.name] != nil && $0.name != "interleave"
      }
      #expect(kept == wanted)
      #expect(wanted.count == first.header.fields.count - 1)
      #expect(copy.header.reflectanceScaleFactor == first.header.reflectanceScaleFactor)
      if text.contains("Lumo") {
        expectClose(
          try #require(copy.header.acquisitionTime).timeIntervalSince1970, 1_562_696_886,
          absolute: 1e-3)
      }
    }
  }

  @Test("gains and offsets of each band are applied, once, and not to what was not measured")
  func scaling() throws {
    try withTemporaryFolder { folder in
      let header = folder.appending(path: "a.hdr")
      let text = """
        ENVI
        samples = 2
        lines = 1
        bands = 2
        data type = 2
        interleave = bil
        byte order = 0
        data gain values = {0.5, 2}
        data offset values = {10, -1}
        data ignore value = -1
        wavelength units = nm
        wavelength = {500, 600}
        """
      try text.write(to: header, atomically: true, encoding: .utf8)
      let stored: [Int16] = [4, -1, 3, 7]
      try ScalarType.int16.encoded(stored.map(Float.init))
        .write(to: folder.appending(path: "a.raw"))
      let cube = try ENVIFile.open(header)
      #expect(cube.quantity == .untold && cube.storedLine == nil)
      #expect(try cube.counts().values == [12, 5, -1, 13])
      #expect(try cube.reflectance().values == [12, 5, 0, 13])
      // Written from numbers, the gain is gone; from bytes, it stays.
      let numbers = try ENVIFile.open(
        ENVIFile.write(
          cube.counts(), to: folder.appending(path: "b.hdr"), type: .float32,
          fields: cube.header.fields))
      #expect(numbers.header["data gain values"] == nil)
      #expect(try numbers.counts().values == [12, 5, -1, 13])
      let bytes = try ENVIFile.open(
        cube.rewrite(to: folder.appending(path: "c.hdr"), interleave: .bsq))
      #expect(try bytes.counts().values == [12, 5, -1, 13])
    }
  }

  @Test("a classification is read as labels with names and colors")
  func classification() throws {
    try withTemporaryFolder { folder in
      let header = folder.appending(path: "map.hdr")
      var text = """
        ENVI
        samples = 3
        lines = 2
        bands = 1
        file type = ENVI Classification
        data type = 1
        interleave = bsq
        classes = 3
        class names = {Unclassified, copper, brass}
        class lookup = {0, 0, 0, 184, 115, 51, 181, 166, 66}

        """
      try text.write(to: header, atomically: true, encoding: .utf8)
      try Data([0, 1, 2, 2, 1, 0]).write(to: folder.appending(path: "map"))
      let found = try ENVIClassification.read(header)
      #expect(found.map == LabelMap(width: 3, height: 2, labels: [0, 1, 2, 2, 1, 0]))
      #expect(found.classNames == ["Unclassified", "copper", "brass"])
      #expect(found.classColors[1] == [184, 115, 51])
      #expect(
        complaint { _ = try CubeFile.open(header) }
          == "\(header.relativePath): 'file type' is 'envi classification', a cube was wanted\n"
          + "  help: read it as labels, not as a cube")
      text = text.replacing(", brass}", with: "}")
      try text.write(to: header, atomically: true, encoding: .utf8)
      #expect(
        complaint { _ = try ENVIClassification.read(header) }
          .contains("holds class 2, the header names 2 classes"))
    }
  }

  @Test("a spectral library is read with the names of its spectra")
  func library() throws {
    try withTemporaryFolder { folder in
      let header = folder.appending(path: "metals.hdr")
      let text = """
        ENVI
        samples = 3
        lines = 2
        bands = 1
        file type = ENVI Spectral Library
        data type = 4
        interleave = bsq
        byte order = 0
        wavelength units = Nanometers
        spectra names = {copper, brass}
        wavelength = {500, 600, 700}
        """
      try text.write(to: header, atomically: true, encoding: .utf8)
      try ScalarType.float32.encoded([0.5, 0.9, 1, 0.6, 0.8, 0.9])
        .write(to: folder.appending(path: "metals.sli"))
      let found = try SpectralLibrary.read(folder.appending(path: "metals.sli"))
      #expect(found.names == ["copper", "brass"])
      #expect(found.values == [0.5, 0.9, 1, 0.6, 0.8, 0.9])
      #expect(found.wavelengths.map(\.nanometers) == [500, 600, 700])
    }
  }

  @Test("a file of numbers whose ending nobody knows is found where the header fits it")
  func unknownEnding() throws {
    try withTemporaryFolder { folder in
      for (source, target) in [("counts-bil.hdr", "x.hdr"), ("counts-bil.raw", "x.spe")] {
        try FileManager.default.copyItem(
          at: ENVIFileSuite.folder.appending(path: source),
          to: folder.appending(path: target))
      }
      try Data(count: 9).write(to: folder.appending(path: "x.txt"))
      let file = try ENVIFile.open(folder.appending(path: "x.hdr"))
      #expect(file.file.lastPathComponent == "x.spe")
    }
  }
}
