import Datasets
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
    try refuseUnknown(decoder.container(keyedBy: AnyKey.self), known: CodingKeys.allNames)
    let values = try decoder.container(keyedBy: CodingKeys.self)
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
    static var allNames: [String] { allCases.map(\.rawValue) }
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

/// What the student learns from the teacher, and how.
public struct DistillationSettings: Codable, Equatable, Sendable {
  /// Whose softened logits the student sees.
  public enum Teacher: String, Codable, Sendable, CaseIterable {
    /// RGB and spectra together (step 2).
    case fusion
    /// The spectral stream alone (step 1).
    case spectral
  }

  /// The loss on the teacher's logits.
  public enum SoftLoss: String, Codable, Sendable, CaseIterable {
    /// T² KL(teacher ‖ student) (Hinton, Vinyals, Dean, 2015).
    case hinton
    /// Cross entropy with the softened teacher, without T² (as Garcia et al. coded step 3).
    case published
    /// Each sample's soft term weighted by the teacher's confidence in the true class.
    case confidenceWeighted = "confidence-weighted"
  }

  /// How the hallucination stream is held to the teacher's features.
  public enum HintForm: String, Codable, Sendable, CaseIterable {
    /// No hint: the stream learns from logits alone.
    case none
    /// Mean of (σ(teacher) − σ(student))² (Hoffman et al., 2016; Garcia et al., 2018).
    case logistic
    /// Smooth-L1 between features standardized per channel by the teacher's statistics.
    case standardized
    /// Smooth-L1 of an orthonormal projection against layer-normalized pooled features (VkD).
    case orthonormal
    /// Pairwise similarities of pooled features in the batch (SP).
    case similarity
    /// Pairwise similarities weighted by the teacher's entropy (MAD).
    case entropySimilarity = "entropy-similarity"
  }

  /// What the hallucination stream's weights begin as.
  public enum Start: String, Codable, Sendable, CaseIterable {
    /// The spectral stream's trunk behind the RGB stream's stem (Hoffman et al.; Garcia et al.).
    case spectral
    /// An RGB stream of another seed.
    case color
  }

  public var teacher = Teacher.fusion
  public var soft = SoftLoss.hinton
  public var temperature: Float = 2
  /// Weight of the soft term; the label term has weight 1.
  public var softWeight: Float = 3
  public var start = Start.color
  public var hint = HintForm.similarity
  /// |gradient of the hint| over |gradient of the other terms| at the first step.
  public var hintRatio: Float = 1
  /// A fixed weight of the hint instead of the ratio (the published constant is 0.005 of a sum).
  public var hintWeight: Float?
  /// Share of step 3 that trains on the hint alone before logits join in.
  public var hintOnlyShare = 0.0
  /// Whether the hint stays during step 4.
  public var keepsHint = true
  /// Chance that a sample's spectra are blanked in the modality-dropout arm.
  public var modalityDropout = 0.4

  public init() {}

  /// The constants of Garcia, Morerio, Murino (ECCV 2018) as published, hint reduced by mean.
  public static var published: DistillationSettings {
    var settings = DistillationSettings()
    settings.teacher = .spectral
    settings.soft = .published
    settings.temperature = 10
    settings.softWeight = 1
    settings.hint = .logistic
    settings.start = .spectral
    settings.keepsHint = false
    return settings
  }

  public init(from decoder: any Decoder) throws {
    try refuseUnknown(
      decoder.container(keyedBy: AnyKey.self), known: CodingKeys.allNames + ["preset"])
    let preset = try decoder.container(keyedBy: AnyKey.self)
      .decodeIfPresent(String.self, forKey: AnyKey(stringValue: "preset"))
    if preset == "garcia-2018" { self = .published }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try values.read(&teacher, .teacher)
    try values.read(&soft, .soft)
    try values.read(&temperature, .temperature)
    try values.read(&softWeight, .softWeight)
    try values.read(&start, .start)
    try values.read(&hint, .hint)
    try values.read(&hintRatio, .hintRatio)
    hintWeight = try values.decodeIfPresent(Float.self, forKey: .hintWeight) ?? hintWeight
    try values.read(&hintOnlyShare, .hintOnlyShare)
    try values.read(&keepsHint, .keepsHint)
    try values.read(&modalityDropout, .modalityDropout)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case teacher, soft, temperature, softWeight, start, hint, hintRatio, hintWeight, hintOnlyShare
    case keepsHint, modalityDropout
    static var allNames: [String] { allCases.map(\.rawValue) }
  }
}
