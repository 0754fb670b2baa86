import Imaging
import USBCameraSimulation

/// What vivid sends for its bars: each luma and chroma of the color rounded down.
struct VividColors: Sendable, CustomStringConvertible {
  /// vivid's `y_cbcr_encoding`; 0 leaves it to V4L2's default for the color space, which is BT.601.
  let encoding: Int
  /// vivid's `quantization`; 0 leaves it to V4L2's default, limited.
  let quantization: Int
  /// Weights of red and blue in luma.
  let weights: (red: Double, blue: Double)
  let isLimited: Bool

  /// Encodings by their numbers in vivid's menu.
  static let modes: [VividColors] =
    [
      (1, (0.299, 0.114)), (2, (0.2126, 0.0722)), (6, (0.2627, 0.0593)), (8, (0.212, 0.087)),
    ].flatMap { encoding, weights in
      [1, 2].map {
        VividColors(encoding: encoding, quantization: $0, weights: weights, isLimited: $0 == 2)
      }
    } + [VividColors(encoding: 0, quantization: 0, weights: (0.299, 0.114), isLimited: true)]

  var description: String { "encoding \(encoding), quantization \(quantization)" }

  /// The greatest difference between the bars on a picture and the colors that are left of them.
  func worstDifference(of picture: Picture) -> Int {
    TestCard.bars.enumerated().reduce(0) { worst, bar in
      let x = (2 * bar.offset + 1) * picture.width / 16
      let found = (0..<3).map { Double(picture[x, picture.height / 3, $0]) }
      // Where a number is whole, the driver's own arithmetic may lie just below it.
      let nearest =
        roundedDown(bar.element.map { Double($0) / 255 }).map { color in
          zip(color, found).map { abs($0 - $1) }.max() ?? 255
        }.min() ?? 255
      return max(worst, Int(nearest.rounded()))
    }
  }

  /// The colors, of 0...255, that a color may become.
  private func roundedDown(_ color: [Double]) -> [[Double]] {
    let (red, blue) = weights
    let light = red * color[0] + (1 - red - blue) * color[1] + blue * color[2]
    let (cb, cr) = ((color[2] - light) / (2 * (1 - blue)), (color[0] - light) / (2 * (1 - red)))
    let (black, lumaSpan, chromaSpan) = isLimited ? (16.0, 219.0, 224.0) : (0, 255, 255)
    let exact = [black + lumaSpan * light, 128 + chromaSpan * cb, 128 + chromaSpan * cr]
    let choices = exact.map { value in
      Set([value - 0.1, value + 0.1].map { min(max($0.rounded(.down), 0), 255) })
    }
    return choices[0].flatMap { y in
      choices[1].flatMap { u in
        choices[2].map { v in
          let (light, b, r) = (
            (y - black) / lumaSpan, (u - 128) / chromaSpan, (v - 128) / chromaSpan
          )
          let (foundRed, foundBlue) = (light + 2 * (1 - red) * r, light + 2 * (1 - blue) * b)
          let green = (light - red * foundRed - blue * foundBlue) / (1 - red - blue)
          return [foundRed, green, foundBlue].map { min(max($0, 0), 1) * 255 }
        }
      }
    }
  }
}
