import Tensors

/// Weights in the order in which our kernels read them; channels that are not there get zeros.
struct KernelPacking {
  /// Filters, channels, and rows as well as columns of the window.
  let (filters, channels, size): (Int, Int, Int)
  /// Channels side by side.
  let width: Int
  /// `[filters, channels, size, size]`.
  let kernel: [Float]

  init(_ kernel: [Float], filters: Int, channels: Int, size: Int, for set: InstructionSet) {
    precondition(
      kernel.count == filters * channels * size * size,
      "packing: \(kernel.count) numbers found, [\(filters), \(channels), \(size), \(size)] wanted")
    (self.filters, self.channels, self.size) = (filters, channels, size)
    self.kernel = kernel
    width = set.weightsWidth
  }

  /// `count` rounded up to whole blocks of 16.
  static func filled(_ count: Int) -> Int { (count + 15) / 16 * 16 }

  /// For products with plain rows or blocked ones: `[filters / width][…][width]`.
  func products(isBlocked: Bool) -> [Float] {
    let cell = isBlocked ? 16 : channels
    let blocks = isBlocked ? Self.filled(channels) / 16 : 1
    let window = size * size
    var packed: [Float] = []
    packed.reserveCapacity(Self.filled(filters) * blocks * window * cell)
    forEachGroup { first, count in
      for block in 0..<blocks {
        for place in 0..<window {
          for channel in (block * cell)..<((block + 1) * cell) {
            for filter in first..<(first + count) {
              let isThere = filter < filters && channel < channels
              packed.append(
                isThere ? kernel[(filter * channels + channel) * window + place] : 0)
            }
          }
        }
      }
    }
    return packed
  }

  /// For F(4 × 4, 3 × 3): `[filters / width][36][channels][width]`, each kernel as `G g Gᵀ`.
  ///
  /// Source: Lavin, Gray, *Fast Algorithms for Convolutional Neural Networks*, 2015, Equation 8 and
  /// section 4.3; arXiv:1509.09308.
  func winograd() -> [Float] {
    precondition(size == 3, "packing: a window of \(size) found, 3 wanted")
    let depth = Self.filled(channels)
    var packed = [Float](repeating: 0, count: Self.filled(filters) * depth * 36)
    forEachGroup { first, count in
      for filter in first..<min(first + count, filters) {
        for channel in 0..<channels {
          let tile = transformed(filter, channel)
          for number in 0..<36 {
            let place = first * 36 * depth + (number * depth + channel) * count + filter - first
            packed[place] = Float(tile[number])
          }
        }
      }
    }
    return packed
  }

  /// For one filter a channel, `[channels / 16][size²][16]`; `filters` counts the channels.
  func depthwise() -> [Float] {
    let window = size * size
    var packed = [Float](repeating: 0, count: Self.filled(filters) * window)
    for filter in 0..<filters {
      for place in 0..<window {
        packed[(filter / 16 * window + place) * 16 + filter % 16] = kernel[filter * window + place]
      }
    }
    return packed
  }

  /// Calls `body` with the first filter and the number of filters of each group side by side.
  private func forEachGroup(_ body: (Int, Int) -> Void) {
    let filled = Self.filled(filters)
    for first in stride(from: 0, to: filled, by: width) { body(first, min(width, filled - first)) }
  }

  private func transformed(_ filter: Int, _ channel: Int) -> [36 of Double] {
    let base = (filter * channels + channel) * 9
    var half = [18 of Double](repeating: 0)
    for column in 0..<3 {
      let line = Self.transformed(
        Double(kernel[base + column]), Double(kernel[base + 3 + column]),
        Double(kernel[base + 6 + column]))
      for row in 0..<6 { half[row * 3 + column] = line[row] }
    }
    var tile = [36 of Double](repeating: 0)
    for row in 0..<6 {
      let line = Self.transformed(half[row * 3], half[row * 3 + 1], half[row * 3 + 2])
      for column in 0..<6 { tile[row * 6 + column] = line[column] }
    }
    return tile
  }

  /// `G` times three numbers.
  private static func transformed(_ a: Double, _ b: Double, _ c: Double) -> [6 of Double] {
    [
      a / 4, -(a + b + c) / 6, -(a - b + c) / 6, a / 24 + b / 12 + c / 6,
      a / 24 - b / 12 + c / 6, c,
    ]
  }
}
