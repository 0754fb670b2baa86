import Foundation
import Imaging
import Tensors
import Units

/// The RGB camera over the belt: sensitivities, optics, noise and encoding.
struct ColorCamera: Sendable {
  let settings: ColorCameraSettings
  /// Sensitivity of each channel times the lamp, scaled so that a white tile gives 1 in each.
  let curves: [Spectrum]
  /// Amplification of each channel by the white balance, the strongest channel being 1.
  let gains: [Float]
  let exposure: Float

  init(_ settings: ColorCameraSettings, session: Session) {
    self.settings = settings
    let lamp = Spectrum.lampEnergy(kelvin: Float(session.lampKelvin))
    let raw = [OpticalTables.cameraRed, OpticalTables.cameraGreen, OpticalTables.cameraBlue].map {
      Spectrum($0) * PlausibleCurves.infraredCut * lamp
    }
    let strongest = raw.map(\.sum).max() ?? 1
    gains = raw.map { strongest / $0.sum }
    curves = raw.indices.map { channel in
      Float(session.balanceError[channel]) / raw[channel].sum * raw[channel]
    }
    exposure = Float(settings.whiteLevel * session.exposure)
  }

  /// The linear color of a reflectance, `[3]`, 1 for a white tile.
  func color(of reflectance: Spectrum) -> [Float] {
    curves.map { curve in
      zip(curve.values, reflectance.values).reduce(Float(0)) { $0 + $1.0 * $1.1 }
    }
  }

  /// Exposes, blurs, adds noise and encodes what lies on the canvas.
  ///
  /// - Parameter view: from pixels to belt, at the belt position of the picture.
  func expose(
    _ canvas: ColorCanvas, view: Homography<ColorFrame, BeltFrame>, width: Int, height: Int,
    using random: inout SplitMix64
  ) -> Picture {
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    let noise = SensorNoise(settings: settings, gains: gains)
    let (centerX, centerY) = (Float(width) / 2, Float(height) / 2)
    let corner = 1 / (centerX * centerX + centerY * centerY)
    for row in 0..<height {
      for column in 0..<width {
        let point = view(Point(x: Double(column), y: Double(row)))
        let (dx, dy) = (Float(column) - centerX, Float(row) - centerY)
        // The lens and the lamps leave the corners an eighth darker.
        let light = exposure * (1 - 0.12 * (dx * dx + dy * dy) * corner)
        let color = canvas.color(at: point)
        let start = (row * width + column) * 3
        pixels[start] = Self.encoded(noise.read(light * color.r, channel: 0, using: &random))
        pixels[start + 1] = Self.encoded(noise.read(light * color.g, channel: 1, using: &random))
        pixels[start + 2] = Self.encoded(noise.read(light * color.b, channel: 2, using: &random))
      }
    }
    return Picture(width: width, height: height, channels: 3, pixels: pixels)
  }

  /// 4097 bytes for linear signals from 0 to 1.
  private static let encoding: [UInt8] = (0...4096).map { index in
    // Source: IEC 61966-2-1, the sRGB transfer function.
    let linear = Float(index) / 4096
    let encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055
    return UInt8(min(255, max(0, (255 * encoded).rounded())))
  }

  private static func encoded(_ linear: Float) -> UInt8 {
    encoding[Int(min(1, max(0, linear)) * 4096)]
  }
}

/// Photons arrive at random and the readout adds its own deviation.
private struct SensorNoise {
  let photonVariance: [Float]
  let readVariance: [Float]
  let gains: [Float]

  init(settings: ColorCameraSettings, gains: [Float]) {
    self.gains = gains
    photonVariance = gains.map { $0 / Float(settings.fullWell) }
    readVariance = gains.map {
      let deviation = $0 * Float(settings.readNoise / settings.fullWell)
      return deviation * deviation
    }
  }

  /// A linear signal as read; a channel whose pixel is full gives its gain at most.
  @inline(__always)
  func read(_ signal: Float, channel: Int, using random: inout SplitMix64) -> Float {
    let clear = min(signal, gains[channel])
    let deviation = (max(0, clear) * photonVariance[channel] + readVariance[channel]).squareRoot()
    return clear + deviation * random.nextSensorNoise()
  }
}
