import Diagnostics
import Foundation

/// How much of a test the training has already seen, as shares of the test samples.
public struct Leak: Codable, Equatable, Sendable {
  /// Scenes: test patches that contain the center of a training patch of the same class.
  public var trainingCenter: Double
  /// Scenes: test patches that share at least one pixel with a training patch.
  public var sharedPixel: Double
  /// Belt: test samples of a piece that training shows too.
  public var sharedPiece: Double
  /// Belt: test samples of a group (batch, day, session) that training has too.
  public var sharedGroup: Double

  public init(
    trainingCenter: Double = 0, sharedPixel: Double = 0, sharedPiece: Double = 0,
    sharedGroup: Double = 0
  ) {
    self.trainingCenter = trainingCenter
    self.sharedPixel = sharedPixel
    self.sharedPiece = sharedPiece
    self.sharedGroup = sharedGroup
  }

  /// Whether training has seen nothing of the test.
  public var isNone: Bool {
    trainingCenter == 0 && sharedPixel == 0 && sharedPiece == 0 && sharedGroup == 0
  }

  /// The shares that are of interest, in a sentence without an end.
  public var sentence: String {
    let pixels = trainingCenter > 0 || sharedPixel > 0
    let groups = sharedPiece > 0 || sharedGroup > 0
    let ofPixels =
      "\(Self.percent(trainingCenter)) of the test patches contain a training center of their "
      + "class and \(Self.percent(sharedPixel)) share a pixel with a training patch"
    let ofGroups =
      "\(Self.percent(sharedPiece)) of the test samples show a piece that training shows and "
      + "\(Self.percent(sharedGroup)) come from a group that training has"
    switch (pixels, groups) {
    case (false, false): return "training has seen no pixel, piece or group of the test"
    case (true, false): return ofPixels
    case (false, true): return ofGroups
    case (true, true): return "\(ofPixels); \(ofGroups)"
    }
  }

  private static func percent(_ share: Double) -> String {
    String(format: "%.1f %%", share * 100)
  }
}

/// A split whose test figures would flatter: refused.
public struct LeakRefused: Explained, Equatable {
  public let place: String
  public let leak: Leak

  public init(_ place: String, _ leak: Leak) {
    self.place = place
    self.leak = leak
  }

  public var problem: String { "\(leak.sentence); none was wanted" }

  public var remedy: String? {
    leak.sharedPixel > 0
      ? "split by blocks with a guard band (method 'blocks'), or ask for the flattering figure "
        + "alone, which is shown and never counted"
      : "split by group (method 'groups'), or ask for the flattering figure alone, which is shown "
        + "and never counted"
  }
}

/// Measures what training has seen of the test.
public enum LeakCheck {
  /// A pixel of a scene with its class.
  public struct Center: Sendable, Equatable {
    public let column: Int
    public let row: Int
    /// Nil for an unlabelled one, which is of no class.
    public let label: Int?

    public init(column: Int, row: Int, label: Int?) {
      self.column = column
      self.row = row
      self.label = label
    }
  }

  /// How many of the test patches of one scene contain a training center of their class, and how
  /// many share a pixel with a training patch.
  ///
  /// `patch` is the odd side of the square patches. Works on running sums over the scene, so the
  /// time does not grow with the patch.
  public static func overlaps(
    training: [Center], test: [Center], patch: Int
  ) -> (trainingCenter: Int, sharedPixel: Int) {
    precondition(patch > 0 && patch % 2 == 1, "leak check: patch \(patch), an odd side wanted")
    let all = training + test
    let width = (all.map(\.column).max() ?? 0) + 1
    let height = (all.map(\.row).max() ?? 0) + 1
    let any = RunningSums(training, width: width, height: height)
    var sharedPixel = 0
    for center in test where any.count(around: center, reach: patch - 1) > 0 { sharedPixel += 1 }
    var trainingCenter = 0
    for label in Set(test.compactMap(\.label)) {
      let own = RunningSums(
        training.filter { $0.label == label }, width: width, height: height)
      for center in test where center.label == label {
        if own.count(around: center, reach: patch / 2) > 0 { trainingCenter += 1 }
      }
    }
    return (trainingCenter, sharedPixel)
  }

  /// What the training samples of a split (labelled or not) have seen of its test samples.
  public static func leak(
    training: [Int], test: [Int], in catalog: SampleCatalog, patch: Int
  ) -> Leak {
    guard !test.isEmpty else { return Leak() }
    let entries = catalog.entries
    var centers: [Int: (training: [Center], test: [Center])] = [:]
    func center(_ number: Int) -> Center {
      let entry = entries[number]
      return Center(column: entry.column, row: entry.row, label: entry.label)
    }
    var (pieces, groups): (Set<String>, Set<String>) = ([], [])
    for number in training {
      if catalog.layout(of: entries[number]) == .scene {
        centers[entries[number].recording, default: ([], [])].training.append(center(number))
      } else {
        pieces.insert(entries[number].piece)
        groups.insert(entries[number].group)
      }
    }
    var (sharedPiece, sharedGroup) = (0, 0)
    for number in test {
      if catalog.layout(of: entries[number]) == .scene {
        centers[entries[number].recording, default: ([], [])].test.append(center(number))
      } else {
        if pieces.contains(entries[number].piece) { sharedPiece += 1 }
        if groups.contains(entries[number].group) { sharedGroup += 1 }
      }
    }
    var (trainingCenter, sharedPixel) = (0, 0)
    for scene in centers.values {
      let found = overlaps(training: scene.training, test: scene.test, patch: patch)
      trainingCenter += found.trainingCenter
      sharedPixel += found.sharedPixel
    }
    let total = Double(test.count)
    return Leak(
      trainingCenter: Double(trainingCenter) / total, sharedPixel: Double(sharedPixel) / total,
      sharedPiece: Double(sharedPiece) / total, sharedGroup: Double(sharedGroup) / total)
  }
}

/// Sums over all rectangles of a grid that begin at its corner.
struct RunningSums {
  private let width: Int
  private let height: Int
  private var sums: [Int32]

  init(_ centers: [LeakCheck.Center], width: Int, height: Int) {
    self.width = width
    self.height = height
    sums = [Int32](repeating: 0, count: (width + 1) * (height + 1))
    for center in centers {
      sums[(center.row + 1) * (width + 1) + center.column + 1] += 1
    }
    for row in 1...height {
      for column in 1...width {
        let place = row * (width + 1) + column
        sums[place] += sums[place - 1] + sums[place - width - 1] - sums[place - width - 2]
      }
    }
  }

  /// How many lie at most `reach` columns and rows away.
  func count(around center: LeakCheck.Center, reach: Int) -> Int {
    let left = max(0, center.column - reach)
    let right = min(width, center.column + reach + 1)
    let top = max(0, center.row - reach)
    let bottom = min(height, center.row + reach + 1)
    guard left < right, top < bottom else { return 0 }
    let (above, below) = (top * (width + 1), bottom * (width + 1))
    return Int(sums[below + right] - sums[below + left] - sums[above + right] + sums[above + left])
  }
}
