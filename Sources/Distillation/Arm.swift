/// What an experiment trains and compares; the raw value names it in files and tables.
public enum Arm: String, Codable, Sendable, CaseIterable {
  /// RGB alone, labels only (step 1).
  case color
  /// Two RGB streams of the student's size and total steps, labels only: the bar to beat.
  case twoColor = "two-color"
  /// Spectra alone (step 1).
  case spectral
  /// Spectral angle mapper on mean spectra.
  case spectralAngle = "spectral-angle"
  /// Principal components and linear discriminants on mean spectra.
  case linearDiscriminant = "linear-discriminant"
  /// Partial least squares onto class membership.
  case leastSquares = "pls-da"
  /// Multinomial logistic regression on spectra.
  case logisticRegression = "logistic-regression"
  /// RGB and spectra together (step 2): the teacher.
  case fusion
  /// Two RGB streams that also see the teacher's logits on all pairs; no hint, no spectral start.
  case logits
  /// The hallucination stream alone (step 3).
  case hallucination
  /// RGB and hallucination streams together, from RGB only (step 4).
  case student
  /// The compact network with labels only: the bar for the line's network.
  case compactPlain = "compact-plain"
  /// The compact network taught by teacher and student: what goes into the bundle.
  case compact
  /// One network trained with blanked spectra, tested without them.
  case modalityDropout = "modality-dropout"
  /// As `logits`, but each RGB crop meets the teacher's logits of another piece: must not help.
  case shuffled
  /// Two RGB streams with the true labels of all pairs: what perfect labelling would give.
  case oracle

  /// The arms of an ordinary experiment.
  public static let standard: [Arm] = [
    .spectralAngle, .linearDiscriminant, .color, .twoColor, .spectral, .fusion, .logits,
    .hallucination, .student, .compactPlain, .compact,
  ]

  /// The classical arms that belong to `arms` and are not among them: where a network learns from
  /// spectra, what spectroscopy made of them before is trained along.
  static func baselines(missingFrom arms: [Arm]) -> [Arm] {
    guard StageName.needed(for: arms).contains(.spectral) else { return [] }
    return [.spectralAngle, .linearDiscriminant].filter { !arms.contains($0) }
  }

  /// What the arm's network sees when it is tested.
  public var sees: String {
    switch self {
    case .spectral, .spectralAngle, .linearDiscriminant, .leastSquares, .logisticRegression: "HSI"
    case .fusion: "RGB + HSI"
    default: "RGB"
    }
  }

  /// A line for tables.
  public var title: String {
    switch self {
    case .color: "RGB, no distillation"
    case .twoColor: "two RGB streams, no distillation (control)"
    case .spectral: "HSI alone"
    case .spectralAngle: "HSI, spectral angle mapper"
    case .linearDiscriminant: "HSI, PCA + LDA"
    case .leastSquares: "HSI, PLS-DA"
    case .logisticRegression: "HSI, logistic regression"
    case .fusion: "teacher: RGB + HSI"
    case .logits: "two RGB streams, teacher's logits only"
    case .hallucination: "hallucination stream alone"
    case .student: "student: RGB + hallucination"
    case .compactPlain: "compact network, no distillation"
    case .compact: "compact student for the line"
    case .modalityDropout: "modality dropout, without HSI"
    case .shuffled: "two RGB streams, shuffled teacher (negative control)"
    case .oracle: "two RGB streams, true labels of all pairs (oracle)"
    }
  }
}
