import Chemometrics
import Datasets
import Diagnostics
import Tensors

/// What the classical arms are shown of an object, and how they are fitted.
public struct BaselineSettings: Codable, Equatable, Sendable {
  /// One spectrum of an object, or all of them.
  public enum Unit: String, Codable, Sendable, CaseIterable {
    /// The mean over the object's pixels.
    case mean
    /// Each pixel by itself; the object's scores are the mean of theirs.
    case pixels
  }

  public var unit = Unit.mean
  /// Principal components before the discriminants.
  public var components = 20
  /// Components of partial least squares.
  public var leastSquaresComponents = 10
  /// How much the samples count against the penalty of logistic regression.
  public var strength = 1.0
  /// Training pixels at most, drawn at random where there are more.
  public var pixelLimit = 20_000

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    try values.read(&unit, .unit)
    try values.read(&components, .components)
    try values.read(&leastSquaresComponents, .leastSquaresComponents)
    try values.read(&strength, .strength)
    try values.read(&pixelLimit, .pixelLimit)
    for (key, isPositive) in [
      (CodingKeys.components, components > 0),
      (.leastSquaresComponents, leastSquaresComponents > 0),
      (.strength, strength > 0), (.pixelLimit, pixelLimit > 0),
    ] where !isPositive {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: values, debugDescription: "a number above 0 was wanted")
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case unit, components, leastSquaresComponents, strength, pixelLimit
  }

  /// The classifier of a classical arm, fitted to spectra `[N, bands]`.
  func model(
    _ arm: Arm, _ spectra: Tensor, labels: [Int], classes: Int
  ) -> any SpectralBaseline {
    switch arm {
    case .spectralAngle: SpectralAngleMapper(spectra, labels: labels, classes: classes)
    case .leastSquares:
      PartialLeastSquares(
        spectra, labels: labels, classes: classes, components: leastSquaresComponents)
    case .logisticRegression:
      LogisticRegression(spectra, labels: labels, classes: classes, strength: strength)
    default:
      PrincipalDiscriminant(spectra, labels: labels, classes: classes, components: components)
    }
  }
}

/// Spectra of objects, each with the object that it is of.
struct ObjectSpectra {
  /// `[N, bands]`.
  let spectra: Tensor
  /// The crop of each spectrum.
  let objects: [Int]

  /// The spectra of crops `[N, height, width, bands]`; pixels off the object, all of whose numbers
  /// are 0, are left out, but an object without any pixel keeps one.
  init(of crops: Tensor, unit: BaselineSettings.Unit) {
    let bands = crops.shape[crops.shape.count - 1]
    var values: [Float] = []
    var objects: [Int] = []
    for object in 0..<crops.shape[0] {
      let start = object * crops.rowCount
      let pixels = stride(from: start, to: start + crops.rowCount, by: bands).filter { pixel in
        (0..<bands).contains { crops.values[pixel + $0] != 0 }
      }
      let shown = pixels.isEmpty ? [start] : pixels
      switch unit {
      case .pixels:
        for pixel in shown { values += crops.values[pixel..<(pixel + bands)] }
        objects += repeatElement(object, count: shown.count)
      case .mean:
        var sum = [Float](repeating: 0, count: bands)
        for pixel in shown { for band in 0..<bands { sum[band] += crops.values[pixel + band] } }
        values += sum.map { $0 / Float(shown.count) }
        objects.append(object)
      }
    }
    spectra = Tensor(shape: [objects.count, bands], values: values)
    self.objects = objects
  }

  /// At most so many of them, drawn at random.
  func limited(to count: Int, using random: inout some RandomNumberGenerator) -> ObjectSpectra {
    guard objects.count > count else { return self }
    return ObjectSpectra(self, rows: random.permutation(objects.count).prefix(count).sorted())
  }

  private init(_ all: ObjectSpectra, rows: [Int]) {
    spectra = all.spectra.rows(rows)
    objects = rows.map { all.objects[$0] }
  }

  /// The mean of each object's scores, `[objects, classes]`.
  func mean(of scores: Tensor, objects count: Int) -> Tensor {
    let classes = scores.rowCount
    var sums = [Float](repeating: 0, count: count * classes)
    var shares = [Float](repeating: 0, count: count)
    for (row, object) in objects.enumerated() {
      shares[object] += 1
      for label in 0..<classes {
        sums[object * classes + label] += scores.values[row * classes + label]
      }
    }
    for place in sums.indices { sums[place] /= max(1, shares[place / classes]) }
    return Tensor(shape: [count, classes], values: sums)
  }
}

extension ExperimentRun {
  /// What a classical arm says, after training on the labelled objects of a seed.
  func classical(_ arm: Arm, _ split: Split, seed: UInt64) throws -> Predictions {
    let settings = experiment.baselines
    let labels = try split.labelled.map { row -> Int in
      guard let label = dataset.labels[row] else { throw MissingLabel(piece: dataset.pieces[row]) }
      return label
    }
    var random = SplitMix64(seed: seed, purpose: "baseline/pixels")
    let training = ObjectSpectra(of: dataset.spectra.rows(split.labelled), unit: settings.unit)
      .limited(to: settings.pixelLimit, using: &random)
    let model = settings.model(
      arm, training.spectra, labels: training.objects.map { labels[$0] },
      classes: dataset.classes.count)
    var found = Predictions(logits: [:])
    for part in Predictions.Part.allCases {
      let rows = split.rows(part)
      let shown = ObjectSpectra(of: dataset.spectra.rows(rows), unit: settings.unit)
      found.logits[part] = shown.mean(of: model.scores(shown.spectra), objects: rows.count)
    }
    return found
  }

  /// Tells predictions of a classical arm under other settings apart.
  func classicalIdentity(_ arm: Arm) throws -> String {
    arm.stage == nil ? "/" + Digest(of: try JSONFile.line(experiment.baselines)).short : ""
  }
}
