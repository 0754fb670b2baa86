import Datasets
import Tensors
import TestSupport
import Testing

@Suite("Leak check")
struct LeakCheckTests {
  /// Counts overlaps by comparing each pair of patches.
  static func naiveOverlaps(
    _ training: [LeakCheck.Center], _ test: [LeakCheck.Center], patch: Int
  ) -> (trainingCenter: Int, sharedPixel: Int) {
    var counts = (trainingCenter: 0, sharedPixel: 0)
    for center in test {
      let distances = training.map {
        (max(abs($0.column - center.column), abs($0.row - center.row)), $0.label)
      }
      if distances.contains(where: { $0.0 <= patch / 2 && $0.1 == center.label }) {
        counts.trainingCenter += 1
      }
      if distances.contains(where: { $0.0 <= 2 * (patch / 2) }) { counts.sharedPixel += 1 }
    }
    return counts
  }

  @Test("running sums count as comparing each pair does", arguments: 0..<12)
  func naiveTwin(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    func draw(_ count: Int) -> [LeakCheck.Center] {
      (0..<count).map { _ in
        LeakCheck.Center(
          column: random.nextIndex(below: 40), row: random.nextIndex(below: 25),
          label: random.nextIndex(below: 3))
      }
    }
    let (training, test) = (draw(20), draw(30))
    for patch in [1, 3, 5, 9] {
      let found = LeakCheck.overlaps(training: training, test: test, patch: patch)
      let wanted = Self.naiveOverlaps(training, test, patch: patch)
      #expect(found == wanted)
    }
  }

  @Test("shares are told in a sentence with their counterpart")
  func sentences() {
    #expect(
      LeakRefused("scans", Leak(trainingCenter: 0.873, sharedPixel: 0.99)).description == """
        scans: 87.3 % of the test patches contain a training center of their class and 99.0 % \
        share a pixel with a training patch; none was wanted
          help: split by blocks with a guard band (method 'blocks'), or ask for the flattering \
        figure alone, which is shown and never counted
        """)
    #expect(
      LeakRefused("belt", Leak(sharedPiece: 0.5, sharedGroup: 1)).description == """
        belt: 50.0 % of the test samples show a piece that training shows and 100.0 % come from \
        a group that training has; none was wanted
          help: split by group (method 'groups'), or ask for the flattering figure alone, which \
        is shown and never counted
        """)
    #expect(Leak().isNone)
  }
}
