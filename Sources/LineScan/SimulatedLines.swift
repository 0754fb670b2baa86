import Foundation
import Units

/// Lines of a camera that is not there: exact, repeatable, with losses and halts on request.
///
/// Pieces of four materials pass under a lamp that falls off towards the edges. Not a model of a
/// plant (`BeltSimulation` is that), but every count is known: `count(line:band:sample:)`.
public struct SimulatedLines: LineSource {
  /// What the camera does.
  public struct Settings: Sendable {
    /// Lines until the end; nil goes on until stopped.
    public var lineCount: Int?
    /// Whether lines come at the format's rate, or as fast as they are asked for.
    public var isPaced = false
    /// Numbers of the lines that never come.
    public var missing: Set<Int> = []
    /// Before which line the belt stands, and for how long.
    public var halt: (line: Int, duration: Duration)?
    /// Whether there is an encoder on the belt.
    public var hasEncoder = true

    public init(lineCount: Int? = nil) { self.lineCount = lineCount }
  }

  public let name = "simulated camera"
  public let format: LineFormat
  public private(set) var account = LineAccount()
  private let settings: Settings
  /// `[4 materials, bands, samples]`.
  private let levels: [UInt16]
  private let clock = HostClock()
  private var upcoming = 0
  private var lostBefore = 0
  private var isHalted = false
  private var isStopped = false
  /// The time that halts took, by which all later lines are late.
  private var delay = Duration.zero

  public init(_ format: LineFormat = .fx10, settings: Settings = Settings()) {
    self.format = format
    self.settings = settings
    levels = Self.levels(of: format)
  }

  /// The count of one pixel in one band.
  public func count(line: Int, band: Int, sample: Int) -> UInt16 {
    let material = Self.material(line: line, sample: sample)
    let level = levels[(material * format.bands + band) * format.samples + sample]
    return level + Self.flicker(line: line, band: band, sample: sample)
  }

  /// All counts of one line, `[bands, samples]`.
  public func counts(line: Int) -> [UInt16] {
    let (samples, bands) = (format.samples, format.bands)
    let materials = (0..<samples).map { Self.material(line: line, sample: $0) * bands * samples }
    let (levels, starts) = (levels.span, materials.span)
    return [UInt16](unsafeUninitializedCapacity: samples * bands) { counts, written in
      for band in 0..<bands {
        let row = band * samples
        for sample in 0..<samples {
          counts[row + sample] =
            levels[starts[sample] + row + sample]
            + Self.flicker(line: line, band: band, sample: sample)
        }
      }
      written = samples * bands
    }
  }

  /// As `LineSource` says.
  public mutating func next(within patience: Duration) throws -> LineEvent? {
    let deadline = clock.now.advanced(by: patience)
    while !isStopped {
      if let count = settings.lineCount, upcoming >= count { break }
      if let halt = settings.halt, halt.line == upcoming, !isHalted {
        isHalted = true
        delay += halt.duration
        return .state(.waiting(reason: "the belt stands"))
      }
      if settings.missing.contains(upcoming) {
        account.missing += 1
        lostBefore += 1
        upcoming += 1
        continue
      }
      guard waits(until: due, before: deadline) else { return nil }
      return .line(make())
    }
    return .state(.ended(reason: isStopped ? "stopped" : "all lines are simulated"))
  }

  /// As `LineSource` says.
  public mutating func stop() { isStopped = true }

  /// When the next line comes.
  private var due: LineInstant {
    let period = settings.isPaced ? 1 / (format.linesPerSecond ?? 330) : 0
    return LineInstant(seconds: period * Double(upcoming)).advanced(by: delay)
  }

  private func waits(until due: LineInstant, before deadline: LineInstant) -> Bool {
    let now = clock.now
    guard due > now else { return true }
    let isInTime = due <= deadline
    Thread.sleep(forTimeInterval: now.duration(to: isInTime ? due : deadline).seconds)
    return isInTime
  }

  private mutating func make() -> ScanLine {
    let period = 1 / (format.linesPerSecond ?? 330)
    var line = ScanLine(
      counts: counts(line: upcoming), sequence: upcoming,
      cameraNanoseconds: Int64(Double(upcoming) * period * 1e9),
      arrivedAt: clock.now,
      beltMillimeters: settings.hasEncoder
        ? Double(upcoming) * (format.millimetersPerLine ?? 1) : nil)
    line.lostBefore = lostBefore
    lostBefore = 0
    upcoming += 1
    account.delivered += 1
    return line
  }

  private static func material(line: Int, sample: Int) -> Int {
    let (row, column) = (line / 48, sample / 64)
    return (row &* 7 &+ column &* 13 &+ row &* column) & 3
  }

  /// 0 to 15, different from line to line, so that no two lines are equal.
  private static func flicker(line: Int, band: Int, sample: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: (line &* 5 &+ band &* 3 &+ sample &* 11) >> 1) & 15
  }

  private static func levels(of format: LineFormat) -> [UInt16] {
    let room = Double(format.fullScale) - 16
    var levels: [UInt16] = []
    levels.reserveCapacity(4 * format.countsPerLine)
    for material in 0..<4 {
      for band in 0..<format.bands {
        let place = (Double(band) + 0.5) / Double(format.bands)
        let lamp = 0.25 + 0.7 * sin(Double.pi * place)
        let curve = material == 0 ? 0.02 : 0.35 + 0.3 * cos(Double(material) * 4 * place)
        for sample in 0..<format.samples {
          let side = 2 * (Double(sample) + 0.5) / Double(format.samples) - 1
          let share = 0.015 + 0.95 * lamp * curve * (1 - 0.2 * side * side)
          levels.append(UInt16(max(0, min(room, room * share))))
        }
      }
    }
    return levels
  }
}

extension LineFormat {
  /// As a Specim FX10 gives lines with its default binning: 1024 pixels, 224 bands from 400 to
  /// 1000 nm, 12 bits; at 330 lines a second, 0.5 mm of belt each.
  public static var fx10: LineFormat {
    var format = LineFormat(
      camera: "simulated FX10", samples: 1024, bands: 224,
      wavelengths: (0..<224).map { Wavelength(nanometers: 400 + 600 * Double($0) / 223) },
      fullScale: 4095)
    format.linesPerSecond = 330
    format.millimetersPerLine = 0.5
    return format
  }
}
