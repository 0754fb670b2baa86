import Tensors

/// What a simulated belt carries, how it is lit and who looks at it; fixed for a run.
public struct BeltSettings: Codable, Equatable, Sendable {
  public var scene = BeltScene.metals(MetalsSettings())
  /// Pieces tried for on each section of the belt; a crowded section may hold fewer.
  public var piecesPerSection = 16
  /// Width of the belt, and of what both cameras see of it.
  public var widthMillimeters = 320.0
  /// Length of belt in one recording; pieces lie wholly within a section.
  public var sectionMillimeters = 240.0
  /// What changes from day to day: lamps, dirt, camera settings.
  public var session = Session()
  public var colorCamera = ColorCameraSettings()
  public var lineScanner = LineScannerSettings()
  /// What two belts under the same cameras share: their view and their detectors' patterns.
  public var rigSeed: UInt64 = 1
  /// Distance from belt position 0 of the picture to the valve bar, along the travel.
  public var valveBarMillimeters = 600.0

  public init() {}
}

/// The two kinds of belt.
public enum BeltScene: Codable, Equatable, Sendable {
  /// Shredded metals as a sorter meets them; nothing but physics decides who sees what.
  case metals(MetalsSettings)
  /// Coated flakes whose grade follows from cues of known shares, to compare gains with theory.
  case coated(CoatedSettings)

  /// Names of the classes; label maps hold the index + 1.
  public var classes: [String] {
    switch self {
    case .metals(let settings): settings.materials.map(\.rawValue)
    case .coated(let settings): (0..<settings.grades).map { "grade \($0 + 1)" }
    }
  }
}

/// Knobs of the realistic belt; the defaults are calibrated, 0 switches an effect off.
public struct MetalsSettings: Codable, Equatable, Sendable {
  /// Metals on the belt, equally frequent.
  public var materials = Material.metals
  /// Share of pieces that are no metal at all (circuit board, plastic, rubber).
  public var strangerShare = 0.0
  /// Factor on film thickness and on the area of tarnish and corrosion.
  public var oxide = 1.0
  /// Factor on the area and thickness of dirt.
  public var dirt = 1.0
  /// Share of pieces with remains of paint.
  public var paintShare = 0.1
  /// Share of plated pieces: nickel on copper and brass, chromium on zinc, zinc on steel.
  public var platedShare = 0.13
  /// Share of pieces so caked that hardly any metal shows.
  public var cakedShare = 0.09
  /// From 0 (shape and texture say nothing about the material) to 1 (all that they can).
  public var textureTie = 0.7

  public init() {}
}

/// Knobs of the belt whose shares of information are known by construction.
public struct CoatedSettings: Codable, Equatable, Sendable {
  /// Number of grades, 2 to 4.
  public var grades = 3
  public var shares = CueShares()
  /// Deviation of what blurs each cue, where the cue itself has deviation 1.
  public var cueNoise = 0.25

  public init() {}
}

/// How much of a grade each kind of cue decides; only the ratios count.
///
/// Source: Xue et al., *The Modality Focusing Hypothesis*, 2023, section 4 (alpha, beta, gamma);
/// arXiv:2206.06487.
public struct CueShares: Codable, Equatable, Sendable {
  /// Gamma: seen by both sensors (tint in the visible).
  public var common = 0.5
  /// Alpha: seen by the line scanner only (near infrared, beyond the color camera's cut).
  public var spectral = 0.5
  /// Beta: seen by the color camera only (texture finer than the line scanner resolves).
  public var color = 0.0

  public init(common: Double = 0.5, spectral: Double = 0.5, color: Double = 0) {
    self.common = common
    self.spectral = spectral
    self.color = color
  }

  /// Factors on the three latent contributions; their squares sum to 1.
  var weights: (common: Double, spectral: Double, color: Double) {
    let sum = common + spectral + color
    precondition(
      common >= 0 && spectral >= 0 && color >= 0 && sum > 0,
      "cue shares \(common), \(spectral), \(color): none below 0 and one above wanted")
    return (
      (common / sum).squareRoot(), (spectral / sum).squareRoot(), (color / sum).squareRoot()
    )
  }
}

/// One day's conditions: what differs between groups of recordings.
public struct Session: Codable, Equatable, Sendable {
  /// Color temperature of the halogen lamps.
  public var lampKelvin = 2950.0
  /// What the camera's white balance is off by, for red, green and blue; 1 is perfect.
  public var balanceError = [1.0, 1.0, 1.0]
  /// Factor on the color camera's exposure.
  public var exposure = 1.0
  /// Factor on the dirt of all pieces.
  public var dirt = 1.0
  /// Factor on the belt's reflectance.
  public var beltReflectance = 1.0
  /// What the white tile's reflectance is off by at 1000 nm, and the opposite at 400 nm: tiles
  /// yellow and are wiped.
  public var tileTilt = 0.0

  public init() {}

  /// The conditions of one of many days.
  public init(day: Int, seed: UInt64) {
    var random = SplitMix64(seed: seed, purpose: "session/\(day)")
    self.init(using: &random)
  }

  /// Conditions of another day, drawn at random.
  public init(using random: inout some RandomNumberGenerator) {
    lampKelvin = 2950 + 60 * random.nextNormal()
    balanceError = (0..<3).map { _ in 1 + 0.012 * random.nextNormal() }
    exposure = random.nextUniform(0.9, 1.12)
    dirt = random.nextUniform(0.75, 1.3)
    beltReflectance = random.nextUniform(0.8, 1.25)
    tileTilt = 0.015 * random.nextNormal()
  }
}

/// An RGB area camera with white balance to a gray card and sRGB encoding, no color matrix.
public struct ColorCameraSettings: Codable, Equatable, Sendable {
  public var pixelMillimeters = 0.5
  /// Linear signal of a white tile, as a share of saturation.
  public var whiteLevel = 0.3
  /// Electrons of a saturated pixel.
  public var fullWell = 5000.0
  /// Deviation of the readout, in electrons.
  public var readNoise = 10.0
  /// Deviation of the lens's blur, in pixels.
  public var blurPixels = 0.55
  /// Belt travel during the exposure.
  public var motionBlurMillimeters = 0.3
  /// Angle and perspective of the view: the mount is never exact.
  public var rotationDegrees = -0.4
  public var perspective = 1.5e-5

  public init() {}
}

/// A push-broom camera for 400 to 1000 nm, 224 bands binned by 4, 12 bits, like a Specim FX10.
public struct LineScannerSettings: Codable, Equatable, Sendable {
  public var bands = 56
  public var pixelMillimeters = 1.0
  /// Raw counts of a white tile at the brightest band.
  public var whiteCounts = 2300.0
  /// Electrons per count: with 12 bits the best signal-to-noise ratio is near 600.
  public var electronsPerCount = 88.0
  /// Deviation of the readout, in counts.
  public var readNoise = 2.5
  /// Deviation of optics and travel, in pixels, beside the pixel itself.
  public var blurPixels = 0.6
  public var rotationDegrees = 0.6
  /// Lines in the dark and the white reference.
  public var referenceLines = 32
  /// What the written calibration is off by.
  public var registrationErrorMillimeters = 0.3

  public init() {}
}
