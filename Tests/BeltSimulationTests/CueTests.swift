import Foundation
import Hyperspectral
import Tensors
import TestSupport
import Testing

@testable import BeltSimulation

/// Each kind of cue is to be seen by the sensors that theory says, and by no other.
@Suite("Cues of coated flakes")
struct CueTests {
  @Test(
    "the common cue alone finds the grade as often as its share allows",
    arguments: [0, 0.25, 0.5, 0.75, 1.0])
  func shares(gamma: Double) {
    var random = SplitMix64(seed: 1)
    let shares = CueShares(common: gamma, spectral: 1 - gamma, color: 0)
    let trials = 8000
    var right = 0
    for _ in 0..<trials {
      let cues = GradeCues(grades: 2, using: &random)
      if cues.grade(under: shares) == cues.grade(under: CueShares(common: 1, spectral: 0)) {
        right += 1
      }
    }
    // Two normal numbers of correlation ρ agree in sign with probability ½ + asin(ρ) / π.
    let wanted = 0.5 + asin(gamma.squareRoot()) / .pi
    #expect(abs(Double(right) / Double(trials) - wanted) < 0.02)
  }

  @Test("what only the spectra show leaves the picture's colors as they are")
  func spectralCue() {
    let dull = GradeCues(common: [1, -1, 0], spectral: [0, 0, 0], color: [0, 0, 1])
    let bright = GradeCues(common: [1, -1, 0], spectral: [2, -2, 0], color: [0, 0, 1])
    let camera = ColorCamera(ColorCameraSettings(), session: Session())
    let scanner = LineScanner(LineScannerSettings(), samples: 1, session: Session(), rigSeed: 1)
    let (first, second) = (Self.coat(dull), Self.coat(bright))
    #expect(camera.color(of: first) == camera.color(of: second))
    let (a, b) = (scanner.bandValues(of: first), scanner.bandValues(of: second))
    #expect(zip(a, b).contains { abs($0 - $1) > 0.02 })
    // Below 710 nm the scanner sees no difference either.
    for (index, wavelength) in scanner.wavelengths.enumerated() where wavelength.nanometers < 710 {
      #expect(a[index] == b[index])
    }
  }

  private static func coat(_ cues: GradeCues) -> Spectrum {
    var random = SplitMix64(seed: 7)
    return Surface.coated(cues, settings: CoatedSettings(), dirt: 1, using: &random)
      .layers[Surface.Layer.painted]
  }

  /// One kind of cue decides everything: which sensors can then tell two grades apart.
  struct Expectation: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let shares: CueShares
    let spectra: Bool
    let color: Bool
    let texture: Bool
  }

  @Test("shares that decide nothing are the caller's mistake")
  func noShares() async {
    await #expect(processExitsWith: .failure) {
      let cues = GradeCues(common: [0, 1], spectral: [0, 1], color: [0, 1])
      _ = cues.grade(under: CueShares(common: 0, spectral: 0, color: 0))
    }
  }

  @Test(
    "each cue is seen by its own sensors only", .tags(.slow),
    .enabled(if: isOptimized, "takes a minute without optimization; run swift test -c release"),
    arguments: [
      Expectation(
        testDescription: "common", shares: CueShares(common: 1, spectral: 0, color: 0),
        spectra: true, color: true, texture: false),
      Expectation(
        testDescription: "spectral", shares: CueShares(common: 0, spectral: 1, color: 0),
        spectra: true, color: false, texture: false),
      Expectation(
        testDescription: "color", shares: CueShares(common: 0, spectral: 0, color: 1),
        spectra: false, color: false, texture: true),
    ])
  func sensors(_ expected: Expectation) {
    var coated = CoatedSettings()
    (coated.grades, coated.shares) = (2, expected.shares)
    var settings = BeltSettings()
    settings.scene = .coated(coated)
    settings.lineScanner.pixelMillimeters = 2
    let belt = SimulatedBelt(settings, seed: 21)
    var pieces: [PieceFeatures] = []
    for section in 0..<6 { pieces += PieceFeatures.all(in: belt, section: section) }
    let answers = pieces.map(\.isFirstGrade)
    for (name, isSeen, features) in [
      ("spectra", expected.spectra, pieces.map(\.spectrum)),
      ("color", expected.color, pieces.map(\.color)),
      ("texture", expected.texture, pieces.map(\.texture)),
    ] {
      let accuracy = LinearProbe.accuracy(features: features, answers: answers)
      if isSeen {
        #expect(accuracy > 0.72, "\(name): \(accuracy) of \(pieces.count)")
      } else {
        #expect(accuracy < 0.66, "\(name): \(accuracy) of \(pieces.count)")
      }
    }
  }
}

