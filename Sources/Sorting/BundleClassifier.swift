import Bundles
import Conveyor
import Diagnostics
import NeuralNetworks
import Samples

/// The student of a bundle, on the engine's thread.
public final class BundleClassifier: PieceClassifier {
  public let recipe: SampleRecipe
  public let rule: DecisionRule
  private let single: InferencePlan
  private let several: InferencePlan
  private let colorCount: Int
  private var singleLogits: [Float]
  private var severalLogits: [Float]

  /// Crops that one pass of the larger plan takes.
  private static let slice = 8

  /// Makes plans for one piece and for eight; `bundle` has passed its self-test.
  ///
  /// - Throws: a `Complaint` for a bundle that was not trained on pieces of a belt.
  public init(_ bundle: StudentBundle, on engine: Engine) throws {
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
    single = try bundle.plan(batch: 1, on: engine)
    several = try bundle.plan(batch: Self.slice, on: engine)
    colorCount = contents.recipe.colorCount
    singleLogits = [Float](repeating: 0, count: contents.classes.count)
    severalLogits = [Float](repeating: 0, count: Self.slice * contents.classes.count)
  }

  /// Runs whole slices of eight, and what is left one by one.
  public func classify(_ crops: [Float], count: Int, into logits: inout [Float]) throws {
    var done = 0
    while count - done >= Self.slice {
      try Self.run(
        several, crops, from: done * colorCount, count: Self.slice * colorCount,
        by: &severalLogits, into: &logits, at: done * rule.classes.count)
      done += Self.slice
    }
    while done < count {
      try Self.run(
        single, crops, from: done * colorCount, count: colorCount, by: &singleLogits,
        into: &logits, at: done * rule.classes.count)
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
