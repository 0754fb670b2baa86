import Foundation
import Units

/// All pictures of a board that rides on a belt, explained together.
///
/// Unknowns: eight numbers of the map from the board's plane (as the board lay in the reference
/// picture) into the picture, the direction of travel on the board, one travel for each other
/// picture, and the travel from row to row where the shutter can be seen.
struct BoardBundle {
  /// A corner in use.
  struct Corner {
    var view: Int
    var boardX: Double
    var boardY: Double
    /// In the picture without the lens's distortion.
    var x: Double
    var y: Double
    /// In the picture as taken: when it was exposed follows from this.
    var row: Double
    var isUsed = true
  }

  let width: Int
  let height: Int
  let sightings: [RidingBoard]
  /// Index of the picture whose board defines the plane.
  private(set) var referenceView: Int
  private(set) var rejections: [String?]
  private(set) var corners: [Corner] = []
  private(set) var fit: LeastSquaresFit
  /// Parameter of each view's travel; nil for the reference and for rejected views.
  private(set) var slots: [Int?] = []
  /// Views that move fast enough to show the shutter, and whether it is a parameter.
  private(set) var isMoving: [Bool]
  private(set) var measuresShutter = false

  private var start: PlaneMap
  private var startAngle = 0.0
  private var startTravels: [Double]

  var reference: BoardView { sightings[referenceView].view }

  init(_ sightings: [RidingBoard], setup: BeltSetup) throws(BeltError) {
    guard let first = sightings.first?.view else { throw BeltError("board", .noViews) }
    (width, height) = (first.width, first.height)
    self.sightings = sightings
    rejections = [String?](repeating: nil, count: sightings.count)
    isMoving = [Bool](repeating: false, count: sightings.count)
    startTravels = [Double](repeating: 0, count: sightings.count)
    try Self.check(sightings)
    if let lens = setup.lens, lens.width != width || lens.height != height {
      throw BeltError(
        first.name,
        .otherLens(width: width, height: height, lensWidth: lens.width, lensHeight: lens.height))
    }
    let straight = StraightView(setup.lens)
    for (index, sighting) in sightings.enumerated() {
      let view = sighting.view
      if view.corners.count < 4 {
        rejections[index] = BeltError.Reason.fewCorners(found: view.corners.count).short
      }
      for corner in view.corners {
        // Where a lens model has no direction, it was never held against a corner.
        guard let seen = straight.straight(corner.picture) else { continue }
        guard seen.x.isFinite, seen.y.isFinite, corner.board.x.isFinite, corner.board.y.isFinite
        else { throw BeltError(view.name, .notFinite) }
        corners.append(
          Corner(
            view: index, boardX: corner.board.x, boardY: corner.board.y, x: seen.x, y: seen.y,
            row: corner.picture.y))
      }
    }
    let counts = sightings.map(\.view.corners.count)
    // The earliest that shows about all: a belt that stands when the first pictures are taken shows
    // the board as it is, whatever the shutter does later.
    let most = counts.max() ?? 0
    let chosen = counts.indices.first { 20 * counts[$0] >= 19 * most } ?? 0
    referenceView = chosen
    guard counts[chosen] >= 4 else {
      throw BeltError(first.name, .fewCorners(found: first.corners.count))
    }
    guard let reference = Self.map(of: corners.filter { $0.view == chosen }) else {
      throw BeltError(sightings[chosen].view.name, .cornersOnALine)
    }
    (start, fit) = reference
    guard start.isUpright else {
      throw BeltError(sightings[chosen].view.name, .mirrored)
    }
    guard sightings.count >= 2 else { throw BeltError(first.name, .oneView) }
    try findTravel()
  }

