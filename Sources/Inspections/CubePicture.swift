import Diagnostics
import Foundation
import Hyperspectral
import Imaging
import Units

/// A color picture of a cube, and how its colors were made.
public struct CubePicture: Sendable {
  /// Where the colors come from.
  public enum Source: Sendable, Equatable {
    /// The bands that the header names, as red, green and blue (or one as gray).
    case defaultBands([Int])
    /// The CIE 1931 observer by daylight.
    case natural
    /// Three bands far from each other.
    case falseColor([Int])
  }

  public let picture: Picture
  public let source: Source
  /// One sentence for a person.
  public let explanation: String

  /// The largest picture that is drawn; of larger cubes every nth line and sample is taken.
  static let pixelLimit = 4 << 20

  /// Reads the whole cube, some lines at a time.
  public init(_ reader: any CubeReader) throws {
    let bad = Set(reader.badBands)
    let source: Source
    var natural: NaturalColor?
    if let bands = Self.defaultBands(reader) {
      source = .defaultBands(bands)
    } else if let wavelengths = reader.wavelengths,
      let color = NaturalColor(wavelengths, except: bad)
    {
      natural = color
      source = .natural
    } else {
      source = .falseColor(Self.spread(reader, except: bad))
    }
    self.source = source
    let step = Self.step(reader.shape)
    var note = step > 1 ? "; every \(step)th line and sample" : ""
    switch source {
    case .defaultBands(let bands), .falseColor(let bands):
      picture = try Self.stretched(reader, bands, step: step)
      let places = bands.map { band in
        reader.wavelengths.map { "\(AmountText.short($0[band].nanometers)) nm" } ?? "band \(band)"
      }
      let kind = natural == nil && source == .defaultBands(bands) ? "default bands" : "false colors"
      note =
        "\(kind) \(places.joined(separator: ", ")), each from its 2nd to its 98th hundredth"
        + note
    case .natural:
      guard let natural else { preconditionFailure("natural color without its weights") }
      let drawn = try NaturalPicture(reader, natural, step: step)
      picture = drawn.picture
      note = drawn.explanation + note
    }
    explanation = note
  }

  /// Those that an ENVI header names.
  private static func defaultBands(_ reader: any CubeReader) -> [Int]? {
    let bands = (reader as? ENVIFile)?.header.defaultBands ?? []
    return bands.isEmpty ? nil : bands
  }

  /// Bands at three quarters, one half and one quarter of the wavelengths.
  private static func spread(_ reader: any CubeReader, except bad: Set<Int>) -> [Int] {
    var order = (0..<reader.shape.bands).filter { !bad.contains($0) }
    if let wavelengths = reader.wavelengths {
      order.sort { (wavelengths[$0], $0) < (wavelengths[$1], $1) }
    }
    guard !order.isEmpty else { return [0] }
    return [3, 2, 1].map { order[min(order.count - 1, $0 * order.count / 4)] }
  }

  static func step(_ shape: CubeShape) -> Int {
    var step = 1
    while (shape.lines / step + 1) * (shape.samples / step + 1) > pixelLimit { step += 1 }
    return step
  }

  private static func stretched(
    _ reader: any CubeReader, _ bands: [Int], step: Int
  ) throws -> Picture {
    let size = PictureSize(reader.shape, step: step)
    var planes = [[Double]](
      repeating: .init(repeating: .nan, count: size.width * size.height), count: bands.count)
    let ignored = reader.ignoreValue.map(Float.init)
    try size.forEachPixel(of: reader) { place, values in
      for (channel, band) in bands.enumerated() {
        let value = values[values.startIndex + band]
        planes[channel][place] = value == ignored ? .nan : Double(value)
      }
    }
    let shares = planes.map(PictureScale.stretched)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(size.width * size.height * bands.count)
    for place in 0..<(size.width * size.height) {
      for plane in shares { pixels.append(PictureScale.byte(plane[place])) }
    }
    return Picture(
      width: size.width, height: size.height, channels: bands.count, pixels: pixels)
  }
}

