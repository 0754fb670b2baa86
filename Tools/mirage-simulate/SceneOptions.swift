import BeltSimulation
import CommandKit

/// Which belt a command simulates.
enum SceneChoice: String, CaseIterable, ArgumentValue {
  case metals
  case coated
}

/// What both commands ask about the belt.
struct SceneOptions: Sendable {
  var scene = SceneChoice.metals
  var gamma = 0.5
  var alpha = 0.5
  var beta = 0.0
  var grades = 3
  var strangers = 0.0
  var oxide = 1.0
  var dirt = 1.0
  var textureTie = MetalsSettings().textureTie
  var seed: UInt64 = 1
  var pieces = 16

  /// The belt's settings; throws where they make no belt.
  func settings(scannerPixel: Double? = nil) throws -> BeltSettings {
    var settings = BeltSettings()
    settings.piecesPerSection = pieces
    switch scene {
    case .metals:
      var metals = MetalsSettings()
      metals.strangerShare = strangers
      metals.oxide = oxide
      metals.dirt = dirt
      metals.textureTie = textureTie
      settings.scene = .metals(metals)
    case .coated:
      var coated = CoatedSettings()
      coated.grades = grades
      coated.shares = CueShares(common: gamma, spectral: alpha, color: beta)
      settings.scene = .coated(coated)
      settings.lineScanner.pixelMillimeters = 2
    }
    if let scannerPixel { settings.lineScanner.pixelMillimeters = scannerPixel }
    try settings.check()
    return settings
  }
}

/// A command with options about the belt.
protocol BeltCommand: Command {
  var options: SceneOptions { get set }
}

extension BeltCommand {
  /// The flags that say what lies on the belt.
  static var sceneFlags: [Flag<Self>] {
    [
      .value("--seed", \.options.seed, "S", "Same seed, same belt"),
      .value(
        "--pieces", \.options.pieces, "P", "Pieces on each 240 mm of belt, where there is room",
        in: .from(1, to: 40)),
      .value(
        "--scene", \.options.scene, "SCENE",
        "Realistic metals, or coated flakes with known shares of information"),
      .value(
        "--gamma", \.options.gamma, "G", "coated: share of what both sensors see", in: .from(0)),
      .value(
        "--alpha", \.options.alpha, "A", "coated: share of what only the spectra show",
        in: .from(0)),
      .value(
        "--beta", \.options.beta, "B", "coated: share of what only the picture shows",
        in: .from(0)),
      .value("--grades", \.options.grades, "K", "coated: number of classes", in: .from(2, to: 4)),
      .value(
        "--strangers", \.options.strangers, "SHARE",
        "metals: share of circuit board, plastic and rubber", in: .from(0, to: 1)),
      .value(
        "--oxide", \.options.oxide, "FACTOR", "metals: films and corrosion", in: .from(0, to: 2)),
      .value("--dirt", \.options.dirt, "FACTOR", "metals: dust and grease", in: .from(0, to: 2)),
      .value(
        "--texture-tie", \.options.textureTie, "SHARE",
        "metals: how far shape and texture tell the material", in: .from(0, to: 1)),
    ]
  }
}
