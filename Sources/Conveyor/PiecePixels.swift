import Imaging

/// Decides for each pixel of a picture whether it belongs to a piece.
///
/// A pixel does where the mean of its 3 × 3 neighborhood lies well outside the belt's scatter, so
/// that dull pieces are found under noise; where the pixel itself goes at least half as far, and
/// its neighborhood a fair share of the way to the brightest near it, so that outlines do not grow
/// by the width of the mean; and where most of its neighborhood agrees.
struct PiecePixels: Sendable {
  /// The picture's 3 × 3 means.
  private(set) var smoothed = Picture(width: 0, height: 0)
  /// 1 where a pixel belongs to a piece, `[height, width]`.
  private(set) var isPiece: [UInt8] = []

  private static let brighter: UInt8 = 1
  private static let darker: UInt8 = 2

  private let settings: SegmentationSettings
  private var isMarked: [UInt8] = []
  private var rowSums: [UInt16] = []
  private var columnSums: [UInt8] = []
  /// How much brighter than the belt, in the channel where it is most.
  private var excess: [UInt8] = []
  private var limits: [Int16] = []

  init(_ settings: SegmentationSettings) { self.settings = settings }

  /// Takes the means of `picture`; beyond the border its edge pixels go on.
  mutating func smooth(_ picture: Picture) {
    let (height, channels) = (picture.height, picture.channels)
    reserve(width: picture.width, height: height, channels: channels)
    Self.smooth(
      picture.pixels, height: height, channels: channels, sums: &rowSums,
      into: &smoothed.pixels)
  }

  /// Sums three rows, then three columns of that sum.
  private static func smooth(
    _ source: [UInt8], height: Int, channels: Int, sums: inout [UInt16],
    into means: inout [UInt8]
  ) {
    let (row, source) = (sums.count, source.span)
    var sums = sums.mutableSpan
    var means = means.mutableSpan
    for y in 0..<height {
      let above = max(0, y - 1) * row
      let here = y * row
      let below = min(height - 1, y + 1) * row
      for place in 0..<row {
        sums[place] =
          UInt16(source[above + place]) &+ UInt16(source[here + place])
          &+ UInt16(source[below + place])
      }
      for place in 0..<row {
        let left = place < channels ? place : place - channels
        let right = place + channels < row ? place + channels : place
        means[here + place] = UInt8((sums[left] &+ sums[place] &+ sums[right] &+ 4) / 9)
      }
    }
  }

  /// Fills `isPiece` for the picture that was smoothed last.
  mutating func mark(_ picture: Picture, on background: BeltBackground) {
    precondition(
      picture.width == smoothed.width && picture.height == smoothed.height,
      "marking a picture of \(picture.width) × \(picture.height) that was not smoothed")
    setLimits(background)
    Self.markCandidates(
      own: picture.pixels, mean: smoothed.pixels, level: background.level, limit: limits,
      into: &isMarked, excess: &excess)
    checkCandidates(background)
    Self.vote(isMarked, height: picture.height, sums: &columnSums, into: &isPiece)
  }

  private mutating func reserve(width: Int, height: Int, channels: Int) {
    guard smoothed.width != width || smoothed.height != height || smoothed.channels != channels
    else { return }
    smoothed = Picture(width: width, height: height, channels: channels)
    isPiece = [UInt8](repeating: 0, count: width * height)
    isMarked = isPiece
    excess = isPiece
    rowSums = [UInt16](repeating: 0, count: width * channels)
    columnSums = [UInt8](repeating: 0, count: width)
  }

  /// How far from the belt's level a mean must lie, for each channel.
  private mutating func setLimits(_ background: BeltBackground) {
    limits.removeAll(keepingCapacity: true)
    for deviation in background.deviation {
      limits.append(
        Int16(max(settings.contrastLevels, settings.contrastDeviations * deviation).rounded(.up)))
    }
  }

