import CAllocationCount
import CJPEG
import CV4L2
import Foundation
import TestSupport
import Testing

@testable import Cameras

/// What the reader asks of the allocator, counted at malloc itself.
@Suite("Memory of the camera reader")
struct AllocationTests {
  /// Calls of malloc in `frames` frames of acquisition and hand-over together, without those of the
  /// scripted camera.
  private func allocations(_ bench: ReaderBench, frames wanted: Int) throws -> Int {
    let before = Int(mirage_allocation_count()) - bench.video.allocations.load(ordering: .relaxed)
    var frames = 0
    while frames < wanted {
      try bench.reader.step()
      // Let go of before the next one is asked for, as a pipeline does.
      if case .frame = try bench.exchange.take(at: bench.wiring.clock.now) { frames += 1 }
    }
    return Int(mirage_allocation_count()) - bench.video.allocations.load(ordering: .relaxed)
      - before
  }

  @Test("malloc is counted")
  func counts() {
    let before = mirage_allocation_count()
    let bytes = [UInt8](repeating: 1, count: 100_000)
    #expect(mirage_allocation_count() > before)
    #expect(bytes[99_999] == 1)
  }

  @Test(
    "after warm-up a frame takes none, with its control guard, rate and books",
    arguments: [mirage_v4l2_YUYV, mirage_v4l2_YVYU, mirage_v4l2_YUV420])
  func none(code: UInt32) throws {
    var model = ScriptedModel()
    model.formats = [
      ScriptedModel.Format(
        code: code, sizes: [ScriptedModel.Size(width: 32, height: 16, rates: [30])])
    ]
    try ReaderBench.use(model) { bench in
      _ = try allocations(bench, frames: 150)
      #expect(try allocations(bench, frames: 300) == 0)
      #expect(bench.status.account.lost == 0)
    }
  }

  @Test("motion JPEG takes what libjpeg-turbo takes for a picture, and no more")
  func motionJPEG() throws {
    try ReaderBench.use(adjust: { $0.format = "MJPG" }) { bench in
      _ = try allocations(bench, frames: 150)
      let own = try allocations(bench, frames: 300)
      // libjpeg-turbo has no way to keep its tables from one picture to the next.
      let pools = try Self.poolsOfAPicture()
      #expect(pools > 0)
      #expect(own <= 300 * pools, "\(own) in 300 frames, \(pools) a picture of the library's own")
    }
  }

  /// What the library alone takes for one picture after others.
  private static func poolsOfAPicture() throws -> Int {
    let size = ScriptedModel.Size(width: 32, height: 16, rates: [30])
    let bytes = ScriptedPictures.bytes(mirage_v4l2_MJPEG, size, number: 3)
    let handle = try #require(tjInitDecompress())
    defer { tjDestroy(handle) }
    var pixels = [UInt8](repeating: 0, count: 32 * 16 * 3)
    func decode() {
      var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
      let count = UInt(bytes.count)
      #expect(tjDecompressHeader3(handle, bytes, count, &width, &height, &sampling, &space) == 0)
      let format = Int32(TJPF_RGB.rawValue)
      #expect(tjDecompress2(handle, bytes, count, &pixels, width, 0, height, format, 0) == 0)
    }
    for _ in 0..<3 { decode() }
    let before = mirage_allocation_count()
    for _ in 0..<10 { decode() }
    // The tests' own expectations ask for memory too, at a failure only.
    return Int(mirage_allocation_count() - before + 9) / 10
  }

  @Test("a camera with losses and bad frames is told of without growing")
  func faults() throws {
    try ReaderBench.use { bench in
      let script = (0..<200).flatMap { _ in [ScriptedStep.frame, .gap(2), .flagged, .frame] }
      bench.video.play(script)
      _ = try allocations(bench, frames: 100)
      // Once a second a kind of trouble is put into words; between, nothing.
      #expect(try allocations(bench, frames: 200) < 600)
    }
  }
}
