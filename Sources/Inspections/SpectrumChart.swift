import Foundation
import Hyperspectral
import Imaging

/// Spectra over wavelengths as an SVG drawing that stands for itself.
public struct SpectrumChart: Sendable {
  /// The drawing's text.
  public let svg: String

  private static let width = 900.0
  private static let height = 520.0
  private static let left = 84.0
  private static let right = 24.0
  private static let top = 56.0
  private static let bottom = 62.0

  /// Draws spectra of one cube; regions with their standard deviation around the mean.
  public init(_ spectra: [RegionSpectrum], of reader: any CubeReader) {
    let places = reader.wavelengths?.map(\.nanometers) ?? (0..<reader.shape.bands).map(Double.init)
    let order = places.indices.sorted { (places[$0], $0) < (places[$1], $1) }
    let known = spectra.flatMap { spectrum in
      order.flatMap { band in
        [
          spectrum.mean[band] - spectrum.deviation[band],
          spectrum.mean[band] + spectrum.deviation[band],
        ]
      }
    }.filter(\.isFinite)
    let x = ChartAxis(from: places.min() ?? 0, to: places.max() ?? 1, isTight: true)
    let y = ChartAxis(
      from: min(0, known.min() ?? 0), to: max(known.max() ?? 1, .leastNormalMagnitude),
      isTight: false)
    let frame = Frame(x: x, y: y)
    let legend = Self.legend(spectra)
    var parts = [Self.head(reader, above: legend.above), Self.axes(frame, reader)]
    parts += Self.gaps(spectra, places, order, frame)
    for (number, spectrum) in spectra.enumerated() {
      parts.append(
        Self.curve(spectrum, places, order, frame, color: Self.color(number)))
    }
    parts += legend.parts
    svg = parts.joined(separator: "\n") + "\n</svg>\n"
  }

  /// From numbers to the drawing's points.
  private struct Frame {
    let x: ChartAxis
    let y: ChartAxis

    func column(_ value: Double) -> Double {
      left + x.share(value) * (width - left - right)
    }

    func row(_ value: Double) -> Double {
      height - bottom - min(1, max(0, y.share(value))) * (height - top - bottom)
    }

    func point(_ horizontal: Double, _ vertical: Double) -> String {
      String(format: "%.1f,%.1f", column(horizontal), row(vertical))
    }
  }

