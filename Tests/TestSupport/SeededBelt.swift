import Foundation
import Imaging
import Tensors
import Units

/// A belt with round pieces of plain colors whose truth is known: quick to draw.
///
/// The same for the same seed; the camera sees `width` × `height` pixels of 1 mm.
public struct SeededBelt: Sendable {
  public struct Piece: Sendable {
    public var classIndex: Int
    public var center: Point<BeltFrame>
    public var radius: Double

    public var bounds: Rectangle<BeltFrame> {
      Rectangle(
        x: center.x - radius, y: center.y - radius, width: 2 * radius, height: 2 * radius)
    }
  }

  public static let width = 120
  public static let height = 100
  /// The colors of the classes, far from the belt and from one another.
  public static let colors: [[UInt8]] = [[200, 90, 60], [180, 170, 70], [150, 155, 160]]
  public static let camera = Homography<ColorFrame, BeltFrame>(
    scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0)

  public let pieces: [Piece]
  private let seed: UInt64

  /// Lays pieces into cells of 40 mm, more than half of them filled, so that none touch; the first
  /// 120 mm stay empty, so that a run that begins there sees every piece whole.
  public init(seed: UInt64, lengthMillimeters: Int) {
    self.seed = seed
    var random = SplitMix64(seed: seed, purpose: "belt")
    var pieces: [Piece] = []
    for row in 0..<(lengthMillimeters / 40) {
      for column in 0..<(Self.width / 40) where random.nextUniform() < 0.6 {
        let radius = random.nextUniform(8, 14)
        let room = 18 - radius
        pieces.append(
          Piece(
            classIndex: random.nextIndex(below: Self.colors.count),
            center: Point(
              x: Double(column * 40 + 20) + random.nextUniform(-room, room),
              y: Double(120 + row * 40 + 20) + random.nextUniform(-room, room)),
            radius: radius))
      }
    }
    self.pieces = pieces
  }

  /// What the camera sees when the belt has traveled `position`: pieces on a dark, noisy belt.
  public func picture(at position: Double) -> Picture {
    var random = SplitMix64(seed: seed, purpose: "noise \(position)")
    var picture = Picture(width: Self.width, height: Self.height)
    for index in picture.pixels.indices {
      picture.pixels[index] = UInt8(22 + random.nextIndex(below: 5))
    }
    for piece in pieces {
      let (x, y, radius) = (piece.center.x, piece.center.y - position, piece.radius)
      guard y + radius > 0, y - radius < Double(Self.height) else { continue }
      for row in max(0, Int(y - radius))..<min(Self.height, Int(y + radius) + 2) {
        for column in max(0, Int(x - radius))..<min(Self.width, Int(x + radius) + 2) {
          let (dx, dy) = (Double(column) - x, Double(row) - y)
          guard dx * dx + dy * dy <= radius * radius else { continue }
          for channel in 0..<3 {
            let level = Int(Self.colors[piece.classIndex][channel]) + random.nextIndex(below: 9)
            picture[column, row, channel] = UInt8(level)
          }
        }
      }
    }
    return picture
  }
}

/// A belt drive and its encoder, with what is wrong with them.
///
/// The speed wanders, the encoder's scale is off, its reading and the frames' times jitter.
public struct SeededDrive: Sendable {
  public let speed: Double
  private let wander: Double
  private let phase: Double
  private let encoderScale: Double
  private let seed: UInt64

  public init(seed: UInt64) {
    var random = SplitMix64(seed: seed, purpose: "drive")
    speed = random.nextUniform(300, 1200)
    wander = random.nextUniform(0, 0.02)
    phase = random.nextUniform(0, 2 * .pi)
    encoderScale = 1 + random.nextUniform(-0.003, 0.003)
    self.seed = seed
  }

  /// Where the belt truly is: the speed swings by up to 2 % with a period of 6 s.
  public func position(at seconds: Double) -> Double {
    let rate = 2 * Double.pi / 6
    return speed * (seconds + wander / rate * (sin(rate * seconds + phase) - sin(phase)))
  }

  /// What the encoder says: up to 0.3 % and 0.2 mm off.
  public func encoder(at seconds: Double) -> Double {
    var random = SplitMix64(seed: seed, purpose: "encoder \(seconds)")
    return encoderScale * position(at: seconds) + random.nextUniform(-0.2, 0.2)
  }
}
