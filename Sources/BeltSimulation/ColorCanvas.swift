import Foundation
import Units

/// The belt plane in the color camera's linear colors, drawn before the camera looks at it.
struct ColorCanvas: Sendable {
  let window: RasterWindow
  /// `[height, width, 3]`, 1 for a white tile.
  private(set) var values: [Float]

  /// An empty belt: its own gray with weave and dust.
  init(window: RasterWindow, beltColor: [Float], texture: BeltTexture) {
    self.window = window
    var values = [Float](repeating: 0, count: window.count * 3)
    for row in 0..<window.height {
      for column in 0..<window.width {
        let level = texture.level(column: window.left + column, row: window.top + row)
        let start = (row * window.width + column) * 3
        values[start] = beltColor[0] * level
        values[start + 1] = beltColor[1] * level
        values[start + 2] = beltColor[2] * level
      }
    }
    self.values = values
  }

  /// Lays a piece and its shadow onto the belt.
  mutating func draw(_ stamp: ColorStamp) {
    guard let overlap = window.overlap(with: stamp.window) else { return }
    let (shiftX, shiftY) = (window.left - stamp.window.left, window.top - stamp.window.top)
    for row in overlap.rows {
      for column in overlap.columns {
        let source = (row + shiftY) * stamp.window.width + column + shiftX
        let target = (row * window.width + column) * 3
        if stamp.isInside[source] {
          values[target] = stamp.colors[source * 3]
          values[target + 1] = stamp.colors[source * 3 + 1]
          values[target + 2] = stamp.colors[source * 3 + 2]
        } else {
          values[target] *= stamp.shade[source]
          values[target + 1] *= stamp.shade[source]
          values[target + 2] *= stamp.shade[source]
        }
      }
    }
  }

  /// Blurs with Gaussians of the given deviations in samples, across and along the belt.
  mutating func blur(across: Float, along: Float) {
    blurRows(Self.kernel(deviation: across))
    blurColumns(Self.kernel(deviation: along))
  }

  /// Weights from −radius to radius that sum to 1.
  private static func kernel(deviation: Float) -> [Float] {
    let radius = max(1, Int((2.5 * deviation).rounded(.up)))
    let raw = (-radius...radius).map { exp(-0.5 * Float($0 * $0) / (deviation * deviation)) }
    let total = raw.reduce(0, +)
    return raw.map { $0 / total }
  }

  private mutating func blurRows(_ kernel: [Float]) {
    let (radius, length) = (kernel.count / 2, window.width * 3)
    var line = [Float](repeating: 0, count: length + 6 * radius)
    var sum = [Float](repeating: 0, count: length)
    for row in 0..<window.height {
      let start = row * length
      for index in 0..<length { line[index + 3 * radius] = values[start + index] }
      // Beyond the edges lies more of the edge.
      for index in 0..<(3 * radius) {
        line[index] = values[start + index % 3]
        line[length + 3 * radius + index] = values[start + length - 3 + index % 3]
      }
      for index in 0..<length { sum[index] = 0 }
      for (tap, weight) in kernel.enumerated() {
        for index in 0..<length { sum[index] += weight * line[index + 3 * tap] }
      }
      for index in 0..<length { values[start + index] = sum[index] }
    }
  }

  private mutating func blurColumns(_ kernel: [Float]) {
    let (radius, length) = (kernel.count / 2, window.width * 3)
    var blurred = [Float](repeating: 0, count: values.count)
    for row in 0..<window.height {
      let target = row * length
      for (tap, weight) in kernel.enumerated() {
        let source = min(max(0, row + tap - radius), window.height - 1) * length
        for index in 0..<length { blurred[target + index] += weight * values[source + index] }
      }
    }
    values = blurred
  }

  /// The color at a belt point, between its four nearest samples; the edge's beyond the edge.
  @inline(__always)
  func color(at point: Point<BeltFrame>) -> (r: Float, g: Float, b: Float) {
    let scale = Double(BeltRaster.samplesPerMillimeter)
    let x = Float(point.x * scale - 0.5 - Double(window.left))
    let y = Float(point.y * scale - 0.5 - Double(window.top))
    let column = min(max(0, Int(x.rounded(.down))), window.width - 2)
    let row = min(max(0, Int(y.rounded(.down))), window.height - 2)
    let u = min(max(0, x - Float(column)), 1)
    let v = min(max(0, y - Float(row)), 1)
    let top = (row * window.width + column) * 3
    let bottom = top + window.width * 3
    @inline(__always)
    func mix(_ channel: Int) -> Float {
      let upper = values[top + channel] * (1 - u) + values[top + 3 + channel] * u
      let lower = values[bottom + channel] * (1 - u) + values[bottom + 3 + channel] * u
      return upper * (1 - v) + lower * v
    }
    return (mix(0), mix(1), mix(2))
  }
}

/// A piece in the camera's linear colors, ready to be laid onto any canvas.
struct ColorStamp: Sendable {
  let window: RasterWindow
  let isInside: [Bool]
  /// `[height, width, 3]`.
  let colors: [Float]
  let shade: [Float]

  init(_ raster: PieceRaster, layerColors: [[Float]]) {
    window = raster.window
    isInside = raster.isInside
    shade = raster.shade
    var colors = [Float](repeating: 0, count: raster.window.count * 3)
    let flat = layerColors.flatMap { $0 }
    for sample in 0..<raster.window.count where raster.isInside[sample] {
      var (r, g, b): (Float, Float, Float) = (0, 0, 0)
      for layer in 0..<Surface.layerCount {
        let weight = raster.weights[sample * Surface.layerCount + layer]
        r += weight * flat[layer * 3]
        g += weight * flat[layer * 3 + 1]
        b += weight * flat[layer * 3 + 2]
      }
      colors[sample * 3] = r
      colors[sample * 3 + 1] = g
      colors[sample * 3 + 2] = b
    }
    self.colors = colors
  }
}

/// Weave, scratches and dust of the belt: factors on its reflectance, fixed to the belt.
struct BeltTexture: Sendable {
  private let shiftX: Int
  private let shiftY: Int

  init(seed: UInt64) {
    shiftX = Int(seed & 0xff)
    shiftY = Int(seed >> 8 & 0xff)
  }

  /// The factor at a sample of the belt raster.
  @inline(__always)
  func level(column: Int, row: Int) -> Float {
    let fine = NoiseTile.grain.value(atColumn: column + shiftX, row: row + shiftY)
    // Steps without a common factor keep the sum from repeating visibly.
    let wide = NoiseTile.clouds.value(
      atColumn: (column + shiftY) / 3, row: (row * 5 + shiftX) / 13)
    let dust = NoiseTile.clouds.value(atColumn: column * 2 + shiftY, row: row * 2 - shiftX)
    return max(0.3, 1 + 0.1 * fine + 0.14 * wide + 0.5 * max(0, dust - 2.2))
  }
}
