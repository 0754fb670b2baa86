import Diagnostics
import Imaging
import Units

/// What pictures of a gray sheet, of the dark and of a chart tell of a color camera.
public struct ColorRadiometry: Codable, Equatable, Sendable {
  /// One patch of the chart.
  public struct Patch: Codable, Equatable, Sendable {
    public var name: String
    /// Mean bytes of red, green and blue.
    public var bytes: [Double]
    /// Corrected linear color and the one wanted, both sRGB.
    public var corrected: [Double]
    public var wanted: [Double]
    /// CIEDE2000 difference to the wanted color, before and after the correction; before it, only
    /// the exposure is made equal.
    public var differenceBefore: Double
    public var differenceAfter: Double
    public var isSaturated: Bool
  }

  public var correction: ColorCorrection
  /// Light of the flat's cells beside the brightest, `[rows, columns]`, green; empty without one.
  public var falloff: [Double]
  /// Share of the flat's pixels at 254 or 255.
  public var saturatedShare: Double
  /// Cells of the flat that differ from their neighbors: dirt.
  public var dirtyCells: Int
  /// The flat's mean, as a linear share of full scale.
  public var fillShare: Double
  /// By how much to expose longer, so that the sheet fills 75 % in linear light.
  public var suggestedFactor: Double
  /// Deviation of pixel noise in the flat, in % of its level.
  public var noisePercent: Double
  public var patches: [Patch]
  /// Corners of the chart in its picture: first patch, last of the first row, last, first of the
  /// last row; empty without a chart.
  public var chartCorners: [Point<ColorFrame>]
  /// How far the gray patches leave a straight line after sRGB decoding, in % of white.
  public var codingErrorPercent: Double?
  /// Age of the pictures, in days, when they were used.
  public var ageDays: Double?

  /// Mean difference of the patches, before and after.
  public var differenceBefore: Double { mean(patches.map(\.differenceBefore)) }
  public var differenceAfter: Double { mean(patches.map(\.differenceAfter)) }
}

/// Mean of numbers; 0 of none.
func mean(_ values: [Double]) -> Double {
  values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
}

extension ColorRadiometry {
  /// Cells of the flat field, across and down.
  static let cells = (columns: 32, rows: 24)
  static let wantedFill = 0.75

  /// Measures the pictures at hand; each may be missing, but not both flat and chart.
  ///
  /// - Parameters:
  ///   - black: with the lens covered.
  ///   - flat: of an even gray or white sheet that fills the picture.
  ///   - chart: of the 24-patch chart, with the corners of its field of patches (clockwise from
  ///     the dark skin patch) where they are known.
  ///
  /// Errors: pictures of different extents, a chart that is not found.
  public init(
    black: Picture?, flat: Picture?, chart: Picture?, corners: [Point<ColorFrame>]? = nil
  ) throws(ColorRadiometryError) {
    guard let first = chart ?? flat else { throw ColorRadiometryError("pictures", .nothing) }
    for (name, picture) in [("black", black), ("flat", flat), ("chart", chart)] {
      guard let picture else { continue }
      guard picture.width == first.width, picture.height == first.height else {
        throw ColorRadiometryError(
          name,
          .extent(
            found: [picture.width, picture.height], wanted: [first.width, first.height]))
      }
      guard picture.channels == 3 else { throw ColorRadiometryError(name, .gray) }
    }
    correction = ColorCorrection(width: first.width, height: first.height)
    (falloff, saturatedShare, dirtyCells, noisePercent) = ([], 0, 0, 0)
    (fillShare, suggestedFactor) = (0, 1)
    (patches, chartCorners, codingErrorPercent, ageDays) = ([], [], nil, nil)
    if let black { correction.black = Self.means(of: black) }
    if let flat { try measure(flat: flat) }
    if let chart { try measure(chart: chart, corners: corners) }
  }

  private static func means(of picture: Picture) -> [Double] {
    (0..<3).map { channel in
      var sum = 0.0
      for pixel in stride(from: channel, to: picture.pixels.count, by: 3) {
        sum += ColorSpace.decoded[Int(picture.pixels[pixel])]
      }
      return sum / Double(picture.width * picture.height)
    }
  }

  // MARK: Flat

