import Foundation

/// A refractive index n + ik at each wavelength of the grid; k > 0 absorbs.
struct OpticalConstants: Sendable {
  let n: Spectrum
  let k: Spectrum

  init(n: [Float], k: [Float]) {
    self.n = Spectrum(n)
    self.k = Spectrum(k)
  }

  init(n: Spectrum, k: Spectrum) {
    self.n = n
    self.k = k
  }

  /// `share` of the second and the rest of the first, for alloys between two tabulated ones.
  func mixed(with second: OpticalConstants, share: Float) -> OpticalConstants {
    OpticalConstants(
      n: n.mixed(with: second.n, share: share), k: k.mixed(with: second.k, share: share))
  }

  /// Share of light that the clean, smooth surface returns at normal incidence, in air.
  ///
  /// Source: Fresnel's equations; Born, Wolf, *Principles of Optics*, 1999, section 14.2.
  var reflectance: Spectrum {
    Spectrum(
      (0..<Spectrum.count).map { index in
        let (n, k) = (n.values[index], k.values[index])
        return ((n - 1) * (n - 1) + k * k) / ((n + 1) * (n + 1) + k * k)
      })
  }

  /// Share of light returned at normal incidence when a film of the given thickness lies on top.
  ///
  /// The interference gives tarnish its colors. Source: Airy's formula; Born, Wolf, *Principles of
  /// Optics*, 1999, section 1.6.4.
  func reflectance(under film: OpticalConstants, thicknessNanometers: Float) -> Spectrum {
    Spectrum(
      (0..<Spectrum.count).map { index in
        let air = Complex(1, 0)
        let film = Complex(film.n.values[index], film.k.values[index])
        let metal = Complex(n.values[index], k.values[index])
        let upper = (air - film) / (air + film)
        let lower = (film - metal) / (film + metal)
        let phase = 4 * Float.pi * thicknessNanometers / Spectrum.nanometers(index)
        // exp(i · phase · (n + ik)): k > 0 weakens the wave on its way down and up.
        let magnitude = exp(-phase * film.imaginary)
        let turn = Complex(
          magnitude * cos(phase * film.real), magnitude * sin(phase * film.real))
        let amplitude = (upper + lower * turn) / (Complex(1, 0) + upper * lower * turn)
        return min(1, amplitude.squaredMagnitude)
      })
  }
}

/// A complex number, as far as thin films need it.
private struct Complex {
  var real: Float
  var imaginary: Float

  init(_ real: Float, _ imaginary: Float) {
    self.real = real
    self.imaginary = imaginary
  }

  var squaredMagnitude: Float { real * real + imaginary * imaginary }

  static func + (a: Complex, b: Complex) -> Complex {
    Complex(a.real + b.real, a.imaginary + b.imaginary)
  }

  static func - (a: Complex, b: Complex) -> Complex {
    Complex(a.real - b.real, a.imaginary - b.imaginary)
  }

  static func * (a: Complex, b: Complex) -> Complex {
    Complex(
      a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
  }

  static func / (a: Complex, b: Complex) -> Complex {
    let scale = 1 / b.squaredMagnitude
    return Complex(
      (a.real * b.real + a.imaginary * b.imaginary) * scale,
      (a.imaginary * b.real - a.real * b.imaginary) * scale)
  }
}
