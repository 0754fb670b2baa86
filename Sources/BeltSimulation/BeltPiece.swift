import Foundation
import Tensors
import Units

/// One piece with all that rendering needs.
struct BeltPiece: Sendable {
  let truth: PieceTruth
  /// Index into the scene's classes; nil for a stranger.
  let classIndex: Int?
  let shape: PieceShape
  let surface: Surface
  let center: Point<BeltFrame>
}

/// The pieces of one stretch of belt, a pure function of settings, seed and the section's number.
struct BeltSection: Sendable {
  let number: Int
  let pieces: [BeltPiece]

  /// Room for this many piece numbers a section, so that ids grow along the belt.
  static let idsPerSection = 64
  /// Kept free between pieces, and between a piece and the section's border.
  static let gap = 3.0
  static let border = 7.0

  init(_ number: Int, settings: BeltSettings, seed: UInt64) {
    self.number = number
    var pieces: [BeltPiece] = []
    var circles: [(center: Point<BeltFrame>, radius: Double)] = []
    for index in 0..<min(settings.piecesPerSection, Self.idsPerSection) {
      var random = SplitMix64(seed: seed, purpose: "piece/\(number)/\(index)")
      let look = PieceLook(settings: settings, using: &random)
      let radius = Double(look.shape.radius)
      let place = Self.freePlace(
        radius: radius, among: circles, section: number, settings: settings, using: &random)
      guard let place else { continue }
      circles.append((place, radius))
      pieces.append(
        look.piece(id: number * Self.idsPerSection + index + 1, at: place))
    }
    self.pieces = pieces
  }

  /// A place where the circle touches nothing, or nil when forty throws found none.
  private static func freePlace(
    radius: Double, among circles: [(center: Point<BeltFrame>, radius: Double)], section: Int,
    settings: BeltSettings, using random: inout some RandomNumberGenerator
  ) -> Point<BeltFrame>? {
    let margin = radius + border
    let (width, length) = (settings.widthMillimeters, settings.sectionMillimeters)
    guard 2 * margin < min(width, length) else { return nil }
    for _ in 0..<40 {
      let place = Point<BeltFrame>(
        x: random.nextUniform(margin, width - margin),
        y: Double(section) * length + random.nextUniform(margin, length - margin))
      let isFree = circles.allSatisfy { circle in
        let (dx, dy) = (circle.center.x - place.x, circle.center.y - place.y)
        let wanted = circle.radius + radius + gap
        return dx * dx + dy * dy > wanted * wanted
      }
      if isFree { return place }
    }
    return nil
  }
}

/// What a piece is and looks like, before it has a place.
struct PieceLook {
  let className: String
  let classIndex: Int?
  let shape: PieceShape
  let surface: Surface
  let massGrams: Double
  let cues: GradeCues?

  init(settings: BeltSettings, using random: inout some RandomNumberGenerator) {
    let sessionDirt = Float(settings.session.dirt)
    switch settings.scene {
    case .metals(let metals):
      let isStranger =
        metals.materials.isEmpty || random.nextUniform() < metals.strangerShare
      let choices = isStranger ? Material.strangers : metals.materials
      let index = random.nextIndex(below: choices.count)
      let material = choices[index]
      let habit = SurfaceHabit.common.blended(
        with: .habit(of: material), share: Float(isStranger ? 1 : metals.textureTie))
      shape = PieceShape(habit.form(using: &random), using: &random)
      surface = .of(
        material, habit: habit, settings: metals, dirt: sessionDirt * Float(metals.dirt),
        using: &random)
      className = material.rawValue
      classIndex = isStranger ? nil : index
      massGrams = Double(shape.volume) * material.density
      cues = nil
    case .coated(let coated):
      let cues = GradeCues(grades: coated.grades, using: &random)
      let grade = cues.grade(under: coated.shares)
      let form: PieceForm = random.nextUniform() < 0.75 ? .sheet : .chunk
      shape = PieceShape(form, using: &random)
      surface = .coated(cues, settings: coated, dirt: sessionDirt, using: &random)
      className = settings.scene.classes[grade]
      classIndex = grade
      massGrams = Double(shape.volume) * Material.aluminium.density
      self.cues = cues
    }
  }

  func piece(id: Int, at center: Point<BeltFrame>) -> BeltPiece {
    let outline = shape.outline.map {
      Point<BeltFrame>(x: center.x + Double($0.x), y: center.y + Double($0.y))
    }
    let truth = PieceTruth(
      id: id, className: className, center: center, outline: outline, massGrams: massGrams,
      cues: cues)
    return BeltPiece(
      truth: truth, classIndex: classIndex, shape: shape, surface: surface, center: center)
  }
}
