import Foundation
import Units

/// The tilt of a piece's surface at each sample of its raster, as height per length.
struct ReliefSlopes {
  private(set) var x: [Float]
  private(set) var y: [Float]

  init(_ piece: BeltPiece, window: RasterWindow, isInside: [Bool]) {
    x = [Float](repeating: 0, count: window.count)
    y = x
    switch piece.shape.relief {
    case .sheet(let creases, let tilt):
      fill(piece, window, isInside) { place in
        creases.reduce(tilt) { slope, crease in
          let distance = Offset.dot(place - crease.through, crease.direction)
          return slope + (crease.fold * tanh(distance / crease.softness)) * crease.direction
        }
      }
    case .chunk(let facets, let edge):
      let radius = piece.shape.radius
      fill(piece, window, isInside) { place in
        Self.facetSlope(facets, at: place) + Self.roundness(place, radius: radius, edge: edge)
      }
    case .strip(let middle, let halfWidth, let edge, let rib, let period):
      let strip = StripRelief(
        middle: middle, halfWidth: halfWidth, edge: edge, rib: rib, period: period)
      strip.add(toX: &x, y: &y, piece: piece, window: window)
    }
    roundEdges(window, isInside)
    roughen(piece, window, isInside)
  }

  /// Lets the surface fall off over the last half millimeter, as sheared and worn edges do.
  private mutating func roundEdges(_ window: RasterWindow, _ isInside: [Bool]) {
    var soft = isInside.map { $0 ? Float(1) : 0 }
    soft.boxBlur(window: window, radius: 2)
    let width = window.width
    for row in 1..<(window.height - 1) {
      for column in 1..<(width - 1) {
        let sample = row * width + column
        guard isInside[sample], soft[sample] < 0.99 else { continue }
        x[sample] += 1.3 * (soft[sample + 1] - soft[sample - 1])
        y[sample] += 1.3 * (soft[sample + width] - soft[sample - width])
      }
    }
  }

  private mutating func fill(
    _ piece: BeltPiece, _ window: RasterWindow, _ isInside: [Bool], _ slope: (Offset) -> Offset
  ) {
    for row in 0..<window.height {
      let y = window.y(row, from: piece.center.y)
      for column in 0..<window.width where isInside[row * window.width + column] {
        let here = slope(Offset(x: window.x(column, from: piece.center.x), y: y))
        x[row * window.width + column] = here.x
        self.y[row * window.width + column] = here.y
      }
    }
  }

  /// The slope of the nearest facet, blended over a millimeter or so at the borders.
  private static func facetSlope(_ facets: [PieceShape.Facet], at place: Offset) -> Offset {
    var nearest = Float.infinity
    for facet in facets {
      let away = place - facet.site
      nearest = min(nearest, Offset.dot(away, away))
    }
    var sum = Offset(x: 0, y: 0)
    var total: Float = 0
    for facet in facets {
      let away = place - facet.site
      let behind = Offset.dot(away, away) - nearest
      guard behind < 40 else { continue }
      let weight = exp(-behind / 5)
      sum = sum + weight * facet.slope
      total += weight
    }
    return (1 / max(total, 1e-6)) * sum
  }

  /// Falls off outwards, steeply at the edge.
  private static func roundness(_ place: Offset, radius: Float, edge: Float) -> Offset {
    let share = place.length / max(radius, 1e-3)
    return (-edge * share * share / max(radius, 1e-3)) * place
  }

  /// Adds dents, grain and parallel lines.
  private mutating func roughen(_ piece: BeltPiece, _ window: RasterWindow, _ isInside: [Bool]) {
    let surface = piece.surface
    // Clouds: 32 samples are 9 mm. Grain: 2 to 4 samples are half a millimeter.
    let (dentScale, grainScale): (Float, Float) = (3.6, 5)
    let lineDirection = Offset.direction(surface.lineAngle)
    let turned = Offset.direction(surface.noiseX)
    let turn = 2 * Float.pi / surface.linePeriod
    for row in 0..<window.height {
      let py = window.y(row, from: piece.center.y)
      for column in 0..<window.width {
        let sample = row * window.width + column
        guard isInside[sample] else { continue }
        let px = window.x(column, from: piece.center.x)
        let (u, v) = (px * turned.x - py * turned.y, px * turned.y + py * turned.x)
        let dent = NoiseTile.clouds.slope(
          u * dentScale + surface.noiseX, v * dentScale + surface.noiseY)
        let grain = NoiseTile.grain.slope(
          u * grainScale + surface.noiseY, v * grainScale + surface.noiseX)
        // The tiles' slopes have deviations near 0.12 and 0.5 per sample.
        x[sample] += 8 * surface.dents * dent.x + 2 * surface.grain * grain.x
        y[sample] += 8 * surface.dents * dent.y + 2 * surface.grain * grain.y
        if surface.lines > 0 {
          let phase = turn * (px * lineDirection.x + py * lineDirection.y)
          let slope = surface.lines * cos(phase + 1.5 * dent.x)
          x[sample] += slope * lineDirection.x
          y[sample] += slope * lineDirection.y
        }
      }
    }
  }
}

/// The round back and the ribs of a wire or a chip.
private struct StripRelief {
  let middle: [Offset]
  let halfWidth: Float
  let edge: Float
  let rib: Float
  let period: Float

  /// Each sample takes its slope from the nearest part of the middle line.
  func add(
    toX x: inout [Float], y: inout [Float], piece: BeltPiece, window: RasterWindow
  ) {
    var nearest = [Float](repeating: .infinity, count: window.count)
    let reach = halfWidth + 1
    var traveled: Float = 0
    for (a, b) in zip(middle, middle.dropFirst()) {
      let along = b - a
      let length = max(along.length, 1e-4)
      let direction = (1 / length) * along
      let normal = Offset(x: -direction.y, y: direction.x)
      let box = RasterWindow(
        minX: piece.center.x + Double(min(a.x, b.x)), minY: piece.center.y + Double(min(a.y, b.y)),
        maxX: piece.center.x + Double(max(a.x, b.x)), maxY: piece.center.y + Double(max(a.y, b.y)),
        margin: Double(reach))
      if let overlap = window.overlap(with: box) {
        for row in overlap.rows {
          for column in overlap.columns {
            let place = Offset(
              x: window.x(column, from: piece.center.x), y: window.y(row, from: piece.center.y))
            let step = min(max(0, Offset.dot(place - a, direction)), length)
            let away = place - (a + step * direction)
            let distance = Offset.dot(away, away)
            let sample = row * window.width + column
            guard distance < nearest[sample] else { continue }
            nearest[sample] = distance
            let across = min(max(-0.96, Offset.dot(away, normal) / halfWidth), 0.96)
            // A round back falls away as t / √(1 − t²); a chip's back is flatter.
            let fall = -edge * across / (1.05 - across * across).squareRoot()
            let ribs = rib * cos(2 * .pi * (traveled + step) / period)
            x[sample] = fall * normal.x + ribs * direction.x
            y[sample] = fall * normal.y + ribs * direction.y
          }
        }
      }
      traveled += length
    }
  }
}