  private mutating func measure(flat: Picture) throws(ColorRadiometryError) {
    let grid = CellMeans(flat, columns: Self.cells.columns, rows: Self.cells.rows)
    let levels = grid.means.enumerated().map { $1 - correction.black[$0 % 3] }
    saturatedShare = grid.saturatedShare
    noisePercent = grid.noisePercent
    let perChannel = (0..<3).map { channel in
      stride(from: channel, to: levels.count, by: 3).map { levels[$0] }
    }
    let tops = perChannel.map { $0.max() ?? 0 }
    fillShare = tops.max() ?? 0
    suggestedFactor = Self.wantedFill / max(fillShare, 1e-3)
    if saturatedShare > 0.001 { suggestedFactor = min(suggestedFactor, 0.6) }
    guard tops.allSatisfy({ $0 > 0.004 }), perChannel.allSatisfy({ ($0.min() ?? 0) > 0.001 })
    else { throw ColorRadiometryError("flat", .dark(share: fillShare)) }
    (correction.columns, correction.rows) = Self.cells
    correction.gains = levels.enumerated().map { tops[$0 % 3] / $1 }
    let green = perChannel[1]
    falloff = green.map { $0 / tops[1] }
    dirtyCells = Self.dirt(in: falloff)
    // Gray is gray: the channels' levels are made equal, the brightest one stays.
    let brightest = tops.max() ?? 1
    correction.matrix = [
      brightest / tops[0], 0, 0, 0, brightest / tops[1], 0, 0, 0, brightest / tops[2],
    ]
  }

  /// Cells that leave the plane through their eight neighbors by more than 4 %.
  private static func dirt(in falloff: [Double]) -> Int {
    let (columns, rows) = cells
    var count = 0
    for row in 1..<(rows - 1) {
      for column in 1..<(columns - 1) {
        var around: [Double] = []
        for y in -1...1 {
          for x in -1...1 where x != 0 || y != 0 {
            around.append(falloff[(row + y) * columns + column + x])
          }
        }
        let usual = median(around)
        if usual > 0, abs(falloff[row * columns + column] / usual - 1) > 0.04 { count += 1 }
      }
    }
    return count
  }

  // MARK: Chart

  private mutating func measure(
    chart: Picture, corners: [Point<ColorFrame>]?
  ) throws(ColorRadiometryError) {
    let view: ChartView
    if let corners {
      guard let given = ChartView(corners: corners) else {
        throw ColorRadiometryError("corners", .corners(found: corners.count))
      }
      view = given
    } else {
      guard let found = ChartView(searching: chart) else {
        throw ColorRadiometryError("chart", .noChart)
      }
      view = found
    }
    chartCorners = view.corners
    let samples = view.patches(of: chart)
    guard samples.allSatisfy({ $0.count > 0 }) else {
      throw ColorRadiometryError("corners", .outside)
    }
    var flattened = correction
    flattened.matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1]
    let measured = samples.map { flattened.linear($0.linear, at: $0.middle) }
    let isSaturated = samples.map { $0.isSaturated }
    let usable = measured.indices.filter { !isSaturated[$0] }
    guard usable.count >= 16 else {
      throw ColorRadiometryError("chart", .saturated(patches: measured.count - usable.count))
    }
    let matrix = Self.matrix(
      from: usable.map { measured[$0] }, to: usable.map { ColorChart.linear[$0] })
    guard let matrix else { throw ColorRadiometryError("chart", .noChart) }
    correction.matrix = matrix
    codingErrorPercent = Self.codingError(measured, isSaturated: isSaturated)
    let exposure = Self.exposure(of: samples.map(\.linear), usable: usable)
    patches = measured.indices.map { index in
      let corrected = ColorSpace.multiply(matrix, measured[index])
      let before = samples[index].linear.map { $0 * exposure }
      return Patch(
        name: ColorChart.names[index], bytes: samples[index].bytes, corrected: corrected,
        wanted: ColorChart.linear[index],
        differenceBefore: ColorSpace.difference(ColorSpace.lab(before), ColorChart.lab[index]),
        differenceAfter: ColorSpace.difference(ColorSpace.lab(corrected), ColorChart.lab[index]),
        isSaturated: isSaturated[index])
    }
  }

  /// The one factor that makes the gray patches as bright as they should be.
  private static func exposure(of linear: [[Double]], usable: [Int]) -> Double {
    let ratios = ColorChart.neutrals.dropLast().filter(usable.contains).map { index in
      ColorChart.linear[index][1] / max(linear[index][1], 1e-6)
    }
    return ratios.isEmpty ? 1 : median(ratios)
  }

  /// Least squares from camera to sRGB, dark patches weighing as much as bright ones.
  private static func matrix(from measured: [[Double]], to wanted: [[Double]]) -> [Double]? {
    // Dividing by the brightness alone would let noise in the darkest patches rule.
    let weights = wanted.map { color in
      let brightness = max(mean(color), 0) + 0.05
      return 1 / (brightness * brightness)
    }
    var matrix: [Double] = []
    for channel in 0..<3 {
      guard
        let row = LinearLeastSquares(
          rows: measured, values: wanted.map { $0[channel] }, weights: weights)
      else { return nil }
      matrix += row.solution
    }
    return matrix
  }

  /// How far the gray patches' green leaves a straight line through zero.
  private static func codingError(_ measured: [[Double]], isSaturated: [Bool]) -> Double? {
    let neutrals = ColorChart.neutrals.filter { !isSaturated[$0] }
    guard neutrals.count >= 4 else { return nil }
    let points = neutrals.map { (ColorChart.linear[$0][1], measured[$0][1]) }
    let squares = points.reduce(0) { $0 + $1.0 * $1.0 }
    let slope = points.reduce(0) { $0 + $1.0 * $1.1 } / squares
    guard slope > 0 else { return nil }
    return 100 * (points.map { abs($0.1 / slope - $0.0) }.max() ?? 0)
  }
}

