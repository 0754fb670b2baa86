import Datasets
import Diagnostics
import NeuralNetworks

/// How every network of the experiment is trained: equal for all arms.
public struct TrainingSettings: Codable, Equatable, Sendable {
  /// Optimizer steps of one stage; every arm gets the same total.
  public var steps = 400
  /// Samples of a batch whose labels are used.
  public var labelledBatch = 48
  /// Samples of a batch that are taken as pairs (their labels are not used).
  ///
  /// Arms without a
  /// teacher take labelled samples here too, so that batches are of equal size.
  public var pairBatch = 80
  public var optimizer = OptimizerSettings()
  public var warmUpSteps = 20
  public var labelSmoothing: Float = 0
  /// Flips and quarter turns (both sensors alike), and photometric jitter (each sensor its own).
  public var augmentation = AugmentationName.standard
  /// Threads of the compute engine; part of what makes two runs agree bit for bit.
  public var threads = 1
  /// Seconds between two checkpoints inside a stage.
  public var checkpointSeconds = 20.0

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    try values.read(&steps, .steps)
    try values.read(&labelledBatch, .labelledBatch)
    try values.read(&pairBatch, .pairBatch)
    try values.read(&optimizer, .optimizer)
    try values.read(&warmUpSteps, .warmUpSteps)
    try values.read(&labelSmoothing, .labelSmoothing)
    try values.read(&augmentation, .augmentation)
    try values.read(&threads, .threads)
    try values.read(&checkpointSeconds, .checkpointSeconds)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case steps, labelledBatch, pairBatch, optimizer, warmUpSteps, labelSmoothing, augmentation
    case threads, checkpointSeconds
  }
}

/// How training samples are varied.
public enum AugmentationName: String, Codable, Sendable, CaseIterable {
  case none
  /// Flips and quarter turns.
  case geometry
  /// Flips, quarter turns and photometry.
  case standard

  var augmentation: Augmentation {
    switch self {
    case .none: .none
    case .geometry: .geometry
    case .standard: .standard
    }
  }
}
