import Foundation
import Tensors

/// A vector on the belt, in millimeters from the piece's center.
struct Offset: Sendable, Equatable {
  var x: Float
  var y: Float

  var length: Float { (x * x + y * y).squareRoot() }

  static func direction(_ angle: Float) -> Offset { Offset(x: cos(angle), y: sin(angle)) }
  static func + (a: Offset, b: Offset) -> Offset { Offset(x: a.x + b.x, y: a.y + b.y) }
  static func - (a: Offset, b: Offset) -> Offset { Offset(x: a.x - b.x, y: a.y - b.y) }
  static func * (factor: Float, a: Offset) -> Offset { Offset(x: factor * a.x, y: factor * a.y) }
  static func dot(_ a: Offset, _ b: Offset) -> Float { a.x * b.x + a.y * b.y }
}

/// Forms that a shredder and a lathe leave behind.
enum PieceForm: CaseIterable, Sendable {
  /// A torn piece of sheet, bent and creased.
  case sheet
  /// A broken casting: facets and round edges.
  case chunk
  /// A length of wire or rod.
  case wire
  /// A curled, ribbed ribbon from a lathe.
  case chip
}

/// The outline of a piece and how its surface tilts, in millimeters around its center.
struct PieceShape: Sendable {
  /// A line along which a sheet is folded.
  struct Crease: Sendable {
    let through: Offset
    let direction: Offset
    /// Change of slope across the line.
    let fold: Float
    let softness: Float
  }

  /// A plane of a broken casting.
  struct Facet: Sendable {
    let site: Offset
    let slope: Offset
  }

  enum Relief: Sendable {
    case sheet(creases: [Crease], tilt: Offset)
    case chunk(facets: [Facet], edge: Float)
    /// Along a middle line, with half the strip's width, the slope at its edge and cross ribs.
    case strip(middle: [Offset], halfWidth: Float, edge: Float, rib: Float, period: Float)
  }

  let form: PieceForm
  /// Corners in order; the polygon does not cross itself.
  let outline: [Offset]
  let relief: Relief
  /// Thickness of the material.
  let thickness: Float
  /// Height above the belt that throws the shadow.
  let height: Float

  /// Largest distance of the outline from the center.
  var radius: Float { outline.map(\.length).max() ?? 0 }

  /// Area within the outline, in square millimeters.
  var area: Float {
    var sum: Float = 0
    for (index, corner) in outline.enumerated() {
      let next = outline[(index + 1) % outline.count]
      sum += corner.x * next.y - next.x * corner.y
    }
    return abs(sum) / 2
  }

  /// Volume in cubic millimeters: a strip is as thick as wide, a chunk is a dome.
  var volume: Float {
    switch relief {
    case .sheet: area * thickness
    case .chunk: area * height * 0.6
    case .strip: area * thickness * 0.8
    }
  }

  init(_ form: PieceForm, using random: inout some RandomNumberGenerator) {
    self.form = form
    switch form {
    case .sheet:
      let size = random.uniform(12, 21)
      outline = Self.torn(radius: size, jags: 0.06, roundness: 0.45, using: &random)
      let count = random.nextIndex(below: 4)
      let creases = (0..<count).map { _ in
        let angle = random.uniform(0, 2 * .pi)
        let through = random.uniform(-0.5, 0.5) * size
        return Crease(
          through: through * .direction(angle), direction: .direction(angle),
          fold: random.uniform(0.12, 0.5) * (random.nextUniform() < 0.5 ? 1 : -1),
          softness: random.uniform(0.5, 3))
      }
      let tilt = random.uniform(0, 0.22) * Offset.direction(random.uniform(0, 2 * .pi))
      relief = .sheet(creases: creases, tilt: tilt)
      thickness = random.uniform(0.5, 2)
      height = thickness + random.uniform(1, 6)
    case .chunk:
      let size = random.uniform(9, 16)
      outline = Self.torn(radius: size, jags: 0.035, roundness: 0.65, using: &random)
      let facets = (0..<(5 + random.nextIndex(below: 6))).map { _ in
        Facet(
          site: random.uniform(0, size) * .direction(random.uniform(0, 2 * .pi)),
          slope: random.uniform(0, 0.55) * .direction(random.uniform(0, 2 * .pi)))
      }
      relief = .chunk(facets: facets, edge: random.uniform(0.5, 1.1))
      thickness = random.uniform(6, 12)
      height = thickness
    case .wire:
      let halfWidth = random.uniform(1, 2.6)
      let middle = Self.meander(
        length: random.uniform(28, 52), turn: random.uniform(0.2, 0.9), using: &random)
      outline = Self.strip(along: middle, halfWidth: halfWidth)
      relief = .strip(middle: middle, halfWidth: halfWidth, edge: 1.3, rib: 0, period: 1)
      thickness = 2 * halfWidth
      height = 2 * halfWidth + random.uniform(0, 3)
    case .chip:
      let halfWidth = random.uniform(2.2, 4.2)
      let middle = Self.curl(radius: random.uniform(8.5, 14), using: &random)
      outline = Self.strip(along: middle, halfWidth: halfWidth)
      relief = .strip(
        middle: middle, halfWidth: halfWidth, edge: random.uniform(0.3, 0.8),
        rib: random.uniform(0.15, 0.4), period: random.uniform(1.2, 2.4))
      thickness = random.uniform(0.4, 1)
      height = random.uniform(3, 8)
    }
  }

