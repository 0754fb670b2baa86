import Diagnostics
import Foundation
import Units

/// One screen of text about a cube on disk, for the person who wonders what it is.
public struct ENVIInspection: Sendable {
  /// Lines of text for a terminal of 100 columns.
  public let text: String
  /// Whether header and numbers agree, so that the cube can be used.
  public let isUsable: Bool

  /// Lines of the cube that are looked at, evenly spread.
  static let lineLimit = 64
  private static let bars = Array("▁▂▃▄▅▆▇█")

  /// Reads the header, and numbers of up to 64 lines; throws where the header cannot be read.
  public init(_ file: URL) throws {
    let pair = try ENVIPair.find(file)
    let header = pair.header
    var lines = ["\(pair.headerFile.lastPathComponent) + \(pair.cube.lastPathComponent)"]
    lines.append(
      "  \(header.lines) lines × \(header.samples) samples × \(header.bands) bands, "
        + "\(header.interleave.rawValue), \(header.type.rawValue), "
        + "\(header.byteOrder.rawValue) endian")
    let size = try BoundedFile.size(of: pair.cube)
    var notes = header.notes
    let opened: ENVIFile?
    do {
      let cube = try ENVIFile.open(file)
      opened = cube
      notes = cube.notes
      lines.append("  size: \(Self.arithmetic(header)), the file holds \(size)")
    } catch let error as ENVIError {
      opened = nil
      lines.append("  size: \(error.problem)")
      if let remedy = error.remedy { lines.append("  help: \(remedy)") }
    }
    lines.append("  wavelengths: \(Self.wavelengths(header))")
    if let factor = header.reflectanceScaleFactor {
      lines.append("  reflectance: numbers over \(Self.short(factor))")
    }
    if !header.badBands.isEmpty {
      lines.append("  bad bands by header: \(Self.list(header.badBands))")
    }
    if let opened { lines += try Self.numbers(opened) }
    lines += notes.map { "  note: \($0)" }
    text = lines.joined(separator: "\n")
    isUsable = opened != nil
  }

  private static func arithmetic(_ header: ENVIHeader) -> String {
    let offset = header.headerOffset == 0 ? "" : "\(header.headerOffset) + "
    return "\(offset)\(header.lines) × \(header.samples) × \(header.bands) × "
      + "\(header.type.byteCount) bytes = \(header.headerOffset + (header.byteCount ?? 0)) bytes"
  }

  private static func wavelengths(_ header: ENVIHeader) -> String {
    guard let wavelengths = header.wavelengths else { return "the header does not tell them" }
    let numbers = wavelengths.map(\.nanometers)
    let range = "\(short(numbers.min() ?? 0)) to \(short(numbers.max() ?? 0)) nm"
    let steps = zip(numbers.dropFirst(), numbers).map { $0 - $1 }
    guard let least = steps.min(), let most = steps.max() else { return range }
    if least > 0 {
      let (low, high) = (short(least), short(most))
      return "\(range), rising by \(low == high ? low : "\(low) to \(high)") nm a band"
    }
    let falls = steps.count { $0 <= 0 }
    return "\(range), not in rising order (\(falls) steps back: spectrometers that overlap?)"
  }

  /// What the stored numbers look like.
  private static func numbers(_ file: ENVIFile) throws -> [String] {
    let header = file.header
    let count = min(header.lines, lineLimit)
    var statistics = Statistics(bands: header.bands, ignoreValue: header.ignoreValue)
    for place in 0..<count {
      let line = place * header.lines / count
      statistics.add(try file.values(lines: line..<(line + 1)))
    }
    var lines = statistics.lines(isWhole: header.type.isWhole)
    if count < header.lines { lines.append("  (\(count) of \(header.lines) lines looked at)") }
    if let wavelengths = header.wavelengths, let first = wavelengths.first,
      let last = wavelengths.last
    {
      lines.append(
        "  mean by band: \(short(first.nanometers)) nm "
          + "\(sparkline(grouped(statistics.bandMeans))) \(short(last.nanometers)) nm")
    }
    return lines
  }

