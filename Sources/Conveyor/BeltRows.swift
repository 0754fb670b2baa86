import CBeltRows
import Imaging

/// A frame's pixels, gone through row by row.
///
/// Tells which are no belt, and how far they lie from a region's edge. Its working space stays from
/// frame to frame.
///
/// The kernels see only memory whose extent was checked here.
struct BeltRows: Sendable {
  /// Pixels of one row, from `start` up to and without `end`.
  typealias Run = belt_run

  /// What the kernels may use, at most: for the comparison of one kind of processor with another.
  enum Kind: Int32, Sendable, CaseIterable, Comparable {
    case portable, avx2, avx512

    /// The best that this processor has.
    static var best: Self { Self(rawValue: belt_best_level()) ?? .portable }

    static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }
  }

  let kind: Kind
  private let settings: SegmentationSettings
  private var space: [UInt16] = []
  private var limits: [Int16] = []
  private var limitsOf: [Float] = []
  /// Runs that there was room for in the picture before.
  private var room = 0
  private var row: [UInt8] = []
  private var partRuns: [Run] = []

  init(_ settings: SegmentationSettings, kind: Kind = .best) {
    self.settings = settings
    self.kind = min(kind, .best)
  }

  // MARK: Rows of the picture

  /// Writes the runs of pixels that belong to pieces in some rows into `runs`, in raster order.
  ///
  /// A pixel does where the mean of its 3 × 3 neighborhood lies well outside the belt's scatter, so
  /// that dull pieces are found under noise; where the pixel itself goes at least half as far, and
  /// its neighborhood a fair share of the way to the brightest near it, so that outlines do not
  /// grow by the width of the mean; and where most of its neighborhood agrees.
  mutating func find(
    _ range: Range<Int>, of picture: Picture, on background: BeltBackground,
    into runs: inout [Run]
  ) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= picture.height,
      "rows \(range) of \(picture.height)")
    precondition(
      picture.width == background.width && picture.channels == background.channels,
      "a picture of \(picture.width) columns on a belt of \(background.width)")
    setLimits(background)
    reserve(picture)
    var found = max(room, picture.height)
    repeat {
      // A picture that needs more room than those before is rare, and done anew.
      room = found
      while runs.count < room { runs.append(Run()) }
      found = find(range, picture, background.level, into: &runs)
    } while found > room
    runs.removeLast(runs.count - found)
  }

  private mutating func find(
    _ range: Range<Int>, _ picture: Picture, _ level: [UInt8], into runs: inout [Run]
  ) -> Int {
    let (settings, limits, kind) = (settings, limits, kind)
    return picture.pixels.withUnsafeBufferPointer { pixels in
      level.withUnsafeBufferPointer { level in
        limits.withUnsafeBufferPointer { limits in
          space.withUnsafeMutableBytes { space in
            var input = belt_picture(
              pixels: pixels.baseAddress, level: level.baseAddress, limit: limits.baseAddress,
              width: picture.width, height: picture.height, channels: picture.channels,
              edge_share: settings.edgeShare, shadow_floor: settings.shadowFloor)
            return runs.withUnsafeMutableBufferPointer {
              belt_find_runs(
                &input, range.lowerBound, range.upperBound, space.baseAddress, $0.baseAddress,
                $0.count, kind.rawValue)
            }
          }
        }
      }
    }
  }

  /// Writes the 3 × 3 means of one row, `[width, channels]`, into `means`; beyond the border the
  /// picture's pixels go on.
  mutating func smooth(row: Int, of picture: Picture, into means: inout [UInt8]) {
    precondition((0..<picture.height).contains(row), "row \(row) of \(picture.height)")
    reserve(picture)
    while means.count < picture.width * picture.channels { means.append(0) }
    let kind = kind
    picture.pixels.withUnsafeBufferPointer { pixels in
      space.withUnsafeMutableBytes { space in
        means.withUnsafeMutableBufferPointer { means in
          _ = belt_smooth_row(
            pixels.baseAddress, row, picture.height, picture.width, picture.channels,
            space.baseAddress, means.baseAddress, kind.rawValue)
        }
      }
    }
  }

  private mutating func reserve(_ picture: Picture) {
    let bytes = belt_space(picture.width, picture.channels)
    if space.count < bytes / 2 + 1 { space = [UInt16](repeating: 0, count: bytes / 2 + 1) }
  }

  /// How far from the belt's level a mean must lie, at each byte of a row.
  private mutating func setLimits(_ background: BeltBackground) {
    let count = background.width * background.channels
    guard limitsOf != background.deviation || limits.count != count else { return }
    limitsOf = background.deviation
    limits.removeAll(keepingCapacity: true)
    for index in 0..<count {
      let deviation = background.deviation[index % background.channels]
      limits.append(
        Int16(max(settings.contrastLevels, settings.contrastDeviations * deviation).rounded(.up)))
    }
  }

  // MARK: Regions

  /// Three times the distance of each pixel of a region to its edge; returns the largest.
  ///
  /// `distance` gets `[rows + 2, columns + 2]` numbers: the region's box with a border of one
  /// around it, 0 outside the region. Beyond the picture the region is thought to go on.
  ///
  /// Source: Borgefors, *Distance Transformations in Digital Images*, 1986, the 3-4 chamfer
  /// distance.
  mutating func measureDistance(
    of blob: Blob, in labels: LabelMap, into distance: inout [UInt16]
  ) -> Int {
    let (columns, rows) = (blob.columns.count, blob.rows.count)
    precondition(blob.isInside(labels), "a region beyond a map of \(labels.width) columns")
    let count = belt_distance_count(columns, rows)
    while distance.count < count { distance.append(0) }
    return labels.labels.withUnsafeBufferPointer { labelsOfAll in
      var region = belt_region(
        labels: labelsOfAll.baseAddress, width: labels.width, height: labels.height,
        label: blob.label, left: blob.columns.lowerBound, top: blob.rows.lowerBound,
        columns: columns, rows: rows)
      return distance.withUnsafeMutableBufferPointer {
        belt_measure_distance(&region, $0.baseAddress, kind.rawValue)
      }
    }
  }

  /// Whether a region falls into several parts where only its pixels at least `least` from the
  /// edge are left, as `distance` tells of its box.
  mutating func fallsApart(
    _ distance: [UInt16], columns: Int, rows: Int, least: Int
  ) -> Bool {
    precondition(distance.count >= belt_distance_count(columns, rows))
    guard least <= Int(UInt16.max) else { return false }
    while row.count < columns + 8 { row.append(0) }
    // No row has more runs than every other pixel.
    let most = (columns + 1) / 2 * rows
    while partRuns.count < most { partRuns.append(Run()) }
    let kind = kind
    let parts = distance.withUnsafeBufferPointer { distance in
      row.withUnsafeMutableBufferPointer { row in
        partRuns.withUnsafeMutableBufferPointer {
          belt_count_parts(
            distance.baseAddress, columns, rows, UInt16(least), row.baseAddress, $0.baseAddress,
            $0.count, kind.rawValue)
        }
      }
    }
    return parts > 1
  }
}

