import CameraCalibration
import Samples
import Tensors

/// Paired samples ready for training: row `i` of each tensor shows the same piece (or patch).
public struct PairedDataset: Sendable {
  /// Names of the classes; labels index them.
  public let classes: [String]
  /// RGB crops, `[N, h, w, 3]`, as the recipe makes them.
  public let color: Tensor
  /// Cube crops, `[N, h', w', bands]`, as the recipe makes them.
  public let spectra: Tensor
  /// Class of each sample; nil where it was never labelled.
  public let labels: [Int?]
  /// Piece (or patch) the sample shows: several samples may share one.
  public let pieces: [String]
  /// Batch, day or session: the unit that a split never tears apart.
  public let groups: [String]
  /// How pixels became these tensors; goes into the bundle.
  public let recipe: SampleRecipe
  /// Calibration that registered the two sensors.
  public let calibration: String
  /// What bundles remember of each calibration.
  public var rigs: [RigFacts] = []

  public var count: Int { labels.count }

  public init(
    classes: [String], color: Tensor, spectra: Tensor, labels: [Int?], pieces: [String],
    groups: [String], recipe: SampleRecipe, calibration: String
  ) {
    for (what, count) in [
      ("color", color.shape[0]), ("spectra", spectra.shape[0]), ("pieces", pieces.count),
      ("groups", groups.count),
    ] {
      precondition(count == labels.count, "dataset: \(count) \(what), \(labels.count) wanted")
    }
    self.classes = classes
    self.color = color
    self.spectra = spectra
    self.labels = labels
    self.pieces = pieces
    self.groups = groups
    self.recipe = recipe
    self.calibration = calibration
  }
}
