import Imaging

/// Finds pieces in pictures: pixels of one label that touch, or what stands out from the belt.
enum PieceFinder {
  /// Numbers regions of equal label that touch (corners included), from 1 in reading order; 0
  /// stays 0.
  ///
  /// Regions beyond the 65,535th are counted but not numbered.
  static func regions(of labels: LabelMap) -> (map: LabelMap, count: Int) {
    let (width, height) = (labels.width, labels.height)
    var map = LabelMap(width: width, height: height)
    var count = 0
    var waiting: [Int] = []
    for start in 0..<(width * height) where labels.labels[start] != 0 && map.labels[start] == 0 {
      count += 1
      guard count <= Int(UInt16.max) else { continue }
      map.labels[start] = UInt16(count)
      waiting.append(start)
      while let pixel = waiting.popLast() {
        let (x, y) = (pixel % width, pixel / width)
        for ny in max(0, y - 1)...min(height - 1, y + 1) {
          for nx in max(0, x - 1)...min(width - 1, x + 1) {
            let neighbor = ny * width + nx
            guard map.labels[neighbor] == 0, labels.labels[neighbor] == labels.labels[start]
            else { continue }
            map.labels[neighbor] = UInt16(count)
            waiting.append(neighbor)
          }
        }
      }
    }
    return (map, count)
  }

  /// Finds what stands out from the belt in a picture of pieces that lie apart.
  ///
  /// The belt's color is the median of each channel, so it must cover more than half of the
  /// picture. The threshold on the distance from it is Otsu's. Regions under `minimumPixels` are
  /// dust, and those that touch the border are pieces cut off; neither counts.
  ///
  /// Source: Otsu, *A Threshold Selection Method from Gray-Level Histograms*, 1979, equation 12.
  static func pieces(in picture: Picture, minimumPixels: Int = 64) -> (map: LabelMap, count: Int) {
    let pixels = picture.width * picture.height
    let channels = picture.channels
    let belt = (0..<channels).map { median(of: picture, channel: $0) }
    var distances = [Int](repeating: 0, count: pixels)
    var histogram = [Int](repeating: 0, count: 256)
    for pixel in 0..<pixels {
      var farthest = 0
      for channel in 0..<channels {
        let byte = Int(picture.pixels[pixel * channels + channel])
        farthest = max(farthest, abs(byte - belt[channel]))
      }
      distances[pixel] = farthest
      histogram[farthest] += 1
    }
    let threshold = otsuThreshold(of: histogram)
    let found = regions(
      of: LabelMap(
        width: picture.width, height: picture.height,
        labels: distances.map { $0 > threshold ? 1 : 0 }))
    return wholePieces(of: found.map, minimumPixels: minimumPixels)
  }

  private static func median(of picture: Picture, channel: Int) -> Int {
    var histogram = [Int](repeating: 0, count: 256)
    for place in stride(from: channel, to: picture.pixels.count, by: picture.channels) {
      histogram[Int(picture.pixels[place])] += 1
    }
    var below = 0
    for value in 0..<256 {
      below += histogram[value]
      if 2 * below >= picture.width * picture.height { return value }
    }
    return 255
  }

  /// The value that parts a histogram into two with the largest variance between them; values
  /// above it are the upper part.
  static func otsuThreshold(of histogram: [Int]) -> Int {
    let total = Double(histogram.reduce(0, +))
    let mean = histogram.enumerated().reduce(0.0) { $0 + Double($1.offset * $1.element) }
    var (lowerCount, lowerSum, best, threshold) = (0.0, 0.0, -1.0, 0)
    for (value, count) in histogram.enumerated() {
      lowerCount += Double(count)
      lowerSum += Double(value * count)
      let upperCount = total - lowerCount
      guard lowerCount > 0, upperCount > 0 else { continue }
      let gap = lowerSum / lowerCount - (mean - lowerSum) / upperCount
      let between = lowerCount * upperCount * gap * gap
      if between > best { (best, threshold) = (between, value) }
    }
    return threshold
  }

  /// Numbers again, from 1, the regions that are large enough and end inside the picture.
  private static func wholePieces(
    of map: LabelMap, minimumPixels: Int
  ) -> (map: LabelMap, count: Int) {
    var sizes = [Int](repeating: 0, count: 65_536)
    for number in map.labels { sizes[Int(number)] += 1 }
    for x in 0..<map.width {
      sizes[Int(map[x, 0])] = 0
      sizes[Int(map[x, map.height - 1])] = 0
    }
    for y in 0..<map.height {
      sizes[Int(map[0, y])] = 0
      sizes[Int(map[map.width - 1, y])] = 0
    }
    var numbers = [UInt16](repeating: 0, count: 65_536)
    var count = 0
    for number in 1..<65_536 where sizes[number] >= minimumPixels {
      count += 1
      numbers[number] = UInt16(count)
    }
    var kept = map
    for pixel in kept.labels.indices { kept.labels[pixel] = numbers[Int(map.labels[pixel])] }
    return (kept, count)
  }
}
