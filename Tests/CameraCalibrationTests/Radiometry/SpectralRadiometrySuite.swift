import Foundation
import Hyperspectral
import Tensors
import TestSupport
import Testing
import Units

@testable import CameraCalibration

/// References of a made-up camera whose truth is known.
struct MadeUpReferences {
  var samples = 64
  var bands = 40
  var bias = 60.0
  /// Counts a millisecond without light, and with it in the brightest band.
  var darkRate = 0.5
  var lightRate = 300.0
  /// Share of the signal by which large counts fall behind.
  var compression = 0.0
  var fullScale = 4095.0
  var falloff = 0.2
  var dirty: Set<Int> = []
  var deadBands: Set<Int> = [0, 1]
  var dead: Set<[Int]> = []

  func cube(milliseconds: Double, isWhite: Bool, lines: Int = 40) -> Cube<RawCounts> {
    var random = SplitMix64(seed: UInt64(milliseconds * 8) + (isWhite ? 1 : 0))
    var values: [Float] = []
    for _ in 0..<lines {
      for sample in 0..<samples {
        let side = 2 * Double(sample) / Double(samples - 1) - 1
        let light = (1 - falloff * side * side) * (dirty.contains(sample) ? 0.9 : 1)
        for band in 0..<bands {
          let place = Double(band) / Double(bands - 1)
          var signal = lightRate * milliseconds * light * (0.3 + 0.7 * sin(.pi * place))
          signal *= 1 - compression * signal / fullScale
          if deadBands.contains(band) || dead.contains([sample, band]) { signal = 0 }
          let level = bias + darkRate * milliseconds + (isWhite ? signal : 0)
          let noise = (2 + level / 40).squareRoot() * random.nextNormal()
          values.append(Float(min(fullScale, max(0, (level + noise).rounded()))))
        }
      }
    }
    return Cube(
      lines: lines, samples: samples,
      wavelengths: (0..<bands).map { Wavelength(nanometers: 400 + 15 * Double($0)) },
      values: values)
  }

  func pair(_ milliseconds: Double, options: RadiometryOptions = Self.options) throws
    -> ReferencePair
  {
    ReferencePair(
      milliseconds: milliseconds,
      dark: try DetectorReference(
        cube(milliseconds: milliseconds, isWhite: false), name: "dark", options: options),
      white: try DetectorReference(
        cube(milliseconds: milliseconds, isWhite: true), name: "white", options: options))
  }

  static var options: RadiometryOptions {
    var options = RadiometryOptions()
    options.saturation = 4095
    return options
  }

  func radiometry(_ times: [Double], tile: TileCertificate? = nil) throws -> SpectralRadiometry {
    try SpectralRadiometry(times.map { try pair($0) }, options: Self.options, tile: tile)
  }

  static let tile = TileCertificate(
    name: "tile 7", source: "laboratory, 2026",
    reflectance: TileReflectance([
      .init(Wavelength(nanometers: 350), 0.98), .init(Wavelength(nanometers: 1100), 0.97),
    ]))
}

