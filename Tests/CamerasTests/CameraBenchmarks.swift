import Cameras
import Diagnostics
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

/// Frames to RGB beside OpenCV, libjpeg-turbo's own tool and a plain copy of memory.
@Suite("Camera benchmarks", .tags(.benchmark), .serialized)
struct CameraBenchmarks {
  /// 1080p, or a small frame where speed is not measured.
  static let (width, height) = Benchmark.isFull ? (1920, 1080) : (64, 48)
  static let megapixels = Double(width * height) / 1e6

  /// Four frames in turn, as a camera's buffers come, and the decoder of them.
  struct Camera {
    let frames: [[UInt8]]
    let decoder: PixelDecoder
    var picture = Picture(width: width, height: height)

    init(_ format: PixelFormat) throws {
      let layout = try PixelLayout(
        format, width: CameraBenchmarks.width, height: CameraBenchmarks.height, place: "bench")
      var random = SplitMix64(seed: 3, purpose: format.rawValue)
      // No luma below black, which OpenCV takes for black before it adds the colors.
      let frame = (0..<layout.byteCount).map { _ in UInt8(16 + random.nextIndex(below: 240)) }
      // Written to, so that each is a copy of its own.
      var copies = [frame, frame, frame, frame]
      for turn in copies.indices { copies[turn][0] = frame[0] }
      frames = copies
      decoder = try PixelDecoder(layout, place: "bench")
    }

    mutating func decode(_ turn: Int) throws {
      let frame = frames[turn % 4]
      try decoder.decode(frame.span.bytes, into: &picture)
    }
  }

  @Test("rows of pixels to RGB", arguments: [PixelFormat.yuyv, .nv12, .bayerRGGB])
  func cameraRows(format: PixelFormat) throws {
    var camera = try Camera(format)
    let benchmark = Benchmark("\(format.rawValue) 1080p to RGB", unit: "megapixels")
    try withTemporaryFolder { folder in
      let peer = Benchmark.isFull ? try Self.openCV(&camera, format, in: folder) : nil
      try benchmark.race(
        work: Self.megapixels, against: "OpenCV cvtColor, 1 thread",
        target: format == .yuyv ? 2 : 1,
        ours: { try camera.decode($0) },
        peer: { _ in
          let answer = try #require(try peer?.ask())
          return .seconds(try #require(Double(answer)))
        })
    }
    if format == .yuyv { try copying(format, &camera) }
  }

  /// OpenCV, ready to convert the same bytes, after its picture was compared with ours.
  static func openCV(
    _ camera: inout Camera, _ format: PixelFormat, in folder: URL
  ) throws -> AnsweringProgram {
    let (frame, picture) = (folder.appending(path: "frame"), folder.appending(path: "picture"))
    try Data(camera.frames[0]).write(to: frame)
    let program = try AnsweringProgram(
      packageRoot.appending(path: "Tools/time-opencv").path,
      [format.rawValue, "\(width)", "\(height)", frame.path, picture.path])
    try #require(program.answer() == "ready")
    try camera.decode(0)
    let theirs = [UInt8](try Data(contentsOf: picture))
    try #require(theirs.count == camera.picture.pixels.count)
    // OpenCV repeats the row beside a mosaic's border; we mirror, which keeps the colors apart.
    let border = format == .bayerRGGB ? 1 : 0
    var worst = 0
    for y in border..<(height - border) {
      for index in (y * width + border) * 3..<((y + 1) * width - border) * 3 {
        worst = max(worst, abs(Int(theirs[index]) - Int(camera.picture.pixels[index])))
      }
    }
    #expect(worst <= (format == .bayerRGGB ? 0 : 2), "\(format): off by \(worst)")
    return program
  }

  /// The same number of bytes read and written by a plain copy.
  func copying(_ format: PixelFormat, _ camera: inout Camera) throws {
    let count = (camera.frames[0].count + camera.picture.pixels.count) / 2
    let sources = (0..<4).map { [UInt8](repeating: UInt8($0 + 1), count: count) }
    var target = [UInt8](repeating: 0, count: count)
    let clock = ContinuousClock()
    try Benchmark("\(format.rawValue) 1080p to RGB beside a copy", unit: "gigabytes").race(
      work: Double(2 * count) / 1e9, against: "memcpy of as many bytes", target: 0.7,
      ours: { try camera.decode($0) },
      peer: { turn in
        let start = clock.now
        target.withUnsafeMutableBytes { target in
          sources[turn % 4].withUnsafeBytes { target.copyMemory(from: $0) }
        }
        return start.duration(to: clock.now)
      })
    #expect(!Benchmark.isFull || target.last == sources[0][0] || target[0] > 0)
  }
}
