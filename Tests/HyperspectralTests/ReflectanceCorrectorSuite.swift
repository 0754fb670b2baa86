import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

/// A made-up camera with a lamp that fades, dead and hot elements, and a band without light.
struct MadeUpCamera {
  let samples: Int
  let bands: Int
  let dark: Cube<RawCounts>
  let white: Cube<RawCounts>
  /// `[lines, samples, bands]`, whole numbers from 0 to 4095.
  let counts: Cube<RawCounts>

  init(
    samples: Int, bands: Int, lines: Int = 3, references: Int = 4, defects: Int = 0,
    masked: [Int] = [], using random: inout some RandomNumberGenerator
  ) {
    self.samples = samples
    self.bands = bands
    let axis = (0..<bands).map { Wavelength(nanometers: 400 + 5 * Double($0)) }
    let elements = samples * bands
    var lamp = (0..<elements).map { _ in random.nextUniform(1500, 3500) }
    for place in 0..<elements where masked.contains(place % bands) { lamp[place] = 2 }
    for _ in 0..<defects { lamp[random.nextIndex(below: elements)] = 0 }
    func cube(_ lines: Int, _ count: (Int) -> Double) -> Cube<RawCounts> {
      Cube(
        lines: lines, samples: samples, wavelengths: axis,
        values: (0..<(lines * elements)).map { Float(count($0 % elements).rounded()) })
    }
    dark = cube(references) { _ in 100 + random.nextUniform(0, 5) }
    white = cube(references) { 100 + lamp[$0] + random.nextUniform(0, 9) }
    counts = cube(lines) { _ in random.nextUniform(0, 4096).rounded(.down) }
  }

  func calibration(_ recipe: ReflectanceRecipe = ReflectanceRecipe()) throws
    -> ReflectanceCalibration
  {
    try ReflectanceCalibration(
      dark: DetectorReference(dark, name: "dark"), white: DetectorReference(white, name: "white"),
      recipe: recipe)
  }

  /// The counts of a line, `[samples, bands]`.
  func line(_ number: Int) -> [Float] {
    let row = samples * bands
    return Array(counts.values[(number * row)..<((number + 1) * row)])
  }

  /// A line as a camera or a file would store it.
  func stored(_ line: [Float], _ layout: LineLayout) -> [UInt8] {
    guard layout.interleave != .bip else { return layout.type.encode(line, order: layout.order) }
    var turned: [Float] = []
    for band in 0..<bands {
      for sample in 0..<samples { turned.append(line[sample * bands + band]) }
    }
    return layout.type.encode(turned, order: layout.order)
  }
}

extension ReflectanceCorrector {
  mutating func corrected(_ bytes: [UInt8]) -> [Float] {
    var spectra = [Float](repeating: .nan, count: count)
    var target = spectra.mutableSpan
    correct(bytes.span.bytes, into: &target)
    return spectra
  }
}

@Suite("Reflectance corrector")
struct ReflectanceCorrectorSuite {
  static let formats: [LineLayout] = ScalarType.allCases.filter {
    $0 != .bfloat16 && $0 != .float16
  }
  .flatMap { type in
    ByteOrder.allCases.flatMap { order in
      Interleave.allCases.map {
        LineLayout(samples: 1, bands: 1, type: type, order: order, interleave: $0)
      }
    }
  }

  @Test("gives what plain loops give, for every type, order, interleave and odd sizes")
  func twin() throws {
    var random = SplitMix64(seed: 3)
    for format in Self.formats {
      let (samples, bands) = (1 + random.nextIndex(below: 21), 1 + random.nextIndex(below: 27))
      var camera = MadeUpCamera(
        samples: samples, bands: bands, defects: 2, masked: bands > 3 ? [1] : [], using: &random)
      var recipe = ReflectanceRecipe()
      if random.nextIndex(below: 2) == 0 {
        recipe.bands.numbers = random.permutation(bands).dropLast(bands / 3).map(\.self)
      }
      if format.type == .int8 || format.type == .uint8 {
        camera = camera.dimmed(by: 33)
      }
      let whole = LineLayout(
        samples: samples, bands: bands, type: format.type, order: format.order,
        interleave: format.interleave)
      let calibration = try camera.calibration(recipe)
      var corrector = try ReflectanceCorrector(calibration, layout: whole)
      for line in 0..<3 {
        let found = corrector.corrected(camera.stored(camera.line(line), whole))
        let wanted = ReflectanceTwin(calibration: calibration).reflectance(of: camera.line(line))
        #expect(found == wanted, "\(whole), line \(line)")
      }
      #expect(corrector.report.lines == 3 && corrector.report.count == 3 * samples * bands)
    }
  }

  @Test(
    "a whole cube, a file and line after line agree bit for bit", arguments: Interleave.allCases)
  func streaming(interleave: Interleave) throws {
    var random = SplitMix64(seed: 5)
    let camera = MadeUpCamera(samples: 19, bands: 23, lines: 7, defects: 3, using: &random)
    var recipe = ReflectanceRecipe()
    recipe.distortion = DetectorDistortion(
      smileNanometers: [0.5, 1, -2], keystoneColumns: [0.2, 0.7])
    recipe.bands.ranges = [[410, 490]]
    recipe.bands.binning = 2
    let (cube, report) = try reflectance(
      of: camera.counts, dark: camera.dark, white: camera.white, recipe: recipe)
    #expect(report.lines == 7)
    let calibration = try camera.calibration(recipe)
    let format = LineLayout(samples: 19, bands: 23, type: .uint16, interleave: interleave)
    var corrector = try ReflectanceCorrector(calibration, layout: format)
    let lines = (0..<7).flatMap { corrector.corrected(camera.stored(camera.line($0), format)) }
    #expect(lines == cube.values)
    #expect(corrector.report == report)
    try withTemporaryFolder { folder in
      func file(_ cube: Cube<RawCounts>, _ name: String) throws -> any CubeReader {
        let header = folder.appending(path: "\(name).hdr")
        try ENVIFile.write(cube, to: header, interleave: interleave)
        return try CubeFile.open(header)
      }
      let (read, _) = try reflectance(
        of: file(camera.counts, "counts"), dark: file(camera.dark, "dark"),
        white: file(camera.white, "white"), recipe: recipe)
      #expect(read.values == cube.values && read.wavelengths == cube.wavelengths)
    }
  }

