import Foundation
import Hyperspectral
import Units

/// The lines of an inspection that tell the wavelengths.
enum WavelengthText {
  static func line(_ reader: any CubeReader) -> String {
    guard let wavelengths = reader.wavelengths else { return "the file does not tell them" }
    let numbers = wavelengths.map(\.nanometers)
    let range = "\(short(numbers.min() ?? 0)) to \(short(numbers.max() ?? 0)) nm"
    let steps = zip(numbers.dropFirst(), numbers).map { $0 - $1 }
    guard let least = steps.min(), let most = steps.max() else { return range }
    if least > 0 {
      let (low, high) = (short(least), short(most))
      return "\(range), rising by \(low == high ? low : "\(low) to \(high)") nm a band"
    }
    if most < 0 {
      let (low, high) = (short(-most), short(-least))
      return "\(range), falling by \(low == high ? low : "\(low) to \(high)") nm a band"
    }
    let falls = steps.count { $0 <= 0 }
    return "\(range), not in rising order (\(falls) steps back: spectrometers that overlap?)"
  }

  private static func short(_ value: Double) -> String { AmountText.short(value) }
}

/// The line of an inspection that tells what the numbers probably are.
enum MeaningText {
  static func line(_ reader: any CubeReader, _ statistics: CubeStatistics) -> String {
    guard let range = statistics.range else { return "unknown, there are no numbers" }
    let top = range.upperBound
    switch reader.quantity {
    case .reflectance(let scale):
      let said = "reflectance times \(AmountText.short(scale)), as the file says"
      let largest = top / scale
      return largest > 4
        ? "\(said); but then the largest is \(AmountText.short(largest)), where 1 is a white tile"
        : said
    case .counts:
      let bits = [8, 10, 12, 14, 16].first { top < Double(1 << $0) }
      if range.lowerBound < 0 {
        return "whole numbers below 0 too: counts without their dark, or reflectance times a scale"
      }
      guard let bits else { return "whole numbers above 65535: radiance or sums of counts" }
      if (9_000...12_000).contains(top) {
        return "counts of a detector of \(bits) bits, or reflectance times 10,000: the file does "
          + "not tell which"
      }
      return "counts of a detector of \(bits) bits"
    case .untold:
      if top <= 2.5, range.lowerBound >= -0.5 {
        return "reflectance from 0 to 1 (floating numbers of which the file says nothing)"
      }
      if top > 20, top <= 250, range.lowerBound >= -20 {
        return "reflectance in percent, or radiance: the file does not tell which"
      }
      if (2_500...20_000).contains(top) {
        return "counts, or reflectance times 10,000: the file does not tell which"
      }
      return "counts or radiance: too large for reflectance"
    }
  }
}

/// The lines of an inspection that tell what was found among the numbers.
enum StatisticsText {
  static func lines(_ reader: any CubeReader, _ statistics: CubeStatistics) -> [String] {
    guard let range = statistics.range else {
      return [
        "  numbers: none among \(statistics.count) values; check 'data type' and 'byte order'"
      ]
    }
    let (low, high) = (AmountText.short(range.lowerBound), AmountText.short(range.upperBound))
    let bars = AmountText.sparkline(statistics.histogram.map { log(1 + Double($0)) })
    var lines = [
      "  numbers: \(low) to \(high), mean \(AmountText.short(statistics.mean))",
      "  histogram: \(low) \(bars) \(high) (heights logarithmic)",
      "  saturated: \(saturated(reader, statistics))",
      "  dead bands: "
        + (statistics.deadBands.isEmpty
          ? "none" : "\(AmountText.list(statistics.deadBands)), one number in all pixels"),
    ]
    lines += columns(statistics)
    if statistics.notNumbers > 0 {
      let share = AmountText.percent(statistics.notNumbers, of: statistics.count)
      lines.append("  not a number: \(share) of the values")
    }
    if statistics.ignored > 0 {
      let share = AmountText.percent(statistics.ignored, of: statistics.count)
      lines.append("  not measured, as the file says: \(share) of the values")
    }
    if statistics.lineCount < statistics.shape.lines {
      lines.append(
        "  (\(statistics.lineCount) of \(statistics.shape.lines) lines looked at, evenly spread)")
    }
    return lines + bands(reader, statistics)
  }

