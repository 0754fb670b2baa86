import Foundation
import Tensors

extension Surface {
  /// Centers of the tints that both sensors see, one a grade, in nanometers.
  static let tintCenters: [Float] = [450, 530, 590, 645]
  /// Centers of the bands beyond the color camera's cut, one a grade, in nanometers.
  static let infraredCenters: [Float] = [765, 825, 885, 945]
  /// Periods of the fine patterns in millimeters, and whether they run in both directions.
  static let patternPeriods: [Float] = [2.1, 3, 2.1, 3]
  static let patternsCross = [false, false, true, true]

  /// A coated flake whose three kinds of cue show the latent contributions to its grade.
  static func coated(
    _ cues: GradeCues, settings: CoatedSettings, dirt: Float,
    using random: inout some RandomNumberGenerator
  ) -> Surface {
    func shown(_ latent: [Double]) -> [Float] {
      // A shift common to all grades decides nothing, so it is not shown either.
      let mean = latent.reduce(0, +) / Double(latent.count)
      return latent.map { Float($0 - mean + settings.cueNoise * random.nextNormal()) }
    }
    let (tints, infrareds, contrasts) = (
      shown(cues.common), shown(cues.spectral), shown(cues.color)
    )
    let level = random.uniform(0.3, 0.5)
    let coat = Spectrum { nanometers in
      var factor: Float = 1
      for (tint, center) in zip(tints, tintCenters) {
        factor += 0.11 * tint * bump(nanometers, center: center, reach: 50)
      }
      for (infrared, center) in zip(infrareds, infraredCenters) {
        factor += 0.09 * infrared * bump(nanometers, center: center, reach: 45)
      }
      return level * max(0.1, factor)
    }
    var layers = [Spectrum](repeating: coat, count: layerCount)
    layers[Layer.dirty] = random.uniform(0.7, 1.35) * PlausibleCurves.dirt
    layers[Layer.gloss] = Spectrum(constant: 1)
    var surface = Surface(layers: layers)
    surface.paint = Patch(area: 1, millimeters: 10)
    surface.film = random.uniform(0.005, 0.02)
    surface.glintSharpness = 60
    surface.haze = min(0.5, dirt * random.uniform(0.02, 0.15))
    surface.dirt.area = dirt * random.uniform(0, 0.06)
    surface.dirt.millimeters = random.uniform(3, 6)
    (surface.dents, surface.grain) = (random.uniform(0.02, 0.1), random.uniform(0.01, 0.04))
    for (index, contrast) in contrasts.enumerated() {
      surface.patterns[index] = min(0.36, max(0, 0.15 + 0.08 * contrast))
    }
    surface.patternAngle = random.uniform(0, .pi)
    surface.noiseX = random.uniform(0, 256)
    surface.noiseY = random.uniform(0, 256)
    return surface
  }

  /// A raised cosine: 1 at the center, exactly 0 from `reach` nanometers on.
  static func bump(_ nanometers: Float, center: Float, reach: Float) -> Float {
    let distance = abs(nanometers - center) / reach
    return distance < 1 ? 0.5 + 0.5 * cos(.pi * distance) : 0
  }

  /// The brightness factor of the fine patterns at a place; its mean over a few periods is 1.
  func patternFactor(at place: Offset) -> Float {
    var factor: Float = 1
    for index in patterns.indices where patterns[index] > 0 {
      let turn = 2 * Float.pi / Self.patternPeriods[index]
      let angle = patternAngle + 0.8 * Float(index)
      let along = cos(turn * Offset.dot(place, .direction(angle)))
      let across =
        Self.patternsCross[index]
        ? cos(turn * Offset.dot(place, .direction(angle + .pi / 2))) : 0
      // Both kinds have the same variance, ½.
      let wave = Self.patternsCross[index] ? 0.707 * (along + across) : along
      factor += 1.414 * patterns[index] * wave
    }
    return max(0.05, factor)
  }
}

extension GradeCues {
  init(grades: Int, using random: inout some RandomNumberGenerator) {
    common = (0..<grades).map { _ in random.nextNormal() }
    spectral = (0..<grades).map { _ in random.nextNormal() }
    color = (0..<grades).map { _ in random.nextNormal() }
  }
}
