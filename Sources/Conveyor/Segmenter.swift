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
/// must have one size, and need no further memory then.
public struct Segmenter: Sendable {
  public let settings: SegmentationSettings
  private var pixels: PiecePixels
  private var background: BeltBackground?
  private var runs = PixelRuns()
  private var holes = PixelRuns()
  private var splitter: TouchingPieces
  private var areaOfRegion: [Int] = []
  private var labelOfRegion: [UInt16] = []

  public init(_ settings: SegmentationSettings) {
    self.settings = settings
    pixels = PiecePixels(settings)
    splitter = TouchingPieces(neckShare: settings.neckShare)
  }

  /// Learns how the belt looks from a picture in which pieces cover less than half of it.
  public mutating func learn(from picture: Picture) {
    pixels.smooth(picture)
    learnSmoothed(without: nil)
  }

  /// Writes the pieces of `picture` into `found`, and learns from the belt between them.
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
    pixels.smooth(picture)
    if background == nil { learnSmoothed(without: nil) }
    if let background { pixels.mark(picture, on: background) }
    label(minimum: minimum, into: &found)
    fillHoles(upTo: hole, in: &found.labels)
    if settings.neckShare > 0 {
      splitter.split(&found.labels, labels: found.blobs.count, minimum: minimum)
    }
    measure(&found, minimum: minimum)
    learnSmoothed(without: found.labels)
  }

  private mutating func learnSmoothed(without pieces: LabelMap?) {
    let smoothed = pixels.smoothed
    var learned =
      background ?? BeltBackground(width: smoothed.width, channels: smoothed.channels)
    // Two owners would make the histograms' memory be copied.
    background = nil
    learned.learn(from: smoothed, without: pieces)
    background = learned
  }

  /// Gives each region of at least `minimum` pixels a number.
  private mutating func label(minimum: Int, into found: inout Segmentation) {
    let width = found.labels.width
    runs.collect(width: width, height: found.labels.height, connectivity: .corners) {
      pixels.isPiece[$0] != 0
    }
    areaOfRegion.removeAll(keepingCapacity: true)
    labelOfRegion.removeAll(keepingCapacity: true)
    for _ in runs.runs.indices {
      areaOfRegion.append(0)
      labelOfRegion.append(0)
    }
    for index in runs.runs.indices {
      areaOfRegion[runs.region(of: index)] += runs.runs[index].end - runs.runs[index].start
    }
    found.blobs.removeAll(keepingCapacity: true)
    found.ignored = 0
    var count: UInt16 = 0
    for index in found.labels.labels.indices { found.labels.labels[index] = 0 }
    for index in runs.runs.indices {
      let region = runs.region(of: index)
      guard areaOfRegion[region] >= minimum else { continue }
      if region == index {
        guard Int(count) < settings.maximumPieces else {
          found.ignored += 1
          continue
        }
        count += 1
        labelOfRegion[region] = count
        found.blobs.append(.empty(label: count))
      }
      let run = runs.runs[index]
      for x in run.start..<run.end {
        found.labels.labels[run.row * width + x] = labelOfRegion[region]
      }
    }
  }

  /// Gives belt that a piece encloses to the piece.
  private mutating func fillHoles(upTo limit: Int, in labels: inout LabelMap) {
    guard limit > 0 else { return }
    let (width, height) = (labels.width, labels.height)
    holes.collect(width: width, height: height, connectivity: .edges) {
      labels.labels[$0] == 0
    }
    areaOfRegion.removeAll(keepingCapacity: true)
    for _ in holes.runs.indices { areaOfRegion.append(0) }
    for index in holes.runs.indices {
      let run = holes.runs[index]
      let atBorder =
        run.row == 0 || run.row == height - 1 || run.start == 0 || run.end == width
      // A region that reaches the border is the open belt: never a hole.
      areaOfRegion[holes.region(of: index)] += atBorder ? limit + 1 : run.end - run.start
    }
    for index in holes.runs.indices {
      let region = holes.region(of: index)
      guard areaOfRegion[region] <= limit else { continue }
      let first = holes.runs[region]
      let label = labels.labels[first.row * width + first.start - 1]
      let run = holes.runs[index]
      for x in run.start..<run.end { labels.labels[run.row * width + x] = label }
    }
  }

  /// Measures each region and drops what splitting made smaller than a piece.
  private mutating func measure(_ found: inout Segmentation, minimum: Int) {
    let (width, height) = (found.labels.width, found.labels.height)
    for index in found.blobs.indices { found.blobs[index] = .empty(label: UInt16(index + 1)) }
    for y in 0..<height {
      for x in 0..<width {
        let label = Int(found.labels.labels[y * width + x])
        guard label > 0 else { continue }
        while found.blobs.count < label {
          found.blobs.append(.empty(label: UInt16(found.blobs.count + 1)))
        }
        found.blobs[label - 1].add(x: x, y: y)
      }
    }
    for index in found.blobs.indices {
      found.blobs[index].finish(width: width, height: height)
    }
    found.blobs.removeAll { $0.area < minimum }
  }
}

extension Blob {
  fileprivate static func empty(label: UInt16) -> Blob {
    Blob(
      label: label, area: 0, centroid: Point(x: 0, y: 0), columns: 0...0, rows: 0...0,
      touchesBorder: false)
  }

  /// Takes one pixel in, row by row.
  ///
  /// The centroid holds sums until `finish`.
  fileprivate mutating func add(x: Int, y: Int) {
    if area == 0 {
      (columns, rows) = (x...x, y...y)
    } else {
      columns = min(columns.lowerBound, x)...max(columns.upperBound, x)
      rows = rows.lowerBound...y
    }
    area += 1
    centroid.x += Double(x)
    centroid.y += Double(y)
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
