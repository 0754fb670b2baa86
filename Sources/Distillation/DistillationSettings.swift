import Diagnostics
import NeuralNetworks

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

  /// What the other settings began as; those that a file names beside it win.
  public var preset: Preset?
  public var teacher = Teacher.fusion
  public var soft = SoftLoss.hinton
  public var temperature: Float = 2
  /// Weight of the soft term; the label term has weight 1.
  public var softWeight: Float = 3
  public var start = Start.color
  public var hint = HintForm.similarity
  /// Whether hints between features are means or, as published, sums over all their numbers.
  public var hintReduction = HintReduction.mean
  /// |gradient of the hint| over |gradient of the other terms| at the first step.
  public var hintRatio: Float = 1
  /// A fixed weight of the hint instead of the ratio.
  public var hintWeight: Float?
  /// Share of step 3 that trains on the hint alone before logits join in.
  public var hintOnlyShare = 0.0
  /// Whether the hint stays during step 4.
  public var keepsHint = true
  /// Whether the teacher's logits stay during step 4.
  public var keepsTeacher = true
  /// Chance that a sample's spectra are blanked in the modality-dropout arm.
  public var modalityDropout = 0.4

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    if let preset = try values.decodeIfPresent(Preset.self, forKey: .preset) {
      self = preset.settings
    }
    try values.read(&teacher, .teacher)
    try values.read(&soft, .soft)
    try values.read(&temperature, .temperature)
    try values.read(&softWeight, .softWeight)
    try values.read(&start, .start)
    try values.read(&hint, .hint)
    try values.read(&hintReduction, .hintReduction)
    try values.read(&hintRatio, .hintRatio)
    hintWeight = try values.decodeIfPresent(Float.self, forKey: .hintWeight) ?? hintWeight
    try values.read(&hintOnlyShare, .hintOnlyShare)
    try values.read(&keepsHint, .keepsHint)
    try values.read(&keepsTeacher, .keepsTeacher)
    try values.read(&modalityDropout, .modalityDropout)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case preset, teacher, soft, temperature, softWeight, start, hint, hintReduction, hintRatio
    case hintWeight, hintOnlyShare, keepsHint, keepsTeacher, modalityDropout
  }
}
