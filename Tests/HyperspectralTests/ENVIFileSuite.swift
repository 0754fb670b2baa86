import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("ENVI files")
struct ENVIFileSuite {
  static let folder = sampleData.appending(path: "Cubes")

  /// Arrays that NumPy and SciPy made from the tiny cube.
  static func golden(_ name: String) throws -> Tensor {
    let file = sampleData.appending(path: "Golden/spectra/spectra.safetensors")
    return try #require(try Safetensors.read(file).tensors.first { $0.0 == name }?.1)
  }

  static func cube(_ name: String) throws -> Cube<RawCounts> {
    try ENVIFile.open(folder.appending(path: "\(name).hdr")).counts()
  }

  @Test(
    "each interleave and byte order gives the numbers that Spectral Python wrote", .tags(.golden),
    arguments: ["counts", "big-endian"], Interleave.allCases)
  func golden(name: String, interleave: Interleave) throws {
    let cube = try Self.cube("\(name)-\(interleave.rawValue)")
    let wanted = try Self.golden("counts")
    #expect(cube.shape == wanted.shape)
    #expect(cube.values == wanted.values)
    #expect(cube.wavelengths.first == Wavelength(nanometers: 400))
    #expect(cube.wavelengths.last == Wavelength(nanometers: 1000))
  }

  @Test("each type of number is read", .tags(.golden), arguments: [1, 2, 3, 5, 13, 14, 15])
  func types(code: Int) throws {
    let cube = try Self.cube("type-\(code)")
    let wanted = try Self.golden("counts").values.map { ($0 / 16).rounded(.down) }
    #expect(cube.values == wanted)
  }

  @Test("some lines are read alone", arguments: Interleave.allCases)
  func someLines(interleave: Interleave) throws {
    let file = try ENVIFile.open(Self.folder.appending(path: "counts-\(interleave.rawValue).hdr"))
    let (whole, part) = (try file.counts(), try file.counts(lines: 2..<5))
    #expect(part.lines == 3)
    #expect(part.values == Array(whole.values[(2 * 5 * 16)..<(5 * 5 * 16)]))
    #expect(try file.counts(lines: 4..<4).values.isEmpty)
  }

  @Test(
    "what is written comes back with its fields", arguments: Interleave.allCases,
    [ScalarType.uint16, .float32])
  func roundTrip(interleave: Interleave, type: ScalarType) throws {
    let original = try ENVIFile.open(Self.folder.appending(path: "counts-bil.hdr"))
    let cube = try original.counts()
    try withTemporaryFolder { folder in
      let fields =
        original.header.fields + [
          ENVIHeader.Field(
            name: "bbl",
            value: (["0"] + [String](repeating: "1", count: 15)).joined(
              separator: ", "), isList: true)
        ]
      let header = try ENVIFile.write(
        cube, to: folder.appending(path: "copy.dat"), interleave: interleave, type: type,
        fields: fields)
      #expect(header.lastPathComponent == "copy.hdr")
      let copy = try ENVIFile.open(header)
      #expect(copy.file.lastPathComponent == "copy.dat")
      #expect(copy.header.interleave == interleave && copy.header.type == type)
      #expect(copy.header.badBands == [0])
      #expect(copy.header["description"] == "Tiny made-up cube with a lamp that fades to the left")
      let found = try copy.counts()
      #expect(found.values == cube.values)
      #expect(found.wavelengths == cube.wavelengths)
    }
  }