  /// Largest numbers at the end of a detector's range.
  private static func saturated(_ reader: any CubeReader, _ statistics: CubeStatistics) -> String {
    let ends: [Double] = [255, 1023, 4095, 16383, 65535]
    guard let range = statistics.range else { return "none" }
    let top = range.upperBound
    let isEnd = reader.numberType.isWhole && ends.contains(top)
    // A histogram that ends in a wall is a detector at its end, whatever the count.
    let atTop = statistics.shareAtTop * Double(statistics.count)
    guard isEnd || (statistics.shareAtTop > 0.001 && atTop >= 64 && range.lowerBound < top) else {
      return "none"
    }
    let share = String(format: "%.3g %%", 100 * statistics.shareAtTop)
    return "\(share) of the numbers are \(AmountText.short(top))"
      + (isEnd ? "" : ", which nothing exceeds")
  }

  private static func columns(_ statistics: CubeStatistics) -> [String] {
    var lines: [String] = []
    if !statistics.deadColumns.isEmpty {
      lines.append("  dead columns: \(AmountText.list(statistics.deadColumns))")
    }
    if statistics.deadElements > 0 {
      let share = AmountText.percent(statistics.deadElements, of: statistics.shape.valuesPerLine)
      lines.append(
        "  dead elements: \(statistics.deadElements), \(share) of the detector, one number in all "
          + "lines")
    }
    let stripes = statistics.stripes
    if let worst = stripes.max(by: { abs($0.share) < abs($1.share) }) {
      let share = String(format: "%+.2g %%", 100 * worst.share)
      lines.append(
        "  stripes: columns \(AmountText.list(stripes.map(\.column))) stand out, column "
          + "\(worst.column) by \(share)")
    } else if statistics.deadColumns.isEmpty, statistics.shape.samples >= 16 {
      lines.append("  stripes: none")
    }
    return lines
  }

  /// Means and noise from band to band.
  private static func bands(_ reader: any CubeReader, _ statistics: CubeStatistics) -> [String] {
    func place(_ band: Int) -> String {
      reader.wavelengths.map { "\(AmountText.short($0[band].nanometers)) nm" } ?? "band \(band)"
    }
    let order: [Int] =
      reader.wavelengths.map { wavelengths in
        wavelengths.indices.sorted { (wavelengths[$0], $0) < (wavelengths[$1], $1) }
      } ?? Array(0..<statistics.shape.bands)
    guard let first = order.first, let last = order.last else { return [] }
    let means = AmountText.sparkline(AmountText.grouped(order.map { statistics.bandMeans[$0] }))
    var lines = ["  mean by band: \(place(first)) \(means) \(place(last))"]
    let shares = order.map { band -> Double in
      let mean = abs(statistics.bandMeans[band])
      return mean > 0 ? statistics.bandNoise[band] / mean : .nan
    }
    let known = order.indices.filter { shares[$0].isFinite }
    guard let best = known.min(by: { shares[$0] < shares[$1] }),
      let worst = known.max(by: { shares[$0] < shares[$1] }), shares[worst] > 0
    else { return lines }
    func percent(_ place: Int) -> String { String(format: "%.2g %%", 100 * shares[place]) }
    let bars = AmountText.sparkline(AmountText.grouped(shares))
    lines.append("  noise by band: \(place(first)) \(bars) \(place(last))")
    lines.append(
      "    about \(percent(best)) of the mean at \(place(order[best])), \(percent(worst)) at "
        + "\(place(order[worst]))")
    return lines
  }
}