  /// A star-shaped polygon: a few straight sheared sides, a low wave or two, and a torn edge.
  private static func torn(
    radius: Float, jags: Float, roundness: Float, using random: inout some RandomNumberGenerator
  ) -> [Offset] {
    let count = 96
    let (aspect, axis) = (random.uniform(roundness, 1), random.uniform(0, 2 * .pi))
    let sides = (0..<(4 + random.nextIndex(below: 4))).map { _ in
      (random.uniform(0, 2 * .pi), random.uniform(0.55, 1))
    }
    // Waves of many lengths: the torn edge is rough at every scale.
    let waves = (2...20).map { order in
      let strength = (order < 6 ? 0.5 : 1) * jags * random.uniform(0.3, 1.7)
      return (Float(order), strength / pow(Float(order), 0.8), random.uniform(0, 2 * .pi))
    }
    var corners = (0..<count).map { index in
      let angle = 2 * Float.pi * Float(index) / Float(count)
      var r: Float = 1
      for (side, distance) in sides {
        let facing = cos(angle - side)
        if facing > 0.2 { r = min(r, distance / facing) }
      }
      r += waves.reduce(Float(0)) { $0 + $1.1 * cos($1.0 * angle + $1.2) }
      let place = max(0.3, r) * radius * Offset.direction(angle)
      let along = Offset.dot(place, .direction(axis))
      let across = Offset.dot(place, .direction(axis + .pi / 2))
      return along * .direction(axis) + (aspect * across) * .direction(axis + .pi / 2)
    }
    center(&corners)
    return corners
  }

  /// The middle line of a wire: a gentle random walk of direction.
  private static func meander(
    length: Float, turn: Float, using random: inout some RandomNumberGenerator
  ) -> [Offset] {
    let steps = 24
    var heading = random.uniform(0, 2 * .pi)
    var bend: Float = 0
    var turned: Float = 0
    var points = [Offset(x: 0, y: 0)]
    for _ in 0..<steps {
      bend = 0.8 * bend + 0.2 * turn * Float(random.nextNormal())
      // Beyond a half circle it bends back, so that the wire never crosses itself.
      if abs(turned + bend) > 2.4 { bend = -bend }
      turned += bend
      heading += bend
      points.append(points[points.count - 1] + (length / Float(steps)) * .direction(heading))
    }
    center(&points)
    return points
  }

  /// The middle line of a chip: most of a turn that slowly opens.
  private static func curl(
    radius: Float, using random: inout some RandomNumberGenerator
  ) -> [Offset] {
    let (start, sweep) = (random.uniform(0, 2 * .pi), random.uniform(2, 4.7))
    let opening = random.uniform(0, 0.3)
    var points = (0...28).map { step in
      let share = Float(step) / 28
      return radius * (1 - opening * share) * Offset.direction(start + sweep * share)
    }
    center(&points)
    return points
  }

  /// Both edges of a strip, as one polygon.
  private static func strip(along middle: [Offset], halfWidth: Float) -> [Offset] {
    var left: [Offset] = []
    var right: [Offset] = []
    for index in middle.indices {
      let before = middle[max(0, index - 1)]
      let after = middle[min(middle.count - 1, index + 1)]
      let along = after - before
      let length = max(along.length, 1e-4)
      let normal = Offset(x: -along.y / length, y: along.x / length)
      left.append(middle[index] + halfWidth * normal)
      right.append(middle[index] - halfWidth * normal)
    }
    return left + right.reversed()
  }

  /// Moves the points so that the middle of their bounding box is the origin.
  private static func center(_ points: inout [Offset]) {
    let (xs, ys) = (points.map(\.x), points.map(\.y))
    let middle = Offset(
      x: ((xs.min() ?? 0) + (xs.max() ?? 0)) / 2, y: ((ys.min() ?? 0) + (ys.max() ?? 0)) / 2)
    points = points.map { $0 - middle }
  }
}

extension RandomNumberGenerator {
  /// A `Float` in [`low`, `high`).
  mutating func uniform(_ low: Float, _ high: Float) -> Float {
    Float(nextUniform(Double(low), Double(high)))
  }
}
