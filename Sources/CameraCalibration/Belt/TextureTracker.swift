import Foundation
import Imaging
import Units

/// One frame of the running belt.
public struct BeltShot: Sendable {
  public var name: String
  public var picture: Picture
  public var seconds: Double
  /// What the encoder said at exposure, in its own millimeters.
  public var encoderMillimeters: Double?

  public init(
    _ name: String, _ picture: Picture, seconds: Double, encoderMillimeters: Double? = nil
  ) {
    (self.name, self.picture, self.seconds) = (name, picture, seconds)
    self.encoderMillimeters = encoderMillimeters
  }
}

/// Follows the belt's texture from frame to frame.
///
/// Every frame is resampled to millimeters of the belt. Between two frames a coarse search over all
/// travels (normalized correlation on cells of 4 × 4) finds the travel to a cell or two, and
/// least squares on the brightness find it to hundredths.
///
/// Source: Lucas, Kanade, *An iterative image registration technique with an application to stereo
/// vision*, 1981. Differs: brightness and contrast may change between frames.
public struct TextureTracker {
  /// Travel found between two frames, in millimeters.
  struct Match: Sendable {
    var first: Int
    var second: Int
    var along: Double
    var across: Double
    var correlation: Double
  }

  /// Correlation below which two frames do not show the same belt.
  static let leastCorrelation = 0.5

  private let cut: BeltStrip.Cut
  private let millimeters: Double
  private var strips: [BeltStrip] = []
  private var reduced: [BeltStrip] = []
  private var shots: [(name: String, seconds: Double, encoder: Double?)] = []

  /// - Parameters:
  ///   - plane: from the picture without distortion to the belt.
  ///   - lens: whose distortion the pictures have, if it is known.
  public init(
    _ plane: Homography<ColorFrame, BeltFrame>, width: Int, height: Int,
    lens: LensModel? = nil
  ) throws(BeltError) {
    guard let cut = BeltStrip.Cut(plane, width: width, height: height, lens: lens) else {
      throw BeltError("frames", .viewTooSmall)
    }
    self.cut = cut
    millimeters = cut.millimeters
    (self.width, self.height) = (width, height)
  }

  private let width: Int
  private let height: Int

  /// Takes in the next frame.
  public mutating func add(_ shot: BeltShot) throws(BeltError) {
    guard shot.picture.width == width, shot.picture.height == height else {
      throw BeltError(
        shot.name,
        .otherSize(
          width: shot.picture.width, height: shot.picture.height, wantedWidth: width,
          wantedHeight: height))
    }
    guard shot.seconds.isFinite else { throw BeltError(shot.name, .notFinite) }
    if let last = shots.last, shot.seconds <= last.seconds {
      throw BeltError(shot.name, .timesGoBack(seconds: shot.seconds, after: last.seconds))
    }
    let strip = cut.strip(of: shot.picture)
    strips.append(strip)
    reduced.append(strip.reduced)
    shots.append((shot.name, shot.seconds, shot.encoderMillimeters))
  }

  /// The belt's speed over all frames, and the encoder's factor where it was told.
  ///
  /// - Parameter scalePercent: 95 % bound of the plane's own scale along the travel.
  public func speed(
    scalePercent: Double
  ) throws(BeltError) -> (speed: BeltSpeed, encoder: (factor: Double, uncertainty: Double)?) {
    guard shots.count >= 3 else { throw BeltError("frames", .fewFrames(found: shots.count)) }
    let matches = try followed()
    let speeds = matches.map { match in
      match.along / (shots[match.second].seconds - shots[match.first].seconds)
    }
    let good = speeds.indices.filter { matches[$0].correlation >= Self.leastCorrelation }
    let estimate = RobustMean(good.map { speeds[$0] }, overlap: overlap(matches))
    let longest = matches.map { abs($0.along) }.max() ?? 0
    guard longest >= 0.5, abs(estimate.mean) > 0 else {
      throw BeltError("frames", .beltStandsStill(millimeters: longest))
    }
    let scale = abs(estimate.mean) * scalePercent / 100
    let used = Set(zip(good, estimate.isUsed).filter { $0.1 }.map { $0.0 })
    let across = good.filter { used.contains($0) }.map { matches[$0].across / matches[$0].along }
    let speed = BeltSpeed(
      source: .texture, millimetersPerSecond: estimate.mean,
      uncertainty: hypot(estimate.uncertainty, scale),
      variationPercent: 100 * estimate.spread / abs(estimate.mean),
      wanderMillimetersPerMeter: 1000 * Ranks.median(across),
      steps: matches.indices.map { index in
        BeltSpeed.Step(
          seconds: (shots[matches[index].first].seconds + shots[matches[index].second].seconds) / 2,
          millimetersPerSecond: speeds[index], isUsed: used.contains(index))
      })
    return (speed, try encoderFactor(good.map { matches[$0] }, scalePercent: scalePercent))
  }

