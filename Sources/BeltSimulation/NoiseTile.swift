import Foundation
import Tensors

/// A periodic field of random numbers, made once and read many times: dents, dirt, grain.
///
/// 256 × 256 samples with mean 0 and deviation 1; neighbors across the edge agree.
struct NoiseTile: Sendable {
  static let size = 256
  let values: [Float]
  /// Change per sample to the right and downwards.
  let slopesX: [Float]
  let slopesY: [Float]

  /// Soft features of 32 samples and finer, each octave half as strong.
  static let clouds = NoiseTile(cells: [8, 16, 32, 64], falloff: 0.5, purpose: "clouds")
  /// Features of 2 to 4 samples.
  static let grain = NoiseTile(cells: [64, 128], falloff: 0.8, purpose: "grain")

  /// Gradient noise: random slopes on coarse lattices, smoothly joined and summed.
  ///
  /// Source: Perlin, *Improving Noise*, 2002.
  private init(cells: [Int], falloff: Float, purpose: String) {
    let size = Self.size
    var random = SplitMix64(seed: 0, purpose: "noise tile/\(purpose)")
    var sum = [Float](repeating: 0, count: size * size)
    var strength: Float = 1
    for cellCount in cells {
      let lattice = (0..<(cellCount * cellCount)).map { _ in
        Offset.direction(random.uniform(0, 2 * .pi))
      }
      for y in 0..<size {
        for x in 0..<size {
          sum[y * size + x] +=
            strength * Self.gradientNoise(lattice, cellCount: cellCount, x: x, y: y)
        }
      }
      strength *= falloff
    }
    let mean = sum.reduce(0, +) / Float(sum.count)
    let variance = sum.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(sum.count)
    let scale = 1 / variance.squareRoot()
    let values = sum.map { ($0 - mean) * scale }
    var slopesX = values
    var slopesY = values
    for y in 0..<size {
      for x in 0..<size {
        let (left, right) = ((x + size - 1) % size, (x + 1) % size)
        let (above, below) = ((y + size - 1) % size, (y + 1) % size)
        slopesX[y * size + x] = (values[y * size + right] - values[y * size + left]) / 2
        slopesY[y * size + x] = (values[below * size + x] - values[above * size + x]) / 2
      }
    }
    self.values = values
    self.slopesX = slopesX
    self.slopesY = slopesY
  }

  private static func gradientNoise(
    _ lattice: [Offset], cellCount: Int, x: Int, y: Int
  ) -> Float {
    let cell = size / cellCount
    let (column, row) = (x / cell, y / cell)
    let u = (Float(x % cell) + 0.5) / Float(cell)
    let v = (Float(y % cell) + 0.5) / Float(cell)
    func corner(_ right: Int, _ down: Int) -> Float {
      let slope = lattice[((row + down) % cellCount) * cellCount + (column + right) % cellCount]
      return Offset.dot(slope, Offset(x: u - Float(right), y: v - Float(down)))
    }
    let (across, along) = (smooth(u), smooth(v))
    let top = corner(0, 0) * (1 - across) + corner(1, 0) * across
    let bottom = corner(0, 1) * (1 - across) + corner(1, 1) * across
    return top * (1 - along) + bottom * along
  }

  private static func smooth(_ t: Float) -> Float { t * t * t * (t * (6 * t - 15) + 10) }

  /// The field at a place in samples; any place, the tile repeats.
  func value(_ x: Float, _ y: Float) -> Float { Self.read(values, Corners(x, y)) }

  /// The field's slopes at a place, per sample.
  func slope(_ x: Float, _ y: Float) -> (x: Float, y: Float) {
    let corners = Corners(x, y)
    return (Self.read(slopesX, corners), Self.read(slopesY, corners))
  }

  /// The field at a whole sample, without interpolation.
  func value(atColumn column: Int, row: Int) -> Float {
    values[((row & (Self.size - 1)) << 8) | (column & (Self.size - 1))]
  }

  @inline(__always)
  private static func read(_ field: [Float], _ at: Corners) -> Float {
    let top = field[at.topLeft] * (1 - at.u) + field[at.topRight] * at.u
    let bottom = field[at.bottomLeft] * (1 - at.u) + field[at.bottomRight] * at.u
    return top * (1 - at.v) + bottom * at.v
  }

  /// The four samples around a place and its position between them.
  private struct Corners {
    let topLeft: Int
    let topRight: Int
    let bottomLeft: Int
    let bottomRight: Int
    let u: Float
    let v: Float

    @inline(__always)
    init(_ x: Float, _ y: Float) {
      let (floorX, floorY) = (x.rounded(.down), y.rounded(.down))
      u = x - floorX
      v = y - floorY
      let mask = NoiseTile.size - 1
      let (left, top) = (Int(floorX) & mask, Int(floorY) & mask)
      let (right, bottom) = ((left + 1) & mask, (top + 1) & mask)
      topLeft = top << 8 | left
      topRight = top << 8 | right
      bottomLeft = bottom << 8 | left
      bottomRight = bottom << 8 | right
    }
  }
}

extension SplitMix64 {
  /// A nearly normal number from one step: the sum of four uniform 16-bit numbers.
  ///
  /// Irwin and Hall's distribution, cut at 3.46 deviations; for sensor noise, where millions are
  /// needed.
  mutating func nextSensorNoise() -> Float {
    let bits = next()
    let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48)
    // Mean 2 · 65535, deviation 65536 · √(4/12).
    return (Float(sum) - 131_070) * (1 / 37837.2)
  }
}
