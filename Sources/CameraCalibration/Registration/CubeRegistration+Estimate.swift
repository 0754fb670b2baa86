import Foundation
import Units

extension CubeRegistration {
  /// Finds where the line scanner looks from targets that both cameras saw.
  ///
  /// The picture's corners, laid on the belt by `color`, are where the cube's corners should be;
  /// seven numbers of the slit's geometry bring them there. Corners and targets that lie far off
  /// are left out by name.
  ///
  /// - Parameters:
  ///   - targets: corners of the camera's own pictures, and of the cubes.
  ///   - color: from pictures without the lens's distortion to the belt.
  ///   - lens: whose distortion the pictures have, if it is known.
  ///   - area: the belt over which the error is wanted; nil is what cubes and picture share.
  public static func estimate(
    _ targets: [TargetPair], color: Homography<ColorFrame, BeltFrame>, lens: LensModel? = nil,
    over area: Rectangle<BeltFrame>? = nil
  ) throws(RegistrationError) -> CubeRegistration {
    var fit = try TargetFitting(targets, color: color, view: StraightView(lens))
    try fit.adjust()
    return try CubeRegistration(fit, area: area, color: color)
  }

  init(
    _ fit: TargetFitting, area wanted: Rectangle<BeltFrame>?,
    color: Homography<ColorFrame, BeltFrame>
  ) throws(RegistrationError) {
    let own = fit.geometry
    geometry = own
    (samples, lines) = (fit.samples, fit.lines)
    guard let near = own.homography(samples: fit.samples, lines: fit.lines) else {
      throw RegistrationError(fit.targets[0].name, .oneLine)
    }
    cube = near.map
    homographyErrorMillimeters = near.errorMillimeters
    let area = wanted ?? fit.sharedArea(color)
    let (columns, rows) = (BeltPlane.mapColumns, BeltPlane.mapRows)
    let grid = UncertaintyMap.grid(over: area, columns: columns, rows: rows)
    let draws = fit.draws(BeltPlane.draws)
    let errors = draws.map { draw in
      grid.map { point in
        // What the cube sees at the place, and where another possible geometry lays it.
        let found = draw.belt(own.cube(point))
        return hypot(found.x - point.x, found.y - point.y)
      }
    }
    uncertainty = UncertaintyMap(over: area, columns: columns, rows: rows, errors: errors)
      .widened(by: near.errorMillimeters)
    covered = fit.covered
    targets = fit.results
    residuals = fit.residuals
    deviationX = fit.deviationX
    deviationY = fit.deviationY
    rejectedCorners = fit.rejectedCorners
    skewUncertaintyDegrees = Ranks.quantile(
      0.95, of: draws.map { abs($0.skewDegrees - own.skewDegrees) })
    let middle = own.middleSample
    sampleUncertaintyMillimeters = Ranks.quantile(
      0.95,
      of: draws.map { abs($0.sampleMillimeters(at: middle) - own.sampleMillimeters(at: middle)) })
    lineUncertaintyMillimeters = Ranks.quantile(
      0.95, of: draws.map { abs($0.millimetersPerLine - own.millimetersPerLine) })
    keystone = nil
    refinement = nil
  }
}

/// Corners of targets in both cameras, and the geometry that joins them.
struct TargetFitting {
  /// A corner in use.
  struct Corner {
    var target: Int
    var cube: Point<CubeFrame>
    var belt: Point<BeltFrame>
    var isUsed = true
  }

  let targets: [TargetPair]
  private let view: StraightView
  let samples: Int
  let lines: Int
  private(set) var corners: [Corner] = []
  private(set) var rejections: [String?]
  private(set) var geometry: LineScanGeometry
  private(set) var deviationX = 1.0
  private(set) var deviationY = 1.0
  private var fit: LeastSquaresFit?

