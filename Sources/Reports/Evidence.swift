import Datasets
import Distillation
import Samples
import Tensors

/// What every section reads: the run, its results, and what each arm says of each test piece.
struct Evidence {
  /// A decision unit of the test: a piece on the belt, or a patch of a scene.
  struct Piece {
    let name: String
    let group: String
    let truth: Int
    /// Rows of the dataset that show it.
    let rows: [Int]
  }

  /// What one arm of one seed says of the test pieces.
  struct Judgement {
    let seed: UInt64
    /// Numbers of the pieces, one for each row of `logits`.
    let pieces: [Int]
    /// `[N, classes]`, mean over the samples of a piece.
    let logits: Tensor
    let truth: [Int]
    let temperature: Float
    /// Cosine between what is read from RGB of the spectral features and these, of each piece;
    /// empty where there is none.
    let agreement: [Double]
    /// Spectra read from RGB, standardized, of each piece; empty where there are none.
    let imagined: [[Double]]

    /// Probabilities after the fitted temperature.
    var calibrated: [[Double]] { Metrics.probabilities(logits, temperature: temperature) }
    /// Probabilities as the network gives them.
    var raw: [[Double]] { Metrics.probabilities(logits) }
  }

  let run: ExperimentRun
  let results: ExperimentResults
  let pieces: [Piece]
  private let judgements: [Arm: [Judgement]]

  init(_ run: ExperimentRun, _ results: ExperimentResults) throws {
    self.run = run
    self.results = results
    var pieces: [Piece] = []
    var numbers: [String: Int] = [:]
    var judgements: [Arm: [Judgement]] = [:]
    for (index, seed) in run.experiment.seeds.enumerated() {
      guard let split = run.splits[seed] else { continue }
      let units = Self.units(of: split, in: run.dataset)
      for unit in units where numbers[unit.name] == nil {
        numbers[unit.name] = pieces.count
        pieces.append(unit)
      }
      for arm in Self.drawn where results.arm(arm) != nil {
        guard let found = try run.predictions(arm, seed), let logits = found.logits[.test] else {
          continue
        }
        let judged = run.byPiece(logits, rows: split.test)
        precondition(judged.truth == units.map(\.truth), "report: units in another order")
        let temperatures = results.arm(arm)?.temperatures ?? []
        judgements[arm, default: []].append(
          Judgement(
            seed: seed, pieces: units.compactMap { numbers[$0.name] }, logits: judged.logits,
            truth: judged.truth,
            temperature: temperatures.indices.contains(index) ? temperatures[index] : 1,
            agreement: Self.means(found.imagination?.agreement, split, units).compactMap(\.first),
            imagined: Self.means(found.imagination?.spectra, split, units)))
      }
    }
    self.pieces = pieces
    self.judgements = judgements
  }

  /// The arms whose single decisions are drawn; the others appear in tables alone.
  private static let drawn: [Arm] = [
    .fusion, .spectral, .color, .twoColor, .hallucination, .student, .compactPlain, .compact,
  ]

  /// One entry for each seed; empty where the arm was not trained.
  func judgements(_ arm: Arm) -> [Judgement] { judgements[arm] ?? [] }

  func has(_ arm: Arm) -> Bool { results.arm(arm) != nil && !judgements(arm).isEmpty }

  var classes: [String] { results.classes }
  /// The arm that answers the experiment's question.
  var student: Arm? { [.student, .compact].first(where: has) }
  /// What the student has to beat.
  var control: Arm? {
    student == .compact
      ? [.compactPlain, .color].first(where: has) : [.twoColor, .color].first(where: has)
  }
  var teacher: Arm? { [.fusion, .spectral].first(where: has) }
  /// The arm whose network goes to the line.
  var sealed: Arm? { [.compact, .student].first(where: has) }

  /// What is decided on, in the words of the recordings.
  var unit: String { run.dataset.recipe.cropMillimeters == nil ? "patch" : "piece" }
  var units: String { unit == "patch" ? "patches" : "pieces" }

  func comparison(_ first: Arm, _ second: Arm, _ metric: String = "accuracy") -> PairedComparison? {
    results.comparisons.first {
      $0.first == first.rawValue && $0.second == second.rawValue && $0.metric == metric
    }
  }

  /// Student over its control, in points of accuracy.
  var gain: PairedComparison? {
    student.flatMap { student in control.flatMap { comparison(student, $0) } }
  }

  /// Teacher over the student's control, in points of accuracy.
  var ceiling: PairedComparison? {
    teacher.flatMap { teacher in
      [control, .twoColor, .color].compactMap { $0 }.lazy
        .compactMap { comparison(teacher, $0) }.first
    }
  }

  /// Mean calibrated probabilities of a piece over the seeds that judged it, by number of piece.
  func averaged(_ arm: Arm) -> [Int: [Double]] {
    var sums: [Int: (values: [Double], count: Double)] = [:]
    for judgement in judgements(arm) {
      for (number, p) in zip(judgement.pieces, judgement.calibrated) {
        let known = sums[number] ?? ([Double](repeating: 0, count: p.count), 0)
        sums[number] = (zip(known.values, p).map(+), known.count + 1)
      }
    }
    return sums.mapValues { sum in sum.values.map { $0 / sum.count } }
  }

  /// The share of seeds that decide rightly on each piece, by number of piece.
  func rightShare(_ arm: Arm) -> [Int: Double] {
    var counts: [Int: (right: Double, all: Double)] = [:]
    for judgement in judgements(arm) {
      for (index, p) in judgement.raw.enumerated() {
        var count = counts[judgement.pieces[index]] ?? (0, 0)
        count.right += decided(p) == judgement.truth[index] ? 1 : 0
        count.all += 1
        counts[judgement.pieces[index]] = count
      }
    }
    return counts.mapValues { $0.right / $0.all }
  }

  /// The labelled test samples of a split by piece, in the order of `ExperimentRun.byPiece`.
  private static func units(of split: Split, in dataset: PairedDataset) -> [Piece] {
    var order: [String] = []
    var rows: [String: [Int]] = [:]
    for row in split.test where dataset.labels[row] != nil {
      let name = dataset.pieces[row]
      if rows[name] == nil { order.append(name) }
      rows[name, default: []].append(row)
    }
    return order.compactMap { name in
      guard let own = rows[name], let first = own.first, let truth = dataset.labels[first] else {
        return nil
      }
      return Piece(name: name, group: dataset.groups[first], truth: truth, rows: own)
    }
  }

  /// Mean over the samples of each piece of what there is of each test sample, `[N]` or `[N, C]`;
  /// empty where there is nothing.
  private static func means(_ found: Tensor?, _ split: Split, _ units: [Piece]) -> [[Double]] {
    guard let found, found.shape.first == split.test.count else { return [] }
    let width = found.count / max(1, split.test.count)
    let places = Dictionary(zip(split.test, split.test.indices)) { first, _ in first }
    return units.map { unit in
      let own = unit.rows.compactMap { places[$0] }
      return (0..<width).map { column in
        own.reduce(0) { $0 + Double(found.values[$1 * width + column]) }
          / Double(max(1, own.count))
      }
    }
  }
}

/// The likeliest class; the first of equals, as the metrics take it.
func decided(_ probabilities: [Double]) -> Int {
  probabilities.indices.max {
    (probabilities[$0], $1) < (probabilities[$1], $0)
  } ?? 0
}
