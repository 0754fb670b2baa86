import CLAPACK

/// Lens and poses together, by Levenberg-Marquardt on all corners.
///
/// The nine numbers of the lens meet every view, the six of a pose one view alone. So each step
/// eliminates the poses and solves nine equations, whatever the number of views.
///
/// Source: Triggs et al., *Bundle Adjustment: A Modern Synthesis*, 2000, section 6.1 (the reduced
/// system); Nielsen, *Damping Parameter in Marquardt's Method*, 1999, equation 2.5.
struct LensFit: Sendable {
  private(set) var lens: LensModel
  private(set) var poses: [BoardPose]
  /// Sum of squared residuals in square pixels.
  private(set) var squares = Double.infinity
  private(set) var steps = 0
  private(set) var isConverged = false
  /// The normal equations where the fit ended.
  private(set) var normals: [ViewNormals] = []

  let views: [ViewCorners]
  /// Whether each of the nine numbers is estimated or stays as it is.
  let isFree: [Bool]

  private static let lensCount = ViewNormals.lensCount
  private static let poseCount = ViewNormals.poseCount

  init(_ views: [ViewCorners], lens: LensModel, poses: [BoardPose], isFree: [Bool]) {
    precondition(views.count == poses.count, "fit: \(poses.count) poses, \(views.count) views")
    self.views = views
    self.lens = lens
    self.poses = poses
    self.isFree = isFree
    normals = views.map { _ in ViewNormals() }
  }

  /// Residuals less the numbers estimated.
  var degreesOfFreedom: Int {
    views.reduce(0) { $0 + 2 * $1.count } - Self.poseCount * views.count
      - isFree.count { $0 }
  }

  /// Goes down until nothing is left to gain, at most `most` steps.
  mutating func descend(most: Int = 100) {
    linearize()
    var (damping, growth) = (1e-3, 2.0)
    isConverged = false
    while steps < most, squares.isFinite {
      steps += 1
      guard let step = step(damping: damping) else {
        damping *= growth
        growth *= 2
        if damping > 1e12 { return }
        continue
      }
      let (nextLens, nextPoses) = moved(by: step)
      let found = sum(nextLens, nextPoses)
      let gain = (squares - found) / max(step.promise, 1e-300)
      // What is left to gain is far below the noise; or rounding hides it.
      let isLast = step.promise <= 1e-12 * squares + 1e-24
      if found.isFinite, gain > 0 {
        (lens, poses) = (nextLens, nextPoses)
        linearize()
        damping *= max(1.0 / 3, 1 - (2 * gain - 1) * (2 * gain - 1) * (2 * gain - 1))
        damping = max(damping, 1e-12)
        growth = 2
      } else {
        damping *= growth
        growth *= 2
      }
      if isLast || damping > 1e12 {
        isConverged = isLast
        return
      }
    }
  }

  // MARK: One step

  private struct Step {
    var lens: [Double]
    /// Six numbers a view.
    var poses: [Double]
    /// By how much the sum of squares should fall.
    var promise: Double
  }

  private mutating func linearize() {
    squares = 0
    for index in views.indices {
      normals[index].fill(views[index], lens: lens, pose: poses[index])
      squares += normals[index].squares
    }
  }

  private func sum(_ lens: LensModel, _ poses: [BoardPose]) -> Double {
    zip(views, poses).reduce(0) { $0 + ViewNormals.squares($1.0, lens: lens, pose: $1.1) }
  }

  private func moved(by step: Step) -> (LensModel, [BoardPose]) {
    var lens = self.lens
    lens.parameters = zip(lens.parameters, step.lens).map { $0 + $1 }
    let turned = self.poses.indices.map { index in
      self.poses[index].moved(by: step.poses[(6 * index)..<(6 * index + 6)])
    }
    return (lens, turned)
  }

  /// Solves the damped normal equations; nil where they are not positive definite.
  private func step(damping: Double) -> Step? {
    let (n, p) = (Self.lensCount, Self.poseCount)
    var eliminated: [[Double]] = []
    eliminated.reserveCapacity(normals.count)
    for normal in normals {
      guard let columns = normal.eliminatedPose(damping: damping) else { return nil }
      eliminated.append(columns)
    }
    var reduced = reducedSystem(eliminated, damping: damping)
    var step = reduced.right
    let status = LAPACKE_dposv(
      LAPACK_COL_MAJOR, CChar(UInt8(ascii: "U")), Int32(n), 1, &reduced.matrix, Int32(n), &step,
      Int32(n))
    guard status == 0 else { return nil }
    var poseSteps: [Double] = []
    poseSteps.reserveCapacity(p * normals.count)
    var promise = 0.0
    for (normal, columns) in zip(normals, eliminated) {
      for i in 0..<p {
        var value = columns[n * p + i]
        for j in 0..<n { value -= columns[j * p + i] * step[j] }
        poseSteps.append(value)
        promise += value * (damping * normal.diagonal(n + i) * value - normal.gradient[n + i])
      }
    }
    var diagonal = [Double](repeating: 0, count: n)
    var slope = diagonal
    for normal in normals {
      for i in 0..<n {
        diagonal[i] += normal.diagonal(i)
        slope[i] += normal.gradient[i]
      }
    }
    for i in 0..<n where isFree[i] {
      promise += step[i] * (damping * diagonal[i] * step[i] - slope[i])
    }
    return Step(lens: step, poses: poseSteps, promise: promise)
  }

