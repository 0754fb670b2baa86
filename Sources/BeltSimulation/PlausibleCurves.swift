import Foundation

/// Curves for what no free measured table covers.
///
/// Drawn by us with the features that the literature describes, not measured. Reflectances are
/// shares of 1.
enum PlausibleCurves {
  // Films on metal.

  /// Cuprous oxide: index near 2.7 and a band edge near 2.1 eV (590 nm).
  static let cuprousOxide = OpticalConstants(
    n: Spectrum(through: [380: 2.7, 470: 3.1, 520: 2.95, 600: 2.8, 700: 2.68, 1010: 2.57]),
    k: Spectrum(through: [380: 0.9, 450: 0.45, 500: 0.2, 560: 0.08, 620: 0.02, 660: 0, 1010: 0]))
  /// Zinc oxide: clear above its band edge near 375 nm.
  static let zincOxide = OpticalConstants(
    n: Spectrum(through: [380: 2.3, 420: 2.12, 500: 2.03, 700: 1.96, 1010: 1.93]),
    k: Spectrum(through: [380: 0.15, 395: 0.02, 410: 0, 1010: 0]))
  /// Alumina: clear.
  static let alumina = OpticalConstants(
    n: Spectrum(through: [380: 1.79, 1010: 1.755]), k: Spectrum(constant: 0))
  /// The chromium and iron oxide skin of heated stainless steel: slightly absorbing.
  static let chromiaScale = OpticalConstants(
    n: Spectrum(through: [380: 2.55, 600: 2.4, 1010: 2.3]),
    k: Spectrum(through: [380: 0.45, 500: 0.22, 700: 0.12, 1010: 0.09]))

  // Thick products of corrosion, diffuse.

  /// Brown-black tarnish of copper.
  static let copperTarnish = Spectrum(
    through: [380: 0.05, 500: 0.06, 580: 0.09, 650: 0.15, 750: 0.22, 1010: 0.34])
  /// Green patina: copper's absorption band sits near 800 nm.
  static let verdigris = Spectrum(
    through: [
      380: 0.14, 450: 0.22, 510: 0.3, 560: 0.24, 640: 0.13, 760: 0.08, 860: 0.08, 1010: 0.12,
    ])
  /// Dull brown skin of brass.
  static let brassTarnish = Spectrum(
    through: [380: 0.06, 480: 0.08, 560: 0.13, 650: 0.18, 800: 0.25, 1010: 0.33])
  /// White bloom of aluminium.
  static let aluminiumBloom = Spectrum(through: [380: 0.4, 500: 0.44, 700: 0.46, 1010: 0.47])
  /// White rust of zinc, falling into the near infrared.
  static let whiteRust = Spectrum(through: [380: 0.36, 500: 0.42, 700: 0.41, 1010: 0.36])
  /// Scale of stainless steel.
  static let steelScale = Spectrum(through: [380: 0.1, 600: 0.14, 800: 0.18, 1010: 0.22])
  /// Rust: iron's bands near 500 and 870 nm with the shoulder at 750 nm between them.
  static let rust = Spectrum(
    through: [
      380: 0.04, 480: 0.05, 540: 0.08, 590: 0.17, 640: 0.22, 680: 0.25, 750: 0.31, 800: 0.29,
      870: 0.26, 930: 0.29, 1010: 0.37,
    ])

  // Layers on top and the belt below.

  /// Dust and grease of a shredder: brownish gray.
  static let dirt = Spectrum(through: [380: 0.125, 450: 0.137, 550: 0.152, 700: 0.169, 1010: 0.2])
  /// Black rubber belt.
  static let belt = Spectrum(through: [380: 0.025, 700: 0.0265, 1010: 0.031])

  // Strangers.

  /// Solder mask over laminate: green; the near infrared passes the mask.
  static let solderMask = Spectrum(
    through: [
      380: 0.03, 470: 0.045, 520: 0.13, 560: 0.09, 620: 0.035, 680: 0.04, 740: 0.2, 800: 0.36,
      1010: 0.42,
    ])
  /// Black rubber with carbon black.
  static let rubber = Spectrum(through: [380: 0.035, 700: 0.04, 1010: 0.048])

  /// A pigment: dark below `edge` (nm) or above it, bright in the near infrared beyond 720 nm.
  static func pigment(
    edge: Float, width: Float, dark: Float, bright: Float, infrared: Float, rises: Bool
  ) -> Spectrum {
    Spectrum { nanometers in
      let rise = 1 / (1 + exp(-(nanometers - edge) / width))
      let body = dark + (bright - dark) * (rises ? rise : 1 - rise)
      let beyond = 1 / (1 + exp(-(nanometers - 735) / 18))
      return body + (infrared - body) * beyond
    }
  }

  /// Quantum efficiency of a silicon line detector with its spectrograph, as a share of its peak.
  static let scannerEfficiency = Spectrum(
    through: [
      380: 0.2, 420: 0.4, 480: 0.7, 560: 0.95, 620: 1, 700: 0.92, 780: 0.74, 860: 0.5, 940: 0.28,
      1010: 0.11,
    ])
  /// The infrared cut of a color camera: clear to 660 nm, shut from 700 nm on.
  static let infraredCut = Spectrum(through: [380: 1, 660: 1, 680: 0.6, 690: 0.2, 700: 0, 1010: 0])
}
