import BeltSimulation
import CV4L2
import Cameras
import Foundation
import Synchronization
import TestSupport
import Testing

extension KernelCameraTests {
  @Suite("A loopback camera", .serialized)
  struct LoopbackTests {
    /// Another program that shows a loopback device pictures, 25 a second.
    private final class Sender: Sendable {
      private let file: Int32
      private let isStopped = Atomic<Bool>(false)
      /// Which of the pictures is shown.
      let number = Atomic<Int>(0)

      /// Sets the device to `width` × `height` in a format whose bytes `pictures` are.
      init(
        _ path: String, width: Int, height: Int, format code: UInt32, pictures: [[UInt8]]
      ) throws {
        file = Foundation.open(path, O_RDWR | O_CLOEXEC)
        try #require(file >= 0)
        let size = try #require(pictures.first).count
        var format = v4l2_format()
        format.type = V4L2_BUF_TYPE_VIDEO_OUTPUT.rawValue
        format.fmt.pix.width = UInt32(width)
        format.fmt.pix.height = UInt32(height)
        format.fmt.pix.pixelformat = code
        format.fmt.pix.sizeimage = UInt32(size)
        format.fmt.pix.bytesperline = UInt32(size / height)
        format.fmt.pix.field = V4L2_FIELD_NONE.rawValue
        try #require(KernelVideo().ask(file, .setFormat, &format) == 0)
        let thread = Thread { [self] in
          while !isStopped.load(ordering: .relaxed) {
            let bytes = pictures[number.load(ordering: .relaxed)]
            _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            Thread.sleep(forTimeInterval: 0.04)
          }
        }
        thread.start()
      }

      func stop() {
        isStopped.store(true, ordering: .relaxed)
        Thread.sleep(forTimeInterval: 0.2)
        _ = Foundation.close(file)
      }
    }

    private func loadDevice() throws {
      try Guest.load("loopback", ["devices=1", "video_nr=0", "exclusive_caps=0"])
      try #require(Guest.waits { Guest.devices == ["/dev/video0"] })
    }

    @Test(
      "is read without a clock to rely on, and the books say so", .timeLimit(.minutes(1)))
    func survives() throws {
      try loadDevice()
      let sender = try Sender(
        "/dev/video0", width: 640, height: 480, format: mirage_v4l2_YUYV,
        pictures: [[UInt8](repeating: 128, count: 2 * 640 * 480)])
      Thread.sleep(forTimeInterval: 0.2)
      let camera = LiveCamera(.fixed("YUYV", 640, 480), name: .text("/dev/video0"))
      let frames = try camera.frames(40)
      let status = camera.source.status
      #expect(status.stamp == .arrival, "\(camera.told)")
      #expect(camera.hasTold("the time of arrival is taken for such frames"))
      #expect(status.bad == 0)
      #expect(frames.allSatisfy { $0.picture.pixels[0] == 130 })
      for age in camera.ages { #expect((-0.001...0.5).contains(age)) }
      camera.source.stop()
      // The sender's own.
      #expect(LiveCamera.openVideoFiles == 1)
      sender.stop()
      try Guest.unload("v4l2loopback")
    }

    @Test(
      "hands on twenty pictures of the belt byte for byte and in their order",
      .timeLimit(.minutes(1)))
    func knownPictures() throws {
      var settings = BeltSettings()
      settings.widthMillimeters = 80
      settings.sectionMillimeters = 60
      settings.piecesPerSection = 2
      let belt = SimulatedBelt(settings, seed: 5)
      let pictures = (0..<20).map { belt.picture(atBeltMillimeters: 15 * Double($0)) }
      try #require(Set(pictures.map(\.pixels)).count == 20)
      try loadDevice()
      let (width, height) = (pictures[0].width, pictures[0].height)
      let sender = try Sender(
        "/dev/video0", width: width, height: height, format: mirage_v4l2_RGB24,
        pictures: pictures.map(\.pixels))
      Thread.sleep(forTimeInterval: 0.2)
      let camera = LiveCamera(.fixed("RGB3", width, height), name: .text("/dev/video0"))
      var seen: [Int] = []
      for number in pictures.indices {
        sender.number.store(number, ordering: .relaxed)
        _ = try camera.frames(for: 5) { frames in
          guard let frame = frames.last else { return false }
          let shown = pictures.firstIndex(of: frame.picture)
          #expect(shown != nil, "frame \(frame.sequence) is none of those shown")
          seen.append(shown ?? -1)
          return shown == number
        }
      }
      #expect(seen == seen.sorted())
      #expect(Set(seen) == Set(pictures.indices))
      camera.source.stop()
      sender.stop()
      try Guest.unload("v4l2loopback")
    }
  }
}