  @Test("a line of another size is refused")
  func otherLine() throws {
    var random = SplitMix64(seed: 6)
    let calibration = try MadeUpCamera(samples: 4, bands: 5, using: &random).calibration()
    #expect(
      complaint {
        _ = try ReflectanceCorrector(
          calibration, layout: LineLayout(samples: 5, bands: 4, type: .uint16))
      } == """
        line: has 5 samples × 4 bands, the references 4 × 5
          help: record references and sample with the same camera settings
        """)
  }

  @Test("saturated counts are those of the level that all lines together show")
  func saturation() throws {
    var random = SplitMix64(seed: 8)
    let camera = MadeUpCamera(samples: 2, bands: 2, using: &random)
    var corrector = try ReflectanceCorrector(
      camera.calibration(), layout: LineLayout(samples: 2, bands: 2, type: .uint16))
    #expect(corrector.report.saturation == 4095)
    let format = corrector.layout
    _ = corrector.corrected(camera.stored([4095, 4095, 7, 4095], format))
    #expect(corrector.report.saturatedCounts == 3 && corrector.report.saturation == 4095)
    _ = corrector.corrected(camera.stored([4096, 7, 7, 16383], format))
    #expect(corrector.report.saturatedCounts == 1 && corrector.report.saturation == 16383)
    #expect(corrector.report.saturatedWhiteCounts == 0)
  }
}

extension MadeUpCamera {
  private init(_ camera: MadeUpCamera, _ change: (Float) -> Float) {
    (samples, bands) = (camera.samples, camera.bands)
    func changed(_ cube: Cube<RawCounts>) -> Cube<RawCounts> {
      Cube(
        lines: cube.lines, samples: cube.samples, wavelengths: cube.wavelengths,
        values: cube.values.map(change))
    }
    dark = changed(camera.dark)
    white = changed(camera.white)
    counts = changed(camera.counts)
  }

  /// The same with fewer bits.
  func dimmed(by factor: Float) -> MadeUpCamera {
    MadeUpCamera(self) { ($0 / factor).rounded(.down) }
  }
}

@Suite("Transposition")
struct TranspositionSuite {
  @Test("rows become columns for numbers of every width and odd sizes", arguments: [1, 2, 4, 8])
  func twin(width: Int) {
    var random = SplitMix64(seed: UInt64(width))
    for _ in 0..<60 {
      let (rows, columns) = (1 + random.nextIndex(below: 45), 1 + random.nextIndex(below: 90))
      let source = (0..<(rows * columns * width)).map { _ in
        UInt8(truncatingIfNeeded: random.next())
      }
      var found = [UInt8](repeating: 0, count: source.count)
      var span = found.mutableSpan
      var bytes = span.mutableBytes
      transpose(source.span.bytes, rows: rows, columns: columns, width: width, into: &bytes)
      var wanted = found
      for row in 0..<rows {
        for column in 0..<columns {
          for byte in 0..<width {
            wanted[(column * rows + row) * width + byte] =
              source[(row * columns + column) * width + byte]
          }
        }
      }
      #expect(found == wanted, "\(rows) × \(columns)")
    }
  }

  /// What is larger than the caches goes another way: whole lines of memory at a time.
  @Test(
    "large cubes are turned alike, whatever their sizes and wherever they begin",
    arguments: [(256, 640), (224, 643), (96, 1000), (640, 224), (200, 512), (33, 77), (1500, 300)],
    [0, 2, 18, 62])
  func large(size: (rows: Int, columns: Int), offset: Int) {
    let (rows, columns) = size
    let count = rows * columns
    let matrices = (9 << 20) / (2 * count)
    let source = (0..<(matrices * count)).map { UInt16(truncatingIfNeeded: $0 &* 2_654_435_761) }
    var found = [UInt8](repeating: 0xab, count: 2 * source.count + 64)
    var span = found.mutableSpan
    var inner = span._mutatingExtracting(offset..<(offset + 2 * source.count))
    var bytes = inner.mutableBytes
    transpose(
      source.span.bytes, matrices: matrices, rows: rows, columns: columns, width: 2, into: &bytes)
    var differing = 0
    for matrix in 0..<matrices {
      for column in 0..<columns {
        for row in 0..<rows {
          let place = offset + 2 * (matrix * count + column * rows + row)
          let number = UInt16(found[place]) | UInt16(found[place + 1]) << 8
          if number != source[matrix * count + row * columns + column] { differing += 1 }
        }
      }
    }
    #expect(differing == 0)
    #expect(found[..<offset].allSatisfy { $0 == 0xab })
    #expect(found[(offset + 2 * source.count)...].allSatisfy { $0 == 0xab })
  }
}