/// What each sensor says about one flake.
struct PieceFeatures {
  let isFirstGrade: Bool
  /// Mean spectrum of the flake, over its own mean, `[bands]`.
  let spectrum: [Double]
  /// Red and blue over green.
  let color: [Double]
  /// How different pixels 1 mm apart are, over those 1.5 mm apart: more for finer patterns.
  let texture: [Double]

  static func all(in belt: SimulatedBelt, section: Int) -> [PieceFeatures] {
    let recording = belt.recording(section: section)
    let pieces = belt.section(section).pieces
    let numbers = recording.pieceNumbers
    return pieces.indices.map { index in
      let pixels = numbers.labels.indices.filter { Int(numbers.labels[$0]) == index + 1 }
      let picture = recording.picture
      func linear(_ pixel: Int, _ channel: Int) -> Double {
        pow(Double(picture.pixels[pixel * 3 + channel]) / 255, 2.2)
      }
      let sums = (0..<3).map { channel in pixels.reduce(0) { $0 + linear($1, channel) } }
      let inside = Set(pixels)
      let level = sums[1] / Double(pixels.count)
      let width = numbers.width
      // Mean square of differences at a distance, in both directions.
      let variograms = [2, 3].map { lag in
        let squares = pixels.flatMap { pixel in
          [pixel + lag, pixel + lag * width].filter(inside.contains).map {
            let difference = (linear(pixel, 1) - linear($0, 1)) / level
            return difference * difference
          }
        }
        return squares.reduce(0, +) / Double(max(1, squares.count))
      }
      return PieceFeatures(
        isFirstGrade: pieces[index].classIndex == 0,
        spectrum: scanned(pieces[index], belt, recording),
        color: [sums[0] / sums[1], sums[2] / sums[1]],
        texture: [variograms[0] / variograms[1]])
    }
  }

  private static func scanned(
    _ piece: BeltPiece, _ belt: SimulatedBelt, _ recording: SimulatedRecording
  ) -> [Double] {
    let counts = recording.counts
    let bands = counts.bands
    let window = PieceRaster(piece)
    let view = belt.geometry.cube.advanced(byBeltMillimeters: recording.beltMillimeters)
    var spectra: [[Double]] = []
    for line in 0..<counts.lines {
      for sample in 0..<counts.samples {
        let point = view(.init(x: Double(sample), y: Double(line)))
        let x = BeltRaster.sample(before: point.x) - window.window.left
        let y = BeltRaster.sample(before: point.y) - window.window.top
        guard x >= 0, y >= 0, x < window.window.width, y < window.window.height,
          window.isInside[y * window.window.width + x]
        else { continue }
        let start = sample * bands
        let spectrum = (0..<bands).map { band in
          let (dark, white) = (
            recording.dark.values[start + band], recording.white.values[start + band]
          )
          let count = counts.values[(line * counts.samples + sample) * bands + band]
          return Double((count - dark) / (white - dark))
        }
        spectra.append(spectrum)
      }
    }
    let count = Double(spectra.count)
    let mean = (0..<bands).map { band in spectra.reduce(0) { $0 + $1[band] } / count }
    let level = mean.reduce(0, +) / Double(bands)
    return mean.map { $0 / level }
  }
}

/// The direction between two class means, each feature over its deviation, five-fold.
enum LinearProbe {
  static func accuracy(features: [[Double]], answers: [Bool]) -> Double {
    var right = 0
    for fold in 0..<5 {
      let training = features.indices.filter { $0 % 5 != fold }
      func mean(_ chosen: [Int], _ feature: Int) -> Double {
        chosen.reduce(0) { $0 + features[$1][feature] } / Double(max(1, chosen.count))
      }
      let yes = training.filter { answers[$0] }
      let no = training.filter { !answers[$0] }
      let weights = features[0].indices.map { feature -> (weight: Double, middle: Double) in
        let (a, b) = (mean(yes, feature), mean(no, feature))
        let variance = training.reduce(0.0) {
          let center = answers[$1] ? a : b
          return $0 + (features[$1][feature] - center) * (features[$1][feature] - center)
        }
        return ((a - b) / max(variance / Double(training.count), 1e-12), (a + b) / 2)
      }
      for sample in features.indices where sample % 5 == fold {
        let score = weights.indices.reduce(0.0) {
          $0 + weights[$1].weight * (features[sample][$1] - weights[$1].middle)
        }
        if (score > 0) == answers[sample] { right += 1 }
      }
    }
    return Double(right) / Double(features.count)
  }
}
