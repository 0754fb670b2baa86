import BeltSimulation
import Hyperspectral
import Imaging
import Testing
import Units

@Suite("Simulated belt")
struct SimulatedBeltTests {
  /// A short, narrow belt, so that debug builds stay fast.
  static func small(_ scene: BeltScene = .metals(MetalsSettings()), pieces: Int = 3)
    -> BeltSettings
  {
    var settings = BeltSettings()
    settings.scene = scene
    settings.piecesPerSection = pieces
    settings.widthMillimeters = 110
    settings.sectionMillimeters = 80
    return settings
  }

  @Test("the same seed gives the same recording, another seed another one")
  func determinism() {
    let first = SimulatedBelt(Self.small(), seed: 4).recording(section: 2, unlabelledShare: 0.5)
    let again = SimulatedBelt(Self.small(), seed: 4).recording(section: 2, unlabelledShare: 0.5)
    let other = SimulatedBelt(Self.small(), seed: 5).recording(section: 2, unlabelledShare: 0.5)
    #expect(first.picture == again.picture)
    #expect(first.counts.values == again.counts.values)
    #expect(first.labels == again.labels)
    #expect(first.pieces == again.pieces)
    #expect(first.picture != other.picture)
    #expect(first.counts.values != other.counts.values)
  }

  @Test("a piece lies where the truth says, in the picture and in the cube")
  func registration() throws {
    let belt = SimulatedBelt(Self.small(), seed: 11)
    let recording = belt.recording(section: 3)
    #expect(!recording.pieces.isEmpty)
    let color = try #require(belt.calibration.color.inverse)
    for (index, piece) in recording.pieces.enumerated() {
      let relative = Point<BeltFrame>(
        x: piece.center.x, y: piece.center.y - recording.beltMillimeters)
      let numbers = recording.pieceNumbers
      // The middle of a curl may be empty: ask for the mean place of its pixels.
      var (sumX, sumY, count) = (0.0, 0.0, 0.0)
      for y in 0..<numbers.height {
        for x in 0..<numbers.width where Int(numbers[x, y]) == index + 1 {
          (sumX, sumY, count) = (sumX + Double(x), sumY + Double(y), count + 1)
        }
      }
      #expect(count > 50)
      let expected = color(relative)
      let radius = 2 * piece.outline.map { hypotenuse($0, piece.center) }.reduce(0, max)
      #expect(abs(sumX / count - expected.x) < radius)
      #expect(abs(sumY / count - expected.y) < radius)
    }
  }

  @Test("pieces lie wholly within their section and never touch")
  func placement() {
    var settings = BeltSettings()
    settings.piecesPerSection = 18
    let belt = SimulatedBelt(settings, seed: 1)
    let length = settings.sectionMillimeters
    let pieces = belt.truth(inBeltRange: (-length)..<length)
    #expect(pieces.count > 24)
    #expect(pieces.map(\.id) == pieces.map(\.id).sorted())
    for (index, piece) in pieces.enumerated() {
      let section = (piece.center.y / length).rounded(.down) * length
      for corner in piece.outline {
        #expect(corner.x > 5 && corner.x < settings.widthMillimeters - 5)
        #expect(corner.y > section + 5 && corner.y < section + length - 5)
      }
      for other in pieces[..<index] {
        let gap = piece.outline.map { hypotenuse($0, other.center) }.min() ?? 0
        #expect(gap > 3)
      }
      #expect(piece.massGrams > 0.01 && piece.massGrams < 200)
    }
  }

  @Test("withheld labels show as such, and only they do")
  func unlabelled() {
    let belt = SimulatedBelt(Self.small(), seed: 9)
    let all = belt.recording(section: 0, unlabelledShare: 0)
    let none = belt.recording(section: 0, unlabelledShare: 1)
    for (pixel, number) in all.pieceNumbers.labels.enumerated() {
      #expect((all.labels.labels[pixel] == 0) == (number == 0))
      #expect(none.labels.labels[pixel] == (number == 0 ? 0 : SimulatedRecording.unlabelled))
    }
  }
}

func hypotenuse(_ a: Point<BeltFrame>, _ b: Point<BeltFrame>) -> Double {
  ((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)).squareRoot()
}
