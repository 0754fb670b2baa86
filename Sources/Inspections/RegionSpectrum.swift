import Diagnostics
import Foundation
import Hyperspectral

/// A pixel or a rectangle of a cube: `x` counts samples, `y` lines, both from 0.
public struct CubeRegion: Sendable, Equatable {
  public let x: Int
  public let y: Int
  public let width: Int
  public let height: Int

  /// Reads `x,y` or `x,y,width,height`.
  public init?(text: String) {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    let known = numbers.compactMap(\.self)
    guard known.count == numbers.count, known.count == 2 || known.count == 4,
      known.allSatisfy({ $0 >= 0 && $0 < 1 << 40 })
    else { return nil }
    x = known[0]
    y = known[1]
    width = known.count == 4 ? known[2] : 1
    height = known.count == 4 ? known[3] : 1
    guard width > 0, height > 0 else { return nil }
  }

  public var isPixel: Bool { width == 1 && height == 1 }

  /// As it was typed.
  public var text: String { isPixel ? "\(x),\(y)" : "\(x),\(y),\(width),\(height)" }
}

/// Mean and deviation of the spectra of a region.
public struct RegionSpectrum: Sendable {
  public let region: CubeRegion
  /// `[bands]`; not a number where nothing was measured, and in bands that are bad.
  public let mean: [Double]
  /// Over the region's pixels, `[bands]`; 0 for a pixel.
  public let deviation: [Double]
  /// Pixels of the region.
  public let pixelCount: Int

  /// Reads the region's lines; refuses one that is not inside the cube.
  ///
  /// - Parameter gaps: Numbers of bands that tell nothing.
  public init(
    _ region: CubeRegion, of reader: any CubeReader, gaps: Set<Int> = []
  ) throws {
    let shape = reader.shape
    guard region.x + region.width <= shape.samples, region.y + region.height <= shape.lines else {
      throw Complaint(
        reader.name,
        "the region \(region.text) is not inside its \(shape.samples) samples and \(shape.lines) "
          + "lines",
        remedy: "samples and lines count from 0")
    }
    var factor = 1.0
    if case .reflectance(let scale) = reader.quantity { factor = 1 / scale }
    let ignored = reader.ignoreValue.map(Float.init)
    var sums = [Double](repeating: 0, count: shape.bands)
    var squares = sums
    var counts = [Int](repeating: 0, count: shape.bands)
    var values: [Float] = []
    for line in region.y..<(region.y + region.height) {
      try reader.read(lines: line..<(line + 1), into: &values)
      for sample in region.x..<(region.x + region.width) {
        for band in 0..<shape.bands {
          let value = values[sample * shape.bands + band]
          guard value.isFinite, value != ignored else { continue }
          let number = factor * Double(value)
          sums[band] += number
          squares[band] += number * number
          counts[band] += 1
        }
      }
    }
    let bad = gaps.union(reader.badBands)
    let means = sums.indices.map { bad.contains($0) ? .nan : sums[$0] / Double(counts[$0]) }
    mean = means
    deviation = sums.indices.map { band in
      let count = Double(counts[band])
      guard count > 1 else { return 0 }
      let scatter = squares[band] - count * means[band] * means[band]
      return (max(0, scatter) / (count - 1)).squareRoot()
    }
    self.region = region
    pixelCount = region.width * region.height
  }

  /// `pixel 40,12: 0.02 to 0.61`.
  public var text: String {
    let known = mean.filter(\.isFinite)
    let name = region.isPixel ? "pixel" : "mean of \(pixelCount) pixels from"
    guard let low = known.min(), let high = known.max() else {
      return "\(name) \(region.text): nothing was measured"
    }
    return "\(name) \(region.text): \(AmountText.short(low)) to \(AmountText.short(high))"
  }
}
