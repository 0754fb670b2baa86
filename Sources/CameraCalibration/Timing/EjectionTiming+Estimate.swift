import Foundation

extension EjectionTiming {
  /// Finds delay, distance and jitter from shots whose strikes are known, or from ladders of hits
  /// and misses.
  ///
  /// A strike h behind the disc's middle, a disc at y when the picture was taken and a command t
  /// seconds later satisfy `h + y − v · t = −bar + v · delay`: over several belt speeds v that is
  /// a straight line, whose slope is the delay and whose offset the distance.
  public static func estimate(
    _ shots: [CoinShot], setup: TimingSetup = TimingSetup(), nozzles: NozzleRow? = nil
  ) throws(TimingError) -> EjectionTiming {
    for shot in shots { try shot.check() }
    let known = shots.filter { $0.strikeMillimeters != nil }
    let ladder = shots.filter { $0.strikeMillimeters == nil && $0.isHit != nil }
    var timing =
      known.count >= ladder.count
      ? try fromStrikes(known, setup) : try fromLadders(ladder, setup)
    timing.nozzles = nozzles
    return timing
  }

  private static func fromStrikes(
    _ shots: [CoinShot], _ setup: TimingSetup
  ) throws(TimingError) -> EjectionTiming {
    guard shots.count >= 6 else {
      throw TimingError("shots", .fewHits(found: shots.count, wanted: 6))
    }
    let speeds = shots.map(\.beltMillimetersPerSecond)
    let values = shots.map { ($0.strikeMillimeters ?? 0) + $0.atCommand }
    let isSplit = try canSplit(speeds, setup)
    let bar = isSplit ? nil : setup.barMillimeters
    let jitter = JitterPosterior(
      speeds, values, readingMillimeters: setup.readingMillimeters, bar: bar
    ).interval
    let deviations = speeds.map { hypot(setup.readingMillimeters, $0 * jitter.value) }
    let line = DelayLine(speeds, values, deviations: deviations, bar: bar)
    var timing = EjectionTiming(
      line: line, factor: studentFactor(line.freedom), setup: setup, isSplit: isSplit,
      jitter: jitter)
    timing.speeds = speeds
    timing.shots = zip(shots, line.residuals).map { shot, residual in
      Shot(
        name: shot.name, beltMillimetersPerSecond: shot.beltMillimetersPerSecond,
        lateMilliseconds: 1000 * residual / shot.beltMillimetersPerSecond,
        offsetMilliseconds: nil, isHit: shot.isHit)
    }
    return timing
  }

  private static func fromLadders(
    _ shots: [CoinShot], _ setup: TimingSetup
  ) throws(TimingError) -> EjectionTiming {
    guard shots.count >= 8 else {
      throw TimingError("shots", .fewHits(found: shots.count, wanted: 8))
    }
    guard shots.contains(where: { $0.isHit == true }) else { throw TimingError("shots", .noHits) }
    let isSplit = try canSplit(shots.map(\.beltMillimetersPerSecond), setup)
    let groups = HitLadder.groups(shots)
    var ladders: [HitLadder] = []
    for group in groups { ladders.append(try HitLadder(group, setup: setup)) }
    let speeds = ladders.map(\.speed)
    let line = DelayLine(
      speeds, ladders.map(\.middle), deviations: ladders.map(\.deviation),
      bar: isSplit ? nil : setup.barMillimeters)
    let jitter = HitLadder.jitter(ladders)
    var timing = EjectionTiming(
      line: line, factor: 1.96, setup: setup, isSplit: isSplit,
      jitter: Interval(jitter.value / 1000, jitter.low / 1000, jitter.high / 1000))
    timing.speeds = shots.map(\.beltMillimetersPerSecond)
    timing.reachMillimeters = ladders.reduce(0) { $0 + $1.reach } / Double(ladders.count)
    timing.shots = shots.map { shot in
      let middle = -line.bar + shot.beltMillimetersPerSecond * line.delay
      return Shot(
        name: shot.name, beltMillimetersPerSecond: shot.beltMillimetersPerSecond,
        lateMilliseconds: nil,
        offsetMilliseconds: 1000 * (middle - shot.atCommand) / shot.beltMillimetersPerSecond,
        isHit: shot.isHit)
    }
    return timing
  }

  /// Whether the speeds are far enough apart to tell distance from delay.
  private static func canSplit(
    _ speeds: [Double], _ setup: TimingSetup
  ) throws(TimingError) -> Bool {
    let (low, high) = (speeds.min() ?? 0, speeds.max() ?? 0)
    if high > 1.2 * low, setup.barMillimeters == nil { return true }
    guard setup.barMillimeters != nil else {
      throw TimingError("shots", .oneSpeed(millimetersPerSecond: high))
    }
    return false
  }

