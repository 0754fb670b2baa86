import Foundation
import Imaging

/// The scene before the simulated camera: eight bars of color over the number of the frame.
///
/// The lowest eighth of the picture is 16 squares, white where a bit of the number is set, the
/// lowest bit on the left. Whoever reads it knows which frame this is, whatever came between.
public enum TestCard {
  /// White, yellow, cyan, green, magenta, red, blue, black.
  public static let bars: [[UInt8]] = [
    [255, 255, 255], [255, 255, 0], [0, 255, 255], [0, 255, 0], [255, 0, 255], [255, 0, 0],
    [0, 0, 255], [0, 0, 0],
  ]

  private static let bits = 16

  /// The card `[height, width, 3]` with the lowest 16 bits of `number`.
  public static func picture(width: Int, height: Int, number: Int) -> Picture {
    let above = (0..<width).flatMap { bars[$0 * 8 / width] }
    let below = (0..<width).flatMap { x -> [UInt8] in
      [UInt8](repeating: isSet(x, width: width, number) ? 255 : 0, count: 3)
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for y in 0..<height { pixels += y < top(height) ? above : below }
    return Picture(width: width, height: height, channels: 3, pixels: pixels)
  }

  /// The number on `picture`, or nil where a square is neither white nor black.
  public static func number(on picture: Picture) -> Int? {
    guard picture.channels == 3, picture.width >= bits, picture.height >= 8 else { return nil }
    let y = (top(picture.height) + picture.height) / 2
    var number = 0
    for bit in 0..<bits {
      let x = (2 * bit + 1) * picture.width / (2 * bits)
      let value = picture[x, y, 1]
      guard value < 64 || value > 191 else { return nil }
      if value > 191 { number |= 1 << bit }
    }
    return number
  }

  /// The greatest difference from the card in the middle of each bar, over the three channels.
  public static func worstDifference(of picture: Picture) -> Int {
    var worst = 0
    for (bar, color) in bars.enumerated() {
      let x = (2 * bar + 1) * picture.width / 16
      for channel in 0..<3 {
        let found = Int(picture[x, picture.height / 3, channel])
        worst = max(worst, abs(found - Int(color[channel])))
      }
    }
    return worst
  }

  /// The card without a number as luma and chroma, limited range of BT.601.
  static func yuyv(width: Int, height: Int) -> [UInt8] {
    var row: [UInt8] = []
    for x in stride(from: 0, to: width, by: 2) {
      let first = limited(bars[x * 8 / width])
      let second = limited(bars[(x + 1) * 8 / width])
      row += [first[0], first[1], second[0], first[2]]
    }
    let above = top(height)
    let black = (0..<(width * 2)).map { UInt8($0 % 2 == 0 ? 16 : 128) }
    return (0..<height).flatMap { $0 < above ? row : black }
  }

  /// Writes `number` on a card that `yuyv` made.
  static func stamp(_ number: Int, on card: inout [UInt8], width: Int, height: Int) {
    let row = (0..<(width * 2)).map { index -> UInt8 in
      guard index % 2 == 0 else { return 128 }
      return isSet(index / 2, width: width, number) ? 235 : 16
    }
    for y in top(height)..<height {
      card.replaceSubrange((y * width * 2)..<((y + 1) * width * 2), with: row)
    }
  }

  private static func top(_ height: Int) -> Int { height - height / 8 }

  private static func isSet(_ x: Int, width: Int, _ number: Int) -> Bool {
    number >> (x * bits / width) & 1 == 1
  }

  /// Luma and both chromas of a color of the full range.
  private static func limited(_ color: [UInt8]) -> [UInt8] {
    let (red, green, blue) = (
      Double(color[0]) / 255, Double(color[1]) / 255, Double(color[2]) / 255
    )
    let luma = 0.299 * red + 0.587 * green + 0.114 * blue
    let values = [
      16 + 219 * luma, 128 + 112 * (blue - luma) / 0.886, 128 + 112 * (red - luma) / 0.701,
    ]
    return values.map { UInt8($0.rounded()) }
  }
}
