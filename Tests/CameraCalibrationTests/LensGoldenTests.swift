@testable import CameraCalibration
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

/// Lenses beside OpenCV's calibrateCamera, on the same corners.
@Suite("Lens goldens", .tags(.golden))
struct LensGoldenTests {
  struct Golden {
    let views: [BoardView]
    let lens: LensModel
    let residual: Double
    let deviations: [Double]

    init(_ name: String) throws {
      let file = sampleData.appending(path: "Golden/lens/\(name).safetensors")
      let tensors = Dictionary(
        uniqueKeysWithValues: try Safetensors.read(file).tensors)
      func numbers(_ key: String) throws -> [Double] {
        try #require(tensors[key]).values.map(Double.init)
      }
      let (board, corners) = (try numbers("board"), try numbers("corners"))
      let (extent, found) = (try numbers("extent").map { Int($0) }, try numbers("found"))
      let count = board.count / 2
      views = (0..<(corners.count / board.count)).map { view in
        BoardView(
          name: "\(view)", width: extent[0], height: extent[1],
          corners: (0..<count).map { corner in
            let place = view * board.count + 2 * corner
            return BoardCorner(
              number: corner, board: Point(x: board[2 * corner], y: board[2 * corner + 1]),
              picture: Point(x: corners[place], y: corners[place + 1]))
          })
      }
      var lens = LensModel(width: extent[0], height: extent[1], focal: (1, 1), center: (0, 0))
      lens.parameters = found
      self.lens = lens
      residual = try numbers("residual")[0]
      deviations = try numbers("deviations")
    }
  }

  @Test(
    "a lens is OpenCV's: focal lengths, center, effect of distortion, residual, deviations",
    arguments: ["plain", "barrel", "wide", "long", "cushion"])
  func calibrate(name: String) throws {
    let golden = try Golden(name)
    let found = try LensCalibration(of: golden.views)
    #expect(found.rejected.isEmpty)
    let own = found.lens.parameters
    let theirs = golden.lens.parameters
    for index in 0..<4 {
      #expect(
        abs(own[index] / theirs[index] - 1) < 1e-3,
        "\(LensModel.parameterNames[index]): \(own[index]), OpenCV \(theirs[index])")
    }
    #expect(found.residualPixels <= golden.residual + 0.001)
    #expect(Self.largestDifference(found.lens, golden.lens) < 0.02)
    // OpenCV counts the poses' numbers in no other way; the misfit is ours.
    expectClose(
      found.deviations.map { $0 / found.misfit }, golden.deviations, absolute: 0, relative: 0.02)
  }

  @Test("maps and pictures are those of OpenCV's fixed-point remap")
  func remap() throws {
    let file = sampleData.appending(path: "Golden/lens/remap.safetensors")
    let tensors = Dictionary(uniqueKeysWithValues: try Safetensors.read(file).tensors)
    func tensor(_ key: String) throws -> Tensor { try #require(tensors[key]) }
    let (columns, rows) = (try tensor("columns"), try tensor("rows"))
    let source = try tensor("picture")
    let (height, width) = (columns.shape[0], columns.shape[1])
    let map = Rectification(
      width: width, height: height, from: (source.shape[1], source.shape[0])
    ) { x, y in
      Point(x: Double(columns.values[y * width + x]), y: Double(rows.values[y * width + x]))
    }
    let places = try tensor("places").values
    #expect(map.places.map(Float.init) == places)
    let shares = try tensor("shares").values
    #expect(map.shares.map(Float.init) == shares)
    let found = try map(
      Picture(
        width: source.shape[1], height: source.shape[0], channels: 3,
        pixels: source.values.map { UInt8($0) }), place: "golden")
    let theirs = try tensor("found").values
    let worst = zip(found.pixels, theirs).map { abs(Float($0) - $1) }.max() ?? .infinity
    #expect(worst <= 1)
    // It is no picture of nothing.
    #expect(found.pixels.count { $0 > 0 } > 3000)
  }

  /// How far apart two lenses put what lies in one direction, at most over the picture, in pixels.
  static func largestDifference(_ first: LensModel, _ second: LensModel) -> Double {
    var worst = 0.0
    for y in stride(from: 0.0, through: Double(second.height - 1), by: Double(second.height) / 24) {
      for x in stride(from: 0.0, through: Double(second.width - 1), by: Double(second.width) / 32) {
        guard let ray = second.ray(at: Point(x: x, y: y)) else { continue }
        let (u, v) = (first(ray).x - x, first(ray).y - y)
        worst = max(worst, (u * u + v * v).squareRoot())
      }
    }
    return worst
  }
}
