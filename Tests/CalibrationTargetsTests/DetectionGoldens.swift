import CalibrationTargets
import CameraCalibration
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

/// A picture that another program drew, with its truth and what other detectors found in it.
struct BoardGolden {
  let board: CalibrationBoard
  let name: String
  let picture: Picture
  let tensors: [String: Tensor]

  static let names = ["flat", "tilted", "blurred"].flatMap { ["tags-\($0)", "chessboard-\($0)"] }
  static let grid: TagGrid = {
    var grid = TagGrid()
    (grid.columns, grid.rows) = (5, 4)
    return grid
  }()
  static let chessboard: Chessboard = {
    var board = Chessboard()
    (board.columns, board.rows) = (8, 7)
    return board
  }()

  init(_ name: String) throws {
    self.name = name
    board = name.hasPrefix("tags") ? .tags(Self.grid) : .chessboard(Self.chessboard)
    let folder = sampleData.appending(path: "Golden/boards")
    picture = try PictureFile.read(folder.appending(path: "\(name).png"))
    let file = try Safetensors.read(folder.appending(path: "\(name).safetensors"))
    tensors = Dictionary(uniqueKeysWithValues: file.tensors)
  }

  func numbers(_ key: String) throws -> [Double] {
    try #require(tensors[key], "\(name) has no \(key)").values.map(Double.init)
  }

  /// Places by the number of their corner.
  func corners(_ key: String) throws -> [Int: Point<ColorFrame>] {
    let rows = try numbers(key)
    return Dictionary(
      uniqueKeysWithValues: stride(from: 0, to: rows.count, by: 3).map {
        (Int(rows[$0]), Point(x: rows[$0 + 1], y: rows[$0 + 2]))
      })
  }

  func lens() throws -> LensModel {
    let l = try numbers("lens")
    return LensModel(
      width: picture.width, height: picture.height, focal: (l[0], l[1]), center: (l[2], l[3]),
      radial: (l[4], l[5], 0), tangential: (l[6], l[7]))
  }

  func pose() throws -> BoardPose {
    BoardPose(rotation: try numbers("rotation"), translation: try numbers("translation"))
  }
}

@Suite("Boards beside OpenCV and AprilTag", .tags(.golden))
struct DetectionGoldens {
  @Test(
    "corners are where they were drawn, within what the detector states",
    arguments: BoardGolden.names)
  func truth(name: String) throws {
    let golden = try BoardGolden(name)
    let found = try BoardDetector(golden.board).sighting(in: golden.picture, named: name)
    let truth = try golden.corners("truth")
    #expect(found.view.corners.count == golden.board.cornerCount)
    var outside = 0
    for corner in found.view.corners {
      let wanted = try #require(truth[corner.number])
      let deviation = try #require(corner.deviation)
      let (x, y) = (corner.picture.x - wanted.x, corner.picture.y - wanted.y)
      // 95 % of a Gaussian in two dimensions lie within 2.45 standard deviations.
      if (x * x + y * y).squareRoot() > 2.45 * deviation { outside += 1 }
      #expect(
        (x * x + y * y).squareRoot() < 4.5 * deviation,
        "\(name) corner \(corner.number): off by (\(x), \(y)), \(deviation) stated")
    }
    #expect(Double(outside) <= 0.05 * Double(found.view.corners.count) + 2, "\(outside) outside")
  }

  @Test("corners are those of OpenCV and AprilTag", arguments: BoardGolden.names)
  func peers(name: String) throws {
    let golden = try BoardGolden(name)
    let found = try BoardDetector(golden.board).sighting(in: golden.picture, named: name)
    for (peer, tolerance) in [("opencv", 0.6), ("apriltag", 0.8)] where golden.tensors[peer] != nil
    {
      let theirs = try golden.corners(peer)
      var compared = 0
      for corner in found.view.corners {
        guard let place = theirs[corner.number] else { continue }
        compared += 1
        expectClose(
          [corner.picture.x, corner.picture.y], [place.x, place.y], absolute: tolerance,
          "\(name), \(peer), corner \(corner.number)")
      }
      #expect(compared * 10 > golden.board.cornerCount * 9, "\(peer): \(compared) compared")
    }
  }

  @Test(
    "no corner is farther from the truth than those of OpenCV and AprilTag on the whole",
    arguments: BoardGolden.names)
  func better(name: String) throws {
    let golden = try BoardGolden(name)
    let found = try BoardDetector(golden.board).sighting(in: golden.picture, named: name)
    let truth = try golden.corners("truth")
    func error(_ corners: [Int: Point<ColorFrame>]) throws -> Double {
      let squares = try corners.map { number, place in
        let wanted = try #require(truth[number])
        return (place.x - wanted.x) * (place.x - wanted.x)
          + (place.y - wanted.y) * (place.y - wanted.y)
      }
      return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
    }
    let ours = try error(
      Dictionary(uniqueKeysWithValues: found.view.corners.map { ($0.number, $0.picture) }))
    for peer in ["opencv", "apriltag"] where golden.tensors[peer] != nil {
      let theirs = try error(golden.corners(peer))
      #expect(ours <= theirs * 1.1, "\(name): \(ours) px, \(peer) \(theirs) px")
    }
  }

  @Test("the renderer draws what another program draws", arguments: BoardGolden.names)
  func rendering(name: String) throws {
    let golden = try BoardGolden(name)
    let renderer = BoardRenderer(golden.board, lens: try golden.lens())
    var exposure = BoardExposure()
    (exposure.black, exposure.white, exposure.background) = (30, 170, 95)
    exposure.blur = try golden.numbers("exposure")[0]
    exposure.noise = 0
    (exposure.gradientX, exposure.gradientY) = (0.15, -0.1)
    var random = SplitMix64(seed: 1)
    let picture = renderer.picture(at: try golden.pose(), exposure, using: &random)
    let wanted = try golden.numbers("clean")
    var found: [Double] = []
    for y in stride(from: 0, to: picture.height, by: 4) {
      for x in stride(from: 0, to: picture.width, by: 4) { found.append(Double(picture[x, y, 0])) }
    }
    // They place the light's middle half a pixel apart, and take other places inside a pixel.
    expectClose(found, wanted, absolute: 5)
    let mean = zip(found, wanted).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(found.count)
    #expect(mean < 0.5)
    let truth = renderer.truth(at: try golden.pose())
    for (number, place) in try golden.corners("truth") {
      let own = try #require(truth[number])
      expectClose([own.x, own.y], [place.x, place.y], absolute: 1e-3)
    }
  }
}
