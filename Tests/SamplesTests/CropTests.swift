import CameraCalibration
import Hyperspectral
import Imaging
import Samples
import Tensors
import TestSupport
import Testing
import Units

/// A rig whose picture has `colorPitch` and whose cube has `cubePitch` millimeters a pixel.
func makeRegistration(
  colorPitch: Double = 1, cubePitch: Double = 2, perspective: Double = 0
) throws -> Registration {
  try Registration(
    RigCalibration(
      rig: "test", date: "2026-01-31",
      color: Homography(
        matrix: [colorPitch, 0, 0, 0, colorPitch, 0, perspective, -perspective, 1]),
      cube: Homography(matrix: [cubePitch, 0, 0.25, 0, cubePitch, -0.25, 0, 0, 1]),
      beltWidthMillimeters: 100, valveBarMillimeters: 500, registrationErrorMillimeters: 0),
    place: "test rig")
}

func makeRecipe(
  color: Int = 8, cube: Int = 4, millimeters: Double? = 8, masks: Bool = true, bands: Int = 5,
  steps: [SpectralRecipe.Step] = []
) -> SampleRecipe {
  let channels = SpectralRecipe(steps: steps).outputBands(of: bands)
  return SampleRecipe(
    colorSize: color, cubeSize: cube, cropMillimeters: millimeters, masksBackground: masks,
    pretreatment: SpectralRecipe(steps: steps),
    wavelengths: (0..<bands).map { Wavelength(nanometers: 400 + 10 * Double($0)) },
    bandMean: [Float](repeating: 0, count: channels),
    bandDeviation: [Float](repeating: 1, count: channels))
}

/// A label map with one filled rectangle for each piece.
func makeMap(
  width: Int, height: Int, _ pieces: [(number: UInt16, columns: Range<Int>, rows: Range<Int>)]
) -> LabelMap {
  var map = LabelMap(width: width, height: height)
  for piece in pieces {
    for y in piece.rows { for x in piece.columns { map[x, y] = piece.number } }
  }
  return map
}

@Suite("Color crops")
struct ColorCropTests {
  @Test("where a crop pixel is a picture pixel, the crop is the picture")
  func identity() throws {
    var picture = Picture(width: 20, height: 16)
    for place in picture.pixels.indices { picture.pixels[place] = UInt8(place * 7 % 256) }
    let map = makeMap(width: 20, height: 16, [(1, 6..<14, 4..<12)])
    let piece = try #require(PieceRegion.all(in: map).first)
    let recipe = makeRecipe()
    var crop = [Float](repeating: -1, count: recipe.colorCount + 2)
    let covered = recipe.colorCrop(
      of: piece, in: picture, mask: map, through: try makeRegistration(), into: &crop, at: 2)
    #expect(covered == 64)
    #expect(crop[0] == -1 && crop[1] == -1)
    var wanted: [Float] = []
    for y in 4..<12 {
      for x in 6..<14 { for c in 0..<3 { wanted.append(Float(picture[x, y, c]) / 255) } }
    }
    expectClose(Array(crop[2...]), wanted, absolute: 1e-6)
  }

  @Test("a picture whose bytes grow evenly is sampled at the right places", arguments: [0, 1e-3])
  func ramp(perspective: Double) throws {
    var picture = Picture(width: 60, height: 50)
    for y in 0..<50 {
      for x in 0..<60 { for c in 0..<3 { picture[x, y, c] = UInt8(3 * x + y + c) } }
    }
    let map = makeMap(width: 60, height: 50, [(3, 20..<40, 15..<35)])
    let piece = try #require(PieceRegion.all(in: map).first)
    let recipe = makeRecipe(masks: false)
    let registration = try makeRegistration(colorPitch: 0.9, perspective: perspective)
    var crop = [Float](repeating: 0, count: recipe.colorCount)
    recipe.colorCrop(of: piece, in: picture, mask: map, through: registration, into: &crop)
    let square = registration.square(around: piece.box, sideMillimeters: 8)
    var wanted: [Float] = []
    for row in 0..<8 {
      for column in 0..<8 {
        let point = registration.colorOfBelt(
          Point(x: square.x + Double(column) + 0.5, y: square.y + Double(row) + 0.5))
        for c in 0..<3 { wanted.append(Float((3 * point.x + point.y + Double(c)) / 255)) }
      }
    }
    expectClose(crop, wanted, absolute: 1e-5)
  }

  @Test("a coarse crop averages over its pixels")
  func average() throws {
    var picture = Picture(width: 64, height: 64)
    for place in picture.pixels.indices {
      picture.pixels[place] = (place / 3 + place / 192) % 2 == 0 ? 0 : 200
    }
    let map = makeMap(width: 64, height: 64, [(1, 16..<48, 16..<48)])
    let piece = try #require(PieceRegion.all(in: map).first)
    let recipe = makeRecipe(millimeters: 8)
    var crop = [Float](repeating: 0, count: recipe.colorCount)
    recipe.colorCrop(
      of: piece, in: picture, mask: map, through: try makeRegistration(colorPitch: 0.25),
      into: &crop)
    expectClose(
      crop, [Float](repeating: 100.0 / 255, count: recipe.colorCount), absolute: 1e-5)
  }

