import Cameras
import Diagnostics
import Foundation
import Imaging
import TestSupport
import Testing
import USBCameraSimulation

extension KernelCameraTests {
  @Suite("miraged cameras, at cameras", .serialized)
  struct CommandTests {
    /// Runs `miraged cameras`, as somebody else where `launcher` says so.
    private func cameras(
      _ arguments: [String], by launcher: [String] = []
    ) throws -> ProgramResult {
      let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      let program = folder.appending(path: "miraged").path
      return try run("/usr/bin/env", launcher + [program, "cameras"] + arguments)
    }

    /// As `cameras`, and expects that it ends by itself within 5 s, besides what it takes to start
    /// where every instruction is emulated.
    private func refused(
      _ arguments: [String], by launcher: [String] = [], startSeconds: Double
    ) throws -> ProgramResult {
      let started = ContinuousClock.now
      let result = try cameras(["watch", "--seconds", "30"] + arguments, by: launcher)
      let seconds = started.duration(to: .now).seconds
      #expect(seconds < 5 + 3 * startSeconds, "\(arguments): \(seconds) s")
      #expect(result.status == 1)
      return result
    }

    @Test("the list tells all that a person needs to choose", .timeLimit(.minutes(1)))
    func list() throws {
      let usb = try USBCamera(["--serial", "BELT-7"])
      let list = try cameras([])
      #expect(list.status == 0)
      for text in [
        "* /dev/video0  ", "identity  1209:", ":BELT-7", "bus       usb-vhci_hcd", "(uvcvideo)",
        "serial    BELT-7", "chosen    the only camera that gives pictures", "would run ",
        "because   ", "MJPG      Motion-JPEG", "YUYV      YUYV 4:2:2",
        "640 × 480: 30, 15, 10 frames/s",
        "Exposure Time, Absolute", "[1 Manual Mode, 3 Aperture Priority Mode]", "/dev/video1",
        "gives metadata of",
      ] {
        #expect(list.output.contains(text), "'\(text)' is not in\n\(list.output)")
      }
      let json = try cameras(["list", "--json"])
      let reports = try JSONFile.decode(
        [CameraReport].self, from: Data(json.output.utf8), place: "list")
      #expect(reports.map(\.node.path) == ["/dev/video0", "/dev/video1"])
      #expect(reports.map(\.isChosen) == [true, false])
      #expect(reports[0].offer?.formats.map(\.name).sorted() == ["MJPG", "YUYV"])
      try usb.remove()
    }

    @Test(
      "watching shows rate, age and exposure, and saves what the camera sees",
      .timeLimit(.minutes(1)))
    func watch() throws {
      let usb = try USBCamera()
      try withTemporaryFolder { folder in
        let file = folder.appending(path: "frame.png")
        let size = ["--format", "MJPG", "--width", "640", "--height", "480", "--rate", "30"]
        let watch = try cameras(["watch", "--seconds", "3.2", "--save", file.path] + size)
        #expect(watch.status == 0, "\(watch.error)")
        for text in [
          "streaming: MJPG 640 × 480 at 30 frames/s; ", "of 30.0 frames/s, age ", "exposure ",
          " shown, ", " dropped, ", " lost (0 bad)", "saved ",
        ] {
          #expect(watch.output.contains(text), "'\(text)' is not in\n\(watch.output)")
        }
        #expect(TestCard.worstDifference(of: try PictureFile.read(file)) <= 4)
        let json = try cameras(["watch", "--seconds", "2", "--json"] + size)
        #expect(json.status == 0)
        #expect(json.output.contains(#""kind":"state""#))
        #expect(json.output.contains(#""nominalRate":30"#))
        #expect(json.output.split(separator: "\n").last?.contains(#""kind":"end""#) ?? false)
      }
      try usb.remove()
    }

    @Test("what a camera cannot do, and who holds it, is told at once", .timeLimit(.minutes(1)))
    func refusals() throws {
      let usb = try USBCamera()
      let cases: [([String], String, String)] = [
        (["/dev/video1"], "/dev/video1: gives metadata of", "lists the nodes that give pictures"),
        (["--format", "NV12"], "format NV12 is not offered; there is", "lists formats"),
        (
          ["--width", "800", "--height", "600"], "size 800 × 600 is not offered; there is", "lists"
        ),
        (["--rate", "90"], "rate 90 frames/s is not offered; there is 30 at most", "lists"),
        (["NOBODY"], "NOBODY: no such camera; there are 1209:", "plug the camera in"),
        (["--lock", "--gain", "900"], "gain", "lists the controls"),
      ]
      let begun = ContinuousClock.now
      _ = try cameras(["--help"])
      let start = begun.duration(to: .now).seconds
      for (arguments, problem, remedy) in cases {
        let result = try refused(arguments, startSeconds: start)
        #expect(result.error.lowercased().contains(problem.lowercased()), "\(result.error)")
        #expect(result.error.contains("  help: ") && result.error.contains(remedy))
      }
      let first = LiveCamera(.fixed("MJPG", rate: 30))
      _ = try first.frames(3)
      let second = try refused([], startSeconds: start)
      let holder = ProcessInfo.processInfo.processIdentifier
      #expect(second.error.contains("/dev/video0: in use by "), "\(second.error)")
      #expect(second.error.contains("(process \(holder))"), "\(second.error)")
      #expect(second.error.contains("help: end the other program"))
      _ = try first.frames(3)
      first.stop()
      let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
      let forbidden = try refused([], by: nobody, startSeconds: start)
      #expect(forbidden.error.contains("this user may not open it"), "\(forbidden.error)")
      #expect(forbidden.error.contains("usermod -aG video"))
      let list = try cameras([], by: nobody)
      #expect(list.output.contains("this user may not open it"))
      try usb.remove()
    }

    @Test("a node of several planes is told from a camera", .timeLimit(.minutes(1)))
    func multiplanar() throws {
      let vivid = try VividCamera([
        "multiplanar=2", "node_types=0x1", "num_inputs=1", "input_types=0x0",
      ])
      let result = try cameras(["watch", "--seconds", "20"])
      #expect(result.status == 1)
      #expect(
        result.error.contains("gives pictures in several planes (multiplanar), which is not read"))
      try vivid.unload()
    }
  }
}
