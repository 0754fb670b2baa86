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

      /// Sets the device to `width` × `height` in YUYV.
      init(_ path: String, width: Int, height: Int) throws {
        file = Foundation.open(path, O_RDWR | O_CLOEXEC)
        try #require(file >= 0)
        var format = v4l2_format()
        format.type = V4L2_BUF_TYPE_VIDEO_OUTPUT.rawValue
        format.fmt.pix.width = UInt32(width)
        format.fmt.pix.height = UInt32(height)
        format.fmt.pix.pixelformat = mirage_v4l2_YUYV
        format.fmt.pix.sizeimage = UInt32(2 * width * height)
        format.fmt.pix.bytesperline = UInt32(2 * width)
        format.fmt.pix.field = V4L2_FIELD_NONE.rawValue
        try #require(KernelVideo().ask(file, .setFormat, &format) == 0)
        let bytes = [UInt8](repeating: 128, count: 2 * width * height)
        let thread = Thread { [self] in
          while !isStopped.load(ordering: .relaxed) {
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

    @Test(
      "is read without a clock to rely on, and the books say so", .timeLimit(.minutes(1)))
    func survives() throws {
      try Guest.load("loopback", ["devices=1", "video_nr=0", "exclusive_caps=0"])
      try #require(Guest.waits { Guest.devices == ["/dev/video0"] })
      let sender = try Sender("/dev/video0", width: 640, height: 480)
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
  }
}