  @Test("neither belt nor neighbor has a part in a masked crop")
  func mask() throws {
    let map = makeMap(width: 40, height: 40, [(1, 14..<20, 12..<21), (2, 20..<26, 12..<21)])
    var picture = Picture(width: 40, height: 40, repeating: 30)
    for y in 0..<40 {
      for x in 0..<40 where map[x, y] != 0 {
        for c in 0..<3 { picture[x, y, c] = map[x, y] == 1 ? 200 : 90 }
      }
    }
    let piece = try #require(PieceRegion.all(in: map).first)
    let recipe = makeRecipe(millimeters: 12)
    var crop = [Float](repeating: 0, count: recipe.colorCount)
    let covered = recipe.colorCrop(
      of: piece, in: picture, mask: map, through: try makeRegistration(colorPitch: 0.7),
      into: &crop)
    #expect(covered > 5 && covered < 64)
    for value in crop { #expect(value == 0 || abs(value - 200.0 / 255) < 1e-6) }
    #expect(crop.count { $0 != 0 } == covered * 3)
  }

  @Test("standardization is the same whether it follows each crop or all of them")
  func sameBits() throws {
    var random = SplitMix64(seed: 5)
    var picture = Picture(width: 50, height: 40)
    for place in picture.pixels.indices {
      picture.pixels[place] = UInt8(random.nextIndex(below: 256))
    }
    let map = makeMap(width: 50, height: 40, [(1, 3..<15, 4..<12), (7, 25..<45, 20..<38)])
    var recipe = makeRecipe(millimeters: 11)
    (recipe.colorMean, recipe.colorDeviation) = ([0.4, 0.5, 0.6], [0.11, 0.23, 0.37])
    let registration = try makeRegistration(colorPitch: 0.8, perspective: 2e-4)
    let pieces = PieceRegion.all(in: map)
    var all = [Float](repeating: 0, count: recipe.colorCount * pieces.count)
    for (number, piece) in pieces.enumerated() {
      recipe.rawColorCrop(
        of: piece, in: picture, mask: map, through: registration, into: &all,
        at: number * recipe.colorCount)
    }
    recipe.standardizeColor(&all, in: 0..<all.count)
    for (number, piece) in pieces.enumerated() {
      var live = [Float](repeating: 9, count: recipe.colorCount)
      recipe.colorCrop(of: piece, in: picture, mask: map, through: registration, into: &live)
      let trained = all[(number * recipe.colorCount)..<((number + 1) * recipe.colorCount)]
      #expect(trained.map(\.bitPattern) == live.map(\.bitPattern))
    }
  }

  @Test("no map of any kind makes a crop trap", arguments: 0..<60)
  func wildMaps(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let scale = pow10(Double(random.nextIndex(below: 12)) - 6)
    let matrix = (0..<9).map { _ in random.nextNormal() * scale }
    var rig = RigCalibration(
      rig: "wild", date: "2026-01-31", color: Homography(matrix: matrix),
      cube: Homography(matrix: matrix.reversed()), beltWidthMillimeters: 1, valveBarMillimeters: 0,
      registrationErrorMillimeters: 0)
    rig.rig = "wild-\(seed)"
    // A draw may be singular, which is refused before any crop.
    guard let registration = try? Registration(rig, place: "wild") else { return }
    let map = makeMap(width: 9, height: 7, [(1, 2..<5, 1..<4)])
    let piece = try #require(PieceRegion.all(in: map).first)
    for masks in [true, false] {
      let recipe = makeRecipe(masks: masks)
      var color = [Float](repeating: 0, count: recipe.colorCount)
      recipe.colorCrop(
        of: piece, in: Picture(width: 9, height: 7, repeating: 128), mask: map,
        through: registration, into: &color)
      #expect(color.allSatisfy { $0.isFinite })
      let cube = Cube<Reflectance>(
        lines: 4, samples: 3, wavelengths: recipe.wavelengths,
        values: [Float](repeating: 0.5, count: 60))
      let bands = try KeptBands(of: recipe, in: cube.wavelengths, place: "cube")
      var spectra = [Float](repeating: 0, count: recipe.cubeCount)
      recipe.cubeCrop(
        of: piece,
        in: RegisteredCube(cube, bands: bands, mask: map, registration: registration),
        into: &spectra)
      #expect(spectra.allSatisfy { $0.isFinite })
    }
  }

  private func pow10(_ exponent: Double) -> Double {
    (0..<Int(abs(exponent))).reduce(1) { value, _ in exponent < 0 ? value / 10 : value * 10 }
  }
}

@Suite("Cube crops")
struct CubeCropTests {
  /// A cube of 2 mm pixels over a picture of 1 mm pixels; each piece has one spectrum.
  static func scan(_ map: LabelMap, recipe: SampleRecipe) throws -> RegisteredCube {
    let registration = try makeRegistration()
    let (lines, samples) = (map.height / 2, map.width / 2)
    var values: [Float] = []
    for line in 0..<lines {
      for sample in 0..<samples {
        let point = registration.colorPoint(Point(x: Double(sample), y: Double(line)))
        let x = min(max(Int(point.x.rounded()), 0), map.width - 1)
        let y = min(max(Int(point.y.rounded()), 0), map.height - 1)
        for band in 0..<6 { values.append(0.1 * Float(map[x, y]) + 0.01 * Float(band)) }
      }
    }
    // The cube's bands lie one before the recipe's, so that positions matter.
    let wavelengths = (0..<6).map { Wavelength(nanometers: 390 + 10 * Double($0)) }
    let cube = Cube<Reflectance>(
      lines: lines, samples: samples, wavelengths: wavelengths, values: values)
    return RegisteredCube(
      cube, bands: try KeptBands(of: recipe, in: wavelengths, place: "cube.hdr"), mask: map,
      registration: registration)
  }

