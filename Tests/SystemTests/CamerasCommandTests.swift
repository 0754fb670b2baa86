import Foundation
import TestSupport
import Testing

@Suite("miraged cameras")
struct CamerasCommandTests {
  static let hasCameras = FileManager.default.fileExists(atPath: "/sys/class/video4linux")

  @Test(
    "a machine without cameras is told what to do",
    .enabled(if: !hasCameras, "this machine has cameras, which the test cannot take away"))
  func none() throws {
    let list = try run("miraged", ["cameras"])
    #expect(list.status == 1)
    #expect(list.output.isEmpty)
    #expect(list.error.hasPrefix("miraged: cameras: this machine has none that Linux knows\n"))
    #expect(list.error.contains("  help: plug one in"))
    let json = try run("miraged", ["cameras", "list", "--json"])
    #expect(json.status == 1)
    #expect(json.output == "[\n\n]\n")
    let watch = try run("miraged", ["cameras", "watch", "--seconds", "1"])
    #expect(watch.status == 1)
    #expect(watch.error.contains("camera: no camera is there"))
    let waiting = try run("miraged", ["cameras", "watch", "--wait", "--seconds", "1", "--json"])
    #expect(waiting.status == 1)
    #expect(waiting.output.contains("\"state\":\"searching\""))
    #expect(waiting.error.contains("not one frame came"))
  }

  @Test(
    "wrong options are refused",
    arguments: [
      (["list", "046d:0825"], "run 'miraged cameras watch'"),
      (["list", "--save", "x.png"], "run 'miraged cameras watch'"),
      (["watch", "--seconds", "0"], "a number above 0 wanted"),
      (["look"], "one of list, watch"),
    ] as [([String], String)])
  func wrong(_ arguments: [String], _ text: String) throws {
    let result = try run("miraged", ["cameras"] + arguments)
    #expect(result.status == 2)
    #expect(result.error.contains(text), "\(result.error)")
  }
}