  /// From the board of one view to its picture; nil where the corners do not determine it.
  private static func map(of corners: [Corner]) -> (PlaneMap, LeastSquaresFit)? {
    guard
      var map = PlaneMap(
        board: corners.map { ($0.boardX, $0.boardY) }, picture: corners.map { ($0.x, $0.y) })
    else { return nil }
    let rough = map
    let fit = LeastSquaresFit(
      from: map.numbers, steps: [Double](repeating: 1e-6, count: 8),
      residuals: { numbers in
        var map = rough
        map.numbers = numbers
        return corners.flatMap { corner in
          let seen = map(corner.boardX, corner.boardY)
          return [seen.x - corner.x, seen.y - corner.y]
        }
      })
    guard let fit else { return nil }
    map.numbers = fit.parameters
    return (map, fit)
  }

  private static func check(_ sightings: [RidingBoard]) throws(BeltError) {
    guard let first = sightings.first?.view else { return }
    var last: Double?
    for sighting in sightings {
      let view = sighting.view
      guard view.width == first.width, view.height == first.height else {
        throw BeltError(
          view.name,
          .otherSize(
            width: view.width, height: view.height, wantedWidth: first.width,
            wantedHeight: first.height))
      }
      guard let seconds = sighting.seconds else { continue }
      guard seconds.isFinite else { throw BeltError(view.name, .notFinite) }
      if let last, seconds < last {
        throw BeltError(view.name, .timesGoBack(seconds: seconds, after: last))
      }
      last = seconds
    }
  }

  /// How the board lay in each picture, in the plane of the reference picture.
  private mutating func findTravel() throws(BeltError) {
    guard let back = start.homography.inverse else {
      throw BeltError(reference.name, .cornersOnALine)
    }
    var shifts: [(view: Int, x: Double, y: Double)] = []
    for view in sightings.indices where rejections[view] == nil {
      let own = corners.filter { $0.view == view }
      let places = own.map { back(Point<ColorFrame>(x: $0.x, y: $0.y)) }
      let pose = FlatPose(
        from: own.map { ($0.boardX, $0.boardY) }, to: places.map { ($0.x, $0.y) })
      if abs(pose.degrees) > 1.5 {
        rejections[view] =
          abs(pose.degrees) > 150
          ? "its corners are numbered from the board's other end"
          : "the board is turned by \(rounded(abs(pose.degrees), 1))° against the other pictures"
        continue
      }
      shifts.append((view, pose.x, pose.y))
    }
    guard shifts.count >= 2 else {
      throw BeltError("board", .allRejected(sightings.count))
    }
    // The direction in which the board goes on from picture to picture.
    let count = Double(shifts.count)
    let middle = (count - 1) / 2
    let meanX = shifts.reduce(0) { $0 + $1.x } / count
    let meanY = shifts.reduce(0) { $0 + $1.y } / count
    var (alongX, alongY) = (0.0, 0.0)
    for (order, shift) in shifts.enumerated() {
      alongX += (Double(order) - middle) * (shift.x - meanX)
      alongY += (Double(order) - middle) * (shift.y - meanY)
    }
    startAngle = atan2(alongY, alongX)
    let (c, s) = (cos(startAngle), sin(startAngle))
    for shift in shifts { startTravels[shift.view] = c * shift.x + s * shift.y }
    let travels = shifts.map { c * $0.x + s * $0.y }
    let length = (travels.max() ?? 0) - (travels.min() ?? 0)
    guard length >= 5 else {
      throw BeltError("board", .beltStandsStill(millimeters: length))
    }
    markMotion()
  }

