import Cameras
import Conveyor
import Foundation
import Imaging
import Synchronization
import Tensors
import TestSupport
import Units

/// A line on a bad day, whose truth is known: all of it follows from a seed.
///
/// The belt stops and starts, wanders, slips under its encoder; lamps age and flicker;
/// pieces touch, glint and lie among dust; frames go missing.
struct RoughLine: Sendable {
  struct Piece: Sendable {
    var classIndex: Int
    var center: Point<BeltFrame>
    var radius: Double
  }

  /// The encoder's slip is never off by more than this.
  static let slipMillimeters = 1.0
  /// The bar lies this far behind the belt's own zero.
  static let barMillimeters = 150.0

  let seed: UInt64
  let pieces: [Piece]
  /// Specks of dust on the belt, and glints on pieces: where, and how bright.
  private let specks: [(x: Double, y: Double, radius: Double, level: UInt8)]
  /// The belt's true position, one entry each `step`.
  private let track: [Double]
  private let slip: [Double]
  private let ageing: Double
  private static let step = 0.005

  init(seed: UInt64, lengthMillimeters: Int = 400) {
    self.seed = seed
    var random = SplitMix64(seed: seed, purpose: "rough line")
    (pieces, specks) = Self.scatter(lengthMillimeters, &random)
    (track, slip) = Self.drive(Double(lengthMillimeters) + 320, &random)
    ageing = random.nextUniform(0.75, 1)
  }

  var seconds: Double { Double(track.count - 1) * Self.step }

  /// Where the belt truly is.
  func position(at seconds: Double) -> Double {
    let place = min(max(0, seconds / Self.step), Double(track.count - 1))
    let index = min(Int(place), track.count - 2)
    return track[index] + (place - Double(index)) * (track[index + 1] - track[index])
  }

  /// In millimeters a second, over a tenth of a second.
  func speed(at seconds: Double) -> Double {
    (position(at: seconds + 0.05) - position(at: seconds - 0.05)) / 0.1
  }

  /// What the encoder tells.
  func encoder(at seconds: Double) -> Double {
    var random = SplitMix64(seed: seed, purpose: "encoder \(seconds)")
    let index = min(Int(max(0, seconds) / Self.step), slip.count - 1)
    return position(at: seconds) + slip[index] + random.nextUniform(-0.2, 0.2)
  }

  func picture(at seconds: Double) -> Picture {
    var random = SplitMix64(seed: seed, purpose: "picture \(seconds)")
    let (width, height) = (SeededBelt.width, SeededBelt.height)
    let light =
      (1 + (ageing - 1) * seconds / self.seconds) * (1 + 0.01 * random.nextUniform(-1, 1))
    var picture = Picture(width: width, height: height)
    for index in picture.pixels.indices {
      picture.pixels[index] = UInt8(light * (26 + 5 * random.nextUniform()))
    }
    let position = position(at: seconds)
    func disc(_ x: Double, _ y: Double, _ radius: Double, _ color: (Int) -> Double) {
      let top = y - position
      guard top + radius > 0, top - radius < Double(height) else { return }
      for row in max(0, Int(top - radius))..<min(height, max(0, Int(top + radius) + 2)) {
        for column in max(0, Int(x - radius))..<min(width, max(0, Int(x + radius) + 2)) {
          let (dx, dy) = (Double(column) - x, Double(row) - top)
          guard dx * dx + dy * dy <= radius * radius else { continue }
          for channel in 0..<3 { picture[column, row, channel] = UInt8(min(255, color(channel))) }
        }
      }
    }
    for piece in pieces {
      disc(piece.center.x, piece.center.y, piece.radius) { channel in
        light * (Double(SeededBelt.colors[piece.classIndex][channel]) + 9 * random.nextUniform())
      }
    }
    for speck in specks { disc(speck.x, speck.y, speck.radius) { _ in Double(speck.level) } }
    return picture
  }

  // MARK: Making

