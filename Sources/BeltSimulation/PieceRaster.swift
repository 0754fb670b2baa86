import Foundation
import Units

/// A piece drawn on the belt raster: which layers show at each sample, already shaded.
struct PieceRaster: Sendable {
  let window: RasterWindow
  /// Whether the sample lies on the piece, `[height, width]`.
  let isInside: [Bool]
  /// Weights of the surface's layers, `[height, width, Surface.layerCount]`; 0 outside.
  let weights: [Float]
  /// What is left of the light beside the piece, 1 far from it, `[height, width]`.
  let shade: [Float]

  /// Room for the shadow around the piece, in millimeters.
  private static let margin: Float = 9

  init(_ piece: BeltPiece) {
    let outline = piece.truth.outline
    let (xs, ys) = (outline.map(\.x), outline.map(\.y))
    let window = RasterWindow(
      minX: xs.min() ?? 0, minY: ys.min() ?? 0, maxX: xs.max() ?? 0, maxY: ys.max() ?? 0,
      margin: Double(Self.margin))
    self.window = window
    isInside = Self.filled(outline, window)
    shade = Self.shadow(of: isInside, window: window, height: piece.shape.height)
    let slopes = ReliefSlopes(piece, window: window, isInside: isInside)
    weights = Self.weights(piece, window: window, isInside: isInside, slopes: slopes)
  }

  /// The samples whose centers lie within the polygon, by the rule of non-zero winding.
  private static func filled(_ outline: [Point<BeltFrame>], _ window: RasterWindow) -> [Bool] {
    var isInside = [Bool](repeating: false, count: window.count)
    var crossings: [(x: Float, turn: Int)] = []
    let corners = outline.map { corner in
      Offset(x: -window.x(0, from: corner.x), y: -window.y(0, from: corner.y))
    }
    for row in 0..<window.height {
      let y = Float(row) * BeltRaster.millimeters
      crossings.removeAll(keepingCapacity: true)
      for (index, a) in corners.enumerated() {
        let b = corners[(index + 1) % corners.count]
        guard (a.y <= y) != (b.y <= y) else { continue }
        crossings.append((a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y), a.y <= y ? 1 : -1))
      }
      crossings.sort { $0.x < $1.x }
      var winding = 0
      for (index, crossing) in crossings.enumerated() {
        winding += crossing.turn
        guard winding != 0, index + 1 < crossings.count else { continue }
        let first = max(0, Int((crossing.x * BeltRaster.samplesPerMillimeter).rounded(.up)))
        let last = Int((crossings[index + 1].x * BeltRaster.samplesPerMillimeter).rounded(.down))
        guard first <= min(last, window.width - 1) else { continue }
        for column in first...min(last, window.width - 1) {
          isInside[row * window.width + column] = true
        }
      }
    }
    return isInside
  }

  /// Each of two lamps, ahead and behind, loses the light that the piece stands in.
  private static func shadow(of isInside: [Bool], window: RasterWindow, height: Float) -> [Float] {
    var covered = isInside.map { $0 ? Float(1) : 0 }
    for _ in 0..<2 { covered.boxBlur(window: window, radius: 3) }
    // Lamps stand at 45°, so a shadow is as long as the piece is high.
    let reach = min(height, margin - 3)
    let steps = max(1, Int(reach * BeltRaster.samplesPerMillimeter / 4))
    let (width, count) = (window.width, window.count)
    var shade = [Float](repeating: 1, count: count)
    var darkest = shade
    for sign in [-1, 1] {
      for sample in 0..<count { darkest[sample] = 0 }
      for step in 0...steps {
        let shift = sign * step * 4 * width
        let strength = 1 - 0.12 * Float(step)
        for sample in max(0, -shift)..<max(0, -shift, min(count, count - shift)) {
          darkest[sample] = max(darkest[sample], covered[sample + shift] * strength)
        }
      }
      for sample in 0..<count { shade[sample] -= 0.42 * darkest[sample] }
    }
    return shade
  }

  private static func weights(
    _ piece: BeltPiece, window: RasterWindow, isInside: [Bool], slopes: ReliefSlopes
  ) -> [Float] {
    var weights = [Float](repeating: 0, count: window.count * Surface.layerCount)
    let light = SurfaceLight(piece.surface)
    let covers = SurfaceCovers(piece.surface)
    for row in 0..<window.height {
      let y = window.y(row, from: piece.center.y)
      for column in 0..<window.width {
        let sample = row * window.width + column
        guard isInside[sample] else { continue }
        let place = Offset(x: window.x(column, from: piece.center.x), y: y)
        let lit = light(slopeX: slopes.x[sample], slopeY: slopes.y[sample])
        let cover = covers(at: place)
        let texture = covers.hasPatterns ? piece.surface.patternFactor(at: place) : 1
        let start = sample * Surface.layerCount
        let bare = cover.bare
        weights[start + Surface.Layer.clean] = bare * (1 - cover.tarnish) * lit.metal
        weights[start + Surface.Layer.tarnished] = bare * cover.tarnish * lit.metal
        weights[start + Surface.Layer.corroded] = cover.corrosion * lit.diffuse
        weights[start + Surface.Layer.dirty] = cover.dirt * lit.diffuse
        weights[start + Surface.Layer.painted] = cover.paint * lit.diffuse * texture
        weights[start + Surface.Layer.gloss] = lit.film * (1 - 0.8 * cover.dirt)
      }
    }
    return weights
  }
}
