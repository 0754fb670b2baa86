import CameraCalibration
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@testable import CalibrationTargets

@Suite("Detection of boards")
struct DetectionTests {
  static let boards = [CalibrationBoard.tags(TagGrid()), .chessboard(Chessboard())]

  @Test(
    "in 95 of 100 random rigs corners lie within the error that is stated",
    .timeLimit(.minutes(10)),
    arguments: boards)
  func honesty(board: CalibrationBoard) throws {
    let detector = BoardDetector(board)
    // Of a chessboard all must be in the picture.
    let isWhole = if case .chessboard = board { true } else { false }
    var (honest, rigs, within, corners, refused) = (0, 0, 0, 0, 0)
    for seed in 0..<200 as Range<UInt64> {
      var rig = SimulatedBoardRig(seed: seed, board: board, width: 480, height: 360)
      let renderer = BoardRenderer(board, lens: rig.lens)
      let pose = rig.pose(tiltDegrees: 45, fill: isWhole ? 0.5...0.7 : 0.6...0.95)
      let exposure = rig.exposure()
      let picture = renderer.picture(at: pose, exposure, using: &rig.random)
      let truth = renderer.truth(at: pose)
      let sighting: BoardSighting
      do throws(ViewRefusal) {
        sighting = try detector.sighting(in: picture, named: "rig \(seed)")
      } catch {
        // A chessboard that leaves the picture is refused by rights.
        #expect(truth.count < board.cornerCount || error.reason != .noBoard, "\(error)")
        refused += 1
        continue
      }
      var (squares, own) = (0.0, 0)
      for corner in sighting.view.corners {
        let place = try #require(truth[corner.number], "rig \(seed): corner \(corner.number)")
        let deviation = try #require(corner.deviation)
        let (x, y) = (corner.picture.x - place.x, corner.picture.y - place.y)
        squares += (x * x + y * y) / (deviation * deviation)
        // 95 % of a Gaussian in two dimensions.
        if x * x + y * y <= 5.991 * deviation * deviation { own += 1 }
      }
      rigs += 1
      corners += sighting.view.corners.count
      within += own
      // Two degrees of freedom a corner: the mean of the squares is 2 where the error is as stated.
      if squares / Double(sighting.view.corners.count) < 2 * 1.25 { honest += 1 }
    }
    #expect(refused <= 10, "\(refused) of 200 refused")
    #expect(Double(honest) >= 0.95 * Double(rigs), "\(honest) of \(rigs) rigs")
    #expect(Double(within) >= 0.95 * Double(corners), "\(within) of \(corners) corners")
  }

  /// A plain view of a board, with the picture changed afterwards.
  static func refusal(
    of board: CalibrationBoard, shown: CalibrationBoard? = nil, tilt: Double = 10,
    width: Int = 640, blur: Double = 0.8, change: (inout Picture) -> Void = { _ in }
  ) throws -> String? {
    let shown = shown ?? board
    let lens = LensModel(width: width, height: 480, focal: (700, 700), center: (319.5, 239.5))
    let (sine, cosine) = (sin(tilt * .pi / 180), cos(tilt * .pi / 180))
    let (middle, size) = (shown.corners.center, max(shown.black.width, shown.black.height))
    let turn = [cosine, 0, sine, 0, 1, 0, -sine, 0, cosine]
    let pose = BoardPose(
      rotation: turn,
      translation: [
        -turn[0] * middle.x, -middle.y, size * 700 / 430 - turn[6] * middle.x,
      ])
    var exposure = BoardExposure()
    exposure.blur = blur
    var random = SplitMix64(seed: 5)
    var picture = BoardRenderer(shown, lens: lens).picture(at: pose, exposure, using: &random)
    change(&picture)
    do throws(ViewRefusal) {
      _ = try BoardDetector(board).sighting(in: picture, named: "a.png")
      return nil
    } catch { return "\(error)" }
  }

  static func cover(_ picture: inout Picture, _ columns: Range<Int>, with value: UInt8 = 95) {
    for y in 0..<picture.height { for x in columns { picture[x, y, 0] = value } }
  }

  @Test("a good view is taken", arguments: boards)
  func good(board: CalibrationBoard) throws {
    #expect(try Self.refusal(of: board) == nil)
  }

