import Foundation
import Hyperspectral
import Imaging
import Units

/// One number for each place of a cube: the mean of bands, `[lines, samples]`.
public struct ScanPicture: Sendable {
  public let samples: Int
  public let lines: Int
  public var values: [Float]

  public init(samples: Int, lines: Int, values: [Float]) {
    precondition(values.count == samples * lines, "scan \(samples) × \(lines): \(values.count)")
    (self.samples, self.lines, self.values) = (samples, lines, values)
  }

  /// The mean over bands, each scaled to the same spread, so that bright bands do not drown others.
  ///
  /// - Parameter bands: nil takes all whose picture varies.
  public init<State>(_ cube: Cube<State>, bands: Range<Int>? = nil) {
    let range = bands ?? 0..<cube.bands
    let count = cube.lines * cube.samples
    var sums = [Float](repeating: 0, count: count)
    let source = cube.values.span
    for band in range {
      var (mean, square) = (0.0, 0.0)
      for place in 0..<count {
        let value = Double(source[place * cube.bands + band])
        mean += value
        square += value * value
      }
      mean /= Double(count)
      let variance = square / Double(count) - mean * mean
      guard variance > 1e-12, variance.isFinite else { continue }
      let (scale, offset) = (Float(1 / variance.squareRoot()), Float(mean))
      for place in 0..<count {
        sums[place] += (source[place * cube.bands + band] - offset) * scale
      }
    }
    let share = 1 / Float(max(1, range.count))
    self.init(samples: cube.samples, lines: cube.lines, values: sums.map { $0 * share })
  }

  /// Deviation of the values.
  var deviation: Double {
    let count = Double(max(1, values.count))
    let mean = values.reduce(0.0) { $0 + Double($1) } / count
    return (values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count)
      .squareRoot()
  }

  /// The value between four neighbors; nil outside.
  @inline(__always)
  func value(_ x: Double, _ y: Double) -> Float? {
    guard x >= 0, y >= 0, x <= Double(samples - 1), y <= Double(lines - 1) else { return nil }
    let (left, top) = (min(Int(x), samples - 2), min(Int(y), lines - 2))
    let (u, v) = (Float(x - Double(left)), Float(y - Double(top)))
    let first = top * samples + left
    let upper = values[first] * (1 - u) + values[first + 1] * u
    let lower = values[first + samples] * (1 - u) + values[first + samples + 1] * u
    return upper * (1 - v) + lower * v
  }

  /// Blurred by a Gaussian of that deviation in places.
  func blurred(_ deviation: Float) -> ScanPicture {
    guard deviation > 0.2 else { return self }
    let radius = max(1, Int((2.5 * deviation).rounded(.up)))
    let raw = (-radius...radius).map { exp(-0.5 * Float($0 * $0) / (deviation * deviation)) }
    let total = raw.reduce(0, +)
    let kernel = raw.map { $0 / total }
    func smoothed(_ input: [Float], length: Int, count: Int, step: Int, rowStep: Int) -> [Float] {
      var output = input
      for row in 0..<count {
        for place in 0..<length {
          var sum: Float = 0
          for (tap, weight) in kernel.enumerated() {
            let other = min(max(place + tap - radius, 0), length - 1)
            sum += weight * input[row * rowStep + other * step]
          }
          output[row * rowStep + place * step] = sum
        }
      }
      return output
    }
    let along = smoothed(values, length: samples, count: lines, step: 1, rowStep: samples)
    let both = smoothed(along, length: lines, count: samples, step: samples, rowStep: 1)
    return ScanPicture(samples: samples, lines: lines, values: both)
  }

  /// As a gray picture between its 1 % and 99 % values, for detectors and eyes.
  public var picture: Picture {
    let stride = max(1, values.count / 50_000)
    let some = Swift.stride(from: 0, to: values.count, by: stride).map { Double(values[$0]) }
    let (low, high) = (Ranks.quantile(0.01, of: some), Ranks.quantile(0.99, of: some))
    let scale = 255 / max(1e-9, high - low)
    let bytes = values.map { UInt8(min(255, max(0, (Double($0) - low) * scale))) }
    return Picture(width: samples, height: lines, channels: 1, pixels: bytes)
  }
}
