import CV4L2
import Diagnostics
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@testable import Cameras

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

  @Test("motion JPEG to RGB")
  func cameraMotionJPEG() throws {
    guard Benchmark.isFull else {
      let bytes = try PictureFile.encodeJPEG(Self.scene, quality: 85)
      #expect(try Self.decoded(bytes) == PictureFile.decode(bytes, place: "bench"))
      return
    }
    try withTemporaryFolder { folder in
      // As cameras do it: half the chroma columns. libjpeg-turbo's own programs write, decode for
      // the comparison, and time themselves.
      let (picture, file) = (folder.appending(path: "in.ppm"), folder.appending(path: "in.jpg"))
      let header = "P6\n\(Self.width) \(Self.height)\n255\n"
      try (Data(header.utf8) + Data(Self.scene.pixels)).write(to: picture)
      try Self.tool(
        "cjpeg", ["-quality", "85", "-sample", "2x1", "-outfile", file.path, picture.path])
      let out = folder.appending(path: "out.ppm")
      try Self.tool("djpeg", ["-ppm", "-outfile", out.path, file.path])
      let bytes = try Data(contentsOf: file)
      let theirs = try Data(contentsOf: out).suffix(3 * Self.width * Self.height)
      var decoded = try Self.decoded(bytes)
      #expect(decoded.pixels == [UInt8](theirs), "decodes to djpeg's bytes")
      let layout = try PixelLayout(
        .motionJPEG, width: Self.width, height: Self.height, place: "bench")
      let decoder = try PixelDecoder(layout, place: "bench")
      try Benchmark("MJPG 1080p to RGB, 4:2:2", unit: "megapixels").race(
        work: Self.megapixels, against: "libjpeg-turbo's tjbench", target: 0.95, turns: 9,
        ours: { _ in try decoder.decode(bytes.bytes, into: &decoded) },
        peer: { _ in try Self.timeOfTjbench(file) })
    }
  }

  /// A smooth scene with edges and a little noise.
  static let scene: Picture = {
    var random = SplitMix64(seed: 8)
    var picture = Picture(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width {
        let noise = Double(random.nextIndex(below: 9))
        picture[x, y, 0] = UInt8(120 + 90 * sin(Double(x) / 37 + Double(y) / 53) + noise)
        picture[x, y, 1] = UInt8(120 + 90 * sin(Double(x) / 11) * cos(Double(y) / 17) + noise)
        picture[x, y, 2] = x / 40 % 2 == y / 40 % 2 ? 70 : 180
      }
    }
    return picture
  }()

  static func decoded(_ bytes: Data) throws -> Picture {
    let layout = try PixelLayout(.motionJPEG, width: width, height: height, place: "bench")
    var picture = Picture(width: 1, height: 1)
    try PixelDecoder(layout, place: "bench").decode(bytes.bytes, into: &picture)
    return picture
  }

  @discardableResult
  static func tool(_ name: String, _ arguments: [String]) throws -> String {
    let result = try run("/usr/bin/env", [name] + arguments)
    try #require(result.status == 0, "\(name) of libjpeg-turbo-progs: \(result.error)")
    return result.output
  }

  /// The time of one decode, by the megapixels a second at the end of tjbench's table.
  static func timeOfTjbench(_ file: URL) throws -> Duration {
    let table = try tool(
      "tjbench", [file.path, "-rgb", "-quiet", "-benchtime", "0.1", "-warmup", "0.02", "-nowrite"])
    let rate = try #require(table.split(whereSeparator: \.isWhitespace).last.flatMap { Double($0) })
    return .seconds(megapixels / rate)
  }

  @Test("a slow consumer gets fresh frames", .timeLimit(.minutes(20)))
  func cameraAge() throws {
    // No whole number of periods, so that the consumer comes back at any moment between two frames.
    let (rate, inference) = Benchmark.isFull ? (28.7, 0.5) : (100, 0.035)
    var model = ScriptedModel()
    let size = ScriptedModel.Size(width: 1920, height: 1080, rates: [rate])
    model.formats = [ScriptedModel.Format(code: mirage_v4l2_YUYV, sizes: [size])]
    try withTemporaryFolder { folder in
      let bench = ReaderBench(model, in: folder, isPaced: true) {
        ($0.width, $0.height) = (1920, 1080)
      }
      let end = ContinuousClock.now + .seconds(Benchmark.isFull ? 15 : 0.4)
      let source = V4L2Source(bench.wiring) { ContinuousClock.now >= end }
      var worst = Duration.zero
      while let frame = try source.next() {
        // On the reader's own clock, the kernel's monotonic one.
        worst = max(worst, frame.exposedAt.duration(to: bench.wiring.clock.now))
        Thread.sleep(forTimeInterval: inference)
      }
      #expect(source.account.dropped > source.account.delivered)
      Benchmark("age of a 1080p frame handed to an inference of 0.5 s", unit: "ms").keep(
        worst, below: .seconds(1 / rate + inference), which: "one period and one inference")
      source.stop()
      bench.finish()
    }
  }
}
