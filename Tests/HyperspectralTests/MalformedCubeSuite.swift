import Foundation
import TestSupport
import Testing

@testable import Hyperspectral

@Suite("Malformed cubes")
struct MalformedCubeSuite {
  static let correct = "help: correct the field in the header"

  @Test(
    "each malformed header is refused in words",
    arguments: [
      (
        "not-envi", "the first line is not 'ENVI'",
        "help: give the .hdr file, or the raw cube with its .hdr file beside it"
      ),
      ("lines-missing", "the field 'lines' is missing", correct),
      ("samples-zero", "'samples' is '0', not a whole number above 0", correct),
      ("bands-word", "'bands' is 'four', not a whole number above 0", correct),
      ("interleave-unknown", "'interleave' is 'zigzag', not bil, bip or bsq", correct),
      (
        "type-unknown", "'data type' is '7', not one of 1, 2, 3, 4, 5, 12, 13, 14, 15", correct
      ),
      (
        "type-complex", "'data type' is complex (6 or 9), real numbers were wanted",
        "help: export the cube again as plain whole or floating numbers"
      ),
      (
        "byte-order-unknown",
        "'byte order' is '2', not 0 (little endian) or 1 (big endian)", correct
      ),
      ("offset-negative", "'header offset' is '-1', not 0 or more bytes", correct),
      (
        "compressed",
        "'file compression' says that the cube is compressed, plain numbers are read",
        "help: export the cube again as plain whole or floating numbers"
      ),
      (
        "library", "'file type' is 'envi spectral library', a cube was wanted",
        "help: give a recording; a library holds single spectra"
      ),
      (
        "brace-open", "'wavelength' opens a brace on line 11 that is never closed",
        "help: close the list with '}'"
      ),
      (
        "wavelength-count", "'wavelength' lists 3 values but 'bands' is 4",
        "help: export the header again with all bands, or correct 'wavelength'"
      ),
      ("wavelength-word", "'wavelength' holds 'red', a number was wanted", correct),
      (
        "wavelength-unit", "'wavelength units' is 'parsec', a unit of length was wanted",
        "help: set 'wavelength units' to nanometers or micrometers"
      ),
      (
        "wavelength-range", "'wavelength' runs from 0.4 to 0.7, which in 'nm' is not light",
        "help: set 'wavelength units' to micrometers, which the numbers can only be"
      ),
      (
        "wavelength-riddle",
        "'wavelength' runs from 40.0 to 70.0, which no unit makes wavelengths of light",
        "help: correct 'wavelength' and 'wavelength units', or take both out"
      ),
      (
        "bad-bands-count", "'bbl' lists 3 values but 'bands' is 4",
        "help: export the header again with all bands, or correct 'bbl'"
      ),
      (
        "wavelength-twice-as-many", "'wavelength' lists 8 values but 'bands' is 4",
        "help: the list may use commas inside its numbers: write 400.1, not 400,1"
      ),
      (
        "gain-count", "'data gain values' lists 2 values but 'bands' is 4",
        "help: export the header again with all bands, or correct 'data gain values'"
      ),
      (
        "gain-bands-huge", "'data gain values' lists 2 values but 'bands' is 400000000000000000",
        "help: export the header again with all bands, or correct 'data gain values'"
      ),
      (
        "classes", "'file type' is 'envi classification', a cube was wanted",
        "help: read it as labels, not as a cube"
      ),
      (
        "header-is-numbers", "the first line is not 'ENVI'",
        "help: give the .hdr file, or the raw cube with its .hdr file beside it"
      ),
      ("scale-zero", "'reflectance scale factor' is '0.0', not a number above 0", correct),
      (
        "extents-huge",
        "4000000000 lines × 4000000000 samples × 4 bands are more than a machine can count", correct
      ),
      (
        "cube-missing",
        "the file of numbers is not beside it; looked for cube-missing, cube-missing.raw, "
          + "cube-missing.dat, cube-missing.img, and the like",
        "help: put header and cube into one folder under one name"
      ),
      (
        "cube-many", "several files could hold the numbers: cube-many.raw, cube-many.dat",
        "help: give the cube's own name instead of the header's"
      ),
    ])
  func header(name: String, problem: String, remedy: String) {
    let path = "SampleData/Malformed/\(name).hdr"
    let found = complaint { _ = try ENVIFile.open(packageRoot.appending(path: path)) }
    #expect(found == "\(path): \(problem)\n  \(remedy)")
  }