  /// Up to 48 means of neighboring values.
  static func grouped(_ values: [Double]) -> [Double] {
    let count = min(48, values.count)
    return (0..<count).map { group in
      let part = values[(group * values.count / count)..<((group + 1) * values.count / count)]
      return part.reduce(0, +) / Double(part.count)
    }
  }

  /// A bar for each value, from the least to the largest; a space for what is not finite.
  static func sparkline(_ values: [Double]) -> String {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return "" }
    return String(
      values.map { value -> Character in
        guard value.isFinite else { return " " }
        guard high > low else { return bars[0] }
        return bars[min(7, Int((value - low) / (high - low) * 8))]
      })
  }

  static func short(_ value: Double) -> String { String(format: "%.6g", value) }

  static func list(_ numbers: [Int]) -> String {
    let shown = numbers.prefix(16).map(String.init).joined(separator: ", ")
    return numbers.count > 16 ? "\(shown), … (\(numbers.count) in all)" : shown
  }
}

/// What is gathered about the stored numbers, line by line.
private struct Statistics {
  let bands: Int
  let ignoreValue: Double?
  private var values: [Float] = []
  private var low: [Float]
  private var high: [Float]
  private var sums: [Double]
  private var counts: [Int]
  private var notNumbers = 0
  private var ignored = 0
  private var seen = 0

  init(bands: Int, ignoreValue: Double?) {
    self.bands = bands
    self.ignoreValue = ignoreValue
    low = .init(repeating: .infinity, count: bands)
    high = .init(repeating: -.infinity, count: bands)
    sums = .init(repeating: 0, count: bands)
    counts = .init(repeating: 0, count: bands)
  }

  mutating func add(_ line: [Float]) {
    let ignoredValue = ignoreValue.map(Float.init)
    for (index, value) in line.enumerated() {
      seen += 1
      if let ignoredValue, value == ignoredValue || (value.isNaN && ignoredValue.isNaN) {
        ignored += 1
      } else if value.isFinite {
        let band = index % bands
        low[band] = min(low[band], value)
        high[band] = max(high[band], value)
        sums[band] += Double(value)
        counts[band] += 1
        values.append(value)
      } else {
        notNumbers += 1
      }
    }
  }

  var bandMeans: [Double] { zip(sums, counts).map { $0 / Double($1) } }

  func lines(isWhole: Bool) -> [String] {
    guard let least = values.min(), let most = values.max() else {
      return ["  numbers: none among \(seen) values; check 'data type' and 'byte order'"]
    }
    let mean = sums.reduce(0, +) / Double(values.count)
    var lines = [
      "  numbers: \(short(least)) to \(short(most)), mean \(ENVIInspection.short(mean))",
      "  histogram: \(short(least)) \(histogram(from: least, to: most)) \(short(most))"
        + " (heights logarithmic)",
    ]
    let levels: [Float] = [255, 1023, 4095, 16383, 65535]
    if isWhole, levels.contains(most) {
      let share = 100 * Double(values.count { $0 >= most }) / Double(values.count)
      lines.append(
        "  saturated: \(ENVIInspection.short(share)) % of the numbers are \(short(most))")
    }
    let dead = (0..<bands).filter { counts[$0] > 0 && low[$0] == high[$0] }
    lines.append(
      "  dead bands: "
        + (dead.isEmpty ? "none" : "\(ENVIInspection.list(dead)), one number in all pixels"))
    if notNumbers > 0 { lines.append("  not a number: \(percent(notNumbers)) of the values") }
    if ignored > 0 { lines.append("  ignored by header: \(percent(ignored)) of the values") }
    return lines
  }

  private func histogram(from least: Float, to most: Float) -> String {
    var bins = [Int](repeating: 0, count: 48)
    let scale = most > least ? 48 / (Double(most) - Double(least)) : 0
    for value in values { bins[min(47, Int((Double(value) - Double(least)) * scale))] += 1 }
    return ENVIInspection.sparkline(bins.map { log(1 + Double($0)) })
  }

  private func percent(_ count: Int) -> String {
    ENVIInspection.short(100 * Double(count) / Double(seen)) + " %"
  }

  private func short(_ value: Float) -> String { ENVIInspection.short(Double(value)) }
}
