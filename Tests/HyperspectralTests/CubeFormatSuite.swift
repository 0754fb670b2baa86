import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("Cube formats")
struct CubeFormatSuite {
  static let folder = sampleData.appending(path: "Cubes")
  /// Headers and numbers as Spectral Python wrote them.
  static let golden = Result {
    try Dictionary(
      uniqueKeysWithValues: Safetensors.read(
        sampleData.appending(path: "Golden/cubes/envi.safetensors")
      ).tensors.map { ($0.0, $0.1.values) })
  }

  static func bytes(_ name: String) throws -> Data {
    Data(try #require(golden.get()[name]).map { UInt8($0) })
  }

  static func unpack(_ name: String, into folder: URL) throws -> ENVIFile {
    try bytes("\(name).hdr").write(to: folder.appending(path: "\(name).hdr"))
    try bytes("\(name).img").write(to: folder.appending(path: "\(name).img"))
    return try ENVIFile.open(folder.appending(path: "\(name).hdr"))
  }

  @Test(
    "every type, interleave, byte order and offset is read and written bit for bit",
    .tags(.golden), arguments: [1, 2, 3, 4, 5, 12, 13, 14, 15], Interleave.allCases)
  func everyForm(code: Int, interleave: Interleave) throws {
    let stored = try Self.bytes("\(code).bytes")
    let wanted = try #require(Self.golden.get()["\(code).values"])
    try withTemporaryFolder { folder in
      for order in [0, 1] {
        for offset in [0, 13] {
          let name = "\(code)-\(interleave.rawValue)-\(order)-\(offset)"
          let cube = try Self.unpack(name, into: folder)
          #expect(cube.header.headerOffset == offset)
          #expect(cube.shape == CubeShape(lines: 3, samples: 4, bands: 5))
          for lines in [0..<3, 1..<3] {
            let found = try cube.values(lines: lines).map(\.bitPattern)
            let part = wanted[(20 * lines.lowerBound)..<(20 * lines.upperBound)]
            #expect(found == part.map(\.bitPattern), "\(name)")
          }
          // Through every other form and back.
          for target in Interleave.allCases {
            for byteOrder in ByteOrder.allCases {
              let copy = try ENVIFile.open(
                cube.rewrite(
                  to: folder.appending(path: "copy.raw"), interleave: target,
                  byteOrder: byteOrder))
              let twin =
                "\(code)-\(target.rawValue)-\(byteOrder == .little ? 0 : 1)-0.img"
              #expect(try Data(contentsOf: copy.file) == (try Self.bytes(twin)), "\(name), \(twin)")
              #expect(copy.header.bandwidths == cube.header.bandwidths)
              #expect(copy.wavelengths == cube.wavelengths)
            }
          }
          let plain = try ENVIFile.open(
            cube.rewrite(to: folder.appending(path: "plain.raw"), interleave: .bip))
          #expect(try Data(contentsOf: plain.file) == stored)
        }
      }
    }
  }

  @Test(
    "a MATLAB file gives the cube, and says which variable it is and why", .tags(.golden),
    arguments: [
      (
        "level-5", ScalarType.uint16,
        [
          "cube: 'cube', 6 × 5 × 16 uint16", "wavelengths: 'wavelength', in nanometers",
        ]
      ),
      (
        "compressed", .float64,
        [
          "cube: 'cube', 6 × 5 × 16 double", "the largest of several was taken; not 'small'",
          "wavelengths: 'lambda', in micrometers",
        ]
      ),
      (
        "bands-first", .uint16,
        [
          "cube: 'cube', 16 × 6 × 5 uint16",
          "the bands are extent 1 of 3, as the vector 'wl' says",
          "wavelengths: 'wl', in nanometers",
        ]
      ),
      (
        "table", .uint16,
        [
          "cube: 'Y', 16 × 30 uint16, stored as a table with a column for each pixel; nRow = 6 and"
            + " nCol = 5 make it a cube, rows fastest"
        ]
      ),
      (
        "pixel-table", .float32,
        [
          "cube: 'Y', 30 × 16 single, stored as a table with a row for each pixel; rows = 6 and"
            + " cols = 5 make it a cube, rows fastest"
        ]
      ),
      (
        "level-7-3", .uint16,
        [
          "cube: 'cube', 6 × 5 × 16 uint16", "wavelengths: 'wavelength', in nanometers",
        ]
      ),
      ("chunked", .float64, ["cube: 'cube', 6 × 5 × 16 double"]),
    ])
  func matlab(name: String, type: ScalarType, notes: [String]) throws {
    let reader = try CubeFile.open(Self.folder.appending(path: "\(name).mat"))
    #expect(reader.notes == notes)
    #expect(reader.numberType == type)
    let cube = try reader.counts()
    #expect(cube.shape == [6, 5, 16])
    #expect(cube.values == (try ENVIFileSuite.golden("counts").values))
    expectClose(
      cube.wavelengths.map(\.nanometers), (0..<16).map { 400 + 40 * Double($0) }, absolute: 1e-4)
    var part: [Float] = []
    try reader.read(lines: 2..<4, into: &part)
    #expect(part == Array(cube.values[160..<320]))
  }

  @Test(
    "a TIFF file gives the cube, whether bands are pages or samples", .tags(.golden),
    arguments: [
      ("pages", ScalarType.uint16, Interleave.bsq), ("pages-float", .float32, .bsq),
      ("pages-tiled", .uint16, .bsq), ("samples", .uint16, .bip),
      ("samples-planes", .uint32, .bsq), ("samples-tiled", .int16, .bip),
      ("bytes", .uint8, .bsq),
    ])
  func tiff(name: String, type: ScalarType, interleave: Interleave) throws {
    let reader = try CubeFile.open(Self.folder.appending(path: "\(name).tif"))
    #expect(reader.numberType == type && reader.interleave == interleave)
    let cube = try reader.counts()
    #expect(cube.shape == [6, 5, 16])
    let scale: Float = name == "bytes" ? 16 : 1
    #expect(
      cube.values == (try ENVIFileSuite.golden("counts").values.map { ($0 / scale).rounded(.down) })
    )
    #expect(cube.wavelengths.map(\.nanometers) == (0..<16).map { 400 + 40 * Double($0) })
    #expect(reader.files.map(\.lastPathComponent) == ["\(name).tif", "\(name).wavelengths.json"])
  }

