import CV4L2
import Foundation
import Imaging
import TestSupport
import Testing
import Units

@testable import Cameras

/// Parts of the reader by themselves.
@Suite("Parts of the camera reader")
struct V4L2PartsTests {
  private func buffer(
    seconds: Int, microseconds: Int, flags: Int32 = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC
  ) -> v4l2_buffer {
    var buffer = v4l2_buffer()
    buffer.timestamp.tv_sec = seconds
    buffer.timestamp.tv_usec = microseconds
    buffer.flags = UInt32(flags)
    return buffer
  }

  @Test("a stamp is used as far as it can be, and the arrival otherwise")
  func stamps() {
    var reader = StampReader()
    let now: Int64 = 100_000_000_000
    let start = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_SOE
    let good = reader.read(buffer(seconds: 99, microseconds: 990_000, flags: start), arrivedAt: now)
    #expect(good.nanoseconds == 99_990_000_000)
    #expect(good.meaning == .startOfExposure)
    #expect(good.fault == nil)
    let end = reader.read(buffer(seconds: 99, microseconds: 995_000), arrivedAt: now)
    #expect(end.meaning == .endOfFrame)
    let cases: [(v4l2_buffer, StampReader.Fault)] = [
      (buffer(seconds: 100, microseconds: 12_000), .ahead),
      (buffer(seconds: .max, microseconds: 0), .ahead),
      (buffer(seconds: 0, microseconds: 0), .zero),
      (buffer(seconds: 90, microseconds: 0), .old),
      (buffer(seconds: 99, microseconds: 980_000, flags: 0), .foreign),
      (
        buffer(
          seconds: 99, microseconds: 980_000, flags: V4L2_BUF_FLAG_TIMESTAMP_COPY), .foreign
      ),
    ]
    for (buffer, fault) in cases {
      let found = reader.read(buffer, arrivedAt: now)
      #expect(found.fault == fault)
      #expect(found.meaning == .arrival)
      #expect(found.nanoseconds == now)
    }
    #expect(reader.faults == [.ahead, .zero, .old, .foreign])
    var backward = StampReader()
    _ = backward.read(buffer(seconds: 99, microseconds: 900_000), arrivedAt: now)
    let earlier = backward.read(buffer(seconds: 99, microseconds: 800_000), arrivedAt: now)
    #expect(earlier.fault == .backward)
    #expect(earlier.isNew)
    // The clock was set back once; from then on its stamps serve again.
    let later = backward.read(buffer(seconds: 99, microseconds: 850_000), arrivedAt: now)
    #expect(later.fault == nil)
  }

  @Test("losses are counted over every seam of 32 bits")
  func sequences() {
    var counter = SequenceCounter()
    #expect(counter.lost(before: 0xffff_ff80) == 0)
    #expect(counter.lost(before: 0xffff_ff81) == 0)
    #expect(counter.lost(before: 0xffff_ffff) == 125)
    #expect(counter.lost(before: 1) == 1)
    #expect(counter.lost(before: 1) == 0)
    #expect(counter.lost(before: 0) == 0)
    #expect(counter.lost(before: 1) == 0)
    #expect(counter.isCounting)
    var constant = SequenceCounter()
    for _ in 0..<7 { #expect(constant.lost(before: 0) == 0) }
    #expect(constant.isCounting)
    _ = constant.lost(before: 0)
    #expect(!constant.isCounting)
  }

  @Test("rates are measured over two seconds, or over the last frames of a slow camera")
  func rates() throws {
    var meter = RateMeter()
    #expect(meter.rates == nil)
    for frame in 0..<400 { meter.count(at: Int64(frame) * 10_000_000, lost: frame % 2) }
    let fast = try #require(meter.rates)
    #expect(abs(fast.received - 100) < 1e-6)
    #expect(abs(fast.exposed - 150) < 1)
    #expect(abs(fast.seconds - 2) < 1e-6)
    var slow = RateMeter()
    for frame in 0..<10 { slow.count(at: Int64(frame) * 5_000_000_000, lost: 0) }
    #expect(abs((slow.rates?.received ?? 0) - 0.2) < 1e-9)
  }

  @Test("MJPG is taken where YUYV cannot reach the rate, and the reason says so")
  func choice() throws {
    try withTemporaryFolder { folder in
      let video = ScriptedVideo(system: folder)
      let directory = CameraDirectory(system: folder, devices: URL(filePath: "/dev"))
      func report(_ change: (inout CameraSettings) -> Void) throws -> CameraReport {
        var settings = CameraSettings()
        change(&settings)
        return try #require(CameraSurvey(directory, video).reports(for: settings).first)
      }
      let usual = try #require(try report { _ in }.choice)
      #expect(usual.format == "MJPG")
      #expect((usual.width, usual.height) == (1280, 720))
      #expect(usual.reason == "MJPG reaches 30 frames/s at 1280 × 720, YUYV only 10")
      let small = try #require(try report { ($0.width, $0.height) = (640, 480) }.choice)
      #expect(small.reason == "YUYV is the best of the formats with 30 frames/s at 640 × 480")
      let slow = try #require(try report { $0.framesPerSecond = 10 }.choice)
      #expect(slow.format == "YUYV")
      #expect(slow.rate == 10)
      let named = try #require(try report { $0.format = "yuyv" }.choice)
      #expect(named.reason == "YUYV, as asked for, at 640 × 480")
      let report = try report { _ in }
      #expect(report.isChosen)
      #expect(report.reason == "the only camera that gives pictures")
      #expect(report.identity == "1209:0002:S1")
      #expect(report.capabilities?.card == "Scripted camera")
      #expect(report.controls.count == 7)
      #expect(report.controls.first { $0.name == "Auto Exposure" }?.menu[1] == "Manual Mode")
      #expect(video.state.withLock { $0.files.isEmpty })
    }
  }

  @Test("sizes in steps take what was asked for, or else the one that is set")
  func steps() throws {
    var size = CameraOffer.Size(fixed: 16, 16)
    (size.widthMost, size.heightMost, size.widthStep, size.heightStep) = (4096, 4096, 2, 2)
    (size.rates, size.isAnyRate) = ([120, 1], true)
    let offer = CameraOffer(
      formats: [
        CameraOffer.Format(
          code: mirage_v4l2_YUYV, name: "YUYV", description: "", isCompressed: false, sizes: [size])
      ], currentWidth: 1920, currentHeight: 1080)
    var settings = CameraSettings()
    #expect(try offer.choice(for: settings, place: "c").width == 1920)
    #expect(try offer.choice(for: settings, place: "c").rate == 30)
    (settings.width, settings.height) = (800, 600)
    #expect(try offer.choice(for: settings, place: "c").height == 600)
    settings.height = 601
    #expect(
      complaint { _ = try offer.choice(for: settings, place: "c") }.contains(
        "size 800 × 601 is not offered; there is 16 × 16 to 4096 × 4096"))
  }

