import Tensors

extension OpticalConstants {
  static let copper = Self(n: OpticalTables.copperN, k: OpticalTables.copperK)
  static let brass70 = Self(n: OpticalTables.brass70N, k: OpticalTables.brass70K)
  static let brass85 = Self(n: OpticalTables.brass85N, k: OpticalTables.brass85K)
  static let aluminium = Self(n: OpticalTables.aluminiumN, k: OpticalTables.aluminiumK)
  static let zinc = Self(n: OpticalTables.zincN, k: OpticalTables.zincK)
  static let austenitic = Self(
    n: OpticalTables.stainlessAusteniticN, k: OpticalTables.stainlessAusteniticK)
  static let ferritic = Self(
    n: OpticalTables.stainlessFerriticN, k: OpticalTables.stainlessFerriticK)
  static let iron = Self(n: OpticalTables.ironN, k: OpticalTables.ironK)
  static let nickel = Self(n: OpticalTables.nickelN, k: OpticalTables.nickelK)
  static let chromium = Self(n: OpticalTables.chromiumN, k: OpticalTables.chromiumK)
  static let hematite = Self(n: OpticalTables.hematiteN, k: OpticalTables.hematiteK)
  static let magnetite = Self(n: OpticalTables.magnetiteN, k: OpticalTables.magnetiteK)
}

extension Surface {
  /// A metal, its films and what shredding and the yard put on it.
  static func of(
    _ material: Material, habit: SurfaceHabit, settings: MetalsSettings, dirt: Float,
    using random: inout some RandomNumberGenerator
  ) -> Surface {
    let oxide = Float(settings.oxide)
    var surface = Surface(layers: layers(of: material, oxide: oxide, using: &random))
    let roughness = random.uniform(in: habit.roughness)
    surface.diffuse = 0.22 + 0.3 * roughness
    surface.broad = 0.5 - 0.2 * roughness
    surface.broadSharpness = 4 + 12 * (1 - roughness)
    // A narrower lobe of the same light is brighter.
    surface.glintSharpness = 25 + 260 * (1 - roughness) * (1 - roughness)
    surface.glint = 0.05 * surface.glintSharpness
    surface.film = random.uniform(0.03, 0.09)
    surface.tarnish.area = oxide * random.uniform(in: habit.tarnish)
    surface.corrosion.area = oxide * random.uniform(in: habit.corrosion)
    surface.corrosion.millimeters = random.uniform(2, 7)
    surface.tarnish.millimeters = random.uniform(5, 14)
    surface.haze = min(0.9, dirt * random.uniform(0.35, 0.85))
    if random.nextUniform() < settings.cakedShare {
      surface.haze = min(0.985, dirt * random.uniform(0.9, 0.985))
    }
    surface.dirt.area = min(0.8, dirt * random.uniform(0.03, 0.45))
    surface.dirt.millimeters = random.uniform(2, 8)
    surface.dents = random.uniform(in: habit.dents)
    surface.grain = random.uniform(in: habit.grain) * (0.5 + roughness)
    if random.nextUniform() < Double(habit.lined) {
      surface.lines = random.uniform(0.03, 0.2)
      surface.linePeriod = random.uniform(0.8, 2.2)
    }
    surface.lineAngle = random.uniform(0, .pi)
    if material.isStranger {
      surface.coverCompletely(using: &random)
    } else if random.nextUniform() < settings.paintShare {
      surface.paint.area = random.uniform(0.2, 0.9)
    }
    if random.nextUniform() < settings.platedShare { surface.plate(material, using: &random) }
    surface.noiseX = random.uniform(0, 256)
    surface.noiseY = random.uniform(0, 256)
    return surface
  }

