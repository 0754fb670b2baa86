import BeltSimulation
import Diagnostics
import Foundation
import Hyperspectral
import Tensors
import TestSupport
import Testing
import Units

@testable import CameraCalibration

@Suite("Reading a lamp")
struct LampReadingSuite {
  /// What became of some random lamps.
  struct Outcome: Sendable {
    var accepted = 0
    var wrong: [String] = []
    /// Cases with twelve lines or more, and how many of them were accepted.
    var rich = 0
    var richAccepted = 0
  }

  /// Wrong is what lies beyond the bound that the result states, anywhere between its outermost
  /// lines, or a line laid on a peak that is truly more than half a line width away.
  static func tryLamp(_ seed: UInt64, into outcome: inout Outcome) {
    let lamp = SimulatedLampCase(seed: seed)
    let isRich = PeakFinder(saturation: 4095).peaks(in: lamp.spectrum).count >= 12
    outcome.rich += isRich ? 1 : 0
    guard
      let found = try? LampReading(elements: lamp.elements, saturation: 4095)
        .read(lamp.spectrum, start: lamp.start)  // A refusal is what half of this is about.
    else { return }
    outcome.accepted += 1
    outcome.richAccepted += isRich ? 1 : 0
    let places = found.matches.map(\.peak.position)
    let worst =
      stride(from: places.min() ?? 0, through: places.max() ?? 0, by: 0.5).map {
        abs(found.nanometers(at: $0) - lamp.camera.nanometers(band: $0))
      }.max() ?? 0
    let astray = found.matches.filter {
      abs(lamp.camera.nanometers(band: $0.peak.position) - $0.feature.nanometers)
        > 0.5 * lamp.camera.width
    }
    if worst > found.bound {
      outcome.wrong.append("lamp \(seed): \(worst) nm off, \(found.bound) nm stated")
    }
    for match in astray { outcome.wrong.append("lamp \(seed): \(match.feature.name)") }
  }

  @Test("none of 500 random lamps is read wrongly, and most rich ones are read")
  func fiveHundred() {
    var outcome = Outcome()
    for seed in 0..<500 { Self.tryLamp(UInt64(seed), into: &outcome) }
    #expect(outcome.wrong == [])
    print(
      "lamps: \(outcome.accepted) of 500 read, \(outcome.richAccepted) of \(outcome.rich) with"
        + " 12 lines or more, \(outcome.wrong.count) wrongly")
    // The others' lines lie so close that a camera with 224 bands sees few of them alone.
    #expect(Double(outcome.richAccepted) >= 0.85 * Double(outcome.rich))
  }

  @Test("a published mercury-argon recording is read from its factory's axis, 40 nm off")
  func published() throws {
    let found = try LampReading(elements: [.mercury, .argon])
      .read(
        MercuryArgonRecording.spectrum(binning: 6),
        start: MercuryArgonRecording.start(binning: 6))
    #expect(found.matches.count >= 15)
    let names = Set(found.matches.flatMap(\.feature.lines).map(\.name))
    #expect(names.isSuperset(of: ["Hg 435.834", "Hg 546.075", "Ar 763.511", "Ar 811.531"]))
    for match in found.matches {
      let pixels = match.residual / found.dispersion(at: match.peak.position)
      #expect(abs(pixels) < 0.2, "\(match.feature.name): \(pixels) pixels")
    }
  }

  @Test(
    "so is what wider pixels see of it, where lines a band wide run into each other",
    arguments: [8, 9])
  func binned(binning: Int) throws {
    let found = try LampReading(elements: [.mercury, .argon])
      .read(
        MercuryArgonRecording.spectrum(binning: binning),
        start: MercuryArgonRecording.start(binning: binning))
    #expect(found.matches.count >= 12)
    for match in found.matches {
      let pixel = found.dispersion(at: match.peak.position)
      // Nobody knows better where a blend stands than its lines' strengths are known.
      let allowed = 0.2 + match.feature.deviation / pixel + match.peak.deviation
      #expect(abs(match.residual / pixel) < allowed, "\(match.feature.name): \(match.residual)")
    }
  }

  @Test("a lamp that is not the one named is never read")
  func otherLamps() {
    let named: [[LampElement]] = [[.krypton], [.mercury, .argon], [.neon], [.xenon]]
    var accepted: [UInt64] = []
    for seed in UInt64(10_000)..<10_100 {
      let lamp = SimulatedLampCase(seed: seed)
      for elements in named where Set(elements).isDisjoint(with: lamp.elements) {
        let reading = LampReading(elements: elements, saturation: 4095)
        // A refusal is what is wanted.
        if (try? reading.read(lamp.spectrum, start: lamp.start)) != nil { accepted.append(seed) }
      }
    }
    #expect(accepted == [])
  }

  @Test("what cannot be read is refused in words", arguments: Refusal.allCases)
  func refused(_ refusal: Refusal) {
    #expect(complaint { _ = try refusal.read() } == refusal.text)
  }

