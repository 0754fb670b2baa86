import Imaging
import Units

/// A connected region of a picture that is not belt.
public struct Blob: Sendable, Equatable {
  /// Its number in the label map, from 1.
  public var label: UInt16
  /// In pixels.
  public var area: Int
  public var centroid: Point<ColorFrame>
  public var columns: ClosedRange<Int>
  public var rows: ClosedRange<Int>
  /// Whether it reaches the border of the picture, so that part of it may lie beyond.
  public var touchesBorder: Bool

  public init(
    label: UInt16, area: Int, centroid: Point<ColorFrame>, columns: ClosedRange<Int>,
    rows: ClosedRange<Int>, touchesBorder: Bool
  ) {
    self.label = label
    self.area = area
    self.centroid = centroid
    self.columns = columns
    self.rows = rows
    self.touchesBorder = touchesBorder
  }
}

/// The pieces of one frame.
public struct Segmentation: Sendable, Equatable {
  /// The number of the piece at each pixel, 0 for belt.
  public var labels: LabelMap
  /// In the order of their numbers.
  public var blobs: [Blob] = []
  /// Regions beyond the most that settings allow; their pixels count as belt.
  public var ignored = 0

  public init(width: Int, height: Int) { labels = LabelMap(width: width, height: height) }
}

/// Finds pieces in pictures: pixels that differ from the belt, joined to regions, holes filled,
/// touching pieces split.
///
/// Learns how the belt looks on the way. Keeps its working space between frames; all pictures
/// must have one size, and need no further memory then. Only the first step looks at every pixel:
/// it leaves runs, of which there are a thousand times fewer.
public struct Segmenter: Sendable {
  public let settings: SegmentationSettings
  private var rows: BeltRows
  private var background: BeltBackground?
  private var pieces = PixelRuns()
  private var belt = PixelRuns()
  private var splitter: TouchingPieces
  /// Whether each region may be several pieces.
  private var areSplit: [Bool] = []
  private let companion: Companion?
  private let half: SecondHalf
  /// The runs of pieces and of what they enclose, and whose they are.
  private var labeled: [(run: PixelRuns.Run, label: UInt16)] = []

  /// - Parameter companion: does half of what can be done by two.
  public init(_ settings: SegmentationSettings, with companion: Companion? = nil) {
    self.init(settings, kind: .best, with: companion)
  }

  /// With the kernels of one kind of processor.
  init(_ settings: SegmentationSettings, kind: BeltRows.Kind, with companion: Companion? = nil) {
    self.settings = settings
    self.companion = companion
    half = SecondHalf(settings, kind: kind)
    rows = BeltRows(settings, kind: kind)
    splitter = TouchingPieces(neckShare: settings.neckShare)
  }

  /// Regions that had to be flooded to see whether they are several pieces.
  var floods: Int { splitter.floods }

  /// Learns how the belt looks from a picture in which pieces cover less than half of it.
  public mutating func learn(from picture: Picture) {
    learn(from: picture, without: nil)
  }

  /// Writes the pieces of `picture` into `found`.
  ///
  /// The first picture is learned from beforehand. Of later ones `learn(from:between:)` learns,
  /// which can wait until the pieces are decided.
  ///
  /// - Parameter squareMillimetersPerPixel: what a pixel in the middle of the picture covers on
  ///   the belt.
  public mutating func segment(
    _ picture: Picture, squareMillimetersPerPixel: Double, into found: inout Segmentation
  ) {
    if found.labels.width != picture.width || found.labels.height != picture.height {
      found = Segmentation(width: picture.width, height: picture.height)
    }
    let scale = max(squareMillimetersPerPixel, 1e-9)
    let minimum = max(1, Int(settings.minimumSquareMillimeters / scale))
    let hole = Int(settings.holeSquareMillimeters / scale)
    if background == nil { learn(from: picture, without: nil) }
    if let background { findRuns(picture, on: background) }
    label(minimum: minimum, into: &found)
    fillHoles(upTo: hole, in: found.labels)
    draw(&found.labels)
    measure(&found)
    if settings.neckShare > 0 { split(&found, minimum: minimum) }
  }