  /// Covers the metal with another one, worn through in places.
  private mutating func plate(
    _ material: Material, using random: inout some RandomNumberGenerator
  ) {
    let plating: OpticalConstants
    switch material {
    case .copper, .brass: plating = .nickel
    case .zinc: plating = .chromium
    case .steel: plating = .zinc
    case .aluminium, .stainless, .circuitBoard, .plastic, .rubber: return
    }
    layers[Layer.tarnished] = layers[Layer.clean]
    layers[Layer.clean] = plating.reflectance
    tarnish = Patch(area: random.uniform(0.02, 0.35), millimeters: random.uniform(2, 8))
    corrosion.area *= 0.4
  }

  /// No bare metal anywhere: the body's own color and a weak gloss.
  private mutating func coverCompletely(using random: inout some RandomNumberGenerator) {
    paint = Patch(area: 1, millimeters: 10)
    (tarnish.area, corrosion.area) = (0, 0)
    haze *= 0.6
    film = random.uniform(0.01, 0.05)
  }

  private static func layers(
    of material: Material, oxide: Float, using random: inout some RandomNumberGenerator
  ) -> [Spectrum] {
    let thin = oxide * random.uniform(1, 6)
    let thick = oxide * random.uniform(14, 48)
    let metal: OpticalConstants
    let film: OpticalConstants
    var product: Spectrum
    switch material {
    case .copper:
      (metal, film) = (.copper, PlausibleCurves.cuprousOxide)
      product = PlausibleCurves.copperTarnish
      if random.nextUniform() < 0.15 { product = PlausibleCurves.verdigris }
    case .brass:
      metal = .brass70.mixed(with: .brass85, share: random.uniform(0, 0.8))
      film = PlausibleCurves.cuprousOxide.mixed(
        with: PlausibleCurves.zincOxide, share: random.uniform(0.3, 0.7))
      product = PlausibleCurves.brassTarnish
    case .aluminium:
      (metal, film, product) = (
        .aluminium, PlausibleCurves.alumina, PlausibleCurves.aluminiumBloom
      )
    case .zinc:
      (metal, film, product) = (.zinc, PlausibleCurves.zincOxide, PlausibleCurves.whiteRust)
    case .stainless:
      metal = .austenitic.mixed(with: .ferritic, share: random.nextUniform() < 0.3 ? 1 : 0)
      (film, product) = (PlausibleCurves.chromiaScale, PlausibleCurves.steelScale)
    case .steel:
      (metal, product) = (.iron, PlausibleCurves.rust)
      film = .hematite.mixed(with: .magnetite, share: random.uniform(0.3, 0.9))
    case .circuitBoard, .plastic, .rubber:
      (metal, film, product) = (.iron, .magnetite, PlausibleCurves.steelScale)
    }
    return [
      metal.reflectance(under: film, thicknessNanometers: thin),
      metal.reflectance(under: film, thicknessNanometers: thick),
      random.uniform(0.75, 1.25) * product,
      grime(using: &random),
      body(of: material, using: &random),
      Spectrum(constant: 1),
    ]
  }

  /// Dust and grease in a mixture of each piece's own: rust flies everywhere in a shredder.
  private static func grime(using random: inout some RandomNumberGenerator) -> Spectrum {
    let rusty = random.uniform(0, 0.75) * random.uniform(0, 1)
    return random.uniform(0.55, 1.4)
      * PlausibleCurves.dirt.mixed(
        with: PlausibleCurves.rust, share: rusty)
  }

  /// The paint on a metal, or the body of a stranger.
  private static func body(
    of material: Material, using random: inout some RandomNumberGenerator
  ) -> Spectrum {
    switch material {
    case .circuitBoard: random.uniform(0.8, 1.3) * PlausibleCurves.solderMask
    case .rubber: random.uniform(0.8, 1.3) * PlausibleCurves.rubber
    default:
      PlausibleCurves.pigment(
        edge: random.uniform(430, 640), width: random.uniform(8, 30),
        dark: random.uniform(0.03, 0.15), bright: random.uniform(0.15, 0.6),
        infrared: random.uniform(0.25, 0.75), rises: random.nextUniform() < 0.6)
    }
  }
}