  private func encoderFactor(
    _ matches: [Match], scalePercent: Double
  ) throws(BeltError) -> (factor: Double, uncertainty: Double)? {
    guard shots.allSatisfy({ $0.encoder != nil }) else { return nil }
    let factors = matches.compactMap { match -> Double? in
      let counted = (shots[match.second].encoder ?? 0) - (shots[match.first].encoder ?? 0)
      return counted > 0 ? match.along / counted : nil
    }
    guard factors.count >= 2 else { throw BeltError("frames", .encoderStandsStill) }
    let mean = RobustMean(factors, overlap: overlap(matches))
    return (mean.mean, hypot(mean.uncertainty, mean.mean * scalePercent / 100))
  }

  /// How many matches cover the same stretch of time.
  private func overlap(_ matches: [Match]) -> Int {
    max(1, matches.map { $0.second - $0.first }.max() ?? 1)
  }

  /// Pairs of frames as far apart as they still share half their view.
  private func followed() throws(BeltError) -> [Match] {
    let limit = cut.rows * 3 / 4
    var first: Match?
    var best = -1.0
    // A dirty lens or a lamp's edge stands still; what moves is what counts, so several are asked.
    for index in 0..<min(6, strips.count - 1) {
      let match = found(index, index + 1, expected: 0, within: limit)
      best = max(best, match.correlation)
      if match.correlation >= Self.leastCorrelation { first = first ?? match }
    }
    guard let first else { throw BeltError("frames", .noTexture(correlation: best)) }
    let interval = shots[first.second].seconds - shots[first.first].seconds
    let speed = first.along / interval
    guard abs(first.along) > 0.02 else {
      let whole = found(0, strips.count - 1, expected: 0, within: limit)
      throw BeltError("frames", .beltStandsStill(millimeters: abs(whole.along)))
    }
    let reach = 0.45 * Double(cut.rows) * millimeters
    var matches: [Match] = []
    for start in 0..<(strips.count - 1) {
      var end = start + 1
      while end + 1 < strips.count,
        abs(speed) * (shots[end + 1].seconds - shots[start].seconds) <= reach
      { end += 1 }
      let expected = speed * (shots[end].seconds - shots[start].seconds) / millimeters
      matches.append(found(start, end, expected: expected, within: max(12, cut.rows / 6)))
      if end == strips.count - 1 { break }
    }
    return matches
  }

  /// The travel between two frames; `expected` and `within` are in cells.
  private func found(_ first: Int, _ second: Int, expected: Double, within: Int) -> Match {
    let (a, b) = (reduced[first], reduced[second])
    let middle = Int((expected / 4).rounded())
    let radius = max(2, within / 4)
    var best = (down: middle, right: 0, correlation: -2.0)
    for down in (middle - radius)...(middle + radius) where abs(down) < a.rows * 4 / 5 {
      for right in -1...1 {
        let value = a.correlation(with: b, down: down, right: right)
        if value > best.correlation { best = (down, right, value) }
      }
    }
    var shift = (down: Double(best.down * 4), right: Double(best.right * 4))
    // Within the coarse cell, whole fine cells first: brightness is no straight line over four.
    var finest = -2.0
    let start = shift
    for down in -3...3 {
      for right in -3...3 {
        let value = strips[first].correlation(
          with: strips[second], down: Int(start.down) + down, right: Int(start.right) + right)
        if value > finest {
          finest = value
          shift = (start.down + Double(down), start.right + Double(right))
        }
      }
    }
    let refined = strips[first].refined(
      against: strips[second], down: shift.down, right: shift.right)
    return Match(
      first: first, second: second, along: refined.down * millimeters,
      across: refined.right * millimeters, correlation: finest)
  }
}

/// A mean that outliers do not move, with its 95 % interval.
struct RobustMean {
  let mean: Double
  /// Half the width of the 95 % interval.
  let uncertainty: Double
  /// Robust deviation of the values.
  let spread: Double
  let isUsed: [Bool]

  /// - Parameter overlap: how many neighbors share what they measure, so that only each such
  ///   group counts as one.
  init(_ values: [Double], overlap: Int) {
    let middle = Ranks.median(values)
    let deviation = robustDeviation(values)
    let isUsed = values.map { abs($0 - middle) <= 4 * max(deviation, 1e-12) }
    let used = zip(values, isUsed).filter { $0.1 }.map { $0.0 }
    let count = Double(max(1, used.count))
    let mean = used.reduce(0, +) / count
    let variance = used.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, count - 1)
    let independent = max(2, used.count / max(1, overlap))
    self.mean = mean
    self.isUsed = isUsed
    spread = deviation
    // One value alone says nothing of its own error: all of it may be wrong.
    uncertainty =
      used.count < 2
      ? abs(mean)
      : studentFactor(independent - 1) * (variance / Double(independent)).squareRoot()
  }
}