  private static func scatter(
    _ length: Int, _ random: inout SplitMix64
  ) -> ([Piece], [(x: Double, y: Double, radius: Double, level: UInt8)]) {
    var pieces: [Piece] = []
    var specks: [(x: Double, y: Double, radius: Double, level: UInt8)] = []
    for row in 0..<(length / 40) {
      for column in 0..<(SeededBelt.width / 40) where random.nextUniform() < 0.6 {
        let radius = random.nextUniform(8, 14)
        // Most keep to their cell; some reach the neighbor's.
        let room = random.nextUniform() < 0.15 ? 22 - radius : 18 - radius
        let center = Point<BeltFrame>(
          x: Double(column * 40 + 20) + random.nextUniform(-room, room),
          y: Double(120 + row * 40 + 20) + random.nextUniform(-room, room))
        pieces.append(
          Piece(
            classIndex: random.nextIndex(below: SeededBelt.colors.count), center: center,
            radius: radius))
        if random.nextUniform() < 0.3 {
          specks.append((center.x + radius / 3, center.y, 2, 255))
        }
      }
    }
    for _ in 0..<(length / 20) {
      specks.append(
        (
          random.nextUniform(0, 120), random.nextUniform(0, Double(length) + 200),
          random.nextUniform(0.3, 1.2), UInt8(random.nextIndex(below: 200))
        ))
    }
    return (pieces, specks)
  }

  /// True positions until the belt has traveled `length`, and the encoder's slip with them.
  private static func drive(
    _ length: Double, _ random: inout SplitMix64
  ) -> (track: [Double], slip: [Double]) {
    let nominal = random.nextUniform(300, 1000)
    var (wanted, speed, position, slip) = (nominal, nominal, 0.0, 0.0)
    var (track, slips): ([Double], [Double]) = ([0], [0])
    var next = random.nextUniform(0.2, 3)
    while position < length {
      let time = Double(track.count) * step
      if time > next {
        // A stop, a start again, or another speed.
        wanted = wanted == 0 ? nominal : random.nextUniform() < 0.3 ? 0 : nominal * 0.8
        next = time + (wanted == 0 ? random.nextUniform(0.3, 1) : random.nextUniform(2, 6))
      }
      let change = 3000 * step
      speed += min(max(wanted - speed, -change), change)
      position += speed * step * (1 + 0.01 * random.nextUniform(-1, 1))
      if speed > 0 { slip += 0.02 * random.nextUniform(-1, 1) }
      slip = min(max(slip, -slipMillimeters), slipMillimeters)
      track.append(position)
      slips.append(slip)
    }
    return (track, slips)
  }
}

extension RoughLine {
  /// The camera over the line: frames at an even rate, some of which never come through; of those
  /// that come while the computer works only the last is kept, as a camera's is.
  struct Source: FrameSource {
    let line: RoughLine
    let clock: SimulatedClock
    let log: ExposureLog
    private(set) var account = SourceAccount()
    private(set) var troubles = SourceTroubles()
    var nextExposure: LineInstant? { nil }
    private var random: SplitMix64
    private var number = 0
    private var last = -Double.infinity

    static let framesPerSecond = 40.0

    init(_ line: RoughLine, clock: SimulatedClock, log: ExposureLog) {
      self.line = line
      self.log = log
      self.clock = clock
      random = SplitMix64(seed: line.seed, purpose: "frames")
    }

    mutating func skip() {}

    mutating func next() throws -> CameraFrame? {
      var lost = 0
      while true {
        let seconds = Double(number) / Self.framesPerSecond
        guard seconds < line.seconds else { return nil }
        number += 1
        if seconds + 1 / Self.framesPerSecond < clock.now.seconds {
          lost += 1
          account.dropped += 1
          continue
        }
        if random.nextUniform() < 0.05 {
          lost += 1
          account.lost += 1
          continue
        }
        account.delivered += 1
        log.note(seconds)
        last = max(last, line.encoder(at: seconds))
        return CameraFrame(
          picture: line.picture(at: seconds), sequence: number - 1,
          exposedAt: LineInstant(seconds: seconds), beltMillimeters: last, lostBefore: lost)
      }
    }
  }
}

/// When the frames were exposed that were worked on so far.
final class ExposureLog: Sendable {
  private let times = Mutex<[Double]>([])

  /// The last six: over as many a change of speed is told from the encoder's jitter.
  var latest: [Double] { times.withLock { $0.suffix(6) } }

  func note(_ seconds: Double) { times.withLock { $0.append(seconds) } }
}