  @Test(
    "damaged MATLAB files are read or refused, never more",
    arguments: ["level-5", "compressed", "table", "level-7-3", "chunked"])
  func damagedMATLAB(name: String) throws {
    try damaged("\(name).mat", copies: 200)
  }

  @Test(
    "damaged TIFF files are read or refused, never more",
    arguments: ["pages", "pages-tiled", "samples-planes", "samples-tiled", "bytes"])
  func damagedTIFF(name: String) throws {
    try damaged("\(name).tif", copies: 200)
  }

  @Test("damaged NumPy cubes are read or refused, never more", arguments: ["rows", "columns"])
  func damagedNumPy(name: String) throws {
    try damaged("\(name).npy", copies: 400)
  }

  func damaged(_ name: String, copies: Int) throws {
    let bytes = try Data(contentsOf: Self.folder.appending(path: name))
    try withTemporaryFolder { folder in
      let file = folder.appending(path: name)
      expectNoTrap(reading: bytes, headerCount: 600, copies: copies) { copy in
        try copy.write(to: file)
        let reader = try CubeFile.open(file)
        _ = try reader.values(lines: 0..<reader.shape.lines)
      }
    }
  }

  @Test("each malformed file is refused in words", arguments: Malformed.cases)
  func malformed(example: Malformed) {
    let path = "SampleData/Malformed/\(example.name)"
    let found = complaint { _ = try CubeFile.counts(packageRoot.appending(path: path)) }
    #expect(found == "\(path): \(example.problem)\n  help: \(example.remedy)")
  }

  struct Malformed: Sendable {
    let name: String
    let problem: String
    let remedy: String