  /// The nine equations left after the poses were eliminated, for steps downhill.
  private func reducedSystem(
    _ eliminated: [[Double]], damping: Double
  ) -> (matrix: [Double], right: [Double]) {
    let (n, p, count) = (Self.lensCount, Self.poseCount, ViewNormals.count)
    var matrix = [Double](repeating: 0, count: n * n)
    var right = [Double](repeating: 0, count: n)
    for (normal, columns) in zip(normals, eliminated) {
      let own = normal.matrix.span
      let solved = columns.span
      for i in 0..<n {
        var sum = -normal.gradient[i]
        for k in 0..<p { sum -= own[i * count + n + k] * solved[n * p + k] }
        right[i] += sum
        for j in i..<n {
          var sum = own[i * count + j]
          if i == j { sum += damping * sum }
          for k in 0..<p { sum -= own[i * count + n + k] * solved[j * p + k] }
          // Column-major: the upper triangle of LAPACK is row i, column j.
          matrix[j * n + i] += sum
        }
      }
    }
    hold(&matrix, &right)
    return (matrix, right)
  }

  /// Keeps what is not estimated where it is.
  private func hold(_ matrix: inout [Double], _ right: inout [Double]) {
    let n = Self.lensCount
    for i in 0..<n where !isFree[i] {
      for j in 0..<n { (matrix[j * n + i], matrix[i * n + j]) = (0, 0) }
      matrix[i * n + i] = 1
      right[i] = 0
    }
  }

  /// The information on the lens once the poses are eliminated, `[9, 9]`, both triangles, and
  /// that of each view alone; nil where a pose is not fixed by its view.
  func information() -> (all: [Double], views: [[Double]])? {
    let (n, p, count) = (Self.lensCount, Self.poseCount, ViewNormals.count)
    var all = [Double](repeating: 0, count: n * n)
    var parts: [[Double]] = []
    for normal in normals {
      guard let columns = normal.eliminatedPose(damping: 0) else { return nil }
      var own = [Double](repeating: 0, count: n * n)
      for i in 0..<n where isFree[i] {
        for j in i..<n where isFree[j] {
          var sum = normal.matrix[i * count + j]
          for k in 0..<p { sum -= normal.matrix[i * count + n + k] * columns[j * p + k] }
          (own[i * n + j], own[j * n + i]) = (sum, sum)
        }
      }
      for index in all.indices { all[index] += own[index] }
      parts.append(own)
    }
    for i in 0..<n where !isFree[i] { all[i * n + i] = 1 }
    return (all, parts)
  }
}

extension ViewNormals {
  func diagonal(_ index: Int) -> Double { matrix[index * Self.count + index] }

  /// V⁻¹ [Wᵀ, −g]: the pose's answer to each number of the lens, then to its own gradient, six
  /// numbers each; nil where the view does not fix its pose.
  func eliminatedPose(damping: Double) -> [Double]? {
    let (n, p, count) = (Self.lensCount, Self.poseCount, Self.count)
    var right = [Double](repeating: 0, count: p * (n + 1))
    for i in 0..<p {
      for j in 0..<n { right[j * p + i] = matrix[j * count + n + i] }
      right[n * p + i] = -gradient[n + i]
    }
    return solvedPositive(poseMatrix(damping: damping), size: p, right: right)
  }

  /// V⁻¹ times six numbers; nil where the view does not fix its pose.
  func poseAnswer(to right: [Double]) -> [Double]? {
    solvedPositive(poseMatrix(damping: 0), size: Self.poseCount, right: right)
  }

  /// V, `[6, 6]`, as LAPACK reads its upper triangle.
  private func poseMatrix(damping: Double) -> [Double] {
    let (n, p, count) = (Self.lensCount, Self.poseCount, Self.count)
    var own = [Double](repeating: 0, count: p * p)
    for i in 0..<p {
      for j in i..<p { own[j * p + i] = matrix[(n + i) * count + n + j] }
      own[i * p + i] *= 1 + damping
    }
    return own
  }
}

/// Which terms of the distortion are estimated; the others are 0.
public enum DistortionTerms: String, Codable, Equatable, Sendable, CaseIterable {
  case none
  /// k1, k2, p1, p2.
  case four
  /// k1, k2, k3, p1, p2.
  case five

  /// In the order of `LensModel.parameters`.
  var isFree: [Bool] {
    [Bool](repeating: true, count: 4)
      + [Bool](repeating: self != .none, count: 4) + [self == .five]
  }
}
