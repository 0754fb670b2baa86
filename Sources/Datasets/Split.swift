/// Which samples serve what; made by group, stored with a digest, never changed after.
public struct Split: Sendable, Codable, Equatable {
  /// How far the test figures of a split can be believed.
  public enum Standing: String, Codable, Sendable {
    /// Training has seen nothing of the test.
    case clean
    /// Patches overlap, and the recordings say why that is accepted (a published mask).
    case acceptedOverlap = "accepted-overlap"
    /// Made only to show how flattering a leaky figure would be.
    case flattering
  }

  /// Training samples whose labels may be used.
  public var labelled: [Int]
  /// Training pairs whose labels must not be used (they may not even exist).
  public var unlabelled: [Int]
  /// For choices (epoch, weights, form of the loss); group-disjoint from training.
  public var validation: [Int]
  /// For temperature and thresholds; group-disjoint from training and validation.
  public var calibration: [Int]
  /// For the figures reported; looked at once.
  public var test: [Int]
  public var standing: Standing
  /// What training has seen of the test.
  public var leak: Leak

  /// Whether the split exists only to show the flattering figure.
  public var isLeaky: Bool { standing == .flattering }
  /// Every training pair, labelled or not, in rising order.
  public var training: [Int] { (labelled + unlabelled).sorted() }

  public init(
    labelled: [Int], unlabelled: [Int], validation: [Int], calibration: [Int], test: [Int],
    standing: Standing = .clean, leak: Leak = Leak()
  ) {
    self.labelled = labelled
    self.unlabelled = unlabelled
    self.validation = validation
    self.calibration = calibration
    self.test = test
    self.standing = standing
    self.leak = leak
  }
}