  private init(
    line: DelayLine, factor: Double, setup: TimingSetup, isSplit: Bool, jitter: Interval
  ) {
    let barError = isSplit ? factor * line.barDeviation : setup.barUncertaintyMillimeters
    barMillimeters = Interval(line.bar, plusMinus: barError)
    let speed = line.speedMean
    let delayError = hypot(
      factor * line.delayDeviation, isSplit ? 0 : setup.barUncertaintyMillimeters / speed)
    delayMilliseconds = Interval(1000 * line.delay, plusMinus: 1000 * delayError)
    cameraLatencyMilliseconds = setup.cameraLatencyMilliseconds
    valveDelayMilliseconds = setup.cameraLatencyMilliseconds.map { 1000 * line.delay - $0 }
    jitterMilliseconds = Interval(1000 * jitter.value, 1000 * jitter.low, 1000 * jitter.high)
    isBarMeasured = isSplit
    reachMillimeters = nil
    speeds = []
    shots = []
    nozzles = nil
    // The mean's own error adds to the scatter of single blasts.
    let mean = line.meanDeviation / speed
    leastBlastMilliseconds = max(2, 2 * 2.576 * 1000 * hypot(jitter.high / 1.2, mean))
  }
}

/// `value = −bar + speed · delay` by weighted least squares.
struct DelayLine {
  let bar: Double
  let delay: Double
  let barDeviation: Double
  let delayDeviation: Double
  /// Deviation of the line at the mean speed, in millimeters.
  let meanDeviation: Double
  let speedMean: Double
  let residuals: [Double]
  let freedom: Int

  /// - Parameters:
  ///   - deviations: of the values; empty counts all the same.
  ///   - bar: the distance where it is known; then only the delay is found.
  init(_ speeds: [Double], _ values: [Double], deviations: [Double], bar known: Double?) {
    let weights = speeds.indices.map { index -> Double in
      guard !deviations.isEmpty else { return 1 }
      return 1 / max(1e-12, deviations[index] * deviations[index])
    }
    let total = weights.reduce(0, +)
    let meanSpeed = zip(weights, speeds).reduce(0) { $0 + $1.0 * $1.1 } / total
    let meanValue = zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 } / total
    speedMean = meanSpeed
    if let known {
      let squares = zip(weights, speeds).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
      let products = speeds.indices.reduce(0.0) {
        $0 + weights[$1] * speeds[$1] * (values[$1] + known)
      }
      bar = known
      delay = products / squares
      barDeviation = 0
      delayDeviation = 1 / squares.squareRoot()
      meanDeviation = meanSpeed / squares.squareRoot()
      freedom = max(1, speeds.count - 1)
    } else {
      let variance = zip(weights, speeds).reduce(0) {
        $0 + $1.0 * ($1.1 - meanSpeed) * ($1.1 - meanSpeed)
      }
      let covariance = speeds.indices.reduce(0.0) {
        $0 + weights[$1] * (speeds[$1] - meanSpeed) * (values[$1] - meanValue)
      }
      delay = covariance / variance
      bar = meanSpeed * covariance / variance - meanValue
      delayDeviation = 1 / variance.squareRoot()
      barDeviation = (1 / total + meanSpeed * meanSpeed / variance).squareRoot()
      meanDeviation = 1 / total.squareRoot()
      freedom = max(1, speeds.count - 2)
    }
    let (bar, delay) = (bar, delay)
    residuals = zip(speeds, values).map { $1 + bar - $0 * delay }
  }
}

/// The jitter that explains how far strikes scatter beyond what reading them does.
///
/// Each of many jitters is weighed by how likely it makes the strikes, whatever distance and delay
/// are (restricted likelihood); the interval holds 95 % of the weight, the likeliest first.
///
/// Source: Patterson, Thompson, *Recovery of inter-block information when block sizes are unequal*,
/// Biometrika 58, 1971; intervals of highest density: Box, Tiao, *Bayesian Inference in Statistical
/// Analysis*, 1973, section 2.8.
struct JitterPosterior {
  /// In seconds.
  let interval: Interval

  init(_ speeds: [Double], _ values: [Double], readingMillimeters: Double, bar: Double?) {
    // Up to what would explain all scatter by itself, and twice that.
    let plain = DelayLine(speeds, values, deviations: [], bar: bar)
    let slowest = speeds.min() ?? 1
    let scatter = (plain.residuals.reduce(0) { $0 + $1 * $1 } / Double(plain.freedom)).squareRoot()
    let most = max(2e-4, 3 * scatter / slowest)
    let jitters = (0..<400).map { most * (Double($0) + 0.5) / 400 }
    let logs = jitters.map { jitter -> Double in
      let deviations = speeds.map { hypot(readingMillimeters, $0 * jitter) }
      let line = DelayLine(speeds, values, deviations: deviations, bar: bar)
      let misfit = zip(line.residuals, deviations).reduce(0) {
        $0 + ($1.0 / $1.1) * ($1.0 / $1.1)
      }
      let spread = deviations.reduce(0) { $0 + log($1) }
      // The volume of distances and delays that go with this jitter.
      let volume = log(line.delayDeviation) + (bar == nil ? log(line.meanDeviation) : 0)
      return -spread + volume - misfit / 2
    }
    let best = logs.max() ?? 0
    let weights = logs.map { exp($0 - best) }
    let total = weights.reduce(0, +)
    let mean = zip(jitters, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
    var (sum, low, high) = (0.0, Double.infinity, 0.0)
    for index in weights.indices.sorted(by: { weights[$0] > weights[$1] }) {
      guard sum < 0.95 * total else { break }
      sum += weights[index]
      low = min(low, jitters[index])
      high = max(high, jitters[index])
    }
    let cell = most / 800
    interval = Interval(mean, low <= 2 * cell ? 0 : low - cell, max(mean, high + cell))
  }
}
