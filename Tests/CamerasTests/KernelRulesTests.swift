import CV4L2
import Cameras
import Foundation
import Synchronization
import Testing

/// What runs only where Tools/camera-vm has booted the kernel's camera drivers.
@Suite("Cameras of the kernel", .serialized, .enabled(if: Guest.isHere, Guest.elsewhere))
struct KernelCameraTests {}

extension KernelCameraTests {
  @Suite("Rules of V4L2, kept by its drivers", .serialized)
  struct RulesTests {
    /// One camera for all rules, since plugging it in takes longest; tests run one by one.
    private static let camera = Mutex<USBCamera?>(nil)

    @Test("vivid keeps the rule", .timeLimit(.minutes(1)), arguments: V4L2Rule.allCases)
    func vivid(rule: V4L2Rule) throws {
      let camera = try VividCamera()
      try rule.check(
        VideoRig(system: KernelVideo(), path: VividCamera.path) {
          try camera.set(["disconnect": 1])
        })
      if rule == .unplugged { try camera.unload() }
    }

    @Test("uvcvideo keeps the rule", .timeLimit(.minutes(1)), arguments: V4L2Rule.allCases)
    func universal(rule: V4L2Rule) throws {
      try Self.camera.withLock { shared in
        let camera = try shared ?? USBCamera()
        shared = camera
        try rule.check(
          VideoRig(system: KernelVideo(), path: "/dev/video0") { try camera.order("unplug") })
        if rule == .unplugged {
          try camera.remove()
          shared = nil
        }
      }
    }

    @Test("uvcvideo keeps the order of frames over the other transport", .timeLimit(.minutes(1)))
    func isochronous() throws {
      let camera = try USBCamera(["--transport", "isochronous"])
      try V4L2Rule.sequence.check(
        VideoRig(system: KernelVideo(), path: "/dev/video0") { try camera.order("unplug") })
      try camera.remove()
    }
  }
}
