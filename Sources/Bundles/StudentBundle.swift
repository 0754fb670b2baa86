import CameraCalibration
import Diagnostics
import Foundation
import Models
import NeuralNetworks
import Samples
import Tensors

/// A sealed student: everything the line needs to classify pieces, and nothing else.
///
/// A folder with `bundle.json`, `weights.safetensors`, `golden.safetensors`, `CARD.md` and `SEAL`.
/// It contains no code. Every file is checked by digest, and golden samples are run when it loads.
public struct StudentBundle: Sendable {
  /// Version of this format; another one is refused.
  public static let version = 1
  /// Largest difference of a golden logit that is accepted, relative to the largest logit.
  public static let goldenTolerance: Float = 1e-3

  /// Which of the networks the weights belong to.
  public enum Network: String, Codable, Sendable, CaseIterable {
    /// One small RGB network.
    case compact
    /// RGB and hallucination streams.
    case student
  }

  /// What stands in `bundle.json`.
  public struct Contents: Codable, Equatable, Sendable {
    public var version = StudentBundle.version
    public var name: String
    public var network: Network
    public var joining: Networks.Joining
    public var architecture: Architecture
    public var classes: [String]
    public var recipe: SampleRecipe
    /// Divides logits before the softmax; fitted on the calibration samples.
    public var temperature: Float
    /// Per class: probability below which a piece counts as unknown.
    public var thresholds: [Double]
    /// Energy score above which a piece counts as unknown material; nil where none was fitted.
    public var energyLimit: Double?
    /// From which sets of classes follow; `nil` in bundles that were made before this was kept.
    public var conformal: ConformalScores?
    /// Calibration whose geometry the training samples came through.
    public var calibration: String
    /// What is remembered of each of them; `nil` in bundles that were made before this was kept.
    public var rigs: [RigFacts]?
    /// Experiment, seed, data digests: where it comes from.
    public var origin: [String: String]
    /// SHA-256 of the files beside this one.
    public var digests: [String: Digest] = [:]

    public init(
      name: String, network: Network, joining: Networks.Joining, architecture: Architecture,
      classes: [String], recipe: SampleRecipe, temperature: Float, thresholds: [Double],
      energyLimit: Double?, calibration: String, origin: [String: String]
    ) {
      self.name = name
      self.network = network
      self.joining = joining
      self.architecture = architecture
      self.classes = classes
      self.recipe = recipe
      self.temperature = temperature
      self.thresholds = thresholds
      self.energyLimit = energyLimit
      self.calibration = calibration
      self.origin = origin
    }
  }

  public let contents: Contents
  public let parameters: Parameters
  /// Crops as the recipe makes them, `[n, size, size, 3]`, and the logits they must give.
  public let golden: (color: Tensor, logits: Tensor)

  public init(contents: Contents, parameters: Parameters, golden: (color: Tensor, logits: Tensor)) {
    self.contents = contents
    self.parameters = parameters
    self.golden = golden
  }

  /// The network's declaration.
  public var graph: Graph {
    switch contents.network {
    case .compact: Networks.compact(contents.architecture)
    case .student: Networks.student(contents.architecture, joining: contents.joining)
    }
  }

  /// A plan for slices of `batch` crops, from `color` to `logits`.
  public func plan(batch: Int, on engine: Engine) throws -> InferencePlan {
    try InferencePlan(graph, batch: batch, parameters: parameters, outputs: ["logits"], on: engine)
  }

  /// Runs the golden samples and returns the worst difference of a logit, relative to the largest.
  ///
  /// Throws `BundleError.selfTest` above the tolerance.
  @discardableResult
  public func selfTest(on engine: Engine, place: String) throws -> Float {
    let plan = try plan(batch: max(1, golden.color.shape[0]), on: engine)
    guard let found = try plan(["color": golden.color])["logits"] else {
      throw BundleError(place, .missing("output 'logits'"))
    }
    let largest = golden.logits.values.reduce(1e-6) { max($0, abs($1)) }
    let worst =
      zip(found.values, golden.logits.values).reduce(0) { max($0, abs($1.0 - $1.1)) } / largest
    guard worst <= Self.goldenTolerance else {
      throw BundleError(place, .selfTest(worst: worst, limit: Self.goldenTolerance))
    }
    return worst
  }
}

/// Why a bundle was refused.
public struct BundleError: Explained, Equatable {
  public enum Reason: Equatable, Sendable {
    case notABundle
    case noSeal
    case value(String, found: String, wanted: String)
    case missing(String)
    case altered(file: String, found: Digest, wanted: Digest)
    case version(found: Int)
    case recipe(found: Int)
    case part(String, found: [Int], wanted: [Int])
    case count(String, found: Int, wanted: Int)
    case selfTest(worst: Float, limit: Float)
  }

  public let place: String
  public let reason: Reason

  init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .notABundle: "not a bundle: it has no bundle.json and SEAL"
    case .noSeal: "SEAL was altered: it holds no SHA-256 digest"
    case .value(let name, let found, let wanted):
      "'\(name)' in bundle.json is \(found), \(wanted) wanted"
    case .missing(let what): "\(what) is missing"
    case .altered(let file, let found, let wanted):
      "\(file) was altered: its digest is \(found.short)…, \(wanted.short)… was sealed"
    case .version(let found): "format version \(found), \(StudentBundle.version) wanted"
    case .recipe(let found):
      "sample recipe version \(found), this program can reproduce \(SampleRecipe.currentVersion)"
    case .part(let name, let found, let wanted):
      "weights '\(name)' have shape \(found), \(wanted) wanted by the network"
    case .count(let what, let found, let wanted): "\(found) \(what), \(wanted) wanted"
    case .selfTest(let worst, let limit):
      "self-test failed: golden logits differ by \(worst) of the largest, at most \(limit) allowed"
    }
  }

  public var remedy: String? {
    switch reason {
    case .notABundle: "give the folder that 'mirage-train fit' wrote"
    case .noSeal, .altered, .missing, .part, .count, .value:
      "copy the bundle again from where it was made"
    case .version, .recipe: "make the bundle again with this version of mirage-train"
    case .selfTest: "do not sort with it; make the bundle again on this machine"
    }
  }
}
