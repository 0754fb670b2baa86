import Foundation
import Tensors

/// What a camera of some resolution sees of a lamp's lines: a maximum, of one line or of several
/// that it cannot tell apart.
public struct LampFeature: Codable, Equatable, Sendable {
  /// The lines that make it, brightest first.
  public var lines: [LampLine]
  /// Where its maximum stands, in nanometers in air.
  public var nanometers: Double
  /// Deviation of that place over what lamps may differ in the strengths of their lines.
  public var deviation: Double
  /// Height beside the brightest line of a lamp, 100.
  public var strength: Double

  /// `Hg 546.075`, or `Hg 576.961 + Hg 579.067`.
  public var name: String { lines.prefix(3).map(\.name).joined(separator: " + ") }
}

extension LampFeature {
  /// How lamps differ: the natural logarithm of a line's strength deviates by so much.
  static let strengthDeviation = 0.7
  private static let trials = 24

  /// The maxima that a camera of `width` nanometers (full width at half maximum) sees of `lines`.
  ///
  /// The lamp is drawn with many strengths of its lines; a maximum counts where most drawings have
  /// it, and its place deviates as it does among them.
  static func features(of lines: [LampLine], width: Double) -> [LampFeature] {
    precondition(width > 0, "lamp features: width \(width), above 0 wanted")
    return clusters(of: lines, gap: 3 * width).flatMap { features(ofCluster: $0, width: width) }
  }

  /// Lines that may touch each other.
  private static func clusters(of lines: [LampLine], gap: Double) -> [[LampLine]] {
    var clusters: [[LampLine]] = []
    for line in lines {
      if let last = clusters.last?.last, line.nanometers - last.nanometers < gap {
        clusters[clusters.count - 1].append(line)
      } else {
        clusters.append([line])
      }
    }
    return clusters
  }

  private static func features(ofCluster lines: [LampLine], width: Double) -> [LampFeature] {
    guard lines.count > 1 else {
      return lines.map {
        LampFeature(
          lines: [$0], nanometers: $0.nanometers, deviation: 0, strength: $0.strength)
      }
    }
    let deviation = width / 2.354_820_045
    let step = width / 20
    let start = lines[0].nanometers - width
    let count = Int((lines[lines.count - 1].nanometers + width - start) / step) + 1
    func maxima(_ strengths: [Double]) -> [(place: Double, height: Double)] {
      var drawing = [Double](repeating: 0, count: count)
      for (line, strength) in zip(lines, strengths) {
        let middle = (line.nanometers - start) / step
        let reach = 4 * deviation / step
        for index in max(0, Int(middle - reach))..<min(count, Int(middle + reach) + 1) {
          drawing[index] += strength * gaussian((Double(index) - middle) * step / deviation)
        }
      }
      return (1..<(count - 1)).filter {
        drawing[$0] >= drawing[$0 - 1] && drawing[$0] > drawing[$0 + 1]
      }.map { index in
        let (left, top, right) = (drawing[index - 1], drawing[index], drawing[index + 1])
        let bend = left - 2 * top + right
        let shift = bend < 0 ? 0.5 * (left - right) / bend : 0
        return (start + (Double(index) + shift) * step, top)
      }
    }
    let usual = maxima(lines.map(\.strength))
    var places = usual.map { [$0.place] }
    var random = SplitMix64(seed: 1, purpose: "strengths of lamp lines")
    for _ in 0..<trials {
      let drawn = maxima(
        lines.map { $0.strength * exp(strengthDeviation * random.nextNormal()) })
      for (index, known) in usual.enumerated() {
        let near = drawn.map(\.place).min { abs($0 - known.place) < abs($1 - known.place) }
        if let near, abs(near - known.place) < 0.6 * width { places[index].append(near) }
      }
    }
    return zip(usual, places).compactMap { known, places in
      guard places.count > trials * 2 / 3 else { return nil }
      let mean = places.reduce(0, +) / Double(places.count)
      let squares = places.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let parts = lines.filter {
        abs($0.nanometers - known.place) < 0.6 * width
          && $0.strength * gaussian(($0.nanometers - known.place) / deviation)
            > 0.05 * known.height
      }.sorted { $0.strength > $1.strength }
      guard !parts.isEmpty else { return nil }
      return LampFeature(
        lines: parts, nanometers: known.place,
        deviation: (squares / Double(places.count - 1)).squareRoot(), strength: known.height)
    }
  }
}