  /// Which pictures show a belt that runs, by their times.
  private mutating func markMotion() {
    let known = sightings.indices.filter { rejections[$0] == nil && sightings[$0].seconds != nil }
    guard known.count >= 3 else { return }
    func speed(_ first: Int, _ second: Int) -> Double? {
      guard let from = sightings[first].seconds, let to = sightings[second].seconds, to > from
      else { return nil }
      return (startTravels[second] - startTravels[first]) / (to - from)
    }
    let speeds = zip(known, known.dropFirst()).map { speed($0, $1) ?? 0 }
    let fastest = Ranks.quantile(0.8, of: speeds)
    guard fastest > 0 else { return }
    for (place, view) in known.enumerated() {
      let before = place > 0 ? speeds[place - 1] : speeds[0]
      let after = place < speeds.count ? speeds[place] : speeds[speeds.count - 1]
      isMoving[view] = min(before, after) > 0.8 * fastest
    }
    let still = known.indices.filter { place in
      let before = place > 0 ? speeds[place - 1] : 0
      let after = place < speeds.count ? speeds[place] : 0
      return max(abs(before), abs(after)) < 0.02 * fastest
    }
    measuresShutter = still.count >= 2 && isMoving.filter { $0 }.count >= 3
    guard measuresShutter else { return }
    for (place, view) in known.enumerated() where !isMoving[view] && !still.contains(place) {
      rejections[view] = "the belt was starting or stopping"
    }
    guard rejections[referenceView] != nil else { return }
    // The plane is that of a board whose motion is known; of boards that stood, of the one that
    // shows most.
    let counts = sightings.map(\.view.corners.count)
    guard let next = still.map({ known[$0] }).max(by: { counts[$0] < counts[$1] }),
      let map = Self.map(of: corners.filter { $0.view == next })
    else { return }
    // Travels are told along the board, which lies as it lay before.
    referenceView = next
    (start, fit) = map
  }
}

extension BoardBundle {
  /// How fast the belt ran in each view, as a share of its speed over all moving ones: it sways.
  ///
  /// The slope of a parabola through each moving view and its neighbors. It follows from the
  /// travels that are being fitted, so that what is not known of them counts here too.
  private func paces(_ parameters: [Double]) -> [Double] {
    var paces = [Double](repeating: 1, count: sightings.count)
    let moving = sightings.indices.filter { isMoving[$0] && rejections[$0] == nil }
    let times = moving.map { sightings[$0].seconds ?? 0 }
    let travels = moving.map { travel($0, parameters) }
    guard measuresShutter, moving.count >= 3, let all = RobustLine(times, travels)?.slope, all > 0
    else { return paces }
    for (place, view) in moving.enumerated() {
      let first = min(max(place - 1, 0), moving.count - 3)
      let (t, x) = (Array(times[first...(first + 2)]), Array(travels[first...(first + 2)]))
      guard t[0] < t[1], t[1] < t[2] else { continue }
      let (early, late) = ((x[1] - x[0]) / (t[1] - t[0]), (x[2] - x[1]) / (t[2] - t[1]))
      let bend = (late - early) / (t[2] - t[0])
      paces[view] = (early + bend * (2 * times[place] - t[0] - t[1])) / all
    }
    return paces
  }
}

// MARK: Fit

extension BoardBundle {
  /// Fits, leaves out what does not fit, and fits again.
  mutating func adjust() throws(BeltError) {
    for round in 0..<4 {
      try solve()
      guard round < 3, rejectOutliers() else { return }
    }
  }

  /// The plane's map for some parameters.
  func plane(_ parameters: [Double]) -> PlaneMap {
    var map = start
    map.numbers = Array(parameters[0..<8])
    return map
  }

  func travel(_ view: Int, _ parameters: [Double]) -> Double {
    slots[view].map { parameters[$0] } ?? 0
  }

  /// Travel from one row to the next while a picture is exposed, in millimeters, at the belt's
  /// speed over all moving views.
  func travelPerRow(_ parameters: [Double]) -> Double {
    measuresShutter ? parameters[parameters.count - 1] : 0
  }

  private mutating func solve() throws(BeltError) {
    var parameters = start.numbers + [startAngle]
    var steps = [Double](repeating: 1e-6, count: 9)
    slots = sightings.indices.map { _ in nil }
    for view in sightings.indices where view != referenceView && rejections[view] == nil {
      slots[view] = parameters.count
      parameters.append(startTravels[view] - startTravels[referenceView])
      steps.append(1e-4)
    }
    if measuresShutter {
      parameters.append(0)
      steps.append(1e-6)
    }
    let bundle = self
    guard
      let found = LeastSquaresFit(
        from: parameters, steps: steps, residuals: { bundle.residuals($0) })
    else { throw BeltError(reference.name, .cornersOnALine) }
    fit = found
  }

