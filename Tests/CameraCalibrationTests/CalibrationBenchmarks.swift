@testable import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

/// Rectification and lenses beside OpenCV, on the same maps and corners.
@Suite("Calibration benchmarks", .tags(.benchmark), .serialized)
struct CalibrationBenchmarks {
  static let tool = packageRoot.appending(path: "Tools/time-opencv").path

  static func seconds(_ answer: String?) throws -> Duration {
    .seconds(try #require(answer.flatMap { Double($0) }))
  }

  @Test("a 1080p frame to the belt")
  func rectification() throws {
    let (width, height) = Benchmark.isFull ? (1920, 1080) : (192, 108)
    let scale = Double(width) / 1920
    var lens = LensModelTests.barrel
    (lens.width, lens.height) = (width, height)
    (lens.focalX, lens.focalY) = (lens.focalX * scale, lens.focalY * scale)
    (lens.centerX, lens.centerY) = (lens.centerX * scale, lens.centerY * scale)
    let toRays = Homography<BeltFrame, RayFrame>(
      matrix: [1, 0.02, -300, -0.01, 0.98, -200, 0.0001, -0.0002, 600])
    let belt = try #require(toRays.inverse)
    let full = try #require(LensMount(lens: lens, belt: belt))
    // As many pixels as the frame, about the middle of what it sees.
    var grid = full.grid
    grid.x += Double(grid.width - width) / 2 * grid.millimetersPerPixel
    grid.y += Double(grid.height - height) / 2 * grid.millimetersPerPixel
    (grid.width, grid.height) = (width, height)
    let map = Rectification(LensMount(lens: lens, belt: belt, grid: grid))
    let frames = (0..<4).map { _ in RectificationTests.noise(width, height) }
    var picture = Picture(width: width, height: height)
    try map.apply(frames[0], into: &picture, place: "benchmark")
    try withTemporaryFolder { folder in
      let peer = Benchmark.isFull ? try Self.openCV(map, frames[0], picture, in: folder) : nil
      try Benchmark("1080p frame rectified to the belt", unit: "megapixels").race(
        work: Double(width * height) / 1e6, against: "OpenCV remap, fixed-point maps, 1 thread",
        target: 1, ours: { try map.apply(frames[$0 % 4], into: &picture, place: "benchmark") },
        peer: { _ in try Self.seconds(try peer?.ask()) })
    }
  }

  /// OpenCV, ready to fetch by the same maps, after its picture was compared with ours.
  static func openCV(
    _ map: Rectification, _ frame: Picture, _ picture: Picture, in folder: URL
  ) throws -> AnsweringProgram {
    func file(_ name: String, _ bytes: Data) throws -> String {
      let file = folder.appending(path: name)
      try bytes.write(to: file)
      return file.path
    }
    func little<Number: FixedWidthInteger>(_ numbers: [Number]) -> Data {
      var bytes = Data(capacity: numbers.count * 2)
      for number in numbers {
        bytes.append(UInt8(truncatingIfNeeded: number))
        bytes.append(UInt8(truncatingIfNeeded: number >> 8))
      }
      return bytes
    }
    let result = folder.appending(path: "result")
    let program = try AnsweringProgram(
      tool,
      [
        "remap", "\(frame.width)", "\(frame.height)", try file("frame", Data(frame.pixels)),
        result.path, "\(map.width)", "\(map.height)", try file("places", little(map.places)),
        try file("shares", little(map.shares)),
      ])
    try #require(program.answer() == "ready")
    let theirs = [UInt8](try Data(contentsOf: result))
    try #require(theirs.count == picture.pixels.count)
    let worst = zip(theirs, picture.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
    #expect(worst <= 1, "off by \(worst)")
    return program
  }

  @Test("a lens from 40 views")
  func calibration() throws {
    var random = SplitMix64(seed: 40, purpose: "benchmark")
    let views = SimulatedBoards(LensModelTests.barrel).views(
      Benchmark.isFull ? 40 : 8, using: &random)
    let found = try LensCalibration(of: views)
    try withTemporaryFolder { folder in
      let peer = Benchmark.isFull ? try Self.openCV(views, found, in: folder) : nil
      try Benchmark("lens from 40 views of 54 corners", unit: "lenses").race(
        work: 1, against: "OpenCV calibrateCamera, 1 thread", target: 1, turns: 9, tries: 3,
        ours: { _ in _ = try LensCalibration(of: views) },
        peer: { _ in try Self.seconds(try peer?.ask()) })
    }
  }

  /// OpenCV, ready to solve for the same corners, after its answer was compared with ours.
  static func openCV(
    _ views: [BoardView], _ found: LensCalibration, in folder: URL
  ) throws -> AnsweringProgram {
    func file(_ name: String, _ numbers: [Double]) throws -> String {
      var bytes = Data()
      for number in numbers {
        withUnsafeBytes(of: Float(number).bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
      }
      let file = folder.appending(path: name)
      try bytes.write(to: file)
      return file.path
    }
    let corners = views.flatMap(\.corners)
    let result = folder.appending(path: "found")
    let program = try AnsweringProgram(
      tool,
      [
        "calibrate", "\(views[0].width)", "\(views[0].height)",
        try file("board", views[0].corners.flatMap { [$0.board.x, $0.board.y] }),
        try file("corners", corners.flatMap { [$0.picture.x, $0.picture.y] }), result.path,
      ])
    try #require(program.answer() == "ready")
    let bytes = [UInt8](try Data(contentsOf: result))
    try #require(bytes.count == 80)
    let theirs = (0..<10).map { index in
      Double(
        bitPattern: (0..<8).reduce(0) { $0 | UInt64(bytes[8 * index + $1]) << (8 * UInt64($1)) })
    }
    for index in 0..<4 {
      expectClose(found.lens.parameters[index], theirs[index], absolute: 0, relative: 1e-3)
    }
    #expect(found.residualPixels <= theirs[9] + 0.001)
    return program
  }
}
