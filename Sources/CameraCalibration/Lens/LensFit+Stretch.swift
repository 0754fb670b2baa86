/// How much wider for its height the board is than it was said to be.
///
/// Printers scale pages to fit. Where a board was turned in the picture, a wrong ratio of its sides
/// fits no lens; where it was not, the focal lengths take it up, and it stays unknown.
public struct BoardStretch: Codable, Equatable, Sendable {
  /// Percent by which the board is wider for its height than given; negative where narrower.
  public var percent: Double
  /// 95 % bound of `percent`.
  public var bound: Double

  public init(percent: Double, bound: Double) {
    self.percent = percent
    self.bound = bound
  }
}

extension LensFit {
  /// The stretch that explains the corners best; nil where the views do not tell it from a lens.
  ///
  /// One step from where the fit stands is right for what a ruler shows; larger ones are followed
  /// by fits to the stretched board.
  ///
  /// - Parameter coverage: standard deviations to a 95 % bound.
  func stretch(coverage: Double, misfit: Double) -> BoardStretch? {
    guard var last = stretchStep() else { return nil }
    var (factor, misfit) = (1 + last.step, misfit)
    var round = 0
    while abs(last.step) > 0.002, round < 6 {
      round += 1
      guard (0.2...5).contains(factor) else { return nil }
      var fit = LensFit(
        views.map { $0.stretched(by: factor) }, lens: lens, poses: poses, isFree: isFree)
      fit.descend()
      guard fit.squares.isFinite, let next = fit.stretchStep(), let own = fit.uncertainty() else {
        return nil
      }
      (last, misfit) = (next, own.misfit)
      factor *= 1 + last.step
    }
    return BoardStretch(
      percent: 100 * (factor - 1), bound: 100 * factor * last.deviation * misfit * coverage)
  }

  /// The Gauss-Newton step of the stretch's logarithm, and its standard deviation: lens and poses
  /// are eliminated as in `LensFit`.
  private func stretchStep() -> (step: Double, deviation: Double)? {
    let n = ViewNormals.lensCount
    guard degreesOfFreedom > 1, let information = information(),
      let inverse = inversePositive(information.all, size: n)
    else { return nil }
    var (own, all, slope) = (0.0, 0.0, 0.0)
    var withLens = [Double](repeating: 0, count: n)
    var lensSlope = withLens
    for index in views.indices {
      let column = StretchColumn(views[index], lens: lens, pose: poses[index])
      guard let left = column.left(of: normals[index]) else { return nil }
      all += column.squares
      own += left.squares
      slope += left.slope
      for i in 0..<n where isFree[i] {
        withLens[i] += left.withLens[i]
        lensSlope[i] += left.lensSlope[i]
      }
    }
    for i in 0..<n {
      for j in 0..<n {
        own -= withLens[i] * inverse[i * n + j] * withLens[j]
        slope -= withLens[i] * inverse[i * n + j] * lensSlope[j]
      }
    }
    // What lens and poses take up all but a millionth of is no knowledge.
    guard own > 1e-6 * all, own > 0 else { return nil }
    let variance = squares / Double(degreesOfFreedom - 1)
    return (-slope / own, (variance / own).squareRoot())
  }
}

extension ViewCorners {
  /// The same view of a board that is wider.
  fileprivate func stretched(by factor: Double) -> ViewCorners {
    var corners = self
    for index in stride(from: 0, to: board.count, by: 2) { corners.board[index] *= factor }
    return corners
  }
}

/// How the residuals of a view change as its board grows wider, beside lens and pose.
private struct StretchColumn {
  /// Products with the residuals' other fifteen derivatives.
  private var products = [Double](repeating: 0, count: ViewNormals.count)
  private(set) var squares = 0.0
  private var slope = 0.0

  init(_ corners: ViewCorners, lens: LensModel, pose: BoardPose) {
    var row = CornerRow(lens, pose)
    let r = pose.rotation
    for corner in 0..<corners.count {
      let x = corners.board[2 * corner]
      row.linearize(
        x, corners.board[2 * corner + 1], corners.picture[2 * corner],
        corners.picture[2 * corner + 1])
      let u = x * (row.u[12] * r[0] + row.u[13] * r[3] + row.u[14] * r[6])
      let v = x * (row.v[12] * r[0] + row.v[13] * r[3] + row.v[14] * r[6])
      squares += u * u + v * v
      slope += u * row.offset.u + v * row.offset.v
      for i in products.indices { products[i] += u * row.u[i] + v * row.v[i] }
    }
  }

  /// What is left once the view's pose is eliminated; nil where the view does not fix it.
  func left(
    of normals: ViewNormals
  ) -> (squares: Double, slope: Double, withLens: [Double], lensSlope: [Double])? {
    let (n, p) = (ViewNormals.lensCount, ViewNormals.poseCount)
    guard let columns = normals.eliminatedPose(damping: 0) else { return nil }
    let pose = products[n...]
    func answer(_ column: Int, to right: ArraySlice<Double>) -> Double {
      (0..<p).reduce(0) { $0 + columns[column * p + $1] * right[n + $1] }
    }
    guard let own = normals.poseAnswer(to: Array(pose)) else { return nil }
    var squares = squares
    for k in 0..<p { squares -= pose[n + k] * own[k] }
    return (
      squares, slope + answer(n, to: pose),
      (0..<n).map { products[$0] - answer($0, to: pose) },
      (0..<n).map { normals.gradient[$0] - answer($0, to: normals.gradient[n...]) }
    )
  }
}