  /// Marks pixels off the belt by their mean and by themselves, and measures their excess.
  private static func markCandidates(
    own: [UInt8], mean: [UInt8], level: [UInt8], limit: [Int16],
    into marks: inout [UInt8], excess: inout [UInt8]
  ) {
    let (row, channels) = (level.count, limit.count)
    let (own, mean, level, limit) = (own.span, mean.span, level.span, limit.span)
    var marks = marks.mutableSpan
    var excesses = excess.mutableSpan
    var index = 0
    var first = 0
    while first < own.count {
      defer { first += row }
      var column = 0
      while column < row {
        var most: Int16 = 0
        var mark: UInt8 = 0
        for channel in 0..<channels {
          let belt = Int16(level[column + channel])
          let difference = Int16(mean[first + column + channel]) &- belt
          let ownDouble = 2 &* (Int16(own[first + column + channel]) &- belt)
          let far = limit[channel]
          if difference > far, ownDouble > far { mark |= brighter }
          if difference < 0 &- far, ownDouble < 0 &- far { mark |= darker }
          most = max(most, difference)
        }
        marks[index] = mark
        excesses[index] = UInt8(truncatingIfNeeded: most)
        index += 1
        column += channels
      }
    }
  }

  /// Takes back the marks of shadows, and of brighter pixels that lie outside the outline.
  private mutating func checkCandidates(_ background: BeltBackground) {
    let (width, height) = (smoothed.width, smoothed.height)
    for y in 0..<height {
      for x in 0..<width {
        let index = y * width + x
        let mark = isMarked[index]
        guard mark != 0 else { continue }
        let isInside =
          mark & Self.brighter != 0
          ? Float(excess[index]) >= settings.edgeShare * Float(largestExcess(nearX: x, y: y))
          : !isShadow(x: x, y: y, background)
        isMarked[index] = isInside ? 1 : 0
      }
    }
  }

  /// The largest excess within two pixels.
  private func largestExcess(nearX x: Int, y: Int) -> UInt8 {
    let (width, height) = (smoothed.width, smoothed.height)
    var most: UInt8 = 0
    for row in max(0, y - 2)...min(height - 1, y + 2) {
      for place in (row * width + max(0, x - 2))...(row * width + min(width - 1, x + 2)) {
        most = max(most, excess[place])
      }
    }
    return most
  }

  /// Whether a darker pixel is the belt in less light: all channels weaker by one factor.
  private func isShadow(x: Int, y: Int, _ background: BeltBackground) -> Bool {
    let column = x * smoothed.channels
    let place = y * smoothed.width * smoothed.channels + column
    var least = Float.infinity
    var most: Float = 0
    for channel in 0..<smoothed.channels {
      let level = Float(background.level[column + channel])
      let share = (Float(smoothed.pixels[place + channel]) + 1) / (level + 1)
      least = min(least, share)
      most = max(most, share)
    }
    return least >= settings.shadowFloor && most - least < 0.15
  }

  /// Keeps a pixel where most of its 3 × 3 neighborhood agrees.
  private static func vote(
    _ marks: [UInt8], height: Int, sums: inout [UInt8], into pieces: inout [UInt8]
  ) {
    let (width, marks) = (sums.count, marks.span)
    var sums = sums.mutableSpan
    var pieces = pieces.mutableSpan
    for y in 0..<height {
      let (above, below) = (y > 0, y + 1 < height)
      let rows: UInt8 = 1 + (above ? 1 : 0) + (below ? 1 : 0)
      let first = y * width
      for x in 0..<width {
        var sum = marks[first + x]
        if above { sum &+= marks[first + x - width] }
        if below { sum &+= marks[first + x + width] }
        sums[x] = sum
      }
      for x in 0..<width {
        var sum = sums[x]
        var seen = rows
        if x > 0 {
          sum &+= sums[x - 1]
          seen &+= rows
        }
        if x + 1 < width {
          sum &+= sums[x + 1]
          seen &+= rows
        }
        pieces[first + x] = sum &* 2 > seen ? 1 : 0
      }
    }
  }
}
