import Diagnostics
import Foundation

/// What came out of an experiment: everything that tables and the report's verdict need.
///
/// Stands as `results.json` in the run's folder; predictions and samples lie beside it.
public struct ExperimentResults: Codable, Equatable, Sendable {
  public var name: String
  public var classes: [String]
  public var seeds: [UInt64]
  public var arms: [ArmResult]
  public var comparisons: [PairedComparison]
  public var verdict: Verdict
  public var data: InputFacts
  /// What the flattering split would have said; present when it was asked for.
  public var flattery: Flattery?
  public var environment: [String: String]

  /// The result of an arm, if it was trained.
  public func arm(_ arm: Arm) -> ArmResult? { arms.first { $0.arm == arm } }
}

/// One arm over all seeds, on the test samples.
public struct ArmResult: Codable, Equatable, Sendable {
  public var arm: Arm
  /// By decision unit: pieces where several samples show one piece, else samples.
  public var metrics: [Metrics]
  /// The temperature fitted on the calibration samples, per seed.
  public var temperatures: [Float]
  /// Parameters and multiply-adds of the network that runs; 0 for classical arms.
  public var parameters: Int
  public var multiplyAdds: Int
  /// Mean cosine between the teacher's spectral features and what can be read of them from the
  /// arm's RGB stream, per seed; only of arms with such a stream.
  public var featureAgreement: [Double]?
  /// The share of the spectra's differences that can be read likewise, per seed.
  public var spectrumExplained: [Double]?

  /// Mean and sample standard deviation over seeds.
  public func summary(_ value: (Metrics) -> Double) -> (mean: Double, deviation: Double) {
    let values = metrics.map(value)
    let mean = values.reduce(0, +) / Double(max(1, values.count))
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / Double(max(1, values.count - 1))).squareRoot())
  }
}

/// Counts, digests and splits of the data that the experiment used.
public struct InputFacts: Codable, Equatable, Sendable {
  public var manifest: String
  public var manifestDigest: Digest
  public var samples: Int
  public var labelled: Int
  public var unlabelled: Int
  public var validation: Int
  public var calibration: Int
  public var test: Int
  /// Share of test samples with a training center of the same class in their patch, and share that
  /// touch a training patch at all (scenes), or that share a piece with training (belt).
  public var overlapOfCenters: Double
  public var overlapOfPatches: Double
  public var calibrationID: String
}

/// The figure that a leaky split would have given, beside what makes it worthless.
public struct Flattery: Codable, Equatable, Sendable {
  public var accuracy: Double
  public var honestAccuracy: Double
  public var arm: Arm
  public var overlapOfCenters: Double
  public var overlapOfPatches: Double
}

/// The plain answer to "were the spectra worth it?".
public struct Verdict: Codable, Equatable, Sendable {
  /// The possible answers.
  public enum Answer: String, Codable, Sendable, CaseIterable {
    /// The student beats the two-RGB control by at least 2 points, interval above 0.
    case worthIt = "worth it"
    /// Interval above 0, but less than 2 points.
    case suggestive
    /// The teacher itself gains less than 1 point over RGB.
    case notWorthIt = "the spectra are not worth it here"
    /// The teacher gains, the student does not.
    case notTransferred = "the spectra help, but only with the spectral camera on the line"
    /// Too few seeds or too wide an interval to say.
    case undecided
  }

  public var answer: Answer
  /// One sentence for a manager, with the figures.
  public var sentence: String

  /// Applies the stated margins; gains in points of the named metric.
  ///
  /// - Parameters:
  ///   - student: student − two-RGB control.
  ///   - teacher: fusion − two-RGB control.
  public init(student: PairedComparison, teacher: PairedComparison) {
    let gain =
      "\(Self.points(student.mean)) points [\(Self.points(student.low)), "
      + "\(Self.points(student.high))] over two RGB networks of equal size and steps"
    let ceiling = "the teacher with both cameras gains \(Self.points(teacher.mean))"
    if student.differences.count < 2 {
      answer = .undecided
      sentence = "one seed says nothing about chance; run at least five"
    } else if student.low > 0, student.mean >= 2 {
      answer = .worthIt
      sentence = "worth it: the RGB-only student gains \(gain); \(ceiling)"
    } else if teacher.mean < 1 {
      answer = .notWorthIt
      sentence =
        "the spectra are not worth it here: \(ceiling) points, so there is nothing to pass on; "
        + "the student shows \(gain)"
    } else if student.low > 0 {
      answer = .suggestive
      sentence = "suggestive: the RGB-only student gains \(gain); \(ceiling)"
    } else if teacher.low > 0 {
      answer = .notTransferred
      sentence =
        "the spectra help, but only with the spectral camera on the line: \(ceiling) points, "
        + "the RGB-only student shows \(gain)"
    } else {
      answer = .undecided
      sentence = "undecided: the RGB-only student shows \(gain); \(ceiling); more seeds or data"
    }
  }

  private static func points(_ value: Double) -> String {
    guard value.isFinite else { return "?" }
    return (value < 0 ? "−" : "+") + String(format: "%.1f", abs(value))
  }
}
