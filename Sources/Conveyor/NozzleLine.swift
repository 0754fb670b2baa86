/// The bar's nozzles across the belt: which of them blow at a piece.
public struct NozzleLine: Codable, Equatable, Sendable {
  public var count: Int
  /// Belt x of nozzle 0 in millimeters.
  public var firstMillimeters: Double
  /// From one nozzle to the next; negative where they count from the right.
  public var pitchMillimeters: Double
  /// Nozzles that must not be counted on.
  public var unusable: [Int] = []

  public init(
    count: Int, firstMillimeters: Double, pitchMillimeters: Double, unusable: [Int] = []
  ) {
    precondition(count > 0 && pitchMillimeters != 0, "nozzles: \(count), \(pitchMillimeters) mm")
    self.count = count
    self.firstMillimeters = firstMillimeters
    self.pitchMillimeters = pitchMillimeters
    self.unusable = unusable
  }

  /// The usable nozzles over a range across the belt, in rising order: those within it, or the
  /// nearest one where it lies between two; empty beside the bar.
  public func covering(_ across: ClosedRange<Double>) -> [Int] {
    let ends = [across.lowerBound, across.upperBound].map {
      ($0 - firstMillimeters) / pitchMillimeters
    }
    let (low, high) = (min(ends[0], ends[1]), max(ends[0], ends[1]))
    guard high > -0.5, low < Double(count) - 0.5, low.isFinite, high.isFinite else { return [] }
    let bounds = 0.0...Double(count - 1)
    func clamped(_ place: Double) -> Int {
      Int(min(max(place, bounds.lowerBound), bounds.upperBound))
    }
    let (first, last) = (clamped(low.rounded(.up)), clamped(high.rounded(.down)))
    guard first <= last, low.rounded(.up) <= high.rounded(.down) else {
      let nearest = clamped(((low + high) / 2).rounded())
      return unusable.contains(nearest) ? [] : [nearest]
    }
    return (first...last).filter { !unusable.contains($0) }
  }
}
