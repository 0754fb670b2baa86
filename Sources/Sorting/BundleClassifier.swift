import Bundles
import Conveyor
import Diagnostics
import NeuralNetworks
import Samples
import Synchronization

/// The student of a bundle, on an engine of its own that follows whoever classifies.
///
/// One thread at a time has a use for it: it is made and warmed on one, then used by the frame
/// thread, and the lock around it is never waited for.
public final class BundleClassifier: PieceClassifier {
  public let recipe: SampleRecipe
  public let rule: DecisionRule
  private let plans: Mutex<StudentPlans>
  private let conformal: ConformalScores?

  /// Makes plans for one piece and for eight, on an engine of `threads` threads.
  ///
  /// `bundle` has passed its self-test. Throws a `Complaint` for a bundle that was not trained on
  /// pieces of a belt.
  public init(_ bundle: StudentBundle, threads: Int) throws {
    let contents = bundle.contents
    guard contents.recipe.cropMillimeters != nil else {
      throw Complaint(
        "bundle '\(contents.name)'",
        "was trained on a scene, its crops are counted in pixels; crops in millimeters are wanted",
        remedy: "sort with a bundle that was fitted to belt recordings")
    }
    recipe = contents.recipe
    rule = DecisionRule(
      classes: contents.classes, temperature: Double(contents.temperature),
      thresholds: contents.thresholds, energyLimit: contents.energyLimit)
    conformal = contents.conformal
    plans = Mutex(try StudentPlans(bundle, threads: threads))
  }

  /// By the scores of the pieces that were held out when the bundle was made.
  public func setLimits(coverage: Double) -> [Double]? { conformal?.limits(coverage: coverage) }

  /// Runs whole slices of eight, and what is left one by one.
  public func classify(_ crops: [Float], count: Int, into logits: inout [Float]) throws {
    try plans.withLock { plans in try plans.classify(crops, count: count, into: &logits) }
  }
}

/// A student's plans and the engine that they belong to.
private struct StudentPlans {
  /// Crops that one pass of the larger plan takes.
  private static let slice = 8

  private let engine: Engine
  private let single: InferencePlan
  private let several: InferencePlan
  private let colorCount: Int
  private let classCount: Int
  private var singleLogits: [Float]
  private var severalLogits: [Float]

  init(_ bundle: StudentBundle, threads: Int) throws {
    engine = try Engine(threads: threads)
    single = try bundle.plan(batch: 1, on: engine)
    several = try bundle.plan(batch: Self.slice, on: engine)
    colorCount = bundle.contents.recipe.colorCount
    classCount = bundle.contents.classes.count
    singleLogits = [Float](repeating: 0, count: classCount)
    severalLogits = [Float](repeating: 0, count: Self.slice * classCount)
  }

  mutating func classify(_ crops: [Float], count: Int, into logits: inout [Float]) throws {
    engine.moveToThisThread()
    var done = 0
    while count - done >= Self.slice {
      try Self.run(
        several, crops, from: done * colorCount, count: Self.slice * colorCount,
        by: &severalLogits, into: &logits, at: done * classCount)
      done += Self.slice
    }
    while done < count {
      try Self.run(
        single, crops, from: done * colorCount, count: colorCount, by: &singleLogits,
        into: &logits, at: done * classCount)
      done += 1
    }
  }

  /// One slice through `plan`, whose results fill `results`, and from there into `logits`.
  private static func run(
    _ plan: InferencePlan, _ crops: [Float], from first: Int, count: Int,
    by results: inout [Float], into logits: inout [Float], at place: Int
  ) throws {
    var span = results.mutableSpan
    try plan.run(color: crops.span.extracting(first..<(first + count)), into: &span)
    for index in results.indices { logits[place + index] = results[index] }
  }
}