/// What the pixels of a region say of a view, in one row.
struct RowFacts {
  /// The first and the last of them; nil where there is none.
  var ends: (first: Int, last: Int)?
  /// Pixels with a channel at 250 or more.
  var saturated: Int
  /// Steps in the middle channel to the next pixel and to that below, and how many there are.
  var steps: Int
  var stepCount: Int

  /// The facts of `blob` in `row` of the picture.
  init(of blob: Blob, row: Int, in labels: LabelMap, of picture: Picture) {
    precondition(
      blob.isInside(labels) && blob.rows.contains(row) && labels.width == picture.width
        && labels.height == picture.height && labels.labels.count == labels.width * labels.height,
      "a region beyond a picture of \(picture.width) columns")
    let (width, channels, left) = (picture.width, picture.channels, blob.columns.lowerBound)
    let first = row * width + left
    var facts = belt_row_facts()
    labels.labels.withUnsafeBufferPointer { labels in
      picture.pixels.withUnsafeBufferPointer { pixels in
        guard let labels = labels.baseAddress, let pixels = pixels.baseAddress else { return }
        let here = pixels + first * channels
        belt_read_row(
          labels + first, blob.label, here,
          row + 1 < picture.height ? here + width * channels : nil, blob.columns.count, channels,
          blob.columns.upperBound + 1 < width ? 1 : 0, &facts,
          BeltRows.Kind.best.rawValue)
      }
    }
    ends =
      facts.first <= facts.last ? (left + facts.first, left + facts.last) : nil
    (saturated, steps, stepCount) = (facts.saturated, facts.steps, facts.step_count)
  }
}

extension Blob {
  fileprivate func isInside(_ labels: LabelMap) -> Bool {
    columns.lowerBound >= 0 && rows.lowerBound >= 0 && columns.upperBound < labels.width
      && rows.upperBound < labels.height
  }
}
