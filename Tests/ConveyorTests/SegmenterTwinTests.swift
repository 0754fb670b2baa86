import Imaging
import Tensors
import TestSupport
import Testing
import Units

@testable import Conveyor

@Suite("Segmenter beside a plain one")
struct SegmenterTwinTests {
  /// Discs, bars and rings of all grays on a belt with noise; many touch.
  private func scene(
    _ random: inout SplitMix64, width: Int, height: Int, channels: Int
  ) -> (empty: Picture, picture: Picture) {
    var empty = Picture(width: width, height: height, channels: channels)
    for index in empty.pixels.indices {
      let level = 60 + 20 * (index / channels % width) / width
      empty.pixels[index] = UInt8(level + Int(random.next() % 5))
    }
    var picture = empty
    for _ in 0..<Int(random.next() % 9) {
      let (x, y) = (Int(random.next() % UInt64(width)), Int(random.next() % UInt64(height)))
      let radius = 2 + Int(random.next() % 16)
      let inner = random.next() % 3 == 0 ? radius / 2 : 0
      let (gray, noise) = (Int(random.next() % 230), 1 + random.next() % 24)
      let isBar = random.next() % 4 == 0
      for row in max(0, y - radius)..<min(height, y + radius + 1) {
        for column in max(0, x - radius)..<min(width, x + radius + 1) {
          let square = (column - x) * (column - x) + (row - y) * (row - y)
          let isInside = isBar ? abs(row - y) < 4 : square <= radius * radius
          guard isInside, square >= inner * inner else { continue }
          for channel in 0..<channels {
            picture[column, row, channel] = UInt8(gray + Int(random.next() % noise))
          }
        }
      }
    }
    return (empty, picture)
  }

  @Test(
    "random scenes give the same pieces, by every kind of processor that this one can play",
    arguments: BeltRows.Kind.allCases.filter { $0 <= .best })
  func scenes(_ kind: BeltRows.Kind) throws {
    var random = SplitMix64(seed: 11)
    var (pieces, splits) = (0, 0)
    let companion = Companion()
    for trial in 0..<150 {
      let (width, height) = (1 + Int(random.next() % 150), 1 + Int(random.next() % 90))
      let channels = trial % 4 == 3 ? 1 : 3
      let (empty, picture) = scene(&random, width: width, height: height, channels: channels)
      var settings = SegmentationSettings()
      settings.neckShare = [0, 0.4, 0.55, 0.8][trial % 4]
      settings.maximumPieces = trial % 10 == 0 ? 2 : 512
      settings.minimumSquareMillimeters = Double(1 + random.next() % 30)
      let what: Comment = "trial \(trial): \(width) × \(height) × \(channels)"

      var rows = BeltRows(settings, kind: kind)
      var background = BeltBackground(width: width, channels: channels)
      background.learn(from: empty, smoothedBy: &rows)
      let plain = PlainSegmenter(
        settings: settings, level: background.level, deviation: background.deviation)
      let expected = plain.labels(
        of: picture, minimum: Int(settings.minimumSquareMillimeters), hole: 60)

      var segmenter = Segmenter(
        settings, kind: kind, with: trial.isMultiple(of: 3) ? companion : nil)
      segmenter.learn(from: empty)
      var found = Segmentation(width: 0, height: 0)
      segmenter.segment(picture, squareMillimetersPerPixel: 1, into: &found)
      try compare(found, with: expected, what)
      pieces += found.blobs.count
      splits += segmenter.floods
    }
    #expect(pieces > 300, "the scenes hold pieces")
    #expect(splits > 20, "some of them touch")
  }

  /// Whether both call the same pixels one piece, whose measures are those of its pixels.
  private func compare(
    _ found: Segmentation, with expected: LabelMap, _ what: Comment
  ) throws {
    let known = Set(found.blobs.map(\.label))
    var partner: [UInt16: UInt16] = [:]
    var measures: [UInt16: (area: Int, x: Int, y: Int, box: [Int])] = [:]
    for index in expected.labels.indices {
      let raw = found.labels.labels[index]
      let label = known.contains(raw) ? raw : 0
      let other = expected.labels[index]
      if (label == 0) != (other == 0) || partner[label, default: other] != other {
        Issue.record("\(what): pixel \(index) is of piece \(label), \(other) wanted")
        return
      }
      partner[label] = other
      guard label > 0 else { continue }
      let (x, y) = (index % expected.width, index / expected.width)
      var measure = measures[label] ?? (0, 0, 0, [x, x, y, y])
      measure.area += 1
      measure.x += x
      measure.y += y
      measure.box = [
        min(measure.box[0], x), max(measure.box[1], x), min(measure.box[2], y),
        max(measure.box[3], y),
      ]
      measures[label] = measure
    }
    #expect(Set(partner.values).count == partner.count, what)
    #expect(measures.count == found.blobs.count, what)
    for blob in found.blobs {
      let measure = try #require(measures[blob.label], what)
      #expect(blob.area == measure.area, what)
      #expect(blob.centroid.x == Double(measure.x) / Double(measure.area), what)
      #expect(blob.centroid.y == Double(measure.y) / Double(measure.area), what)
      let box = [
        blob.columns.lowerBound, blob.columns.upperBound, blob.rows.lowerBound,
        blob.rows.upperBound,
      ]
      #expect(box == measure.box, what)
    }
  }

  @Test("a picture with more runs than any before is found whole")
  func manyRuns() {
    let empty = Picture(width: 300, height: 40, repeating: 40)
    var picture = empty
    for y in 0..<40 {
      for x in 0..<300 where x % 6 < 3 {
        for channel in 0..<3 { picture[x, y, channel] = 200 }
      }
    }
    var settings = SegmentationSettings()
    settings.minimumSquareMillimeters = 10
    var segmenter = Segmenter(settings)
    segmenter.learn(from: empty)
    var found = Segmentation(width: 0, height: 0)
    segmenter.segment(picture, squareMillimetersPerPixel: 1, into: &found)
    #expect(found.blobs.count == 50)
  }
}
