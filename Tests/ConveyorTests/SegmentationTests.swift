import Conveyor
import Imaging
import TestSupport
import Testing
import Units

@Suite("Segmentation")
struct SegmentationTests {
  private let level: UInt8 = 22

  private func belt(_ width: Int, _ height: Int) -> Picture {
    Picture(width: width, height: height, repeating: level)
  }

  private func segment(
    _ picture: Picture, learnedFrom empty: Picture? = nil,
    _ settings: SegmentationSettings = .init()
  ) -> Segmentation {
    var segmenter = Segmenter(settings)
    if let empty { segmenter.learn(from: empty) }
    var found = Segmentation(width: 0, height: 0)
    segmenter.segment(picture, squareMillimetersPerPixel: 1, into: &found)
    return found
  }

  private func disc(_ picture: inout Picture, x: Double, y: Double, radius: Double) {
    for row in 0..<picture.height {
      for column in 0..<picture.width {
        let (dx, dy) = (Double(column) - x, Double(row) - y)
        guard dx * dx + dy * dy <= radius * radius else { continue }
        for channel in 0..<3 { picture[column, row, channel] = 150 }
      }
    }
  }

  private func box(
    _ picture: inout Picture, _ columns: ClosedRange<Int>, _ rows: ClosedRange<Int>,
    _ value: UInt8 = 150
  ) {
    for row in rows {
      for column in columns {
        for channel in 0..<3 { picture[column, row, channel] = value }
      }
    }
  }

  @Test("an empty belt holds no piece")
  func emptyBelt() {
    #expect(segment(belt(60, 40)).blobs.isEmpty)
    #expect(segment(SeededBelt(seed: 1, lengthMillimeters: 0).picture(at: 0)).blobs.isEmpty)
  }

  @Test("an all-white picture is a white belt, or one piece on a belt known to be dark")
  func white() {
    let white = Picture(width: 40, height: 30, repeating: 255)
    #expect(segment(white).blobs.isEmpty)
    let blobs = segment(white, learnedFrom: belt(40, 30)).blobs
    #expect(blobs.map(\.area) == [40 * 30])
    #expect(blobs.first?.touchesBorder == true)
  }

  @Test("a picture of one pixel is no trouble")
  func onePixel() {
    #expect(segment(belt(1, 1)).blobs.isEmpty)
    var settings = SegmentationSettings()
    settings.minimumSquareMillimeters = 1
    let one = segment(
      Picture(width: 1, height: 1, repeating: 255), learnedFrom: belt(1, 1), settings)
    #expect(one.blobs.map(\.area) == [1])
  }

  @Test("a box has its own area, center and bounds")
  func knownBox() throws {
    var picture = belt(80, 60)
    box(&picture, 20...39, 10...29)
    let blob = try #require(segment(picture).blobs.first)
    // The 3 × 3 vote rounds each corner off by one pixel.
    #expect(blob.area == 400 - 4)
    #expect(blob.columns == 20...39)
    #expect(blob.rows == 10...29)
    #expect(abs(blob.centroid.x - 29.5) < 1e-9)
    #expect(abs(blob.centroid.y - 19.5) < 1e-9)
    #expect(!blob.touchesBorder)
  }

  @Test(
    "a piece at any border is marked as cut", arguments: [(0, 20), (79, 20), (40, 0), (40, 59)])
  func cut(_ place: (x: Int, y: Int)) throws {
    var picture = belt(80, 60)
    disc(&picture, x: Double(place.x), y: Double(place.y), radius: 12)
    let blobs = segment(picture).blobs
    #expect(blobs.count == 1)
    #expect(try #require(blobs.first).touchesBorder)
  }

  @Test("specks are dust, a diagonal touch joins, a hole is filled and a yard is not")
  func shapes() throws {
    var picture = belt(120, 80)
    box(&picture, 5...5, 5...5)  // A hot pixel.
    box(&picture, 60...62, 5...7)  // Dust of 9 mm².
    box(&picture, 10...29, 20...39)
    box(&picture, 16...20, 26...30, level)  // A hole of 25 mm².
    box(&picture, 60...99, 20...59)
    box(&picture, 65...94, 25...54, level)  // A yard of 900 mm².
    let blobs = segment(picture).blobs
    #expect(blobs.count == 2)
    #expect(blobs.first?.area == 400 - 4)
    let ring = try #require(blobs.last)
    #expect(ring.area < 1600 - 800)
  }