  /// Differences between where corners should be and where they are, in pixels.
  private func residuals(_ parameters: [Double]) -> [Double] {
    let map = plane(parameters)
    let (c, s) = (cos(parameters[8]), sin(parameters[8]))
    let middle = Double(height - 1) / 2
    let perRow = travelPerRow(parameters)
    let paces = paces(parameters)
    var differences: [Double] = []
    differences.reserveCapacity(corners.count * 2)
    for corner in corners where corner.isUsed && rejections[corner.view] == nil {
      var travel = travel(corner.view, parameters)
      if isMoving[corner.view] { travel += perRow * paces[corner.view] * (corner.row - middle) }
      let seen = map(corner.boardX + travel * c, corner.boardY + travel * s)
      differences.append(seen.x - corner.x)
      differences.append(seen.y - corner.y)
    }
    return differences
  }

  /// Leaves out views and corners that lie far off; whether there were any.
  private mutating func rejectOutliers() -> Bool {
    let used = corners.indices.filter {
      corners[$0].isUsed && rejections[corners[$0].view] == nil
    }
    let distances = used.indices.map { hypot(fit.residuals[2 * $0], fit.residuals[2 * $0 + 1]) }
    let usual = Ranks.median(distances)
    let views = Set(used.map { corners[$0].view })
    var found = false
    for view in views where views.count > 2 {
      let own = used.indices.filter { corners[used[$0]].view == view }.map { distances[$0] }
      guard Ranks.median(own) > max(4 * usual, 0.3), view != referenceView else { continue }
      rejections[view] =
        "its corners lie \(rounded(Ranks.median(own), 2)) px off, those of the others "
        + "\(rounded(usual, 2)) px: the board slid, bent or was blurred"
      found = true
    }
    guard !found else { return true }
    // With Rayleigh's distribution one corner in 20,000 lies beyond this.
    for (place, index) in used.enumerated() where distances[place] > max(3.8 * usual, 0.05) {
      corners[index].isUsed = false
      found = true
    }
    return found
  }
}

// MARK: Results

extension BoardBundle {
  var rootMeanSquare: Double {
    let count = Double(max(1, fit.residuals.count / 2))
    return (fit.residuals.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
  }

  var rejectedCorners: Int {
    corners.filter { !$0.isUsed && rejections[$0.view] == nil }.count
  }

  private var usedCorners: [Corner] {
    corners.filter { $0.isUsed && rejections[$0.view] == nil }
  }

  var residualVectors: [ResidualVector] {
    usedCorners.enumerated().map { place, corner in
      ResidualVector(
        x: corner.x, y: corner.y, dx: fit.residuals[2 * place], dy: fit.residuals[2 * place + 1])
    }
  }

  var views: [BeltViewFit] {
    let vectors = zip(usedCorners, residualVectors)
    let first = sightings.indices.first { rejections[$0] == nil } ?? 0
    return sightings.indices.map { view in
      let own = vectors.filter { $0.0.view == view }.map { $0.1.dx * $0.1.dx + $0.1.dy * $0.1.dy }
      return BeltViewFit(
        name: sightings[view].view.name, rejection: rejections[view], corners: own.count,
        residualPixels: own.isEmpty
          ? 0 : (own.reduce(0, +) / Double(own.count)).squareRoot(),
        travelMillimeters: rejections[view] == nil
          ? travel(view, fit.parameters) - travel(first, fit.parameters) : 0,
        seconds: sightings[view].seconds)
    }
  }

  /// Travel of the farthest picture in each draw, as a share of the fit's.
  func alongScales(_ draws: [[Double]]) -> [Double] {
    let own = slots.compactMap { $0 }
    guard let far = own.max(by: { abs(fit.parameters[$0]) < abs(fit.parameters[$1]) }) else {
      return [1]
    }
    return draws.map { $0[far] / fit.parameters[far] }
  }
}

extension PlaneMap {
  /// Whether the picture shows the board's printed side unmirrored.
  var isUpright: Bool { numbers[0] * numbers[4] - numbers[1] * numbers[3] > 0 }
}

extension BeltError.Reason {
  /// The problem alone, for lists of pictures left out.
  var short: String { BeltError("", self).problem }
}
