import CV4L2
import Cameras
import Foundation
import Testing

/// The real calls, on files that every machine has.
@Suite("Kernel video calls")
struct V4L2SystemTests {
  private let kernel = KernelVideo()

  @Test("a failure is the negative errno, and no answer overwrites the question")
  func failures() {
    #expect(kernel.open("/nonexistent/video0") == -ENOENT)
    #expect(kernel.close(-1) == -EBADF)
    let file = kernel.open("/dev/null")
    #expect(file >= 0)
    var capability = v4l2_capability()
    #expect(kernel.ask(file, .queryCapabilities, &capability) == -ENOTTY)
    let mapping = kernel.map(file, count: 4096, offset: 0)
    #expect(mapping.address == nil)
    #expect(mapping.status == -ENODEV)
    #expect(kernel.close(file) == 0)
    #expect(kernel.ask(file, .queryCapabilities, &capability) == -EBADF)
  }

  @Test("polling waits no longer than asked and tells what is ready")
  func poll() throws {
    let file = kernel.open("/dev/zero")
    try #require(file >= 0)
    #expect(kernel.poll(file, milliseconds: 1000) & Int32(POLLIN) != 0)
    #expect(kernel.poll(-1, milliseconds: 1) == 0)
    #expect(kernel.close(file) == 0)
    let start = kernel.nanoseconds
    kernel.pause(milliseconds: 2)
    #expect(kernel.nanoseconds - start >= 2_000_000)
  }

  @Test("requests carry the numbers of the kernel's interface")
  func numbers() {
    // Source: linux/videodev2.h and the encoding of linux/ioctl.h, worked out by hand.
    #expect(VideoRequest<v4l2_capability>.queryCapabilities.code == 0x8068_5600)
    #expect(VideoRequest<v4l2_format>.setFormat.code == 0xc0d0_5605)
    #expect(VideoRequest<v4l2_requestbuffers>.requestBuffers.code == 0xc014_5608)
    #expect(VideoRequest<v4l2_buffer>.dequeueBuffer.code == 0xc058_5611)
    #expect(VideoRequest<Int32>.streamOff.code == 0x4004_5613)
    #expect(mirage_v4l2_YUYV == 0x5659_5559)
    #expect(mirage_v4l2_MJPEG == 0x4750_4a4d)
  }
}