  @Test(
    "each cube that does not fit its header is refused with the arithmetic",
    .bug("https://github.com/spectralpython/spectral/issues/179"),
    arguments: [
      (
        "cube-cut",
        "5 samples × 4 bands × 2 bytes = 240 bytes; the file holds 173, which is 4.33 lines",
        "help: the file was cut short: copy or record it again"
      ),
      (
        "cube-cut-bands",
        "5 samples × 4 bands × 2 bytes = 240 bytes; the file holds 90, which is 1 and a half bands",
        "help: the file was cut short: copy or record it again"
      ),
      (
        "cube-fewer-lines",
        "5 samples × 4 bands × 2 bytes = 240 bytes; the file holds 160, which is 4 lines",
        "help: the size fits exactly with 'lines = 4'"
      ),
      (
        "cube-wider",
        "5 samples × 4 bands × 2 bytes = 240 bytes; the file holds 480, which is 12 lines",
        "help: the size fits exactly with 'data type = 4', or with 'header offset = 240'"
      ),
      (
        "cube-in-front",
        "5 samples × 4 bands × 2 bytes = 240 bytes; the file holds 320, which is 8 lines",
        "help: the size fits exactly with 'lines = 8', or with 'header offset = 80'"
      ),
      (
        "cube-odd",
        "5 samples × 4 bands × 2 bytes = 240 bytes; the file holds 361, which is 9.03 lines",
        "help: the size fits exactly with 'header offset = 121'"
      ),
    ])
  func size(name: String, problem: String, remedy: String) {
    let path = "SampleData/Malformed/\(name)"
    let found = complaint { _ = try ENVIFile.open(packageRoot.appending(path: path + ".hdr")) }
    #expect(found == "\(path).raw: the header says 6 lines × \(problem)\n  \(remedy)")
  }

  @Test(
    "headers that other programs stumble over open, and say what was assumed",
    .bug("https://github.com/danforthcenter/plantcv/issues/565"),
    .bug("https://github.com/danforthcenter/plantcv/issues/1151"),
    .bug("https://github.com/spectralpython/spectral/issues/42"),
    .bug("https://github.com/spectralpython/spectral/issues/95"),
    .bug("https://github.com/EnMAP-Box/enmap-box/issues/25"),
    arguments: [
      ("odd-name", ["no 'wavelength units': 400.0 to 700.0 can only be nanometers"]),
      (
        "odd-unknown-unit",
        ["'wavelength units' is 'Unknown': 0.4 to 0.7 can only be micrometers"]
      ),
      ("odd-five-fields", ["no 'byte order': little endian taken"]),
      ("odd-floating-bbl", []),
      ("odd-no-byte-order", ["no 'byte order': little endian taken"]),
      ("odd-commas-first", []),
      ("odd-brackets", ["'wavelength' is a list without commas"]),
      (
        "odd-default-band",
        ["'default bands' is '713', not one or three bands of 1 to 4, and was passed over"]
      ),
      ("odd-floating-extents", []),
      ("odd-floating-codes", []),
      ("odd-braces", ["'the best' behind the list 'description' was passed over"]),
      ("odd-trailer", ["12 bytes behind the numbers were passed over"]),
      (
        "odd-index",
        ["'wavelength units' is 'index': the list numbers bands and tells no wavelength"]
      ),
    ])
  func odd(name: String, notes: [String]) throws {
    let file = try ENVIFile.open(sampleData.appending(path: "Malformed/\(name).hdr"))
    #expect(file.notes == notes)
    #expect(file.shape == CubeShape(lines: 6, samples: 5, bands: 4))
    // By line: bands, then samples, numbered through.
    #expect(try file.values(lines: 5..<6).prefix(5) == [100, 105, 110, 115, 101])
    let isTold = !["odd-five-fields", "odd-index"].contains(name)
    #expect(file.wavelengths?.map(\.nanometers) == (isTold ? [400, 500, 600, 700] : nil))
    #expect(file.badBands == (name == "odd-floating-bbl" ? [2] : []))
  }