  enum Refusal: CaseIterable {
    case fewBands, falling, elsewhere, dark, fewLines, wrongLamp

    func read() throws -> LampSpectrum {
      let axis = (0..<224).map { 400 + 600 * Double($0) / 223 }
      let camera = SimulatedSpectrograph(samples: 1, bands: 224, range: 400...1000, width: 5.5)
      func spectrum(_ elements: [LampElement]) -> [Double] {
        camera.spectrum(of: LampLine.lines(of: elements)).enumerated().map {
          60 + 20 * $1 + Double($0 * 7 % 5)
        }
      }
      let reading = LampReading(elements: [.mercury, .argon], place: "lamp.hdr")
      switch self {
      case .fewBands: return try reading.read([1, 2, 3], start: [400, 500, 600])
      case .falling: return try reading.read(spectrum([.mercury]), start: axis.reversed())
      case .elsewhere:
        return try reading.read(spectrum([.mercury]), start: axis.map { $0 + 4000 })
      case .dark: return try reading.read(axis.map { _ in 60 }, start: axis)
      case .fewLines: return try reading.read(spectrum([.mercury]), start: axis)
      case .wrongLamp:
        return try LampReading(elements: [.mercury], place: "lamp.hdr")
          .read(spectrum([.krypton]), start: axis)
      }
    }

    var text: String {
      switch self {
      case .fewBands:
        """
        lamp.hdr: has 3 bands, 32 or more were wanted
          help: record the detector's own bands, without binning
        """
      case .falling:
        """
        lamp.hdr: the start wavelengths do not rise from band to band
          help: give the range with --from-nm and --to-nm, or correct the header's wavelengths
        """
      case .elsewhere:
        """
        lamp.hdr: the start wavelengths run from 4400.0 to 5000.0 nm, a range in 150 to 2300 nm \
        was wanted
          help: give the range with --from-nm and --to-nm, or correct the header's wavelengths
        """
      case .dark:
        """
        lamp.hdr: its brightest count stands only 0.0 above the background, no line can be seen
          help: switch the lamp on, bring it nearer or expose longer
        """
      case .fewLines:
        """
        lamp.hdr: shows 4 lines, 6 or more were wanted
          help: expose longer, average more lines, or put a second lamp beside the first (Hg-Ar \
        with Ne)
        """
      case .wrongLamp:
        """
        lamp.hdr: its 13 lines fit no arrangement of the lamp's lines better than chance would; \
        the best explains 0
          help: check the elements named with --lamp and the start range; shield other light
        """
      }
    }
  }
}

@Suite("Wavelengths of a camera")
struct WavelengthCalibrationSuite {
  @Test("dispersion and smile of a simulated camera come out, and the correction undoes them")
  func recovered() throws {
    var camera = SimulatedSpectrograph(samples: 64, bands: 224, range: 398...1003, width: 5.5)
    (camera.bow, camera.twist, camera.smile, camera.tilt) = (0.006, -0.002, 1.8, 0.6)
    var random = SplitMix64(seed: 3)
    let lines = LampLine.lines(of: [.mercury, .argon])
    var counts: [Float] = []
    for column in 0..<64 {
      for level in camera.spectrum(of: lines, column: Double(column)) {
        counts.append(Float(60 + 30 * level + 0.6 * random.nextNormal()))
      }
    }
    let start = (0..<224).map { 430 + 560 * Double($0) / 223 }
    let found = try WavelengthCalibration(
      counts: counts, samples: 64, start: start,
      reading: LampReading(elements: [.mercury, .argon], saturation: 4095))
    for band in 0..<224 where band > 10 && band < 210 {
      #expect(
        abs(found.wavelengths[band] - camera.nanometers(band: Double(band))) < found.lamp.bound)
    }
    // Smile is told from the middle columns.
    for column in 0..<64 {
      let v = 2 * Double(column) / 63 - 1
      expectClose(
        found.smile(of: column), 1.8 * v * v + 0.6 * v, absolute: 0.15, "column \(column)")
    }
    #expect(found.judgement().verdict != .fail)
    let again = try JSONFile.decode(
      WavelengthCalibration.self, from: JSONFile.encode(found), place: "again")
    #expect(again.lamp == found.lamp && again.smileNanometers == found.smileNanometers)
  }

  @Test("lines of a lamp that a coarse camera cannot tell apart become one, with its uncertainty")
  func blends() {
    let fine = LampFeature.features(of: LampLine.lines(of: [.mercury]), width: 0.5)
    #expect(fine.map(\.lines.count).max() == 1)
    let coarse = LampFeature.features(of: LampLine.lines(of: [.mercury]), width: 5.5)
    let yellow = coarse.first { abs($0.nanometers - 578) < 1 }
    #expect(yellow?.lines.count == 2)
    #expect((yellow?.deviation ?? 0) > 0.1)
  }
}