/// Which pixels of a cube make a picture.
struct PictureSize {
  let width: Int
  let height: Int
  private let step: Int

  init(_ shape: CubeShape, step: Int) {
    width = (shape.samples + step - 1) / step
    height = (shape.lines + step - 1) / step
    self.step = step
  }

  /// Calls `body` with the place in the picture and the spectrum of each pixel, in order.
  func forEachPixel(
    of reader: any CubeReader, _ body: (Int, ArraySlice<Float>) -> Void
  ) throws {
    let (bands, samples) = (reader.shape.bands, reader.shape.samples)
    var values: [Float] = []
    var line = 0
    while line < reader.shape.lines {
      let end = step > 1 ? line + 1 : min(reader.shape.lines, line + reader.linesAtOnce)
      try reader.read(lines: line..<end, into: &values)
      for row in line..<end {
        for column in 0..<width {
          let start = ((row - line) * samples + column * step) * bands
          body(row / step * width + column, values[start..<(start + bands)])
        }
      }
      line = step > 1 ? line + step : end
    }
  }
}

/// A picture in natural colors, made bright enough to be seen.
private struct NaturalPicture {
  let picture: Picture
  let explanation: String

  init(_ reader: any CubeReader, _ color: NaturalColor, step: Int) throws {
    let size = PictureSize(reader.shape, step: step)
    let (scales, isReflectance) = try Self.scales(reader)
    let used = color.weights.indices.filter { color.weights[$0] != .zero }
    var colors = [SIMD3<Double>](repeating: .zero, count: size.width * size.height)
    let ignored = reader.ignoreValue.map(Float.init)
    try size.forEachPixel(of: reader) { place, values in
      var sum = SIMD3<Double>.zero
      for band in used {
        let value = values[values.startIndex + band]
        if value.isFinite, value != ignored {
          let share = scales[band].gain * (Double(value) - scales[band].dark)
          sum += max(0, share) * color.weights[band]
        }
      }
      colors[place] = sum
    }
    let bright = PictureScale.limits(colors.map(\.y), from: 0, to: 0.99).1
    let exposure = bright > 0 ? 1 / bright : 1
    var picture = Picture(width: size.width, height: size.height)
    for (place, color) in colors.enumerated() {
      let linear = NaturalColor.linear(exposure * color)
      for channel in 0..<3 {
        picture.pixels[3 * place + channel] = PictureScale.byte(
          NaturalColor.curved(linear[channel]))
      }
    }
    self.picture = picture
    explanation =
      "natural colors by the CIE 1931 observer and daylight (D65), "
      + (isReflectance
        ? String(format: "%.3g times as bright as they are", exposure)
        : "from counts: each band from its darkest hundredth, black, to its brightest, white")
  }

  private struct Scale {
    var dark = 0.0
    var gain: Double
  }

  /// What brings each band to reflectance, or to its own range where nothing tells it.
  private static func scales(_ reader: any CubeReader) throws -> ([Scale], Bool) {
    let bands = reader.shape.bands
    switch reader.quantity {
    case .reflectance(let scale):
      return ([Scale](repeating: Scale(gain: 1 / scale), count: bands), true)
    case .untold where try (CubeStatistics(reader).range?.upperBound ?? 0) <= 4:
      return ([Scale](repeating: Scale(gain: 1), count: bands), true)
    default: break
    }
    var line: [Float] = []
    var values = [[Double]](repeating: [], count: bands)
    let count = min(reader.shape.lines, 32)
    let skip = max(1, reader.shape.samples / 256)
    for place in 0..<count {
      let number = place * reader.shape.lines / count
      try reader.read(lines: number..<(number + 1), into: &line)
      for sample in stride(from: 0, to: reader.shape.samples, by: skip) {
        for band in 0..<bands { values[band].append(Double(line[sample * bands + band])) }
      }
    }
    let scales = values.map { numbers in
      let (dark, bright) = PictureScale.limits(numbers, from: 0.01, to: 0.99)
      return Scale(dark: dark, gain: bright > dark ? 1 / (bright - dark) : 0)
    }
    return (scales, false)
  }
}
