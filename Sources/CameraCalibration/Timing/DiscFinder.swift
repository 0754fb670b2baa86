import Foundation
import Imaging
import Units

/// Finds one round disc that is brighter or darker than the belt around it.
public struct DiscFinder: Sendable {
  /// Where a disc was seen.
  public struct Sighting: Codable, Equatable, Sendable {
    /// Middle of the disc in the picture.
    public var place: Point<ColorFrame>
    /// Pixels that it covers.
    public var pixels: Int
    /// Standard deviation of the middle along each axis in pixels, as its outline's noise gives it.
    public var deviation: Double
  }

  /// Least and most area in pixels.
  public var pixels: ClosedRange<Int>

  public init(pixels: ClosedRange<Int> = 40...1_000_000) { self.pixels = pixels }

  /// The disc that a picture shows.
  ///
  /// - Returns: nil where there is none whole, or several.
  /// - Throws: `TimingError` where what is there is not round.
  public func find(in picture: Picture, named name: String) throws(TimingError) -> Sighting? {
    let (width, height) = (picture.width, picture.height)
    guard width > 8, height > 8 else { return nil }
    let values = (0..<(width * height)).map { place -> Float in
      let start = place * picture.channels
      guard picture.channels == 3 else { return Float(picture.pixels[start]) }
      return
        (Float(picture.pixels[start]) + Float(picture.pixels[start + 1])
        + Float(picture.pixels[start + 2])) / 3
    }
    let some = stride(from: 0, to: values.count, by: max(1, values.count / 20_000))
      .map { Double(values[$0]) }
    let belt = Ranks.median(some)
    let noise = max(1.5, robustDeviation(some))
    // The disc's own level is that of what stands out most; half way to it is its outline.
    let extreme = values.max { abs(Double($0) - belt) < abs(Double($1) - belt) } ?? 0
    guard abs(Double(extreme) - belt) > 6 * noise else { return nil }
    let sign: Double = Double(extreme) > belt ? 1 : -1
    let standing = values.map { sign * (Double($0) - belt) }
    let level = Ranks.quantile(0.5, of: standing.filter { $0 > 0.5 * abs(Double(extreme) - belt) })
    let isDisc = standing.map { $0 > level / 2 }
    let blobs = Blob.all(in: isDisc, width: width, height: height)
      .filter { $0.count >= pixels.lowerBound }
    let touching = blobs.filter(\.touchesEdge)
    let whole = blobs.filter { !$0.touchesEdge && $0.count <= pixels.upperBound }
    guard whole.count == 1, touching.isEmpty, let blob = whole.first else { return nil }
    guard blob.isRound else { throw TimingError(name, .notADisc(shots: 1)) }
    return blob.weighted(standing, level: level, width: width, height: height)
  }
}

/// Pixels that hang together.
private struct Blob {
  var count = 0
  var sumX = 0.0
  var sumY = 0.0
  var squareX = 0.0
  var squareY = 0.0
  var product = 0.0
  var left = Int.max
  var right = 0
  var top = Int.max
  var bottom = 0
  var touchesEdge = false

  /// A disc's second moments are its area over 4π along both axes.
  var isRound: Bool {
    let n = Double(count)
    let (x, y) = (sumX / n, sumY / n)
    let (xx, yy, xy) = (squareX / n - x * x, squareY / n - y * y, product / n - x * y)
    let middle = (xx + yy) / 2
    let spread = (((xx - yy) / 2) * ((xx - yy) / 2) + xy * xy).squareRoot()
    let wanted = n / (4 * .pi)
    return (middle - spread) > 0.6 * wanted && (middle + spread) < 1.5 * wanted
  }

  /// The middle, with each pixel at the outline counted by how far it stands out.
  func weighted(
    _ standing: [Double], level: Double, width: Int, height: Int
  ) -> DiscFinder.Sighting {
    var (sum, x, y) = (0.0, 0.0, 0.0)
    for row in max(0, top - 2)...min(height - 1, bottom + 2) {
      for column in max(0, left - 2)...min(width - 1, right + 2) {
        let share = min(1, max(0, standing[row * width + column] / level))
        // The belt's own texture stands out a little everywhere.
        let weight = share < 0.25 ? 0 : share
        sum += weight
        x += weight * Double(column)
        y += weight * Double(row)
      }
    }
    let outline = 2 * (Double.pi * Double(count)).squareRoot()
    return DiscFinder.Sighting(
      place: Point(x: x / sum, y: y / sum), pixels: count, deviation: 0.5 / outline.squareRoot())
  }

  /// All blobs, by flooding from each pixel that no blob has yet.
  static func all(in mask: [Bool], width: Int, height: Int) -> [Blob] {
    var isOpen = mask
    var blobs: [Blob] = []
    var stack: [Int] = []
    for start in mask.indices where isOpen[start] {
      isOpen[start] = false
      stack.append(start)
      var blob = Blob()
      while let place = stack.popLast() {
        let (column, row) = (place % width, place / width)
        blob.add(column, row, width, height)
        for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
          let (x, y) = (column + dx, row + dy)
          guard x >= 0, y >= 0, x < width, y < height, isOpen[y * width + x] else { continue }
          isOpen[y * width + x] = false
          stack.append(y * width + x)
        }
      }
      blobs.append(blob)
    }
    return blobs
  }

  private mutating func add(_ column: Int, _ row: Int, _ width: Int, _ height: Int) {
    let (x, y) = (Double(column), Double(row))
    count += 1
    sumX += x
    sumY += y
    squareX += x * x
    squareY += y * y
    product += x * y
    left = min(left, column)
    right = max(right, column)
    top = min(top, row)
    bottom = max(bottom, row)
    if column == 0 || row == 0 || column == width - 1 || row == height - 1 { touchesEdge = true }
  }
}
