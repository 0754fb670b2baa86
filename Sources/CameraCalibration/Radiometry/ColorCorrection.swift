import Foundation
import Units

/// How a color camera's bytes become the colors that they should be: decoding, black level, flat
/// field, white balance, color matrix.
///
/// `sRGB⁻¹ → minus black → times flat-field gain → times matrix → sRGB`, each in linear light. The
/// camera's bytes are taken to be coded as sRGB says, which radiometry checks on gray patches.
public struct ColorCorrection: Codable, Equatable, Sendable {
  /// Black level of red, green and blue, linear shares of full scale.
  public var black: [Double]
  /// Cells of the flat field, across and down.
  public var columns: Int
  public var rows: Int
  /// Gain of each cell and channel, `[rows, columns, 3]`; 1 everywhere where no flat was given.
  public var gains: [Double]
  /// White balance and color, row by row, from camera to sRGB.
  public var matrix: [Double]
  /// Extent of the pictures it holds for.
  public var width: Int
  public var height: Int

  /// Leaves pictures of an extent as they are.
  public init(width: Int, height: Int) {
    black = [0, 0, 0]
    (columns, rows) = (1, 1)
    gains = [1, 1, 1]
    matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1]
    self.width = width
    self.height = height
  }

  /// Whether it holds what it says it holds.
  public var isSound: Bool {
    black.count == 3 && matrix.count == 9 && columns > 0 && rows > 0 && columns <= 4096
      && rows <= 4096 && gains.count == columns * rows * 3 && width > 0 && height > 0
      && (black + matrix + gains).allSatisfy(\.isFinite) && gains.allSatisfy { $0 > 0 }
  }

  /// The corrected color of a mean byte color, all three 0…255, seen at a place of the picture.
  public func callAsFunction(
    red: Float, green: Float, blue: Float, at point: Point<ColorFrame>
  ) -> (red: Float, green: Float, blue: Float) {
    let gain = gain(at: point)
    let r = (Self.decoded(red) - black[0]) * gain.0
    let g = (Self.decoded(green) - black[1]) * gain.1
    let b = (Self.decoded(blue) - black[2]) * gain.2
    return (
      Self.coded(matrix[0] * r + matrix[1] * g + matrix[2] * b),
      Self.coded(matrix[3] * r + matrix[4] * g + matrix[5] * b),
      Self.coded(matrix[6] * r + matrix[7] * g + matrix[8] * b)
    )
  }

  /// Linear color `[3]` of decoded shares, before coding.
  func linear(_ shares: [Double], at point: Point<ColorFrame>) -> [Double] {
    let gain = gain(at: point)
    return ColorSpace.multiply(
      matrix,
      [
        (shares[0] - black[0]) * gain.0, (shares[1] - black[1]) * gain.1,
        (shares[2] - black[2]) * gain.2,
      ])
  }

  /// Flat-field gain between the four nearest cells.
  @inline(__always)
  private func gain(at point: Point<ColorFrame>) -> (Double, Double, Double) {
    if columns == 1, rows == 1 { return (gains[0], gains[1], gains[2]) }
    let x = min(
      max((point.x + 0.5) / Double(width) * Double(columns) - 0.5, 0), Double(columns - 1))
    let y = min(max((point.y + 0.5) / Double(height) * Double(rows) - 0.5, 0), Double(rows - 1))
    let (left, top) = (Int(x), Int(y))
    let (right, bottom) = (min(left + 1, columns - 1), min(top + 1, rows - 1))
    let (wx, wy) = (x - Double(left), y - Double(top))
    func blend(_ channel: Int) -> Double {
      let upper =
        (1 - wx) * gains[(top * columns + left) * 3 + channel]
        + wx * gains[(top * columns + right) * 3 + channel]
      let lower =
        (1 - wx) * gains[(bottom * columns + left) * 3 + channel]
        + wx * gains[(bottom * columns + right) * 3 + channel]
      return (1 - wy) * upper + wy * lower
    }
    return (blend(0), blend(1), blend(2))
  }

  @inline(__always)
  private static func decoded(_ byte: Float) -> Double {
    let place = Double(min(max(byte, 0), 255))
    let low = min(Int(place), 254)
    let table = ColorSpace.decoded
    return table[low] + (place - Double(low)) * (table[low + 1] - table[low])
  }

  @inline(__always)
  private static func coded(_ linear: Double) -> Float {
    let place = min(max(linear, 0), 1) * Double(encoding.count - 1)
    let low = min(Int(place), encoding.count - 2)
    return encoding[low] + Float(place - Double(low)) * (encoding[low + 1] - encoding[low])
  }

  /// sRGB bytes, 0…255, of 4097 linear shares.
  private static let encoding: [Float] = (0...4096).map {
    Float(255 * ColorSpace.encoded(Double($0) / 4096))
  }
}