  /// The drawing begins `above` its usual top, where the legend needs more rows.
  private static func head(_ reader: any CubeReader, above: Int) -> String {
    let title = escaped((reader.name as NSString).lastPathComponent)
    let (width, height) = (Int(width), Int(height) + above)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 \(-above) \(width) \(height)" \
      width="\(width)" height="\(height)" role="img" aria-label="Spectra of \(title)" \
      font-family="DejaVu Sans, Liberation Sans, Arial, sans-serif" font-size="13" fill="#333">
      <rect y="\(-above)" width="100%" height="100%" fill="#fff"/>
      <text x="\(Int(left))" y="\(24 - above)" font-size="16" fill="#111">\(title)</text>
      """
  }

  private static func axes(_ frame: Frame, _ reader: any CubeReader) -> String {
    var parts: [String] = []
    let (end, floor) = (width - right, height - bottom)
    for tick in frame.y.ticks {
      let row = String(format: "%.1f", frame.row(tick))
      parts.append(
        """
        <line x1="\(left)" y1="\(row)" x2="\(end)" y2="\(row)" stroke="#ddd"/>
        <text x="\(left - 8)" y="\(row)" dy="4.5" text-anchor="end">\(frame.y.label(tick))</text>
        """)
    }
    for tick in frame.x.ticks {
      let column = String(format: "%.1f", frame.column(tick))
      parts.append(
        """
        <line x1="\(column)" y1="\(floor)" x2="\(column)" y2="\(floor + 5)" stroke="#555"/>
        <text x="\(column)" y="\(floor + 20)" text-anchor="middle">\(frame.x.label(tick))</text>
        """)
    }
    let across = reader.wavelengths == nil ? "band" : "wavelength, nm"
    let middle = (top + floor) / 2
    parts.append(
      """
      <line x1="\(left)" y1="\(floor)" x2="\(end)" y2="\(floor)" stroke="#555"/>
      <text x="\((left + end) / 2)" y="\(height - 16)" text-anchor="middle" \
      font-size="14">\(across)</text>
      <text transform="translate(20 \(middle)) rotate(-90)" text-anchor="middle" \
      font-size="14">\(unit(reader))</text>
      """)
    return parts.joined(separator: "\n")
  }

  private static func unit(_ reader: any CubeReader) -> String {
    switch reader.quantity {
    case .reflectance: "reflectance"
    case .counts: "counts"
    case .untold: "stored number (reflectance or counts, the file does not tell)"
    }
  }

  /// Gray where bands are bad or dead in all spectra.
  private static func gaps(
    _ spectra: [RegionSpectrum], _ places: [Double], _ order: [Int], _ frame: Frame
  ) -> [String] {
    let isGap = order.map { band in spectra.allSatisfy { !$0.mean[band].isFinite } }
    var parts: [String] = []
    var start: Int?
    for place in 0...order.count {
      if place < order.count, isGap[place] {
        start = start ?? place
      } else if let first = start {
        let low =
          first > 0 ? (places[order[first - 1]] + places[order[first]]) / 2 : places[order[0]]
        let last = places[order[place - 1]]
        let high = place < order.count ? (last + places[order[place]]) / 2 : last
        let (from, to) = (frame.column(low), frame.column(high))
        parts.append(
          String(
            format: "<rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%.0f\" fill=\"#e9e9e9\"/>",
            from, top, max(1, to - from), height - top - bottom))
        start = nil
      }
    }
    return parts
  }

  /// The runs of bands between gaps: where a band tells nothing, and where many are missing.
  private static func runs(
    _ spectrum: RegionSpectrum, _ places: [Double], _ order: [Int]
  ) -> [[Int]] {
    let steps = zip(order.dropFirst(), order).map { places[$0] - places[$1] }.sorted()
    let usual = steps.isEmpty ? 0 : steps[steps.count / 2]
    var runs: [[Int]] = []
    var run: [Int] = []
    for band in order {
      let isKnown = spectrum.mean[band].isFinite
      if let last = run.last, !isKnown || usual > 0 && places[band] - places[last] > 4 * usual {
        runs.append(run)
        run = []
      }
      if isKnown { run.append(band) }
    }
    return (runs + [run]).filter { !$0.isEmpty }
  }

  private static func curve(
    _ spectrum: RegionSpectrum, _ places: [Double], _ order: [Int], _ frame: Frame, color: String
  ) -> String {
    runs(spectrum, places, order).map { run in
      let line = run.map { frame.point(places[$0], spectrum.mean[$0]) }
      let drawn =
        run.count == 1
        ? circle(line[0], color)
        : "<polyline points=\"\(line.joined(separator: " "))\" fill=\"none\" stroke=\"\(color)\" "
          + "stroke-width=\"2\" stroke-linejoin=\"round\"/>"
      guard !spectrum.region.isPixel, run.count > 1 else { return drawn }
      let outline =
        run.map { frame.point(places[$0], spectrum.mean[$0] + spectrum.deviation[$0]) }
        + run.reversed().map { frame.point(places[$0], spectrum.mean[$0] - spectrum.deviation[$0]) }
      return "<polygon points=\"\(outline.joined(separator: " "))\" fill=\"\(color)\" "
        + "fill-opacity=\"0.2\"/>\n" + drawn
    }.joined(separator: "\n")
  }

  private static func circle(_ point: String, _ color: String) -> String {
    let parts = point.split(separator: ",")
    return "<circle cx=\"\(parts[0])\" cy=\"\(parts[1])\" r=\"2\" fill=\"\(color)\"/>"
  }

  /// The names of the spectra in as many rows as they need, and how far those reach up.
  private static func legend(_ spectra: [RegionSpectrum]) -> (parts: [String], above: Int) {
    var rows: [[(number: Int, name: String, at: Double)]] = [[]]
    var at = left
    for (number, spectrum) in spectra.enumerated() {
      let region = spectrum.region
      let name =
        region.isPixel
        ? "pixel \(region.x), \(region.y)"
        : "\(region.width) × \(region.height) from \(region.x), \(region.y): mean ± deviation"
      let wide = 46 + 7.4 * Double(name.count)
      if at + wide > width, at > left {
        rows.append([])
        at = left
      }
      rows[rows.count - 1].append((number, name, at))
      at += wide
    }
    let above = 18 * (rows.count - 1)
    let parts = rows.enumerated().flatMap { row, entries in
      entries.map { entry in
        let y = 42 - above + 18 * row
        let stroke = "stroke=\"\(color(entry.number))\" stroke-width=\"3\""
        return """
          <line x1="\(entry.at)" y1="\(y)" x2="\(entry.at + 20)" y2="\(y)" \(stroke)/>
          <text x="\(entry.at + 26)" y="\(y + 4)">\(entry.name)</text>
          """
      }
    }
    return (parts, above)
  }

  private static func color(_ number: Int) -> String {
    // The palette's fourth, a light yellow, cannot be seen on white.
    let readable = Color.palette.enumerated().filter { $0.offset != 3 }.map(\.element)
    let color = readable[(number + 3) % readable.count]
    return String(format: "#%02x%02x%02x", color.red, color.green, color.blue)
  }

  private static func escaped(_ text: String) -> String {
    String(text.filter { !$0.isNewline && $0 >= " " })
      .replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }
}

/// The range of an axis and the round numbers along it.
struct ChartAxis: Sendable, Equatable {
  let low: Double
  let high: Double
  let ticks: [Double]
  private let step: Double

  /// A tight axis ends with its numbers; any other ends at round ones.
  ///
  /// Source: Heckbert, *Nice Numbers for Graph Labels*, Graphics Gems, 1990.
  init(from least: Double, to most: Double, isTight: Bool) {
    let extent = most > least ? most - least : max(1, abs(most))
    let raw = extent / 6
    let power = pow(10, log10(raw).rounded(.down))
    let share = raw / power
    step = (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10) * power
    low = isTight ? least : (least / step).rounded(.down) * step
    high = isTight ? least + extent : ((least + extent) / step).rounded(.up) * step
    let first = Int((low / step - 1e-9).rounded(.up))
    let last = Int((high / step + 1e-9).rounded(.down))
    let nice = step
    ticks = first <= last ? (first...last).map { Double($0) * nice } : []
  }

  func share(_ value: Double) -> Double { (value - low) / (high - low) }

  func label(_ tick: Double) -> String {
    let digits = max(0, min(9, Int(-(log10(step) + 1e-9).rounded(.down))))
    return String(format: "%.\(digits)f", tick)
  }
}
