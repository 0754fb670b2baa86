import Foundation
import Units

/// Collects the reflectance that each pixel of the line scanner sees.
struct CubeCanvas: Sendable {
  let lines: Int
  let samples: Int
  let bands: Int
  /// `[lines, samples, bands]`.
  private(set) var reflectance: [Float]
  /// What is left of the belt's light in each pixel, `[lines, samples]`.
  private var beltShare: [Float]

  init(lines: Int, samples: Int, bands: Int) {
    self.lines = lines
    self.samples = samples
    self.bands = bands
    reflectance = [Float](repeating: 0, count: lines * samples * bands)
    beltShare = [Float](repeating: 1, count: lines * samples)
  }

  /// Adds a piece: its layers' weights averaged over each pixel's footprint, times their spectra.
  ///
  /// - Parameters:
  ///   - layerBands: reflectance of the layers in the scanner's bands, `[layerCount, bands]`.
  ///   - view: from cube pixels to belt.
  ///   - deviation: of the Gaussian footprint, in millimeters.
  mutating func draw(
    _ raster: PieceRaster, layerBands: [Float], view: Homography<CubeFrame, BeltFrame>,
    deviation: Float
  ) {
    guard let inverse = view.inverse else { return }
    let window = raster.window
    let scale = Double(BeltRaster.millimeters)
    let corners = [(0, 0), (window.width, 0), (0, window.height), (window.width, window.height)]
      .map { x, y in
        inverse(Point(x: Double(window.left + x) * scale, y: Double(window.top + y) * scale))
      }
    let (xs, ys) = (corners.map(\.x), corners.map(\.y))
    let firstSample = max(0, Int((xs.min() ?? 0).rounded(.down)))
    let lastSample = min(samples - 1, Int((xs.max() ?? 0).rounded(.up)))
    let firstLine = max(0, Int((ys.min() ?? 0).rounded(.down)))
    let lastLine = min(lines - 1, Int((ys.max() ?? 0).rounded(.up)))
    guard firstSample <= lastSample, firstLine <= lastLine else { return }
    let footprint = Footprint(deviation: deviation)
    for line in firstLine...lastLine {
      for sample in firstSample...lastSample {
        let center = view(Point(x: Double(sample), y: Double(line)))
        guard let seen = footprint.mean(of: raster, around: center) else { continue }
        let pixel = line * samples + sample
        beltShare[pixel] *= seen.belt
        for layer in 0..<Surface.layerCount where seen.weights[layer] > 0 {
          let weight = seen.weights[layer]
          for band in 0..<bands {
            reflectance[pixel * bands + band] += weight * layerBands[layer * bands + band]
          }
        }
      }
    }
  }

  /// Adds the belt where nothing lies on it.
  mutating func drawBelt(
    _ bandValues: [Float], texture: BeltTexture, view: Homography<CubeFrame, BeltFrame>
  ) {
    for line in 0..<lines {
      for sample in 0..<samples {
        let center = view(Point(x: Double(sample), y: Double(line)))
        let level = texture.level(
          column: BeltRaster.sample(before: center.x), row: BeltRaster.sample(before: center.y))
        // A pixel averages the fine texture away in part.
        let share = beltShare[line * samples + sample] * (0.5 + 0.5 * level)
        let start = (line * samples + sample) * bands
        for band in 0..<bands { reflectance[start + band] += share * bandValues[band] }
      }
    }
  }
}

/// The Gaussian spot of belt that one pixel of the line scanner averages.
private struct Footprint {
  let radius: Int
  /// One side's weights by distance in samples; the spot is their product.
  let profile: [Float]

  init(deviation: Float) {
    let samples = deviation * BeltRaster.samplesPerMillimeter
    radius = max(1, Int((2.5 * samples).rounded(.up)))
    let raw = (-radius...radius).map { exp(-0.5 * Float($0 * $0) / (samples * samples)) }
    let total = raw.reduce(0, +)
    profile = raw.map { $0 / total }
  }

  /// Mean layer weights and the belt's remaining share, or nil where nothing of the piece shows.
  func mean(
    of raster: PieceRaster, around center: Point<BeltFrame>
  ) -> (weights: [6 of Float], belt: Float)? {
    let window = raster.window
    let column = BeltRaster.sample(before: center.x) - window.left
    let row = BeltRaster.sample(before: center.y) - window.top
    let columns = max(0, column - radius)..<max(0, min(window.width, column + radius + 1))
    let rows = max(0, row - radius)..<max(0, min(window.height, row + radius + 1))
    guard !columns.isEmpty, !rows.isEmpty else { return nil }
    var weights: [6 of Float] = [0, 0, 0, 0, 0, 0]
    var lost: Float = 0
    for y in rows {
      let vertical = profile[y - row + radius]
      for x in columns {
        let sample = y * window.width + x
        let share = vertical * profile[x - column + radius]
        guard raster.isInside[sample] else {
          lost += share * (1 - raster.shade[sample])
          continue
        }
        lost += share
        for layer in 0..<6 { weights[layer] += share * raster.weights[sample * 6 + layer] }
      }
    }
    guard lost > 1e-4 else { return nil }
    return (weights, max(0, 1 - lost))
  }
}
