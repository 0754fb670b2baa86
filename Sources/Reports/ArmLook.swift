import Distillation
import Pages

extension Arm {
  /// A word or two for legends.
  var short: String {
    switch self {
    case .color: "RGB"
    case .twoColor: "two RGB (control)"
    case .spectral: "HSI"
    case .spectralAngle: "spectral angle"
    case .linearDiscriminant: "PCA + LDA"
    case .leastSquares: "PLS-DA"
    case .logisticRegression: "logistic regression"
    case .fusion: "teacher"
    case .logits: "logits only"
    case .hallucination: "hallucination"
    case .student: "student"
    case .compactPlain: "compact, not taught"
    case .compact: "compact student"
    case .modalityDropout: "modality dropout"
    case .shuffled: "shuffled teacher"
    case .oracle: "oracle"
    }
  }

  /// How the arm is drawn wherever it appears; told apart by dash as well as by color.
  var look: Plot.Look {
    switch self {
    case .fusion: Plot.Look(color: "teal", dash: "7 3")
    case .spectral, .spectralAngle, .linearDiscriminant, .leastSquares, .logisticRegression:
      Plot.Look(color: "purple", dash: "2 3")
    case .student: Plot.Look(color: "blue", width: 2.6)
    case .compact: Plot.Look(color: "sky", dash: "14 4", width: 2.4)
    case .twoColor, .compactPlain: Plot.Look(color: "orange", dash: "10 3 2 3")
    case .color, .logits, .hallucination, .modalityDropout, .shuffled, .oracle:
      Plot.Look(color: "gray", dash: "4 3")
    }
  }

  /// Which of the four ways to sort the arm belongs to.
  var way: Way {
    switch self {
    case .fusion: .both
    case .spectral, .spectralAngle, .linearDiscriminant, .leastSquares, .logisticRegression:
      .spectra
    case .color, .twoColor, .compactPlain: .color
    case .student, .compact, .hallucination, .logits, .modalityDropout: .taught
    case .shuffled, .oracle: .check
    }
  }

  /// The ways to sort that the report sets against each other.
  enum Way: CaseIterable {
    case both, spectra, color, taught, check

    var title: String {
      switch self {
      case .both: "Both cameras on the line"
      case .spectra: "The spectral camera alone"
      case .color: "RGB alone, never taught by spectra"
      case .taught: "RGB alone, taught by spectra"
      case .check: "Checks: not for use"
      }
    }
  }
}

/// What the lines of arms stand for.
func legend(_ arms: [Arm]) -> Markup { legend(arms.map { ($0.short, $0.look) }) }