  @Test("colors follow V4L2's defaults for what a driver leaves open")
  func colors() {
    func rules(
      _ format: UInt32, _ space: v4l2_colorspace, _ encoding: v4l2_ycbcr_encoding? = nil,
      _ quantization: v4l2_quantization? = nil
    ) -> ColorRules {
      var pixels = v4l2_pix_format()
      pixels.pixelformat = format
      pixels.colorspace = space.rawValue
      pixels.ycbcr_enc = encoding?.rawValue ?? 0
      pixels.quantization = quantization?.rawValue ?? 0
      return ColorRules(pixels)
    }
    let yuyv = mirage_v4l2_YUYV
    #expect(rules(yuyv, V4L2_COLORSPACE_SRGB) == ColorRules(matrix: .bt601, range: .limited))
    #expect(rules(yuyv, V4L2_COLORSPACE_SMPTE170M) == ColorRules(matrix: .bt601, range: .limited))
    #expect(rules(yuyv, V4L2_COLORSPACE_REC709) == ColorRules(matrix: .bt709, range: .limited))
    #expect(rules(yuyv, V4L2_COLORSPACE_BT2020) == ColorRules(matrix: .bt2020, range: .limited))
    #expect(
      rules(yuyv, V4L2_COLORSPACE_SMPTE240M) == ColorRules(matrix: .smpte240m, range: .limited))
    #expect(rules(yuyv, V4L2_COLORSPACE_JPEG) == ColorRules(matrix: .bt601, range: .full))
    #expect(rules(mirage_v4l2_RGB24, V4L2_COLORSPACE_SRGB).range == .full)
    #expect(rules(mirage_v4l2_GREY, V4L2_COLORSPACE_SRGB).range == .full)
    #expect(
      rules(yuyv, V4L2_COLORSPACE_SRGB, V4L2_YCBCR_ENC_709, V4L2_QUANTIZATION_FULL_RANGE)
        == ColorRules(matrix: .bt709, range: .full))
    #expect(
      rules(
        mirage_v4l2_RGB24, V4L2_COLORSPACE_SRGB, nil, V4L2_QUANTIZATION_LIM_RANGE
      ).range == .limited)
  }

  @Test("complaints of a kind come once a second, with the count of all")
  func gate() {
    var gate = ComplaintGate()
    #expect(gate.pass(.gap, count: 2, at: 0) == 2)
    #expect(gate.pass(.gap, count: 3, at: 900_000_000) == nil)
    #expect(gate.pass(.empty, count: 1, at: 900_000_000) == 1)
    #expect(gate.pass(.gap, count: 4, at: 1_000_000_000) == 7)
    #expect(gate.pass(.gap, count: 1, at: 2_000_000_000) == 1)
  }

  @Test("cameras are told apart by what sysfs says, with the links that stay")
  func directory() throws {
    try withTemporaryFolder { folder in
      var model = ScriptedModel()
      model.hasMetadata = true
      _ = ScriptedVideo(model, system: folder)
      let devices = folder.appending(path: "dev")
      for kind in ["by-id", "by-path"] {
        let links = devices.appending(path: "v4l/\(kind)")
        try FileManager.default.createDirectory(at: links, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
          atPath: links.appending(path: "\(kind)-camera").path,
          withDestinationPath: "../../video0")
      }
      let nodes = CameraDirectory(system: folder, devices: devices).nodes()
      #expect(nodes.map { ($0.path as NSString).lastPathComponent } == ["video0", "video1"])
      #expect(nodes.map(\.identity.index) == [0, 1])
      #expect(nodes.allSatisfy { $0.identity.text == "1209:0002:S1" })
      #expect(nodes.allSatisfy { $0.identity.port == "1-1" && $0.identity.interface == "00" })
      #expect(nodes[0].links.count == 2 && nodes[1].links.isEmpty)
      #expect(CameraName.text("by-id-camera").matches(among: nodes).count == 1)
    }
  }
}