  init(
    _ targets: [TargetPair], color: Homography<ColorFrame, BeltFrame>, view: StraightView
  ) throws(RegistrationError) {
    self.view = view
    guard let first = targets.first else { throw RegistrationError("targets", .noTargets) }
    self.targets = targets
    samples = first.samples
    lines = targets.map(\.lines).max() ?? first.lines
    rejections = [String?](repeating: nil, count: targets.count)
    for (index, target) in targets.enumerated() {
      guard target.samples == samples else {
        throw RegistrationError(target.name, .otherWidth(found: target.samples, wanted: samples))
      }
      let seen = Dictionary(
        target.color.corners.map { ($0.number, $0.picture) },
        uniquingKeysWith: { first, _ in first })
      var count = 0
      for corner in target.cube.corners {
        guard let pixel = seen[corner.number], let place = view.straight(pixel) else { continue }
        let belt = color(place)
        guard corner.picture.x.isFinite, corner.picture.y.isFinite, belt.x.isFinite,
          belt.y.isFinite
        else { throw RegistrationError(target.name, .notFinite) }
        count += 1
        corners.append(
          Corner(
            target: index, cube: Point(x: corner.picture.x, y: corner.picture.y), belt: belt))
      }
      if count == 0 { rejections[index] = RegistrationError.Reason.noCommonCorners.short }
    }
    guard corners.count >= 8 else {
      throw RegistrationError(
        first.name, corners.isEmpty ? .noCommonCorners : .fewCorners(found: corners.count))
    }
    let start = try Self.start(corners, samples: samples, lines: lines, name: first.name)
    geometry = start
    try checkTargets()
  }

  /// A straight, affine first guess.
  private static func start(
    _ corners: [Corner], samples: Int, lines: Int, name: String
  ) throws(RegistrationError) -> LineScanGeometry {
    let (middleU, middleV) = (Double(samples - 1) / 2, Double(lines - 1) / 2)
    var normal = [Double](repeating: 0, count: 9)
    var (rightX, rightY) = ([0.0, 0, 0], [0.0, 0, 0])
    for corner in corners {
      let row = [1, corner.cube.x - middleU, corner.cube.y - middleV]
      for i in 0..<3 {
        rightX[i] += row[i] * corner.belt.x
        rightY[i] += row[i] * corner.belt.y
        for j in 0..<3 { normal[i * 3 + j] += row[i] * row[j] }
      }
    }
    guard let inverse = LeastSquaresFit.inverse(of: normal, size: 3),
      inverse[4] < 0.1, inverse[8] < 0.1,
      let x = LeastSquaresFit.solved(normal, rightX), let y = LeastSquaresFit.solved(normal, rightY)
    else { throw RegistrationError(name, .oneLine) }
    guard x[1] * y[2] - x[2] * y[1] > 0 else { throw RegistrationError(name, .mirrored) }
    let angle = atan2(y[1], x[1]) * 180 / .pi
    guard abs(angle) < 60 else { throw RegistrationError(name, .turnedTarget(degrees: abs(angle))) }
    return LineScanGeometry(
      samples: samples, lines: lines, start: x[0], millimetersPerSample: x[1], along: y[0],
      skew: y[1] / x[1], millimetersPerLine: y[2], drift: x[2])
  }

  /// Leaves out targets whose corners lie together in the wrong place: slid, or mixed up.
  ///
  /// Each target is held against what all others say without it: a wrong one would bend a fit that
  /// it has a part in.
  private mutating func checkTargets() throws(RegistrationError) {
    while rejections.filter({ $0 == nil }).count > 2 {
      var worst: (target: Int, distance: Double, share: Double)?
      for target in targets.indices where rejections[target] == nil {
        var others = self
        others.rejections[target] = ""
        do {
          try others.solve()
        } catch {
          // The others alone say too little; then nothing can be held against this one.
          continue
        }
        let usual = Ranks.median(
          targets.indices.filter { others.rejections[$0] == nil }.map(others.meanDistance))
        let distance = others.meanDistance(target)
        let share = distance / max(usual, 0.02 * abs(geometry.millimetersPerLine))
        if worst.map({ share > $0.share }) ?? true { worst = (target, distance, share) }
      }
      guard let worst, worst.share > 8,
        worst.distance > 0.7 * abs(geometry.millimetersPerLine)
      else { return }
      rejections[worst.target] =
        "its corners lie \(rounded(worst.distance, 2)) mm from where the others put them: the "
        + "target slid between the cameras, or belt positions are mixed up"
    }
  }

  private func meanDistance(_ target: Int) -> Double {
    let own = corners.filter { $0.target == target && $0.isUsed }
    let sum = own.reduce(0) { sum, corner in
      let found = geometry.belt(corner.cube)
      return sum + hypot(found.x - corner.belt.x, found.y - corner.belt.y)
    }
    return own.isEmpty ? 0 : sum / Double(own.count)
  }