  static let map = makeMap(
    width: 40, height: 40, [(1, 8..<20, 10..<24), (4, 20..<32, 10..<24)])

  @Test("each piece's crop holds its own spectrum and nothing of its neighbor")
  func ownSpectrum() throws {
    let recipe = makeRecipe(color: 16, cube: 8, millimeters: 20)
    let scan = try Self.scan(Self.map, recipe: recipe)
    for piece in PieceRegion.all(in: Self.map) {
      var crop = [Float](repeating: 0, count: recipe.cubeCount)
      let covered = recipe.cubeCrop(of: piece, in: scan, into: &crop)
      #expect(covered > 15 && covered < 64)
      for cell in 0..<64 {
        let spectrum = Array(crop[(cell * 5)..<(cell * 5 + 5)])
        if spectrum.allSatisfy({ $0 == 0 }) { continue }
        let wanted = (1...5).map { 0.1 * Float(piece.number) + 0.01 * Float($0) }
        expectClose(spectrum, wanted, absolute: 1e-5)
      }
      #expect(scan.sees(piece))
    }
  }

  @Test("pretreatment comes before standardization, and background stays 0")
  func order() throws {
    var recipe = makeRecipe(
      color: 16, cube: 8, millimeters: 20, steps: [.standardNormalVariate, .logMeanReflectance])
    recipe.bandMean = [0.5, 0.5, 0.5, 0.5, 0.5, -1]
    recipe.bandDeviation = [2, 2, 2, 2, 2, 4]
    let scan = try Self.scan(Self.map, recipe: recipe)
    let piece = try #require(PieceRegion.all(in: Self.map).first)
    var crop = [Float](repeating: 7, count: recipe.cubeCount)
    let covered = recipe.cubeCrop(of: piece, in: scan, into: &crop)
    var expected: [Float] = [0.11, 0.12, 0.13, 0.14, 0.15]
    recipe.pretreatment.apply(to: &expected, bands: 5)
    let wanted = expected.enumerated().map {
      ($0.element - recipe.bandMean[$0.offset]) / recipe.bandDeviation[$0.offset]
    }
    var shown = 0
    for cell in 0..<64 {
      let pixel = Array(crop[(cell * 6)..<(cell * 6 + 6)])
      if pixel.allSatisfy({ $0 == 0 }) { continue }
      shown += 1
      expectClose(pixel, wanted, absolute: 1e-4)
    }
    #expect(shown == covered)
  }

  @Test("a piece that reaches out of the cube is noticed")
  func outside() throws {
    let recipe = makeRecipe(color: 16, cube: 8, millimeters: 20)
    let map = makeMap(width: 40, height: 40, [(1, 30..<40, 10..<20), (2, 0..<8, 0..<8)])
    let registration = try makeRegistration()
    let cube = Cube<Reflectance>(
      lines: 20, samples: 16, wavelengths: recipe.wavelengths,
      values: [Float](repeating: 0.2, count: 20 * 16 * 5))
    let scan = RegisteredCube(
      cube, bands: try KeptBands(of: recipe, in: cube.wavelengths, place: "cube"), mask: map,
      registration: registration)
    #expect(PieceRegion.all(in: map).map(scan.sees) == [false, true])
  }

  @Test("a band that the cube lacks is named with the nearest one")
  func missingBand() {
    let recipe = makeRecipe()
    let found = complaint {
      _ = try KeptBands(
        of: recipe, in: [400.2, 410, 422, 430, 440].map { Wavelength(nanometers: $0) },
        place: "cube.hdr")
    }
    #expect(
      found == """
        cube.hdr: no band at 420.0 nm, the nearest is at 422.0 nm
          help: use the camera that the recipe was made for, or choose bands that this one has
        """)
  }
}