  @Test("reflectance is stored 10,000 times in whole numbers, as the header tells")
  func reflectance() throws {
    let cube = Cube<Reflectance>(
      lines: 1, samples: 2, wavelengths: [.init(nanometers: 500), .init(nanometers: 600)],
      values: [0.12344, 1.2, 0, 0.5])
    try withTemporaryFolder { folder in
      try ENVIFile.write(cube, to: folder.appending(path: "a.hdr"), type: .uint16)
      try ENVIFile.write(cube, to: folder.appending(path: "b.hdr"), type: .float32)
      let whole = try ENVIFile.open(folder.appending(path: "a.raw"))
      #expect(whole.header.reflectanceScaleFactor == 10_000)
      expectClose(try whole.reflectance().values, [0.1234, 1.2, 0, 0.5], absolute: 1e-6)
      let floating = try ENVIFile.open(folder.appending(path: "b.raw"))
      #expect(try floating.reflectance().values == cube.values)
      #expect(throws: CubeError(floating.file.relativePath, .isReflectance(factor: 1))) {
        _ = try floating.counts()
      }
    }
  }

  @Test("pixels that were not measured, and what is no number, become 0 in reflectance")
  func ignored() throws {
    let cube = Cube<Reflectance>(
      lines: 1, samples: 5, wavelengths: [.init(nanometers: 500)],
      values: [0.5, -9999, .nan, .infinity, 0.25])
    try withTemporaryFolder { folder in
      let header = try ENVIFile.write(cube, to: folder.appending(path: "a.hdr"))
      let text = try String(contentsOf: header, encoding: .utf8)
      try (text + "data ignore value = -9999\n").write(
        to: header, atomically: true, encoding: .utf8)
      #expect(try ENVIFile.open(header).reflectance().values == [0.5, 0, 0, 0, 0.25])
    }
  }

  @Test(
    "header and cube are found from either, whatever they are called",
    arguments: [
      ("x.hdr", "x.raw"), ("x.raw.hdr", "x.raw"), ("x.hdr", "x"), ("x.HDR", "x.DAT"),
      ("x.hdr", "x.img"), ("x.hdr", "x.bil"), ("x.dat.hdr", "x.dat"), ("x.y.hdr", "x.y.bsq"),
    ])
  func names(header: String, cube: String) throws {
    try withTemporaryFolder { folder in
      let manager = FileManager.default
      for (source, target) in [("counts-bil.hdr", header), ("counts-bil.raw", cube)] {
        try manager.copyItem(
          at: Self.folder.appending(path: source), to: folder.appending(path: target))
      }
      // A folder of the same name is not a cube.
      try manager.createDirectory(
        at: folder.appending(path: "x.bin"), withIntermediateDirectories: false)
      for name in [header, cube] {
        let file = try ENVIFile.open(folder.appending(path: name))
        #expect(file.file.lastPathComponent == cube)
        #expect(file.headerFile.lastPathComponent == header)
        #expect(try file.counts().values.count == 480)
      }
    }
  }

  @Test("of several cubes beside a header, the one that fits is taken")
  func fitting() throws {
    try withTemporaryFolder { folder in
      for ending in ["hdr", "raw"] {
        try FileManager.default.copyItem(
          at: Self.folder.appending(path: "counts-bil.\(ending)"),
          to: folder.appending(path: "x.\(ending)"))
      }
      try Data("a preview".utf8).write(to: folder.appending(path: "x.img"))
      #expect(
        try ENVIFile.open(folder.appending(path: "x.hdr")).file.lastPathComponent == "x.raw")
    }
  }

  @Test("a few bytes behind the numbers are passed over and told")
  func trailer() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: Self.folder.appending(path: "counts-bil.hdr"), to: folder.appending(path: "x.hdr"))
      let numbers = try Data(contentsOf: Self.folder.appending(path: "counts-bil.raw"))
      try (numbers + Data(count: 7)).write(to: folder.appending(path: "x.raw"))
      let file = try ENVIFile.open(folder.appending(path: "x.hdr"))
      #expect(file.notes == ["7 bytes behind the numbers were passed over"])
      #expect(try file.counts().values == (try Self.golden("counts").values))
    }
  }

  @Test("lines beyond the cube are the programmer's mistake")
  func beyond() async {
    await #expect(processExitsWith: .failure) {
      let file = try ENVIFile.open(ENVIFileSuite.folder.appending(path: "counts-bil.hdr"))
      _ = try file.counts(lines: 5..<7)
    }
  }

  @Test(
    "a real camera's file is read, comment lines and all",
    .enabled(if: sharedData != nil, "the recordings in shared/data are not on this machine"))
  func recording() throws {
    let folder = try #require(sharedData).appending(path: "envi")
    let file = try ENVIFile.open(folder.appending(path: "corn-kernel-hyperspectral.hdr"))
    let cube = try file.counts()
    #expect(cube.shape == [31, 43, 580])
    #expect(cube.wavelengths.first == Wavelength(nanometers: 366.551))
    #expect(cube.wavelengths.last == Wavelength(nanometers: 1048.421))
    // By NumPy: numpy.fromfile(raw, "<u2").reshape(31, 580, 43).
    #expect(Array(cube.spectrum(line: 0, sample: 0)[0...2]) == [22, 18, 18])
    #expect(cube.values.reduce(0) { $0 + Double($1) } == 465_077_677)
    #expect(cube.spectrum(line: 17, sample: 20)[300] == 2413)
    #expect(file.notes == ["no 'byte order': little endian taken"])
  }
}