  /// Fits with weights that follow the residuals across and along, and leaves out single corners.
  mutating func adjust() throws(RegistrationError) {
    for _ in 0..<4 {
      try solve()
      let squares = residuals.map { ($0.dx * $0.dx, $0.dy * $0.dy) }
      let freedom = Double(max(1, 2 * squares.count - 7)) / 2
      deviationX = max(1e-4, (squares.reduce(0) { $0 + $1.0 } / freedom).squareRoot())
      deviationY = max(1e-4, (squares.reduce(0) { $0 + $1.1 } / freedom).squareRoot())
      var found = false
      for index in corners.indices where isUsed(corners[index]) {
        let place = geometry.belt(corners[index].cube)
        let distance = hypot(
          (place.x - corners[index].belt.x) / deviationX,
          (place.y - corners[index].belt.y) / deviationY)
        if distance > 4.5 {
          corners[index].isUsed = false
          found = true
        }
      }
      if !found { break }
    }
    try solve()
  }

  private func isUsed(_ corner: Corner) -> Bool {
    corner.isUsed && rejections[corner.target] == nil
  }

  private mutating func solve() throws(RegistrationError) {
    let own = corners.filter(isUsed)
    let start = geometry
    let (weightX, weightY) = (1 / deviationX, 1 / deviationY)
    guard own.count >= 8,
      let found = LeastSquaresFit(
        from: start.numbers, steps: LineScanGeometry.steps,
        residuals: { numbers in
          var geometry = start
          geometry.numbers = numbers
          return own.flatMap { corner in
            let place = geometry.belt(corner.cube)
            return [(place.x - corner.belt.x) * weightX, (place.y - corner.belt.y) * weightY]
          }
        })
    else {
      throw RegistrationError(targets[0].name, .fewCorners(found: own.count))
    }
    fit = found
    geometry.numbers = found.parameters
  }

  func draws(_ count: Int) -> [LineScanGeometry] {
    (fit?.draws(count) ?? []).map { numbers in
      var draw = geometry
      draw.numbers = numbers
      return draw
    }
  }

  var residuals: [RegistrationResidual] {
    corners.filter(isUsed).map { corner in
      let place = geometry.belt(corner.cube)
      return RegistrationResidual(
        x: corner.belt.x, y: corner.belt.y, dx: place.x - corner.belt.x,
        dy: place.y - corner.belt.y)
    }
  }

  var rejectedCorners: Int {
    corners.filter { !$0.isUsed && rejections[$0.target] == nil }.count
  }

  var results: [TargetFit] {
    targets.indices.map { target in
      TargetFit(
        name: targets[target].name, rejection: rejections[target],
        corners: corners.filter { $0.target == target && isUsed($0) }.count,
        residualMillimeters: meanDistance(target))
    }
  }

  /// The rectangle around all corners in use.
  var covered: Rectangle<BeltFrame> {
    let points = corners.filter(isUsed).map(\.belt)
    let (xs, ys) = (points.map(\.x), points.map(\.y))
    let (left, top) = (xs.min() ?? 0, ys.min() ?? 0)
    return Rectangle(x: left, y: top, width: (xs.max() ?? 0) - left, height: (ys.max() ?? 0) - top)
  }

  /// What the picture and the cube both show.
  func sharedArea(_ color: Homography<ColorFrame, BeltFrame>) -> Rectangle<BeltFrame> {
    let picture = targets[0].color
    // A belt that is nowhere seen whole gave no plane to register on.
    let seen =
      view.seenBelt(color, width: picture.width, height: picture.height)
      ?? Rectangle(x: 0, y: 0, width: 0, height: 0)
    let (right, bottom) = (Double(samples - 1), Double(lines - 1))
    let scanned = [(0, 0), (right, 0), (0, bottom), (right, bottom)].map { x, y in
      geometry.belt(Point(x: x, y: y))
    }
    let (xs, ys) = (scanned.map(\.x).sorted(), scanned.map(\.y).sorted())
    let (left, top) = (max(seen.x, xs[1]), max(seen.y, ys[1]))
    return Rectangle(
      x: left, y: top, width: max(1, min(seen.x + seen.width, xs[2]) - left),
      height: max(1, min(seen.y + seen.height, ys[2]) - top))
  }
}

extension RegistrationError.Reason {
  /// The problem alone, for lists of targets left out.
  var short: String { RegistrationError("", self).problem }
}
