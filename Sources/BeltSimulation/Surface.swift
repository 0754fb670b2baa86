import Tensors

/// What covers a piece and how it scatters light.
///
/// A point of the surface is a mixture of six layers; the mixture is linear in reflectance, so each
/// sensor sees the layers through its own curves and the same weights.
struct Surface: Sendable {
  static let layerCount = 6
  /// Indices into `layers`.
  enum Layer {
    static let clean = 0, tarnished = 1, corroded = 2, dirty = 3, painted = 4, gloss = 5
  }

  /// Reflectance of each layer: a share of 1, `[layerCount]`.
  var layers: [Spectrum]

  /// Light returned in all directions alike by bare metal: rough ground and what inclusions do.
  var diffuse: Float = 0.3
  /// Strength and narrowness of the wide lobe around the mirror direction.
  var broad: Float = 0.35
  var broadSharpness: Float = 8
  /// Strength and narrowness of glints.
  var glint: Float = 1
  var glintSharpness: Float = 80
  /// Mirror light of the topmost clear film: grease, lacquer, paint.
  var film: Float = 0.04

  /// Share of the area, 0 to 1, and its clump size in millimeters.
  var tarnish = Patch(area: 0, millimeters: 9)
  var corrosion = Patch(area: 0, millimeters: 5)
  var dirt = Patch(area: 0, millimeters: 7)
  var paint = Patch(area: 0, millimeters: 11)
  /// Dust over everything, as a share that hides the metal.
  var haze: Float = 0.2

  /// Slopes of fine grain, of dents, and of parallel lines from rolling or turning.
  var grain: Float = 0.08
  var dents: Float = 0.1
  var lines: Float = 0
  var linePeriod: Float = 1
  var lineAngle: Float = 0

  /// Contrast of the four fine patterns of a coating; all 0 for metals.
  var patterns: [Float] = [0, 0, 0, 0]
  var patternAngle: Float = 0

  /// Where in the noise tiles this piece begins, so that no two look alike.
  var noiseX: Float = 0
  var noiseY: Float = 0

  /// A cover in clumps.
  struct Patch: Sendable {
    var area: Float
    var millimeters: Float
  }

  init(layers: [Spectrum]) {
    precondition(
      layers.count == Self.layerCount, "surface: \(layers.count) layers, 6 wanted")
    self.layers = layers
  }
}

/// How one material tends to look; two habits can be blended, which hides what tells them apart.
struct SurfaceHabit: Sendable {
  /// Frequencies of the forms, in the order of `PieceForm.allCases`.
  var forms: [Float]
  /// From mirror (0) to sand (1).
  var roughness: ClosedRange<Float>
  /// Area of tarnish and corrosion.
  var tarnish: ClosedRange<Float>
  var corrosion: ClosedRange<Float>
  var dents: ClosedRange<Float>
  var grain: ClosedRange<Float>
  /// Share of pieces with rolling or turning lines.
  var lined: Float

  /// What is true of scrap in general.
  static let common = SurfaceHabit(
    forms: [0.45, 0.3, 0.1, 0.15], roughness: 0.15...0.85, tarnish: 0...0.5, corrosion: 0...0.2,
    dents: 0.04...0.2, grain: 0.02...0.2, lined: 0.3)

  static func habit(of material: Material) -> SurfaceHabit {
    var habit = common
    switch material {
    case .copper:
      habit.forms = [0.35, 0.05, 0.45, 0.15]
      (habit.tarnish, habit.corrosion, habit.lined) = (0.2...0.9, 0...0.25, 0.15)
      habit.grain = 0.02...0.1
    case .brass:
      habit.forms = [0.15, 0.4, 0.05, 0.4]
      (habit.tarnish, habit.corrosion, habit.lined) = (0.1...0.7, 0...0.2, 0.6)
    case .aluminium:
      habit.forms = [0.6, 0.35, 0, 0.05]
      (habit.roughness, habit.dents) = (0.35...0.9, 0.1...0.28)
      (habit.tarnish, habit.corrosion) = (0...0.3, 0...0.3)
    case .zinc:
      habit.forms = [0.1, 0.85, 0, 0.05]
      (habit.roughness, habit.grain) = (0.5...1, 0.08...0.24)
      (habit.tarnish, habit.corrosion, habit.lined) = (0.2...0.8, 0.05...0.4, 0.05)
    case .stainless:
      habit.forms = [0.75, 0.05, 0.05, 0.15]
      (habit.roughness, habit.dents, habit.lined) = (0.02...0.4, 0.02...0.12, 0.55)
      (habit.tarnish, habit.corrosion) = (0...0.25, 0...0.05)
    case .steel:
      habit.forms = [0.55, 0.3, 0.1, 0.05]
      (habit.roughness, habit.corrosion) = (0.3...1, 0.05...0.6)
    case .circuitBoard:
      (habit.forms, habit.lined) = ([1, 0, 0, 0], 0)
      (habit.dents, habit.grain) = (0...0.02, 0.1...0.25)
    case .plastic:
      (habit.forms, habit.lined) = ([0.8, 0.2, 0, 0], 0)
      (habit.roughness, habit.grain) = (0.3...0.8, 0.01...0.06)
    case .rubber:
      (habit.forms, habit.roughness, habit.lined) = ([0.4, 0.6, 0, 0], 0.8...1, 0)
    }
    return habit
  }

  /// `share` of the second habit and the rest of this one.
  func blended(with second: SurfaceHabit, share: Float) -> SurfaceHabit {
    func mix(_ a: Float, _ b: Float) -> Float { a + (b - a) * share }
    func mix(_ a: ClosedRange<Float>, _ b: ClosedRange<Float>) -> ClosedRange<Float> {
      mix(a.lowerBound, b.lowerBound)...mix(a.upperBound, b.upperBound)
    }
    return SurfaceHabit(
      forms: zip(forms, second.forms).map { mix($0, $1) },
      roughness: mix(roughness, second.roughness), tarnish: mix(tarnish, second.tarnish),
      corrosion: mix(corrosion, second.corrosion), dents: mix(dents, second.dents),
      grain: mix(grain, second.grain), lined: mix(lined, second.lined))
  }

  func form(using random: inout some RandomNumberGenerator) -> PieceForm {
    var place = random.uniform(0, forms.reduce(0, +))
    for (form, share) in zip(PieceForm.allCases, forms) {
      place -= share
      if place < 0 { return form }
    }
    return .sheet
  }
}

extension RandomNumberGenerator {
  mutating func uniform(in range: ClosedRange<Float>) -> Float {
    uniform(range.lowerBound, range.upperBound)
  }
}
