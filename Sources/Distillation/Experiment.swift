import Datasets
import Diagnostics
import Models
import NeuralNetworks
import Samples

/// An experiment as it stands in its JSON5 file: data, networks, training, what to compare.
///
/// Every field has a default, so a file names only what it changes; the run writes the full
/// configuration beside its results.
public struct Experiment: Codable, Equatable, Sendable {
  public var name = "experiment"
  public var data = InputSettings()
  /// One run per seed: initialization, order, augmentation and choice of labelled samples.
  public var seeds: [UInt64] = [0, 1, 2, 3, 4]
  public var network = NetworkSettings()
  public var training = TrainingSettings()
  public var distillation = DistillationSettings()
  public var baselines = BaselineSettings()
  /// What is trained and compared.
  ///
  /// A file whose arms learn from spectra gets the classical ones too, named or not.
  public var arms: [Arm] = Arm.standard

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    try values.read(&name, .name)
    try values.read(&data, .data)
    try values.read(&seeds, .seeds)
    try values.read(&network, .network)
    try values.read(&training, .training)
    try values.read(&distillation, .distillation)
    try values.read(&baselines, .baselines)
    try values.read(&arms, .arms)
    arms += Arm.baselines(missingFrom: arms)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, data, seeds, network, training, distillation, baselines, arms
  }
}

/// Where the samples come from and how they are split.
public struct InputSettings: Codable, Equatable, Sendable {
  /// Manifest or its folder, relative to the experiment file.
  public var manifest = "manifest.json"
  /// What a sample is: sizes of crops, pretreatment, bands.
  public var recipe = RecipeOptions(colorSize: 32, cubeSize: 16, cropMillimeters: 40)
  /// How groups become training, validation, calibration and test.
  ///
  /// Its seed is the same for all
  /// seeds of the experiment; the choice of labelled samples is not.
  public var split = SplitPlan(method: .groups)
  /// Reduces the cube crop to its center pixel and adds noise of so many band deviations.
  public var centerPixelNoise: Double?

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    try values.read(&manifest, .manifest)
    try values.read(&recipe, .recipe)
    try values.read(&split, .split)
    centerPixelNoise = try values.decodeIfPresent(Double.self, forKey: .centerPixelNoise)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case manifest, recipe, split, centerPixelNoise
  }
}

/// Sizes of the networks; what depends on the data (bands, classes, crops) is filled in there.
public struct NetworkSettings: Codable, Equatable, Sendable {
  public var stem = 32
  public var spectralStem = 64
  public var stages = [
    Architecture.Stage(filters: 32, stride: 1), Architecture.Stage(filters: 64, stride: 2),
  ]
  public var compactStem = 32
  public var compactStages = [
    Architecture.Stage(filters: 32, stride: 1), Architecture.Stage(filters: 64, stride: 2),
  ]
  public var joining = Networks.Joining.mean

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    try values.read(&stem, .stem)
    try values.read(&spectralStem, .spectralStem)
    if let found = try values.decodeIfPresent([ReadStage].self, forKey: .stages) {
      stages = found.map(\.stage)
    }
    try values.read(&compactStem, .compactStem)
    if let found = try values.decodeIfPresent([ReadStage].self, forKey: .compactStages) {
      compactStages = found.map(\.stage)
    }
    try values.read(&joining, .joining)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case stem, spectralStem, stages, compactStem, compactStages, joining
  }
}

/// A stage of a network as it stands in an experiment's file: `{ filters: 32, stride: 2 }`.
private struct ReadStage: Decodable {
  let stage: Architecture.Stage

  private enum CodingKeys: String, CodingKey, CaseIterable { case filters, stride, blocks }

  init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    stage = Architecture.Stage(
      filters: try values.decode(Int.self, forKey: .filters),
      stride: try values.decodeIfPresent(Int.self, forKey: .stride) ?? 1,
      blocks: try values.decodeIfPresent(Int.self, forKey: .blocks) ?? 1)
  }
}

extension KeyedDecodingContainer {
  /// Replaces the default where the file names the key.
  func read<Value: Decodable>(_ value: inout Value, _ key: Key) throws {
    if let found = try decodeIfPresent(Value.self, forKey: key) { value = found }
  }
}
