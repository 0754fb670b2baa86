import Cameras
import Diagnostics
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@Suite("Video files")
struct VideoSourceTests {
  static let folder = sampleData.appending(path: "Golden/videos")
  static let timing = ReplayTiming(speedMillimetersPerSecond: 600)

  static func frames(_ file: URL) throws -> [CameraFrame] {
    try FrameSourceConformance.check(VideoSource(file, timing: timing), exposed: nil)
  }

  @Test(
    "have the pixels that Pillow and OpenCV see in them", .tags(.golden),
    arguments: [
      // Two releases of one library round color conversion alike but for the last digit.
      ("plain.mjpeg", "mjpeg", 1), ("bare.mjpeg", "mjpeg", 1), ("parts.mjpeg", "mjpeg", 1),
      ("halved.y4m", "halved.y4m", 2), ("narrowed.y4m", "narrowed.y4m", 2),
      ("full.y4m", "full.y4m", 2), ("mono.y4m", "mono.y4m", 0),
    ] as [(String, String, Double)])
  func goldens(name: String, wanted: String, tolerance: Double) throws {
    let (tensors, _) = try Safetensors.read(Self.folder.appending(path: "frames.safetensors"))
    let pixels = try #require(tensors.first { $0.0 == wanted }?.1)
    let frames = try Self.frames(Self.folder.appending(path: name))
    #expect(frames.count == 2)
    expectClose(
      frames.flatMap { $0.picture.pixels.map(Float.init) }, pixels.values, absolute: tolerance)
  }

  @Test("run at the rate that the file tells, or at the one asked for")
  func rates() throws {
    func second(_ name: String, _ timing: ReplayTiming) throws -> Double {
      var source = try VideoSource(Self.folder.appending(path: name), timing: timing)
      _ = try source.next()
      return try #require(try source.next()).exposedAt.seconds
    }
    expectClose(try second("halved.y4m", Self.timing), 1001.0 / 30000, absolute: 1e-9)
    #expect(try second("mono.y4m", Self.timing) == 0.04)
    #expect(try second("plain.mjpeg", Self.timing) == 0.04)
    let asked = ReplayTiming(framesPerSecond: 10, speedMillimetersPerSecond: 600)
    #expect(try second("halved.y4m", asked) == 0.1)
    let frames = try FrameSourceConformance.check(
      VideoSource(Self.folder.appending(path: "plain.mjpeg"), timing: asked), exposed: 2)
    #expect(frames.map(\.beltMillimeters) == [0, 60])
    var short = asked
    short.seconds = 0.05
    try FrameSourceConformance.check(
      VideoSource(Self.folder.appending(path: "plain.mjpeg"), timing: short), exposed: 1)
  }

  @Test(
    "that cannot be played are refused with the reason",
    arguments: [
      ("empty.mjpeg", "is empty, a video file was wanted"),
      ("neither.avi", "is neither a motion JPEG nor a YUV4MPEG2 file"),
      ("line-endless.y4m", "the first line has no end within 1024 bytes"),
      ("size-missing.y4m", "tells no size: 'YUV4MPEG2 W4 F25:1' found, W and H wanted"),
      ("size-huge.y4m", "60000 × 60000 pixels found"),
      ("rate-word.y4m", "the rate is 'fast', two numbers as 30:1 wanted"),
      ("interlaced.y4m", "the pictures are interlaced ('It'), progressive ones are read"),
      ("bits-10.y4m", "the pixels are 'C420p10', 420, 422, 444 and mono of 8 bits are read"),
    ])
  func refused(name: String, reason: String) throws {
    let file = sampleData.appending(path: "Malformed/\(name)")
    let text = complaint { _ = try VideoSource(file, timing: Self.timing) }
    #expect(text.contains(reason))
    #expect(text.contains(name))
  }

  @Test(
    "lose what is damaged and play the rest",
    arguments: [
      ("frame-cut.y4m", [0], "frame-cut.y4m, frame 1: 14 bytes left, a frame takes 24"),
      ("frame-lost.y4m", [0], "frame-lost.y4m, frame 1: no 'FRAME' where one must begin"),
      ("end-missing.mjpeg", [1], "frame 0: the JPEG picture ends where the next picture begins"),
      ("cut.mjpeg", [0], "frame 1: the JPEG picture ends in the middle of a picture"),
      ("segment-broken.mjpeg", [0, 2], "frame 1: the JPEG picture has a segment of 1 bytes"),
      ("codes-broken.mjpeg", [0, 2], "frame 1: the JPEG picture is damaged: Corrupt JPEG data"),
    ])
  func damaged(name: String, sequences: [Int], trouble: String) throws {
    let file = sampleData.appending(path: "Malformed/\(name)")
    var source = try VideoSource(file, timing: Self.timing)
    var found: [Int] = []
    while let frame = try source.next() { found.append(frame.sequence) }
    #expect(found == sequences)
    #expect(source.troubles.recent.count == 1)
    let told = source.troubles.recent.first.map { "\($0)" } ?? "no trouble"
    #expect(told.contains(trouble))
  }

  @Test("without the belt's speed are refused")
  func speed() throws {
    let file = Self.folder.appending(path: "plain.mjpeg")
    #expect(
      complaint { _ = try VideoSource(file) }.contains("nothing tells how far the belt moved"))
  }

  @Test("damaged in any way end, and never trap", arguments: ["parts.mjpeg", "halved.y4m"])
  func mutations(name: String) throws {
    let bytes = try Data(contentsOf: Self.folder.appending(path: name))
    try withTemporaryFolder { folder in
      let file = folder.appending(path: name)
      expectNoTrap(reading: bytes, headerCount: 60, copies: 200) { copy in
        try copy.write(to: file)
        let source = try VideoSource(file, timing: Self.timing)
        _ = try FrameSourceConformance.check(source, exposed: nil)
      }
    }
  }

  @Test("a picture larger than what is read at once is found whole")
  func large() throws {
    var random = SplitMix64(seed: 4)
    let picture = Picture(
      width: 320, height: 240, channels: 3,
      pixels: (0..<230_400).map { _ in UInt8(random.nextIndex(below: 256)) })
    let bytes = try PictureFile.encodeJPEG(picture, quality: 95)
    #expect(bytes.count > 150_000)
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "large.mjpeg")
      try (bytes + Data(count: 70_000) + bytes + bytes).write(to: file)
      let frames = try Self.frames(file)
      #expect(frames.count == 3)
      let wanted = try PictureFile.decode(bytes, place: "large")
      #expect(frames.allSatisfy { $0.picture == wanted })
    }
  }
}