  /// Learns how the belt looks between the pieces that were found in `picture`.
  public mutating func learn(from picture: Picture, between found: Segmentation) {
    learn(from: picture, without: found.labels)
  }

  private mutating func learn(from picture: Picture, without pieces: LabelMap?) {
    var learned =
      background ?? BeltBackground(width: picture.width, channels: picture.channels)
    // Two owners would make the histograms' memory be copied.
    background = nil
    learned.learn(from: picture, without: pieces, smoothedBy: &rows)
    background = learned
  }

  private mutating func findRuns(_ picture: Picture, on background: BeltBackground) {
    guard let companion else {
      rows.find(0..<picture.height, of: picture, on: background, into: &pieces.runs)
      return
    }
    let middle = picture.height / 2
    companion.share { [half] in
      half.find(middle..<picture.height, of: picture, on: background)
    } with: {
      rows.find(0..<middle, of: picture, on: background, into: &pieces.runs)
    }
    half.addRuns(to: &pieces.runs)
  }

  /// Gives each region of at least `minimum` pixels a number.
  private mutating func label(minimum: Int, into found: inout Segmentation) {
    pieces.join(.corners)
    labeled.removeAll(keepingCapacity: true)
    found.blobs.removeAll(keepingCapacity: true)
    found.ignored = 0
    for index in pieces.runs.indices {
      let region = pieces.region(of: index)
      guard pieces.areas[region] >= minimum else { continue }
      if region == index {
        guard found.blobs.count < min(settings.maximumPieces, Int(UInt16.max)) else {
          found.ignored += 1
          continue
        }
        pieces.labels[region] = UInt16(found.blobs.count + 1)
        found.blobs.append(.empty(label: pieces.labels[region]))
      }
      guard pieces.labels[region] > 0 else { continue }
      labeled.append((pieces.runs[index], pieces.labels[region]))
    }
  }

  /// Gives belt that a piece encloses to the piece.
  private mutating func fillHoles(upTo limit: Int, in labels: LabelMap) {
    guard limit > 0 else { return }
    collectBelt(width: Int32(labels.width), height: Int32(labels.height))
    belt.join(.edges)
    for index in belt.runs.indices {
      let run = belt.runs[index]
      // A region that reaches the border is the open belt: never a hole.
      if run.row == 0 || run.row == labels.height - 1 || run.start == 0 || run.end == labels.width {
        belt.areas[belt.region(of: index)] = .max / 2
      }
    }
    var left = 0
    let pieceRuns = labeled.count
    for index in belt.runs.indices {
      let region = belt.region(of: index)
      guard belt.areas[region] <= limit else { continue }
      if region == index {
        // The piece's run that ends where the hole begins.
        let first = belt.runs[index]
        while left < pieceRuns, labeled[left].run.isBefore(first) { left += 1 }
        belt.labels[region] = labeled[left - 1].label
      }
      labeled.append((belt.runs[index], belt.labels[region]))
    }
  }

  /// What lies between the runs of pieces.
  private mutating func collectBelt(width: Int32, height: Int32) {
    belt.runs.removeAll(keepingCapacity: true)
    var next = 0
    for row in 0..<height {
      var x: Int32 = 0
      while next < labeled.count, labeled[next].run.row == row {
        let run = labeled[next].run
        if run.start > x { belt.runs.append(PixelRuns.Run(row: row, start: x, end: run.start)) }
        x = run.end
        next += 1
      }
      if x < width { belt.runs.append(PixelRuns.Run(row: row, start: x, end: width)) }
    }
  }