  @Test("a bad view is refused by name and reason")
  func refusals() throws {
    let (tags, chess) = (Self.boards[0], Self.boards[1])
    #expect(
      try Self.refusal(of: tags) { Self.cover(&$0, 0..<640) } == """
        a.png: no board found
          help: show all of the board, evenly lit and without glare
        """)
    #expect(
      try Self.refusal(of: chess) { Self.cover(&$0, 0..<320) }?.hasPrefix("a.png: board cut: ")
        == true)
    #expect(
      try Self.refusal(of: tags, tilt: 68)?.hasPrefix("a.png: too oblique: tilted by ") == true)
    #expect(try Self.refusal(of: tags, blur: 4)?.hasPrefix("a.png: ") == true)
    #expect(
      try Self.refusal(of: chess, blur: 3.6)?.contains("blurred: edges are ") == true)
    #expect(
      try Self.refusal(of: tags) { picture in
        for y in 0..<picture.height {
          for x in 0..<picture.width where !(225..<305).contains(x) || !(200..<330).contains(y) {
            picture[x, y, 0] = 200
          }
        }
      }?.contains("too few corners: ") == true)
  }

  @Test("another board is noticed")
  func wrongBoards() throws {
    let grid = TagGrid()
    func refusal(_ change: (inout TagGrid) -> Void) throws -> String? {
      var shown = grid
      change(&shown)
      return try Self.refusal(of: .tags(grid), shown: .tags(shown))
    }
    #expect(
      try refusal { $0.firstTag = 100 } == """
        a.png: wrong board: tags 100, 101, 102, 103, 104 and 30 more found, 0 to 34 wanted
          help: give the file that was written with the board by --board, or the sizes of the board \
        at hand
        """)
    #expect(
      try refusal { $0.family = .tag25h9 }?.hasPrefix(
        "a.png: wrong board: tags of tag25h9 found, tag36h11 wanted") == true)
    #expect(
      try refusal { $0.gapMillimeters = 12 }?.hasPrefix(
        "a.png: wrong board: the gap is 0.5 of a tag's side, 0.25 wanted") == true)
    #expect(
      try refusal { ($0.columns, $0.rows) = (6, 5) }?.hasPrefix(
        "a.png: wrong board: tags lie in rows of 6, rows of 5 wanted") == true)
  }

  @Test("any picture is answered, without a trap", arguments: boards)
  func noise(board: CalibrationBoard) throws {
    let detector = BoardDetector(board)
    var random = SplitMix64(seed: 9)
    for (width, height) in [(1, 1), (3, 200), (64, 64), (97, 61), (200, 150)] {
      for channels in [1, 3] {
        for mask in [0xFF, 0x80, 0] as [UInt8] {
          var picture = Picture(width: width, height: height, channels: channels)
          for index in picture.pixels.indices {
            picture.pixels[index] = UInt8(truncatingIfNeeded: random.next()) & mask
          }
          #expect(throws: ViewRefusal.self) { try detector.sighting(in: picture, named: "noise") }
        }
      }
    }
  }

  @Test("a chessboard has the same numbers upside down", arguments: [0.0, 90, 180, 270])
  func numbering(degrees: Double) throws {
    let board = Self.boards[1]
    let lens = LensModel(width: 600, height: 600, focal: (700, 700), center: (299.5, 299.5))
    let (s, c) = (sin(degrees * .pi / 180), cos(degrees * .pi / 180))
    let middle = board.corners.center
    let pose = BoardPose(
      rotation: [c, -s, 0, s, c, 0, 0, 0, 1],
      translation: [-c * middle.x + s * middle.y, -s * middle.x - c * middle.y, 330])
    var random = SplitMix64(seed: 2)
    let renderer = BoardRenderer(board, lens: lens)
    let picture = renderer.picture(at: pose, using: &random)
    let sighting = try BoardDetector(board).sighting(in: picture, named: "turned")
    let truth = renderer.truth(at: pose)
    #expect(sighting.view.corners.count == board.cornerCount)
    for corner in sighting.view.corners {
      let place = try #require(truth[corner.number])
      expectClose([corner.picture.x, corner.picture.y], [place.x, place.y], absolute: 0.2)
    }
  }
}