  @Test("two touching discs are two pieces, and one without splitting")
  func touching() throws {
    var picture = belt(100, 60)
    disc(&picture, x: 32, y: 30, radius: 16)
    disc(&picture, x: 62, y: 30, radius: 16)
    let blobs = segment(picture, learnedFrom: belt(100, 60)).blobs
    #expect(blobs.count == 2)
    let first = try #require(blobs.first)
    let second = try #require(blobs.last)
    #expect(abs(first.centroid.x - 32) < 2)
    #expect(abs(second.centroid.x - 62) < 2)
    #expect(abs(first.area - second.area) < 60)
    var settings = SegmentationSettings()
    settings.neckShare = 0
    #expect(segment(picture, learnedFrom: belt(100, 60), settings).blobs.count == 1)
  }

  @Test("a long or crooked piece is not split")
  func crooked() {
    var picture = belt(120, 80)
    box(&picture, 10...90, 10...19)
    box(&picture, 81...90, 10...60)
    disc(&picture, x: 40, y: 50, radius: 14)
    box(&picture, 30...50, 45...49)
    #expect(segment(picture).blobs.count == 2)
  }

  @Test("a shadow is belt, and a dark piece of another hue is not")
  func shadow() {
    let empty = Picture(width: 80, height: 60, repeating: 120)
    var picture = empty
    box(&picture, 10...29, 10...29, 70)
    #expect(segment(picture, learnedFrom: empty).blobs.isEmpty)
    box(&picture, 50...69, 10...29, 20)
    #expect(segment(picture, learnedFrom: empty).blobs.count == 1)
  }

  @Test("light that falls off across the belt is learned with pieces on it")
  func fallOff() throws {
    var picture = Picture(width: 120, height: 80)
    for y in 0..<80 {
      for x in 0..<120 {
        for channel in 0..<3 { picture[x, y, channel] = UInt8(60 - abs(x - 60) / 2) }
      }
    }
    disc(&picture, x: 30, y: 40, radius: 12)
    disc(&picture, x: 90, y: 20, radius: 12)
    let blobs = segment(picture).blobs
    #expect(blobs.count == 2)
    for blob in blobs { #expect(abs(blob.area - 450) < 30) }
  }

  @Test("more pieces than settings allow are left out and counted")
  func bound() {
    var picture = belt(120, 80)
    for column in 0..<4 {
      box(&picture, (10 + column * 28)...(25 + column * 28), 20...40)
    }
    var settings = SegmentationSettings()
    settings.maximumPieces = 3
    let found = segment(picture, learnedFrom: nil, settings)
    #expect(found.blobs.count == 3)
    #expect(found.ignored == 1)
  }

  @Test("a sighting has its edges on the belt, in millimeters, with half a pixel of reach")
  func register() throws {
    var picture = belt(80, 60)
    box(&picture, 20...39, 10...29)
    let view = BeltView(
      camera: Homography(scaleX: 0.5, scaleY: 0.5, shiftX: 100, shiftY: 7),
      beltMillimeters: 1000, exposedAt: LineInstant(seconds: 1), width: 80, height: 60)
    #expect(abs(view.squareMillimetersPerPixel - 0.25) < 1e-12)
    var sightings: [Sighting] = []
    view.register(segment(picture), of: picture, into: &sightings)
    let sighting = try #require(sightings.first)
    #expect(abs(sighting.bounds.x - 109.75) < 1e-9)
    #expect(abs(sighting.leadingMillimeters - 1011.75) < 1e-9)
    #expect(abs(sighting.bounds.width - 10) < 1e-9)
    #expect(abs(sighting.trailingMillimeters - 1021.75) < 1e-9)
    #expect(abs(sighting.areaSquareMillimeters - 99) < 1e-9)
    #expect(sighting.saturation == 0)
    #expect(sighting.isWhole)
  }
}
