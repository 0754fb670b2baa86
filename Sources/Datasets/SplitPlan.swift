/// How samples are to be divided; part of an experiment, stored with the split it gave.
public struct SplitPlan: Codable, Equatable, Sendable {
  /// What is kept together.
  public enum Method: String, Codable, Sendable, CaseIterable {
    /// Whole groups (batch, day, session) to one part each.
    case groups
    /// Square blocks of a scene to one part each, with a guard band around the test.
    case blocks
    /// The published mask of a scene: its pixels for training, all others for the test.
    case trainingMask = "training-mask"
    /// Single samples; leaks, so it serves to show the flattering figure only.
    case random
  }

  /// Fewest samples of a class in training (all that is not test) and test.
  public struct ClassMinimum: Codable, Equatable, Sendable {
    public var training: Int
    public var test: Int

    public init(training: Int, test: Int) {
      self.training = training
      self.test = test
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case training, test }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
      training = try container.decode(Int.self, forKey: .training)
      test = try container.decode(Int.self, forKey: .test)
    }
  }

  public var method: Method
  public var seed: UInt64
  /// Shares of all samples; the rest is for training.
  ///
  /// With a training mask, the shares of
  /// validation and calibration are of the mask's training pixels.
  public var testShare: Double
  public var validationShare: Double
  public var calibrationShare: Double
  /// Makes so many equal parts instead of a test share; part number `fold` is the test.
  public var folds: Int?
  public var fold: Int
  /// Side of a scene's blocks, in pixels.
  public var blockSide: Int
  /// Pixels around each test pixel that training keeps out of; nil for one less than the patch
  /// with blocks, and 0 with a training mask.
  public var guardBand: Int?
  /// Training samples of each class whose label may be used; nil for all.
  public var labelsPerClass: Int?
  /// Classes with fewer samples are dropped, and said so; nil refuses where a class vanishes.
  public var classMinimum: ClassMinimum?

  public init(
    method: Method, seed: UInt64 = 1, testShare: Double = 0.25, validationShare: Double = 0.15,
    calibrationShare: Double = 0.1
  ) {
    self.method = method
    self.seed = seed
    self.testShare = testShare
    self.validationShare = validationShare
    self.calibrationShare = calibrationShare
    fold = 0
    blockSide = 20
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case method, seed, testShare, validationShare, calibrationShare, folds, fold, blockSide
    case guardBand, labelsPerClass, classMinimum
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
    self.init(method: try container.decode(Method.self, forKey: .method))
    seed = try container.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
    testShare = try container.decodeIfPresent(Double.self, forKey: .testShare) ?? testShare
    validationShare =
      try container.decodeIfPresent(Double.self, forKey: .validationShare) ?? validationShare
    calibrationShare =
      try container.decodeIfPresent(Double.self, forKey: .calibrationShare) ?? calibrationShare
    folds = try container.decodeIfPresent(Int.self, forKey: .folds)
    fold = try container.decodeIfPresent(Int.self, forKey: .fold) ?? fold
    blockSide = try container.decodeIfPresent(Int.self, forKey: .blockSide) ?? blockSide
    guardBand = try container.decodeIfPresent(Int.self, forKey: .guardBand)
    labelsPerClass = try container.decodeIfPresent(Int.self, forKey: .labelsPerClass)
    classMinimum = try container.decodeIfPresent(ClassMinimum.self, forKey: .classMinimum)
  }

  /// What a split is made for.
  public enum Purpose: Sendable, Equatable {
    /// Figures that count: a leak is refused.
    case evaluation
    /// Showing how flattering a leaky figure would be; the split is marked so.
    case flatteringFigure
  }

  /// Refuses numbers that make no split; `place` says where the plan came from.
  public func check(place: String) throws(SplitError) {
    for (key, share) in [
      ("testShare", testShare), ("validationShare", validationShare),
      ("calibrationShare", calibrationShare),
    ] where !(0..<1).contains(share) {
      throw SplitError(place, .share(key, share))
    }
    let taken = validationShare + calibrationShare
    let test = folds.map { 1 / Double(max(1, $0)) } ?? (method == .trainingMask ? 0 : testShare)
    guard taken + test < 1 else { throw SplitError(place, .sharesAddUp(taken + test)) }
    if method != .trainingMask, test == 0 { throw SplitError(place, .share("testShare", 0)) }
    if let folds, folds < 2 || !(0..<folds).contains(fold) {
      throw SplitError(place, .fold(fold, of: folds))
    }
    guard blockSide > 0 else { throw SplitError(place, .notPositive("blockSide", blockSide)) }
    if let guardBand, guardBand < 0 {
      throw SplitError(place, .notPositive("guardBand", guardBand))
    }
    if let labelsPerClass, labelsPerClass < 1 {
      throw SplitError(place, .notPositive("labelsPerClass", labelsPerClass))
    }
  }
}
