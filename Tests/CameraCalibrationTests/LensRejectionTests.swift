@testable import CameraCalibration
import Foundation
import Tensors
import TestSupport
import Testing
import Units

/// Bad views are named and left out; what no views can say is refused.
@Suite("Lens rejections")
struct LensRejectionTests {
  static func views(_ count: Int = 12, seed: UInt64 = 1) -> [BoardView] {
    var random = SplitMix64(seed: seed, purpose: "rejections")
    return SimulatedBoards(LensModelTests.barrel).views(count, using: &random)
  }

  @Test("each bad view is left out by name and reason, and the others give the lens")
  func badViews() throws {
    var views = Self.views(18)
    let good = try LensCalibration(of: Array(views[6...]))
    views[0].corners = Array(views[0].corners.prefix(3))
    views[1].width = 1280
    views[1].height = 720
    views[2].corners = views[2].corners.filter { $0.board.y == 0 }
    views[3].corners[7].number = 6
    // Another board: one corner column more, so that all numbers are others.
    let places = views[4].corners.map(\.picture)
    for index in views[4].corners.indices {
      views[4].corners[index].picture = places[(index * 10) % places.count]
    }
    // A blurred picture.
    var random = SplitMix64(seed: 3)
    for index in views[5].corners.indices {
      views[5].corners[index].picture.x += 1.5 * random.nextNormal()
      views[5].corners[index].picture.y += 1.5 * random.nextNormal()
    }
    let found = try LensCalibration(of: views)
    let reasons = Dictionary(uniqueKeysWithValues: found.rejected.map { ($0.name, $0.reason) })
    #expect(Set(reasons.keys) == Set((1...6).map { "view \($0)" }))
    #expect(reasons["view 1"] == .corners(found: 3, wanted: 6))
    #expect(reasons["view 2"] == .extent(width: 1280, height: 720, others: [1920, 1080]))
    #expect(reasons["view 3"] == .line)
    #expect(reasons["view 4"] == .repeatedCorner(number: 6))
    guard case .otherBoard = reasons["view 5"] else {
      Issue.record("\(String(describing: reasons["view 5"]))")
      return
    }
    guard case .residual(let residual, let others) = reasons["view 6"] else {
      Issue.record("\(String(describing: reasons["view 6"]))")
      return
    }
    #expect(residual > 1 && others < 0.4)
    expectClose(found.lens.parameters, good.lens.parameters, absolute: 1e-9, relative: 1e-6)
    let texts = found.judgement().advice.map(\.problem)
    #expect(texts.contains("view 1 was left out: 3 corners found, 6 or more wanted"))
    #expect(
      texts.contains("view 2 was left out: 1280 × 720 pixels, the others have 1920 × 1080"))
  }

  @Test("too few views are told one by one")
  func tooFew() {
    var views = Self.views(3)
    views[1].corners = Array(views[1].corners.prefix(2))
    #expect(
      complaint { _ = try LensCalibration(of: views, place: "rig") } == """
        rig: 2 of 3 views can be used, 3 or more wanted; view 2: 2 corners found, 6 or more wanted
          help: hold the board so that most of it is seen, and take the picture again
        """)
    #expect(
      complaint { _ = try LensCalibration(of: [], place: "rig") } == """
        rig: 0 of 0 views can be used, 3 or more wanted
          help: take ten pictures or more of the board, tilted differently in each
        """)
  }

  @Test("parallel boards fix no lens")
  func parallel() throws {
    var random = SplitMix64(seed: 4)
    let boards = SimulatedBoards(LensModelTests.barrel)
    let views = try (0..<8).map { index in
      let pose = BoardPose(
        rotation: rotationMatrix(0.35, 0.1, 0),
        translation: [Double(index % 4) * 80 - 240, Double(index / 4) * 60 - 120, 620])
      return BoardView(
        name: "\(index)", width: 1920, height: 1080,
        corners: try #require(boards.corners(pose, using: &random)))
    }
    let message = complaint { _ = try LensCalibration(of: views, place: "rig") }
    #expect(message.contains("rig: all boards lie parallel, the largest angle between two is "))
    #expect(message.contains("help: tilt the board by 20 to 40 degrees"))
  }

  @Test("a board of another size is noticed by tape measure, a scaled print by its pixels")
  func sizes() throws {
    let views = Self.views(30)
    var settings = LensSettings()
    settings.distanceMillimeters = 650
    let honest = try LensCalibration(of: views, settings: settings).judgement()
    #expect(honest.advice.isEmpty, "\(honest.advice)")
    #expect(honest.verdict == .pass, "\(honest)")
    func scaled(_ x: Double, _ y: Double) -> [BoardView] {
      views.map { view in
        var view = view
        for index in view.corners.indices {
          view.corners[index].board.x *= x
          view.corners[index].board.y *= y
        }
        return view
      }
    }
    let wrong = try LensCalibration(of: scaled(1.5, 1.5), settings: settings).judgement()
    #expect(wrong.verdict == .fail)
    #expect(
      wrong.advice.contains { $0.problem.contains("mm away, 650 mm by tape measure") }, "\(wrong)")
    // A print that was stretched one way is told by the share, from boards turned in the picture.
    for (x, y) in [(1.04, 1.0), (1, 1.04), (0.99, 1)] {
      let found = try LensCalibration(of: scaled(x, y), settings: settings)
      let stretch = try #require(found.stretch)
      expectClose(stretch.percent, 100 * (y / x - 1), absolute: 0.1)
      #expect(stretch.bound < 0.1)
      let judgement = found.judgement()
      #expect(judgement.verdict == .fail)
      let told = decimals(abs(stretch.percent), 1) + (y > x ? " % wider" : " % narrower")
      let failure = Advice(
        .failure, "the board is \(told) for its height than given, 0.5 % or less wanted",
        remedy: "measure the printed board both ways; print it without scaling pages to fit")
      // What else would be said of lengths follows from the wrong board.
      #expect(judgement.advice.filter { $0.weight != .note } == [failure], "\(judgement)")
    }
  }

  @Test("boards that were never turned hide a stretched print in the focal lengths")
  func stretchOfStraightBoards() throws {
    var boards = SimulatedBoards(LensModelTests.barrel)
    boards.rollRadians = 0
    boards.isTiltedAlongSides = true
    var random = SplitMix64(seed: 12)
    let views = boards.views(30, using: &random).map { view in
      var view = view
      for index in view.corners.indices { view.corners[index].board.x *= 1.04 }
      return view
    }
    let judgement = try LensCalibration(of: views).judgement()
    #expect(judgement.verdict != .pass, "\(judgement)")
    #expect(judgement.advice.contains { $0.remedy.contains("both ways") }, "\(judgement)")
  }

  @Test("corners that nothing can explain end in an answer or a refusal, never in a trap")
  func nonsense() {
    var random = SplitMix64(seed: 9)
    for round in 0..<60 {
      var views = Self.views(4 + round % 4, seed: UInt64(round))
      for view in views.indices {
        for index in views[view].corners.indices where random.nextIndex(below: 3) == 0 {
          switch round % 5 {
          case 0: views[view].corners[index].picture.x = random.nextUniform(0, 1920)
          case 1: views[view].corners[index].picture = Point(x: 5, y: 5)
          case 2: views[view].corners[index].board = Point(x: 0, y: 0)
          case 3: views[view].corners[index].picture.y = .nan
          default: views[view].corners[index].picture.x *= 1e150
          }
        }
      }
      guard let found = try? LensCalibration(of: views) else { continue }
      let isFinite = found.lens.parameters.allSatisfy(\.isFinite)
      #expect(isFinite)
      _ = found.judgement()
    }
  }
}
