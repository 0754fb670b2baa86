/// How a picture of another size is made.
public enum Resampling: String, Sendable, CaseIterable {
  /// Between the four nearest pixel centers; for enlarging and small changes.
  case bilinear
  /// The mean over the area that each new pixel covers; for shrinking.
  case area
}

extension Picture {
  /// The same picture with other extents; the outer edges of both pictures coincide.
  public func resampled(width: Int, height: Int, by way: Resampling) -> Picture {
    precondition(
      width > 0 && height > 0 && self.width > 0 && self.height > 0,
      "resampled: \(self.width) × \(self.height) to \(width) × \(height), all above 0 wanted")
    let columns = Self.weights(from: self.width, to: width, by: way)
    let rows = Self.weights(from: self.height, to: height, by: way)
    let stretched = stretch(columns, width: width)
    var result = Picture(width: width, height: height, channels: channels)
    let rowCount = width * channels
    var sums = [Float](repeating: 0, count: rowCount)
    for (y, row) in rows.enumerated() {
      for place in 0..<rowCount { sums[place] = 0 }
      for (offset, weight) in row.weights.enumerated() {
        let start = (row.first + offset) * rowCount
        for place in 0..<rowCount { sums[place] += weight * stretched[start + place] }
      }
      for place in 0..<rowCount {
        result.pixels[y * rowCount + place] = UInt8(min(255, max(0, sums[place].rounded())))
      }
    }
    return result
  }

  /// A copy that fits into `width` × `height` with its proportions kept, never enlarged.
  public func fitted(width: Int, height: Int) -> Picture {
    let scale = min(1, Double(width) / Double(self.width), Double(height) / Double(self.height))
    guard scale < 1 else { return self }
    return resampled(
      width: max(1, Int((Double(self.width) * scale).rounded(.down))),
      height: max(1, Int((Double(self.height) * scale).rounded(.down))), by: .area)
  }

  /// The same picture with 3 equal channels where it was gray.
  public var colored: Picture {
    guard channels == 1 else { return self }
    return Picture(
      width: width, height: height, channels: 3, pixels: pixels.flatMap { [$0, $0, $0] })
  }

  /// What one new pixel takes from a run of old ones; the weights add up to 1.
  private struct Share {
    let first: Int
    let weights: [Float]
  }

  private static func weights(from source: Int, to target: Int, by way: Resampling) -> [Share] {
    let scale = Double(source) / Double(target)
    return (0..<target).map { index in
      switch way {
      case .bilinear:
        let center = min(max((Double(index) + 0.5) * scale - 0.5, 0), Double(source - 1))
        let first = min(Int(center), max(0, source - 2))
        let second = Float(center - Double(first))
        return Share(first: first, weights: source == 1 ? [1] : [1 - second, second])
      case .area:
        let (start, end) = (Double(index) * scale, min(Double(index + 1) * scale, Double(source)))
        let first = min(Int(start), source - 1)
        let last = min(max(first, Int(end.rounded(.up)) - 1), source - 1)
        let weights = (first...last).map { pixel in
          Float((min(end, Double(pixel + 1)) - max(start, Double(pixel))) / (end - start))
        }
        return Share(first: first, weights: weights)
      }
    }
  }

  /// Each row with new extents, as numbers between 0 and 255.
  private func stretch(_ columns: [Share], width: Int) -> [Float] {
    var stretched = [Float](repeating: 0, count: height * width * channels)
    for y in 0..<height {
      for (x, column) in columns.enumerated() {
        for (offset, weight) in column.weights.enumerated() {
          let source = (y * self.width + column.first + offset) * channels
          let target = (y * width + x) * channels
          for channel in 0..<channels {
            stretched[target + channel] += weight * Float(pixels[source + channel])
          }
        }
      }
    }
    return stretched
  }
}
