import Diagnostics
import Foundation
import Sorting
import TestSupport
import Testing
import Units

@Suite("Score")
struct ScoreTests {
  private let seen = Rectangle<BeltFrame>(x: 0, y: 0, width: 100, height: 1000)

  private func piece(_ name: String, _ class: String, y: Double, grams: Double? = nil) -> TruePiece
  {
    TruePiece(
      name: name, class: `class`, bounds: Rectangle(x: 10, y: y, width: 20, height: 20),
      grams: grams, areaSquareMillimeters: 400)
  }

  private func decision(_ class: String, _ action: SortAction, y: Double) throws -> PieceDecision {
    let text = """
      {piece: \(Int(y)), frame: 0, class: '\(`class`)', likeliest: '\(`class`)', confidence: 1,
       probabilities: [1], energy: 0, views: 1, action: '\(action.rawValue)', areaSquareMillimeters: 400,
       beltMillimeters: {x: 11, y: \(y + 1), width: 20, height: 20}, exposedAt: 0, decidedAt: 0,
       isLate: false}
      """
    return try JSONFile.decode(PieceDecision.self, from: Data(text.utf8), place: "decision")
  }

  @Test("purity, recovery, false ejects and pull are those of a table worked by hand")
  func byHand() throws {
    let truth = [
      piece("a", "copper", y: 0, grams: 10), piece("b", "copper", y: 100, grams: 30),
      piece("c", "brass", y: 200, grams: 20), piece("d", "brass", y: 300, grams: 20),
      piece("e", "rubber", y: 400, grams: 5), piece("f", "copper", y: 500, grams: 15),
    ]
    let decisions = try [
      decision("copper", .eject, y: 0), decision("brass", .pass, y: 100),
      decision("copper", .eject, y: 200), decision("brass", .pass, y: 300),
      decision("unknown", .pass, y: 400),  // The third copper piece is missed.
      decision("copper", .eject, y: 700),  // Nothing lies there.
    ]
    let score = Score(
      of: decisions, against: truth, seen: seen, targets: ["copper"], classes: ["copper", "brass"])
    #expect(score.truePieces == 6)
    #expect(score.missed == 1)
    #expect(score.falsePieces == 1)
    #expect(score.falseEjects == 2)
    #expect(score.accuracy == 3.0 / 6)
    #expect(score.confusion["copper"] == ["copper": 1, "brass": 1, Score.missed: 1])
    #expect(score.confusion["rubber"] == ["unknown": 1])
    let count = score.ejected.byCount
    #expect(count.purity == 1.0 / 3)
    #expect(count.recovery == 1.0 / 3)
    #expect(count.falseEject == 2.0 / 3)
    let mass = score.ejected.byMass
    // The stray piece weighs 400^1.5 / 1000 = 8.
    let shares = try [mass.purity, mass.recovery, mass.falseEject, mass.pull].map { share in
      try #require(share)
    }
    expectClose(shares, [10.0 / 38, 10.0 / 55, 28.0 / 45, 38.0 / 100], absolute: 1e-12)
    #expect(try #require(score.classes["brass"]).byCount.recovery == 0.5)
    #expect(try #require(score.classes["brass"]).byCount.purity == 0.5)
  }

  @Test("each decided piece has the class of the true piece under it, strays have none")
  func trueClasses() throws {
    let truth = [
      piece("a", "copper", y: 0), piece("b", "brass", y: 100), piece("c", "zinc", y: 990),
    ]
    let decisions = try [
      decision("copper", .eject, y: 0), decision("copper", .eject, y: 100),
      decision("zinc", .pass, y: 500), decision("zinc", .pass, y: 990),
    ]
    #expect(
      Score.trueClasses(of: decisions, against: truth, seen: seen) == [0: "copper", 100: "brass"])
  }

  @Test("pieces that the frames did not show whole are no part of the truth")
  func border() throws {
    let truth = [
      piece("a", "copper", y: -10), piece("b", "copper", y: 985), piece("c", "copper", y: 50),
    ]
    let score = Score(
      of: [try decision("copper", .eject, y: 50)], against: truth, seen: seen, targets: ["copper"],
      classes: ["copper"])
    #expect(score.truePieces == 1)
    #expect(score.ejected.byCount.purity == 1)
  }

  @Test("without pieces there are no shares")
  func empty() {
    let score = Score(of: [], against: [], seen: seen, targets: [], classes: ["copper"])
    #expect(score.accuracy == nil)
    #expect(score.ejected.byMass.purity == nil)
  }
}
