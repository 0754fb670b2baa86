import CV4L2
import Cameras
import Foundation
import TestSupport
import Testing

@Suite("Rules of V4L2, kept by the scripted stand-in")
struct ScriptedRulesTests {
  @Test("as by vivid and by uvcvideo", arguments: V4L2Rule.allCases, [true, false])
  func rule(_ rule: V4L2Rule, isReadable: Bool) throws {
    try withTemporaryFolder { folder in
      var model = ScriptedModel()
      model.isReadable = isReadable
      let video = ScriptedVideo(model, system: folder)
      try rule.check(
        VideoRig(system: video, path: "/dev/video0") { video.state.withLock { $0.unplug() } })
      #expect(video.state.withLock { $0.files.isEmpty && $0.mapped.isEmpty })
    }
  }
}
