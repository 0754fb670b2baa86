import Units

/// A lens as views of a board showed it, with how well it is known.
public struct LensCalibration: Codable, Equatable, Sendable {
  public var lens: LensModel
  /// Covariance of the lens's nine numbers, `[9, 9]`, in the order of `LensModel.parameters`.
  public var covariance: [Double]
  /// Root of the mean squared distance of corners from where the lens puts them, in pixels.
  public var residualPixels: Double
  /// Noise of each coordinate of a corner, in pixels: residuals for the numbers estimated.
  public var noisePixels: Double
  /// By how much larger the deviations are than noise of single corners would make them, because
  /// the views disagree: 1 where the model fits.
  public var misfit: Double
  /// Standard deviations to a 95 % bound: Student's t for as many views as count.
  public var coverageFactor: Double
  /// The same for each number by itself: larger where fewer views than in the mean decide it.
  public var coverageFactors: [Double]
  /// How much wider for its height the board is than given; nil where the views do not tell.
  public var stretch: BoardStretch?
  public var views: [CalibratedView]
  public var rejected: [RejectedView]
  public var coverage: CornerCoverage
  public var settings: LensSettings

  /// Standard deviations of the nine numbers.
  public var deviations: [Double] {
    (0..<9).map { max(0, covariance[10 * $0]).squareRoot() }
  }

  /// 95 % bounds of the nine numbers.
  public var bounds: [Double] { zip(deviations, coverageFactors).map { $0 * $1 } }

  /// Estimates a lens from views of one board.
  ///
  /// Views that cannot be right are left out, each with its reason; so are those, the worst first,
  /// whose corners lie far further off than those of the others.
  ///
  /// Source: Zhang, *A Flexible New Technique for Camera Calibration*, 2000, section 3.
  /// Errors: where what is left does not fix a lens.
  public init(
    of views: [BoardView], settings: LensSettings = LensSettings(), place: String = "intrinsics"
  ) throws(LensCalibrationError) {
    var selection = ViewSelection(views, settings: settings)
    try selection.requireEnough(place: place)
    var fit = try selection.start(place: place)
    while true {
      fit.descend()
      guard fit.squares.isFinite else {
        throw LensCalibrationError(place, .notConverged(steps: fit.steps))
      }
      guard let worst = selection.outlier(of: fit) else { break }
      fit = selection.without(worst, fit)
      try selection.requireEnough(place: place)
    }
    let degrees = BoardPose.largestAngle(between: fit.poses.map(\.normal))
    guard degrees >= ViewSelection.leastDegrees else {
      throw LensCalibrationError(
        place, .parallelBoards(degrees: degrees, wanted: LensLimits().tiltDegrees))
    }
    guard fit.isConverged else {
      throw LensCalibrationError(place, .notConverged(steps: fit.steps))
    }
    guard let uncertainty = fit.uncertainty() else {
      throw LensCalibrationError(place, .notDetermined)
    }
    self.settings = settings
    lens = fit.lens
    covariance = uncertainty.covariance
    noisePixels = uncertainty.noise
    misfit = uncertainty.misfit
    let mean = uncertainty.effectiveViewsInMean
    func factor(_ views: Double) -> Double {
      CameraCalibration.coverageFactor(degrees: Int(views.rounded(.down)) - 1)
    }
    coverageFactor = factor(mean)
    stretch = fit.stretch(coverage: coverageFactor, misfit: misfit)
    coverageFactors = uncertainty.effectiveViews.map { factor($0 > 0 ? min($0, mean) : mean) }
    let corners = fit.views.reduce(0) { $0 + $1.count }
    residualPixels = (fit.squares / Double(corners)).squareRoot()
    self.views = zip(selection.used, fit.poses).map { CalibratedView($0.0, fit.lens, $0.1) }
    rejected = selection.rejected
    coverage = CornerCoverage(selection.used)
  }
}

/// A view that had part in a calibration, and how well it agrees with it.
public struct CalibratedView: Codable, Equatable, Sendable {
  public var name: String
  public var pose: BoardPose
  /// Root of the mean squared distance of its corners from where the lens puts them, in pixels.
  public var residualPixels: Double
  public var residuals: [CornerResidual]

  init(_ view: BoardView, _ lens: LensModel, _ pose: BoardPose) {
    name = view.name
    self.pose = pose
    residuals = view.corners.compactMap { corner in
      let place = pose.camera(x: corner.board.x, y: corner.board.y)
      return lens.pixel(x: place.x, y: place.y, z: place.z).map {
        CornerResidual(
          number: corner.number, picture: corner.picture, columns: corner.picture.x - $0.x,
          rows: corner.picture.y - $0.y)
      }
    }
    let squares = residuals.reduce(0) { $0 + $1.columns * $1.columns + $1.rows * $1.rows }
    residualPixels = (squares / Double(max(1, residuals.count))).squareRoot()
  }
}

/// How far from where the lens puts it a corner was found.
public struct CornerResidual: Codable, Equatable, Sendable {
  public var number: Int
  public var picture: Point<ColorFrame>
  /// Found minus expected, in pixels.
  public var columns: Double
  public var rows: Double
}

/// A view that had no part in a calibration.
public struct RejectedView: Codable, Equatable, Sendable {
  public var name: String
  public var reason: ViewRejection

  public init(name: String, reason: ViewRejection) {
    self.name = name
    self.reason = reason
  }
}

/// In which parts of the picture corners were seen.
public struct CornerCoverage: Codable, Equatable, Sendable {
  public var columns: Int
  public var rows: Int
  /// Corners in each cell, row by row.
  public var counts: [Int]

  /// Counts corners in cells of an eighth of the picture's width, near to square.
  public init(_ views: [BoardView]) {
    let (width, height) = (views.first?.width ?? 1, views.first?.height ?? 1)
    columns = 8
    rows = max(1, Int((8 * Double(height) / Double(max(1, width))).rounded()))
    counts = [Int](repeating: 0, count: columns * rows)
    for corner in views.flatMap(\.corners) {
      // The first pixel reaches from -0.5 to 0.5.
      let column = Int(((corner.picture.x + 0.5) * Double(columns) / Double(width)).rounded(.down))
      let row = Int(((corner.picture.y + 0.5) * Double(rows) / Double(height)).rounded(.down))
      guard (0..<columns).contains(column), (0..<rows).contains(row) else { continue }
      counts[row * columns + column] += 1
    }
  }

  /// Share of cells with a corner, 0 to 1.
  public var share: Double { Double(counts.count { $0 > 0 }) / Double(counts.count) }
}