@Suite("Spectral radiometry")
struct SpectralRadiometrySuite {
  @Test("levels, noise, linearity and the dark level at no time come out")
  func measured() throws {
    var camera = MadeUpReferences()
    camera.dead = [[20, 10]]
    let found = try camera.radiometry([10, 5, 2.5], tile: MadeUpReferences.tile)
    #expect(found.bands.filter(\.isMasked).map(\.nanometers) == [400, 415])
    let middle = found.bands[20]
    expectClose(middle.dark, 65, absolute: 0.6)
    expectClose(middle.darkNoise, (2 + 65.0 / 40).squareRoot(), absolute: 0.4)
    #expect(middle.signal > 2600 && middle.signal < 3100)
    let noise = (2 + (65 + middle.signal) / 40).squareRoot()
    expectClose(middle.signalToNoise, middle.signal / noise, absolute: 0, relative: 0.2)
    #expect(try #require(found.worstNonlinearity) < 1)
    expectClose(try #require(found.bias), 60, absolute: 0.6)
    #expect(found.defects == [DetectorDefect(sample: 20, band: 10, fault: .dead)])
    expectClose(found.falloff.min() ?? 0, 0.8, absolute: 0.01)
    expectClose(
      try #require(found.suggestedMilliseconds) * 300 / (4095 - 65), 0.85, absolute: 0.01)
    #expect(found.judgement().verdict == .pass, "\(found.judgement())")
  }

  @Test("a camera that bends is told by its deviation in percent")
  func bent() throws {
    var camera = MadeUpReferences()
    camera.compression = 0.3
    let found = try camera.radiometry([10, 5, 2.5])
    #expect(try #require(found.worstNonlinearity) > 4)
    #expect(found.judgement().verdict == .fail)
  }

  @Test("saturated white names the time that would be right")
  func saturated() throws {
    let found = try MadeUpReferences().radiometry([20, 10])
    let judgement = found.judgement()
    #expect(judgement.verdict == .fail)
    let advice = try #require(judgement.advice.first { $0.problem.hasPrefix("white is saturated") })
    let time = try #require(found.suggestedMilliseconds)
    expectClose(time * 300 / 4030, 0.85, absolute: 0.02)
    #expect(advice.remedy.hasPrefix("set the integration time to 11.4 ms"))
    // Without a shorter exposure nobody knows by how much white was too bright.
    let alone = try MadeUpReferences().radiometry([20])
    #expect(alone.suggestedFactor <= 0.51)
  }

  @Test("too little light, dirt, uneven lamps, old references and a missing tile are told")
  func advice() throws {
    func problems(_ change: (inout MadeUpReferences) -> Void) throws -> [String] {
      var camera = MadeUpReferences()
      change(&camera)
      return try camera.radiometry([10]).judgement().advice.map(\.problem)
    }
    #expect(
      try problems { $0.lightRate = 60 }.contains {
        $0.hasPrefix("too dark: white fills 14") && $0.hasSuffix("40 % or more was wanted")
      })
    #expect(
      try problems { $0.dirty = [30, 31] }.contains {
        $0.hasPrefix("dirt: 2 columns (30, 31) differ")
      })
    #expect(try problems { $0.falloff = 0.7 }.contains { $0.hasPrefix("uneven: the darkest") })
    #expect(try problems { _ in }.contains { $0.hasPrefix("the white tile's own") })
    #expect(try problems { _ in }.contains { $0.hasPrefix("white is too near dark in 2 bands") })
    #expect(try problems { _ in }.contains { $0.hasPrefix("linearity was not tried") })
    var old = try MadeUpReferences().radiometry([10])
    old.whiteAgeDays = 1100
    #expect(
      old.judgement().advice.contains {
        $0.problem == "the white reference is 3 years old, 7 days were allowed"
      })
  }

  @Test("a reference of another width is refused with both widths")
  func width() throws {
    var wide = MadeUpReferences()
    wide.samples = 48
    let camera = MadeUpReferences()
    #expect(
      complaint {
        _ = try SpectralRadiometry(
          [camera.pair(10), wide.pair(5)], options: MadeUpReferences.options)
      } == """
        dark reference of another integration time: has 48 samples × 40 bands, the first one 64 × 40
          help: record all references with the same window and binning
        """)
    let other = try wide.pair(10)
    #expect(
      complaint {
        _ = try SpectralRadiometry(
          [ReferencePair(milliseconds: 10, dark: camera.pair(10).dark, white: other.white)],
          options: MadeUpReferences.options)
      }.hasPrefix(
        "white reference: has 48 samples × 40 bands, the dark reference 64 × 40"))
  }

  @Test("what radiometry writes corrects exactly as the recordings themselves do")
  func correction() throws {
    var camera = MadeUpReferences()
    camera.dead = [[20, 10], [21, 10]]
    let pair = try camera.pair(10)
    let found = try SpectralRadiometry(
      [pair], options: MadeUpReferences.options, tile: MadeUpReferences.tile)
    var recipe = ReflectanceRecipe()
    recipe.radiometry = found.correction()
    // The averaged references are a cube of one line each.
    func averaged(_ reference: DetectorReference) -> Cube<RawCounts> {
      Cube(
        lines: 1, samples: reference.samples, wavelengths: reference.wavelengths,
        values: reference.average)
    }
    let scene = camera.cube(milliseconds: 7, isWhite: true, lines: 3)
    var own = ReflectanceRecipe()
    own.radiometry = MadeUpReferences.options
    own.radiometry.tile = MadeUpReferences.tile.reflectance
    let direct = try reflectance(
      of: scene, dark: camera.cube(milliseconds: 10, isWhite: false),
      white: camera.cube(milliseconds: 10, isWhite: true), recipe: own)
    let written = try reflectance(
      of: scene, dark: averaged(pair.dark), white: averaged(pair.white), recipe: recipe)
    #expect(written.cube.values == direct.cube.values)
    #expect(written.report.maskedBands == direct.report.maskedBands)
  }
}