    static let cases = [
      Malformed(
        name: "cube-complex.mat",
        problem: "'cube' is complex, real numbers were wanted",
        remedy: "save abs(cube) or real(cube) instead"),
      Malformed(
        name: "cube-struct.mat",
        problem: "holds no array of three extents, only 'scan', a struct",
        remedy: "save the array inside as a variable of its own"),
      Malformed(
        name: "cube-cell.mat",
        problem: "holds no array of three extents, only 'scan', a cell",
        remedy: "save the array inside as a variable of its own"),
      Malformed(
        name: "cube-flat.mat",
        problem: "holds no array of three extents, only 'labels' (6 × 5 uint16)",
        remedy: "save the cube as lines × samples × bands, or as a table with nRow and "
          + "nCol beside it"),
      Malformed(
        name: "cube-cut.mat",
        problem: "ends inside a variable",
        remedy: "the file was cut short: copy or save it again"),
      Malformed(
        name: "cube-sum.mat",
        problem: "holds compressed numbers whose check sum is wrong",
        remedy: "the file is damaged: copy or save it again"),
      Malformed(
        name: "not-matlab.mat",
        problem: "is not a MATLAB file, or its beginning is damaged",
        remedy: "save it again in MATLAB, with save(…, '-v7') or '-v7.3'"),
      Malformed(
        name: "pages-unlike.tif",
        problem: "page 2 is 3 × 2 × 1 of 16 bits, page 1 is 5 × 6 × 1 of 16 bits",
        remedy: "export the bands alone, without a preview, all of one size and type"),
      Malformed(
        name: "palette.tif",
        problem: "holds a palette, plain numbers were wanted",
        remedy: "export the bands as gray pages, uncompressed or without loss"),
      Malformed(
        name: "pages-complex.tif",
        problem: "holds 64-bit complex numbers; 8, 16 or 32-bit whole and 16, 32 or "
          + "64-bit floating ones are read",
        remedy: "export the cube as 16-bit or 32-bit floating TIFF"),
      Malformed(
        name: "pages-color.tif",
        problem: "has 2 pages of 3 samples a pixel each",
        remedy: "give each band a page of its own, or put all of them into one page"),
      Malformed(
        name: "cube-cut.tif",
        problem: "page 2 cannot be read: Can not read TIFF directory count",
        remedy: "the file was cut short or is damaged: copy or export it again"),
      Malformed(
        name: "tiles-huge.tif",
        problem: "has tiles of 8192 × 8192 pixels of uint8, more than the file can hold",
        remedy: "the file is damaged: copy or export it again"),
      Malformed(
        name: "not-tiff.tif",
        problem: "is not a TIFF file, or its beginning is damaged: Not a TIFF or MDI "
          + "file, bad magic number 28526 (0x6f6e)",
        remedy: "export the cube again as TIFF, a page for each band"),
    ]
  }

  @Test(
    "the Samson scene opens although it is stored transposed",
    .enabled(if: sharedData != nil, "the recordings in shared/data are not on this machine"))
  func samson() throws {
    let file = try #require(sharedData).appending(path: "mat/Samson.mat")
    let reader = try CubeFile.open(file)
    #expect(reader.shape == CubeShape(lines: 95, samples: 95, bands: 156))
    #expect(
      reader.notes == [
        "cube: 'Y', 156 × 9025 double, stored as a table with a column for each pixel; nRow = 95"
          + " and nCol = 95 make it a cube, rows fastest"
      ])
    let values = try reader.values(lines: 0..<95)
    // By SciPy: loadmat(file)["Y"][:3, 0], and Y[155, 1 * 95 + 7] for line 7, sample 1.
    expectClose(Array(values[0..<3]), [0.0256776, 0.02853067, 0.0149786], absolute: 1e-6)
    expectClose(values[(7 * 95 + 1) * 156 + 155], 0.01783167, absolute: 1e-6)
    #expect(values.max() == 1 && values.min() == 0)
    #expect(reader.wavelengths == nil)
    #expect(
      complaint { _ = try reader.reflectance() }.contains(
        "its wavelengths are not beside it; looked for Samson.wavelengths.json and"
          + " wavelengths.json"))
  }

  @Test(
    "the Indian Pines scene opens, its wavelengths out of order as they are",
    .enabled(if: sharedData != nil, "the recordings in shared/data are not on this machine"))
  func indianPines() throws {
    let file = try #require(sharedData)
      .appending(path: "indian-pines/Indian_pines_corrected.npy")
    let cube = try CubeFile.counts(file)
    #expect(cube.shape == [145, 145, 200])
    #expect(cube.values.min() == 955 && cube.values.max() == 9604)
    let numbers = cube.wavelengths.map(\.nanometers)
    #expect(numbers != numbers.sorted())
    expectClose([numbers.min() ?? 0, numbers.max() ?? 0], [400, 2499], absolute: 1)
  }
}