  @Test("a file far larger than memory is read where it is wanted")
  func larger() throws {
    try withTemporaryFolder { folder in
      // 256 GiB of nothing, and one line.
      let header = """
        ENVI
        samples = 1024
        lines = 524288
        bands = 256
        data type = 12
        interleave = bil
        byte order = 0
        """
      try header.write(
        to: folder.appending(path: "x.hdr"), atomically: true, encoding: .utf8)
      let numbers = folder.appending(path: "x.raw")
      try Data().write(to: numbers)
      let handle = try FileHandle(forWritingTo: numbers)
      try handle.truncate(atOffset: 1 << 38)
      try handle.seek(toOffset: 1 << 38 - 2)
      try handle.write(contentsOf: [7, 1])
      try handle.close()
      let cube = try ENVIFile.open(numbers)
      var values: [Float] = []
      try cube.read(lines: 524287..<524288, into: &values)
      #expect(values.last == 263 && values.dropLast().allSatisfy { $0 == 0 })
      #expect(
        complaint { _ = try cube.values(lines: 0..<524288) }.contains(
          "524288 of 524288 lines × 1024 samples × 256 bands are more than the 4294967296 numbers"))
    }
  }

  @Test("amounts are said as a person says them")
  func words() {
    #expect(SizeMismatch.words(301 + 1 / 3.0) == "301 and a third")
    #expect(SizeMismatch.words(0.75) == "three quarters")
    #expect(SizeMismatch.words(12) == "12")
    #expect(SizeMismatch.words(7.1) == "7.10")
  }

  @Test("a cube whose header tells too little or something else is refused in words")
  func states() {
    let folder = sampleData.appending(path: "Malformed")
    #expect(
      complaint { _ = try CubeFile.counts(folder.appending(path: "wavelengths-missing.hdr")) }
        == """
        SampleData/Malformed/wavelengths-missing.hdr: the header does not tell the wavelengths of \
        the bands
          help: add 'wavelength = {…}' with one value per band, in nanometers
        """)
    #expect(
      complaint { _ = try CubeFile.counts(folder.appending(path: "reflectance.hdr")) } == """
        SampleData/Malformed/reflectance.raw: holds reflectance ('reflectance scale factor' is \
        10000.0), raw counts were wanted
          help: leave out the references, or remove the field if these are counts
        """)
    #expect(
      complaint { _ = try CubeFile.reflectance(folder.appending(path: "counts.hdr")) } == """
        SampleData/Malformed/counts.raw: holds uint16 numbers without a scale, reflectance was \
        wanted
          help: name the dark and white references, or give the scale ('reflectance scale factor' \
        in ENVI, floating numbers elsewhere)
        """)
    #expect(
      complaint { _ = try CubeFile.counts(folder.appending(path: "header-missing.raw")) } == """
        SampleData/Malformed/header-missing.raw: the header is not beside it; looked for \
        header-missing.raw.hdr, header-missing.hdr
          help: copy the .hdr file too; without it the numbers cannot be understood
        """)
    #expect(
      complaint { _ = try CubeFile.counts(folder.appending(path: "nowhere.raw")) }
        == "SampleData/Malformed/nowhere.raw: no such file, or it cannot be read\n"
        + "  help: check the spelling")
  }

  @Test(
    "each malformed cube of NumPy is refused in words",
    arguments: [
      (
        "cube-flat.npy", "has the shape [1, 2], [lines, samples, bands] was wanted",
        "help: save the cube as a three-dimensional array"
      ),
      (
        "cube-alone.npy",
        "its wavelengths are not beside it; looked for cube-alone.wavelengths.json and "
          + "wavelengths.json",
        "help: write the wavelengths there as a JSON array in nanometers"
      ),
      (
        "cube-counts.npy", "holds uint16 numbers without a scale, reflectance was wanted",
        "help: name the dark and white references, or give the scale ('reflectance scale factor'"
          + " in ENVI, floating numbers elsewhere)"
      ),
    ])
  func numPy(name: String, problem: String, remedy: String) {
    let path = "SampleData/Malformed/\(name)"
    let found = complaint { _ = try CubeFile.reflectance(packageRoot.appending(path: path)) }
    #expect(found == "\(path): \(problem)\n  \(remedy)")
  }

  @Test(
    "references of another width are refused, of other lengths they are not",
    .bug("https://github.com/danforthcenter/plantcv/issues/581"),
    .bug("https://github.com/danforthcenter/plantcv/issues/845"))
  func references() throws {
    let folder = sampleData.appending(path: "Malformed")
    func open(_ name: String) throws -> any CubeReader {
      try CubeFile.open(folder.appending(path: "\(name).hdr"))
    }
    let (counts, dark) = (try open("counts"), try open("reference-dark"))
    let wide = complaint {
      _ = try reflectance(of: counts, dark: dark, white: open("reference-wider"))
    }
    #expect(
      wide == """
        white reference: has 8 samples × 4 bands, the dark reference 5 × 4
          help: record references and sample with the same camera settings
        """)
    let found = try reflectance(of: counts, dark: dark, white: open("reference-white"))
    // By hand: (100 - 10) / (900 - 10), the first pixel of the last line.
    expectClose(found.cube.spectrum(line: 5, sample: 0)[0], 90 / 890, absolute: 1e-6)
    // Counts below the dark level are clipped, and said to be.
    #expect(found.report.clippedLow == 10)
  }

  @Test("wavelengths that do not fit their cube are refused in words")
  func sideFile() {
    let folder = sampleData.appending(path: "Malformed")
    #expect(
      complaint { _ = try CubeFile.counts(folder.appending(path: "cube-side.npy")) } == """
        SampleData/Malformed/cube-side.wavelengths.json: lists 3 wavelengths but cube-side.npy \
        has 2 bands
          help: write one wavelength per band, in nanometers
        """)
    #expect(
      complaint { _ = try CubeFile.counts(folder.appending(path: "cube-micrometers.npy")) } == """
        SampleData/Malformed/cube-micrometers.wavelengths.json: runs from 0.4 to 0.5, which is not \
        light in nanometers
          help: write the wavelengths in nanometers
        """)
  }
}