/// Why pictures of sheet and chart were refused.
public struct ColorRadiometryError: Explained, Equatable {
  public enum Reason: Equatable, Sendable {
    case nothing
    case extent(found: [Int], wanted: [Int])
    case gray
    case dark(share: Double)
    case corners(found: Int)
    case outside
    case noChart
    case saturated(patches: Int)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .nothing: "there is neither a flat nor a chart"
    case .extent(let found, let wanted):
      "is \(found[0]) × \(found[1]) pixels, \(wanted[0]) × \(wanted[1]) were wanted"
    case .gray: "is a gray picture, a color picture was wanted"
    case .dark(let share):
      "too dark: its brightest cell has \(rounded(100 * share)) % of full scale"
    case .corners(let found):
      "\(found) corners that make no field of patches, four were wanted, clockwise from dark skin"
    case .outside: "the chart reaches out of the picture"
    case .noChart: "no chart of 24 patches was found"
    case .saturated(let patches): "\(patches) of 24 patches are saturated, 8 were allowed"
    }
  }

  public var remedy: String? {
    switch reason {
    case .nothing: "take a picture of a gray sheet (flat.png) or of the chart (chart.png)"
    case .extent: "take all pictures with the same camera settings"
    case .gray: "switch the camera to color"
    case .dark: "expose longer or open the aperture"
    case .corners, .outside: "give --corners x,y,x,y,x,y,x,y around the field of patches"
    case .noChart:
      "let the chart fill a third of the picture, without glare, or give its corners with --corners"
    case .saturated: "expose shorter: white should stay below 250"
    }
  }
}

/// Means of a picture's cells in linear light, `[rows, columns, 3]`.
private struct CellMeans {
  private(set) var means: [Double]
  private(set) var saturatedShare = 0.0
  private(set) var noisePercent = 0.0

  init(_ picture: Picture, columns: Int, rows: Int) {
    means = [Double](repeating: 0, count: columns * rows * 3)
    var counts = [Double](repeating: 0, count: columns * rows)
    var saturated = 0
    var steps = 0.0
    var level = 0.0
    for y in 0..<picture.height {
      let row = y * rows / picture.height
      for x in 0..<picture.width {
        let cell = row * columns + x * columns / picture.width
        let place = (y * picture.width + x) * 3
        var isFull = false
        for channel in 0..<3 {
          let byte = picture.pixels[place + channel]
          means[cell * 3 + channel] += ColorSpace.decoded[Int(byte)]
          if byte >= 254 { isFull = true }
        }
        if isFull { saturated += 1 }
        counts[cell] += 1
        if x > 0 {
          let green = ColorSpace.decoded[Int(picture.pixels[place + 1])]
          let step = green - ColorSpace.decoded[Int(picture.pixels[place - 2])]
          steps += step * step
          level += green
        }
      }
    }
    for cell in counts.indices where counts[cell] > 0 {
      for channel in 0..<3 { means[cell * 3 + channel] /= counts[cell] }
    }
    let pixels = Double(picture.width * picture.height)
    saturatedShare = Double(saturated) / pixels
    if level > 0 { noisePercent = 100 * (steps / pixels / 2).squareRoot() / (level / pixels) }
  }
}
