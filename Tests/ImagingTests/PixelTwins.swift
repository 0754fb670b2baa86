import Foundation
import Tensors

@testable import Imaging

/// Slow conversions straight from the recommendations, in real numbers, and frames to try.
enum PixelTwins {
  /// Luma weights of red and blue.
  static func luma(_ matrix: ColorRules.Matrix) -> (red: Double, blue: Double) {
    switch matrix {
    case .bt601: (0.299, 0.114)
    case .bt709: (0.2126, 0.0722)
    case .bt2020: (0.2627, 0.0593)
    case .smpte240m: (0.212, 0.087)
    }
  }

  /// From 8-bit Y, Cb, Cr to red, green and blue of 0...255, not rounded.
  static func color(_ y: UInt8, _ cb: UInt8, _ cr: UInt8, _ rules: ColorRules) -> [Double] {
    let (kr, kb) = luma(rules.matrix)
    let kg = 1 - kr - kb
    let isLimited = rules.range == .limited
    let light = isLimited ? (Double(y) - 16) / 219 : Double(y) / 255
    let blue = (Double(cb) - 128) / (isLimited ? 224 : 255)
    let red = (Double(cr) - 128) / (isLimited ? 224 : 255)
    let r = light + 2 * (1 - kr) * red
    let b = light + 2 * (1 - kb) * blue
    let g = (light - kr * r - kb * b) / kg
    return [r, g, b].map { min(max($0, 0), 1) * 255 }
  }

  /// From red, green and blue of 0...255 to rounded Y, Cb, Cr.
  static func encoded(_ color: [UInt8], _ rules: ColorRules) -> (UInt8, UInt8, UInt8) {
    let (kr, kb) = luma(rules.matrix)
    let (r, g, b) = (Double(color[0]) / 255, Double(color[1]) / 255, Double(color[2]) / 255)
    let light = kr * r + (1 - kr - kb) * g + kb * b
    let (blue, red) = ((b - light) / (2 - 2 * kb), (r - light) / (2 - 2 * kr))
    let isLimited = rules.range == .limited
    let (scale, chroma) = isLimited ? (219.0, 224.0) : (255.0, 255.0)
    func byte(_ value: Double) -> UInt8 { UInt8(min(max(value.rounded(), 0), 255)) }
    return (
      byte(light * scale + (isLimited ? 16 : 0)), byte(blue * chroma + 128),
      byte(red * chroma + 128)
    )
  }

  /// The value of an RGB or gray byte in full range.
  static func level(_ value: UInt8, _ rules: ColorRules) -> Double {
    guard rules.range == .limited else { return Double(value) }
    return min(max((Double(value) - 16) / 219, 0), 1) * 255
  }

  /// Every channel of a frame as the formulas have it.
  static func picture(_ bytes: [UInt8], _ layout: PixelLayout) -> [Double] {
    (0..<layout.height).flatMap { y in
      (0..<layout.width).flatMap { x in pixel(bytes, layout, x, y) }
    }
  }

  private static func pixel(
    _ bytes: [UInt8], _ layout: PixelLayout, _ x: Int, _ y: Int
  ) -> [Double] {
    let (stride, rules) = (layout.bytesPerLine, layout.color)
    let pair = y * stride + x / 2 * 4
    switch layout.format {
    case .yuyv:
      return color(bytes[pair + x % 2 * 2], bytes[pair + 1], bytes[pair + 3], rules)
    case .uyvy:
      return color(bytes[pair + x % 2 * 2 + 1], bytes[pair], bytes[pair + 2], rules)
    case .nv12:
      let chroma = (layout.height + y / 2) * stride + x / 2 * 2
      return color(bytes[y * stride + x], bytes[chroma], bytes[chroma + 1], rules)
    case .rgb24: return (0..<3).map { level(bytes[y * stride + 3 * x + $0], rules) }
    case .bgr24: return (0..<3).map { level(bytes[y * stride + 3 * x + 2 - $0], rules) }
    case .gray: return (0..<3).map { _ in level(bytes[y * stride + x], rules) }
    case .bayerRGGB: return mosaic(bytes, layout, x, y, "RGGB")
    case .bayerBGGR: return mosaic(bytes, layout, x, y, "BGGR")
    case .bayerGRBG: return mosaic(bytes, layout, x, y, "GRBG")
    case .bayerGBRG: return mosaic(bytes, layout, x, y, "GBRG")
    case .motionJPEG: return []
    }
  }

  /// The mean of the nearest pixels that see a color, looked for in the 3 × 3 around a pixel.
  private static func mosaic(
    _ bytes: [UInt8], _ layout: PixelLayout, _ x: Int, _ y: Int, _ order: String
  ) -> [Double] {
    let letters = Array(order)
    func mirrored(_ index: Int, _ count: Int) -> Int {
      if count == 1 { return 0 }
      return index < 0 ? -index : index >= count ? 2 * count - 2 - index : index
    }
    return "RGB".map { wanted in
      if letters[y % 2 * 2 + x % 2] == wanted {
        return level(bytes[y * layout.bytesPerLine + x], layout.color)
      }
      var values: [Double] = []
      for dy in -1...1 {
        for dx in -1...1 where letters[(y + dy + 2) % 2 * 2 + (x + dx + 2) % 2] == wanted {
          let row = mirrored(y + dy, layout.height)
          values.append(
            Double(bytes[row * layout.bytesPerLine + mirrored(x + dx, layout.width)]))
        }
      }
      let mean = (values.reduce(0, +) / Double(values.count) + 0.5).rounded(.down)
      return level(UInt8(mean), layout.color)
    }
  }

  static func bytes(_ count: Int, using random: inout SplitMix64) -> [UInt8] {
    (0..<count).map { _ in UInt8(random.nextIndex(below: 256)) }
  }
}
