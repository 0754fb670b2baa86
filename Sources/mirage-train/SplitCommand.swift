import CommandKit
import Datasets
import Diagnostics
import Distillation
import Foundation

extension SplitPlan.Method: ArgumentValue {}

/// Divides recordings into training, validation, calibration and test, and stores the split.
struct SplitCommand: Command {
  static let name = "split"
  static let summary = "Divides samples by group, refuses what leaks, and stores the split."
  static let examples = [
    "mirage-train split Recordings --out split.json",
    "mirage-train split SampleData/IndianPines --method blocks --patch 7 --drop-below 50",
    "mirage-train split SampleData/IndianPines --method random --patch 7 --show-flattering",
  ]

  var recordings = URL(filePath: ".")
  var method = SplitPlan.Method.groups
  var seed: UInt64 = 1
  var patch = 7
  var test = 0.25
  var validation = 0.15
  var calibration = 0.1
  var folds: Int?
  var fold = 0
  var blockSide = 20
  var guardBand: Int?
  var labelsPerClass: Int?
  var dropBelow: Int?
  var showsFlattering = false
  var out: URL?

  static let operands: [Operand<Self>] = [
    .required("RECORDINGS", \.recordings, "Folder with manifest.json")
  ]
  static let flags: [Flag<Self>] = [
    .value("--method", \.method, "METHOD", "What is kept together"),
    .value("--seed", \.seed, "N", "The same seed gives the same split"),
    .value("--patch", \.patch, "PIXELS", "Side of a scene's patches", in: .from(1)),
    .value("--test", \.test, "SHARE", "Share for the test", in: .from(0, to: 1)),
    .value("--validation", \.validation, "SHARE", "Share for choices", in: .from(0, to: 1)),
    .value(
      "--calibration", \.calibration, "SHARE", "Share for temperature and thresholds",
      in: .from(0, to: 1)),
    .optional("--folds", \.folds, "N", "Equal parts, one of them the test, in place of --test"),
    .value("--fold", \.fold, "K", "Which part is the test, from 0", in: .from(0)),
    .value("--block-side", \.blockSide, "PIXELS", "Side of a scene's blocks", in: .from(1)),
    .optional(
      "--guard-band", \.guardBand, "PIXELS",
      "Distance that training keeps from the test (blocks: default one less than the patch)"),
    .optional("--labels-per-class", \.labelsPerClass, "N", "Labels that training may use"),
    .optional(
      "--drop-below", \.dropBelow, "N",
      "Drop classes with fewer samples in training or test, instead of refusing"),
    .toggle(
      "--show-flattering", \.showsFlattering,
      "Make even a split that leaks, marked so, and show what it would claim"),
    .optional("--out", \.out, "FILE", "Where to store the split (JSON)"),
  ]

  func run() async throws {
    guard patch % 2 == 1 else {
      throw Complaint("--patch", "\(patch) pixels have no center, an odd number was wanted")
    }
    var plan = SplitPlan(
      method: method, seed: seed, testShare: test, validationShare: validation,
      calibrationShare: calibration)
    plan.folds = folds
    plan.fold = fold
    plan.blockSide = blockSide
    plan.guardBand = guardBand
    plan.labelsPerClass = labelsPerClass
    plan.classMinimum = dropBelow.map { .init(training: $0, test: $0) }
    let catalog = try SampleCatalog.open(recordings)
    let planned = try catalog.split(
      by: plan, patch: patch, purpose: showsFlattering ? .flatteringFigure : .evaluation)
    print(planned.text)
    if showsFlattering { try showClaims(planned, of: catalog) }
    if let out {
      let stored = try StoredSplit(planned)
      try stored.write(to: out)
      print("stored: \(out.relativePath) (digest \(stored.digest.short))")
    }
  }

  /// Prints what the split would claim, and what one without a leak says of the same classifier.
  private func showClaims(_ planned: PlannedSplit, of catalog: SampleCatalog) throws {
    func text(_ claim: SplitClaim) -> String {
      String(format: "%.1f %% of %d test samples right", 100 * claim.accuracy, claim.test)
    }
    print("\nthe nearest training spectrum as classifier:")
    print("  here: \(text(try SplitClaim(planned, patch: patch)))")
    let plan = catalog.separated(planned.plan)
    do {
      let honest = try catalog.split(by: plan, patch: patch)
      let missing = honest.droppedClasses.count
      print(
        "  with \(plan.method.rawValue) kept apart: \(text(try SplitClaim(honest, patch: patch)))"
          + (missing > 0 ? ", without the \(missing) classes that too few of them hold" : ""))
    } catch let error as SplitError {
      print("  with \(plan.method.rawValue) kept apart: cannot be said, \(error.problem)")
    }
  }
}
