import CameraCalibration
import Units

/// A print of black rectangles on white paper, laid on the belt.
public struct PrintedTarget: FlatTarget {
  public let extent: Rectangle<BoardFrame>
  private let edgesX: [Double]
  private let edgesY: [Double]
  /// Whether each crossing of strips is black, row by row.
  private let isBlack: [Bool]
  private let black: Float
  private let white: Float

  /// - Parameters:
  ///   - black: rectangles in millimeters of the board.
  ///   - paper: the whole sheet.
  public init(
    black rectangles: [Rectangle<BoardFrame>], paper: Rectangle<BoardFrame>,
    blackReflectance: Float = 0.06, whiteReflectance: Float = 0.85
  ) {
    extent = paper
    black = blackReflectance
    white = whiteReflectance
    // Rounding makes one edge of those that two neighbors compute differently.
    func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
    let xs = Set(rectangles.flatMap { [rounded($0.x), rounded($0.x + $0.width)] }).sorted()
    let ys = Set(rectangles.flatMap { [rounded($0.y), rounded($0.y + $0.height)] }).sorted()
    (edgesX, edgesY) = (xs, ys)
    var isBlack = [Bool](repeating: false, count: (xs.count + 1) * (ys.count + 1))
    for rectangle in rectangles {
      let across = rounded(rectangle.x)..<rounded(rectangle.x + rectangle.width)
      let down = rounded(rectangle.y)..<rounded(rectangle.y + rectangle.height)
      for row in ys.indices where down.contains(ys[row]) {
        let start = (row + 1) * (xs.count + 1) + 1
        for column in xs.indices where across.contains(xs[column]) {
          isBlack[start + column] = true
        }
      }
    }
    self.isBlack = isBlack
  }

  /// Black or white, everywhere on the sheet.
  public func reflectance(x: Double, y: Double) -> Float? {
    let place = Self.strip(y, edgesY) * (edgesX.count + 1) + Self.strip(x, edgesX)
    return isBlack[place] ? black : white
  }

  /// How many edges lie at or before a place.
  private static func strip(_ value: Double, _ edges: [Double]) -> Int {
    var (low, high) = (0, edges.count)
    while low < high {
      let middle = (low + high) / 2
      if edges[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
