import Imaging

/// How the empty belt looks, learned from the frames themselves: a level for each column and
/// channel, and how far it scatters.
///
/// Light falls off across the belt and hardly along it, so that one level a column is enough; in
/// wide pictures neighboring columns share one. The level is the median of what was seen there,
/// which pieces leave alone as long as they cover less than half; a second median across
/// neighboring columns removes a column that one piece covered for long. Histograms forget by
/// halving, so that the model follows lamps that age.
struct BeltBackground: Sendable {
  let width: Int
  let channels: Int
  /// Median of each column and channel, `[width, channels]`.
  private(set) var level: [UInt8]
  /// Standard deviation, robust, one for each channel over all columns, `[channels]`.
  private(set) var deviation: [Float]
  /// How many frames were learned from.
  private(set) var frames = 0

  /// Columns that share a level.
  private let shared: Int
  /// Levels across the picture.
  private let groups: Int
  /// `[groups, channels, 256]`.
  private var histogram: [UInt16]
  /// `[groups, channels]`.
  private var groupLevel: [UInt8]
  private var spread: [Int]
  private var samples = 0
  private var firstRow = 0
  private var row: [UInt8] = []

  /// Rows of a frame that are looked at.
  private static let rowsPerFrame = 64
  /// Samples of a column after which the histograms are halved.
  private static let memory = 4096
  /// Columns up to which each has a level of its own.
  private static let groupsWanted = 480

  init(width: Int, channels: Int = 3) {
    self.width = width
    self.channels = channels
    shared = max(1, width / Self.groupsWanted)
    groups = (width + shared - 1) / shared
    level = [UInt8](repeating: 0, count: width * channels)
    groupLevel = [UInt8](repeating: 0, count: groups * channels)
    deviation = [Float](repeating: 2, count: channels)
    histogram = [UInt16](repeating: 0, count: groups * channels * 256)
    spread = [Int](repeating: 0, count: channels * 256)
  }

  /// Learns from `picture`, leaving out pixels that `pieces` calls pieces.
  ///
  /// Where pieces seem to cover most of the picture, the belt itself must have changed, and every
  /// pixel counts.
  mutating func learn(
    from picture: Picture, without pieces: LabelMap? = nil, smoothedBy rows: inout BeltRows
  ) {
    precondition(
      picture.width == width && picture.channels == channels,
      "belt background of \(width) columns: a picture of \(picture.width)")
    guard picture.height > 0 else { return }
    let step = max(1, picture.height / Self.rowsPerFrame)
    let usable = pieces.flatMap { covered($0, step: step) < 0.6 ? $0 : nil }
    firstRow = (firstRow + 1) % step
    // One column of each group speaks for it, another one with each frame.
    let firstColumn = frames % shared
    for y in stride(from: firstRow, to: picture.height, by: step) {
      rows.smooth(row: y, of: picture, into: &row)
      for x in stride(from: firstColumn, to: width, by: shared) {
        if let usable, usable[x, y] != 0 { continue }
        for channel in 0..<channels {
          let place = (x / shared * channels + channel) * 256
          histogram[place + Int(row[x * channels + channel])] += 1
        }
      }
      samples += 1
    }
    frames += 1
    if samples > Self.memory { halve() }
    // Levels settle within the first frames; later ones move slowly and can wait.
    if frames <= 8 || frames % 8 == 0 { update() }
  }

  /// The share of the sampled rows that pieces cover.
  private func covered(_ pieces: LabelMap, step: Int) -> Double {
    var count = 0
    var rows = 0
    for y in stride(from: 0, to: pieces.height, by: step) {
      for x in 0..<pieces.width where pieces[x, y] != 0 { count += 1 }
      rows += 1
    }
    return Double(count) / Double(max(1, rows * pieces.width))
  }

  private mutating func halve() {
    for index in histogram.indices { histogram[index] >>= 1 }
    samples /= 2
  }

  private mutating func update() {
    for group in groupLevel.indices { groupLevel[group] = median(of: group) ?? groupLevel[group] }
    smooth()
    updateDeviation()
    for x in 0..<width {
      for channel in 0..<channels {
        level[x * channels + channel] = groupLevel[x / shared * channels + channel]
      }
    }
  }

  private func median(of group: Int) -> UInt8? {
    let first = group * 256
    var total = 0
    for value in 0..<256 { total += Int(histogram[first + value]) }
    guard total > 0 else { return nil }
    var seen = 0
    for value in 0..<256 {
      seen += Int(histogram[first + value])
      if seen * 2 >= total { return UInt8(value) }
    }
    return 255
  }

  /// Replaces each level by the median of those within a twelfth of the width on either side.
  private mutating func smooth() {
    let reach = groups / 12
    guard reach > 0 else { return }
    let old = groupLevel
    var window = [Int](repeating: 0, count: 256)
    for channel in 0..<channels {
      for value in 0..<256 { window[value] = 0 }
      var held = 0
      for x in -reach..<groups {
        if x + reach < groups {
          window[Int(old[(x + reach) * channels + channel])] += 1
          held += 1
        }
        if x - reach - 1 >= 0 {
          window[Int(old[(x - reach - 1) * channels + channel])] -= 1
          held -= 1
        }
        guard x >= 0 else { continue }
        var seen = 0
        for value in 0..<256 {
          seen += window[value]
          if seen * 2 >= held {
            groupLevel[x * channels + channel] = UInt8(value)
            break
          }
        }
      }
    }
  }

  /// Median absolute deviation of all samples from their column's level, as a standard deviation.
  private mutating func updateDeviation() {
    for channel in 0..<channels {
      for value in 0..<256 { spread[channel * 256 + value] = 0 }
      for x in 0..<groups {
        let place = x * channels + channel
        for value in 0..<256 {
          let distance = abs(value - Int(groupLevel[place]))
          spread[channel * 256 + distance] += Int(histogram[place * 256 + value])
        }
      }
      let total = spread[(channel * 256)..<(channel * 256 + 256)].reduce(0, +)
      var seen = 0
      for value in 0..<256 where total > 0 {
        seen += spread[channel * 256 + value]
        guard seen * 2 >= total else { continue }
        deviation[channel] = max(1, 1.4826 * (Float(value) + 0.5))
        break
      }
    }
  }
}