  /// Writes the regions' numbers.
  private func draw(_ labels: inout LabelMap) {
    let width = labels.width
    var span = labels.labels.mutableSpan
    for index in 0..<span.count { span[index] = 0 }
    for (run, label) in labeled {
      let first = Int(run.row) * width
      for place in (first + Int(run.start))..<(first + Int(run.end)) { span[place] = label }
    }
  }

  /// Measures each region by its runs.
  private func measure(_ found: inout Segmentation) {
    for (run, label) in labeled { found.blobs[Int(label) - 1].add(run) }
    let (width, height) = (found.labels.width, found.labels.height)
    for index in found.blobs.indices { found.blobs[index].finish(width: width, height: height) }
  }

  private mutating func findNecks(_ found: Segmentation, minimum: Int) {
    areSplit.removeAll(keepingCapacity: true)
    let count = found.blobs.count
    let own = companion == nil ? count : count / 2
    func findOwn() {
      for blob in found.blobs[..<own] {
        areSplit.append(
          splitter.mayHaveNeck(blob, in: found.labels, minimum: minimum, rows: &rows))
      }
    }
    guard let companion else { return findOwn() }
    companion.share { [half] in
      half.findNecks(found.blobs[own...], in: found.labels, minimum: minimum)
    } with: {
      findOwn()
    }
    half.addNecks(to: &areSplit)
  }

  /// Splits touching pieces, measures their parts, and drops those that are smaller than a piece.
  private mutating func split(_ found: inout Segmentation, minimum: Int) {
    let (width, height) = (found.labels.width, found.labels.height)
    let whole = found.blobs.count
    var next = whole + 1
    findNecks(found, minimum: minimum)
    for index in 0..<whole where areSplit[index] {
      let blob = found.blobs[index]
      let first = next
      guard splitter.split(blob, of: &found.labels, minimum: minimum, next: &next, rows: &rows)
      else { continue }
      found.blobs[index] = .empty(label: blob.label)
      for label in first..<next { found.blobs.append(.empty(label: UInt16(label))) }
      for y in blob.rows {
        for x in blob.columns {
          let label = Int(found.labels[x, y])
          guard label == blob.label || label >= first else { continue }
          found.blobs[label - 1].add(
            PixelRuns.Run(row: Int32(y), start: Int32(x), end: Int32(x + 1)))
        }
      }
      found.blobs[index].finish(width: width, height: height)
      for label in first..<next { found.blobs[label - 1].finish(width: width, height: height) }
    }
    found.blobs.removeAll { $0.area < minimum }
  }
}

extension PixelRuns.Run {
  var count: Int { Int(end - start) }

  /// Whether it begins before `other`, in raster order.
  func isBefore(_ other: Self) -> Bool { (row, start) < (other.row, other.start) }
}

extension Blob {
  fileprivate static func empty(label: UInt16) -> Blob {
    Blob(
      label: label, area: 0, centroid: Point(x: 0, y: 0), columns: 0...0, rows: 0...0,
      touchesBorder: false)
  }

  /// Takes the pixels of a run in; the centroid holds sums until `finish`.
  fileprivate mutating func add(_ run: PixelRuns.Run) {
    let (row, first, last) = (Int(run.row), Int(run.start), Int(run.end) - 1)
    if area == 0 {
      (columns, rows) = (first...last, row...row)
    } else {
      columns = min(columns.lowerBound, first)...max(columns.upperBound, last)
      rows = min(rows.lowerBound, row)...max(rows.upperBound, row)
    }
    area += run.count
    centroid.x += Double((first + last) * run.count) / 2
    centroid.y += Double(row * run.count)
  }

  fileprivate mutating func finish(width: Int, height: Int) {
    guard area > 0 else { return }
    centroid.x /= Double(area)
    centroid.y /= Double(area)
    touchesBorder =
      columns.lowerBound == 0 || rows.lowerBound == 0 || columns.upperBound == width - 1
      || rows.upperBound == height - 1
  }
}
