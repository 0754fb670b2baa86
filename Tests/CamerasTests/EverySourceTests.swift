import BeltSimulation
import Cameras
import Diagnostics
import Foundation
import Imaging
import TestSupport
import Testing
import Units

/// The conformance suite on every source that needs no camera.
@Suite("Every frame source")
struct EverySourceTests {
  static let timing = ReplayTiming(framesPerSecond: 20, speedMillimetersPerSecond: 800)
  static let videos = sampleData.appending(path: "Golden/videos")

  /// Six pictures, of which `broken` cannot be read.
  private func withFolder(broken: Set<Int> = [], _ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      for number in 0..<6 {
        let file = folder.appending(path: "frame-\(number).\(number % 2 == 0 ? "png" : "jpg")")
        if broken.contains(number) {
          try Data("nothing".utf8).write(to: file)
        } else {
          try PictureFile.write(
            Picture(width: 8, height: 6, repeating: UInt8(40 * number)), to: file)
        }
      }
      try body(folder)
    }
  }

  @Test("a folder of pictures", arguments: [[], [2], [0, 5]] as [Set<Int>])
  func folder(broken: Set<Int>) throws {
    try withFolder(broken: broken) { folder in
      try FrameSourceConformance.run(exposed: 6) {
        try FolderSource(folder, timing: Self.timing)
      }
    }
  }

  @Test(
    "a video file",
    arguments: [
      "plain.mjpeg", "bare.mjpeg", "parts.mjpeg", "halved.y4m", "narrowed.y4m", "full.y4m",
      "mono.y4m",
    ])
  func video(name: String) throws {
    try FrameSourceConformance.run(exposed: 2) {
      try VideoSource(Self.videos.appending(path: name), timing: Self.timing)
    }
  }

  @Test(
    "a damaged video file",
    arguments: [
      ("frame-cut.y4m", 2), ("frame-lost.y4m", 2), ("end-missing.mjpeg", 2), ("cut.mjpeg", 2),
      ("segment-broken.mjpeg", 3),
    ])
  func damagedVideo(name: String, exposed: Int) throws {
    let file = sampleData.appending(path: "Malformed/\(name)")
    try FrameSourceConformance.run(exposed: exposed) {
      try VideoSource(file, timing: Self.timing)
    }
  }

  @Test("the simulated belt", arguments: [0, 0.5])
  func simulated(lossShare: Double) throws {
    var settings = BeltSettings()
    settings.widthMillimeters = 60
    settings.sectionMillimeters = 40
    settings.piecesPerSection = 1
    var timing = SimulatedSource.Timing()
    timing.frames = 5
    timing.lossShare = lossShare
    timing.encoderMillimeters = 0.2
    let belt = SimulatedBelt(settings, seed: 5)
    try FrameSourceConformance.run(exposed: 5) { SimulatedSource(belt, timing: timing) }
  }

  @Test("a folder at the pace it was recorded at", .timeLimit(.minutes(20)))
  func recordedPace() throws {
    try withFolder(broken: [3]) { folder in
      let seconds = [0, 0.05, 0.2, 0.25, 0.4, 0.45]
      let list = FrameList(
        frames: seconds.enumerated().map { number, seconds in
          FrameList.Entry(
            file: "frame-\(number).\(number % 2 == 0 ? "png" : "jpg")", seconds: seconds,
            beltMillimeters: 800 * seconds)
        })
      try JSONFile.encode(list).write(to: folder.appending(path: "frames.json"))
      let clock = RunningClock()
      try FrameSourceConformance.run(exposed: 6) {
        PacedSource(try FolderSource(folder), clock: clock, until: { false })
      }
      let start = clock.now
      let source = PacedSource(try FolderSource(folder), clock: clock, until: { false })
      while let frame = try source.next() {
        let due = seconds[frame.sequence]
        // Never before its time; how long after is up to the machine.
        #expect(start.duration(to: clock.now).seconds >= due)
        expectClose(start.duration(to: frame.exposedAt).seconds, due, absolute: 0.02)
        #expect(frame.beltMillimeters == 800 * due)
      }
    }
  }

  @Test(
    "at a rate that is asked for: a folder and both kinds of video", .timeLimit(.minutes(20)),
    arguments: ["folder", "plain.mjpeg", "halved.y4m"])
  func givenPace(name: String) throws {
    let timing = ReplayTiming(framesPerSecond: 20, speedMillimetersPerSecond: 800)
    try withFolder(broken: [3]) { folder in
      let isFolder = name == "folder"
      let clock = RunningClock()
      let start = clock.now
      var exposures: [Double] = []
      func check(_ source: some FrameSource) throws {
        let paced = PacedSource(source, clock: clock, until: { false })
        for frame in try FrameSourceConformance.check(paced, exposed: isFolder ? 6 : 2) {
          exposures.append(
            start.duration(to: frame.exposedAt).seconds - Double(frame.sequence) / 20)
        }
      }
      if isFolder {
        try check(FolderSource(folder, timing: timing))
      } else {
        try check(VideoSource(Self.videos.appending(path: name), timing: timing))
      }
      for late in exposures { expectClose(late, 0, absolute: 0.02) }
      let seconds = start.duration(to: clock.now).seconds
      #expect(seconds >= Double((isFolder ? 6 : 2) - 1) / 20)
    }
  }

  @Test("as fast as possible, whatever the recorded pace", .timeLimit(.minutes(20)))
  func fast() throws {
    try withFolder { folder in
      let start = ContinuousClock.now
      let timing = ReplayTiming(framesPerSecond: 0.01, speedMillimetersPerSecond: 800)
      let frames = try FrameSourceConformance.check(
        FolderSource(folder, timing: timing), exposed: 6)
      #expect(frames.count == 6 && frames.last?.exposedAt.seconds == 500)
      #expect(ContinuousClock.now - start < .seconds(20))
    }
  }

  @Test("what is lost is told by the frame behind the gap, however early it was known")
  func lossesInOrder() throws {
    try withFolder(broken: [1]) { folder in
      let source = PacedSource(
        try FolderSource(
          folder, timing: ReplayTiming(framesPerSecond: 5, speedMillimetersPerSecond: 800)),
        clock: RunningClock(), until: { false })
      // Long enough to read ahead over the broken frame, too short for the one behind it.
      Thread.sleep(forTimeInterval: 0.15)
      var told: [Int] = []
      while let frame = try source.next() { told.append(frame.lostBefore) }
      #expect(told.prefix(2) == [0, 1])
    }
  }
}
