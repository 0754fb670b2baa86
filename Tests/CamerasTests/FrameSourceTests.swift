import BeltSimulation
import Cameras
import Diagnostics
import Foundation
import Imaging
import TestSupport
import Testing
import Units

@Suite("Frame sources")
struct FrameSourceTests {
  /// Runs `body` with a folder of six frames of a seeded belt.
  private func withFrames(_ body: (URL) throws -> Void) throws {
    let belt = SeededBelt(seed: 3, lengthMillimeters: 200)
    try withTemporaryFolder { folder in
      for number in 0..<6 {
        try PictureFile.write(
          belt.picture(at: Double(number) * 40),
          to: folder.appending(path: "frame-\(number + 7).png"))
      }
      try body(folder)
    }
  }

  private let timing = ReplayTiming(framesPerSecond: 20, speedMillimetersPerSecond: 800)

  @Test("a folder of pictures keeps the promises, in the order of the numbers in its names")
  func plainFolder() throws {
    try withFrames { folder in
      let frames = try FrameSourceConformance.check(
        FolderSource(folder, timing: timing), exposed: 6)
      #expect(frames.map(\.exposedAt.seconds) == [0, 0.05, 0.1, 0.15, 0.2, 0.25])
      #expect(frames.map(\.beltMillimeters) == [0, 40, 80, 120, 160, 200])
      // frame-7, -8, -9 come before frame-10.
      #expect(frames[3].picture == SeededBelt(seed: 3, lengthMillimeters: 200).picture(at: 120))
    }
  }

  @Test("broken, missing and odd-sized frames are counted and told, never fatal")
  func brokenFrames() throws {
    try withFrames { folder in
      try Data("no picture".utf8).write(to: folder.appending(path: "frame-8.png"))
      try PictureFile.write(
        Picture(width: 9, height: 9), to: folder.appending(path: "frame-10.png"))
      try Data().write(to: folder.appending(path: "frame-12.png"))
      var source = try FolderSource(folder, timing: timing)
      let frames = try FrameSourceConformance.check(source, exposed: 6)
      #expect(frames.map(\.sequence) == [0, 2, 4])
      #expect(frames.map(\.lostBefore) == [0, 1, 1])
      while try source.next() != nil {}
      #expect(source.account == SourceAccount(delivered: 3, lost: 3))
      #expect(source.troubles.count == 3)
      #expect(
        "\(source.troubles.recent[1])".contains(
          "is 9 × 9 pixels, the frames before it are 120 × 100"))
    }
  }

  @Test("frames.json tells files, times and belt positions")
  func listedFrames() throws {
    try withFrames { folder in
      let list = FrameList(frames: [
        .init(file: "frame-9.png", seconds: 0, beltMillimeters: 10),
        .init(file: "absent.png", seconds: 0.5, beltMillimeters: 15),
        .init(file: "frame-7.png", seconds: 0.75, beltMillimeters: 20),
      ])
      try AtomicFile.write(JSONFile.encode(list), to: folder.appending(path: "frames.json"))
      let frames = try FrameSourceConformance.check(FolderSource(folder), exposed: 3)
      #expect(frames.map(\.exposedAt.seconds) == [0, 0.75])
      #expect(frames.map(\.beltMillimeters) == [10, 20])
    }
  }

  @Test("a gray picture comes in three equal channels")
  func gray() throws {
    try withTemporaryFolder { folder in
      try PictureFile.write(
        Picture(width: 4, height: 3, channels: 1, repeating: 77),
        to: folder.appending(path: "gray.png"))
      let frames = try FrameSourceConformance.check(
        FolderSource(folder, timing: timing), exposed: 1)
      #expect(frames[0].picture == Picture(width: 4, height: 3, repeating: 77))
    }
  }

  @Test(
    "a list that cannot be played is refused with the reason",
    arguments: [
      ("{frames: []}", "names no frame"),
      ("{frames: [{file: '../x.png'}]}", "leads out of the folder"),
      (
        "{frames: [{file: 'a', beltMillimeters: 5}, {file: 'b', beltMillimeters: 4}]}",
        "frame 1 (b) lies before the frame above it"
      ),
      ("{frames: [{file: 'a'}]}", "nothing tells how far the belt moved between frames"),
      ("[1, 2", "not valid JSON"),
    ])
  func refusedList(_ list: String, _ reason: String) throws {
    try withTemporaryFolder { folder in
      try Data(list.utf8).write(to: folder.appending(path: "frames.json"))
      #expect(complaint { _ = try FolderSource(folder) }.contains(reason))
    }
  }

  @Test("a folder without pictures, or none at all, is refused")
  func refusedFolder() throws {
    try withTemporaryFolder { folder in
      #expect(complaint { _ = try FolderSource(folder) }.contains("holds no picture"))
      let absent = folder.appending(path: "absent")
      #expect(complaint { _ = try FolderSource(absent) }.contains("no such folder"))
    }
  }

  @Test("the simulated belt keeps the promises, with and without losses", arguments: [0, 0.5])
  func simulated(lossShare: Double) throws {
    var settings = BeltSettings()
    settings.widthMillimeters = 60
    settings.sectionMillimeters = 40
    settings.piecesPerSection = 1
    var timing = SimulatedSource.Timing()
    timing.frames = 5
    timing.lossShare = lossShare
    timing.encoderMillimeters = 0.2
    timing.framesPerSecond = 50
    let source = SimulatedSource(SimulatedBelt(settings, seed: 5), timing: timing)
    let frames = try FrameSourceConformance.check(source, exposed: 5)
    let again = try FrameSourceConformance.check(source, exposed: 5)
    #expect(frames.map(\.picture) == again.map(\.picture))
    #expect(frames.map(\.beltMillimeters) == again.map(\.beltMillimeters))
  }

  /// Plain frames at a rate, each of which takes time to make.
  private struct CountingSource: FrameSource {
    var account = SourceAccount()
    var troubles = SourceTroubles()
    var position = 0
    var lost = 0
    let frames: Int
    let framesPerSecond: Double
    var work = 0.0

    var nextExposure: LineInstant? {
      position < frames ? LineInstant(seconds: Double(position) / framesPerSecond) : nil
    }

    mutating func skip() {
      troubles.note(Complaint("frame \(position)", "skipped"))
      account.lost += 1
      lost += 1
      position += 1
    }

    mutating func next() throws -> CameraFrame? {
      guard let nextExposure else { return nil }
      defer {
        position += 1
        lost = 0
      }
      if work > 0 { Thread.sleep(forTimeInterval: work) }
      account.delivered += 1
      return CameraFrame(
        picture: Picture(width: 2, height: 2), sequence: position, exposedAt: nextExposure,
        beltMillimeters: Double(position), lostBefore: lost)
    }
  }

  @Test("skipped frames are lost, and the next one tells", arguments: [1, 3])
  func skipping(_ count: Int) throws {
    try withFrames { folder in
      var settings = BeltSettings()
      settings.widthMillimeters = 60
      settings.sectionMillimeters = 40
      settings.piecesPerSection = 1
      var timing = SimulatedSource.Timing()
      timing.frames = 6
      let sources: [any FrameSource] = [
        try FolderSource(folder, timing: self.timing),
        SimulatedSource(SimulatedBelt(settings, seed: 5), timing: timing),
        CountingSource(frames: 6, framesPerSecond: 20),
      ]
      for var source in sources {
        #expect(source.nextExposure == LineInstant(nanoseconds: 0))
        for _ in 0..<count { source.skip() }
        #expect(source.nextExposure == LineInstant(seconds: Double(count) / 20))
        let frame = try #require(try source.next())
        #expect(frame.sequence == count)
        #expect(frame.lostBefore == count)
        #expect(source.account == SourceAccount(delivered: 1, lost: count))
        #expect(source.troubles.count == count)
        while source.nextExposure != nil { source.skip() }
        source.skip()
        #expect(try source.next()?.sequence == nil)
        #expect(source.account.exposed == 6 || source is CountingSource)
      }
    }
  }

  @Test(
    "a source that is too slow gives fresh frames, the others are lost", .timeLimit(.minutes(20)))
  func slowSource() throws {
    let clock = RunningClock()
    let source = PacedSource(
      CountingSource(frames: 60, framesPerSecond: 200, work: 0.02), clock: clock,
      until: { false })
    var sequences: [Int] = []
    var worst = Duration.zero
    while let frame = try source.next() {
      sequences.append(frame.sequence)
      worst = max(worst, frame.exposedAt.duration(to: clock.now))
    }
    #expect(source.account.exposed == 60)
    #expect(source.account.lost > 20)
    #expect(sequences.count > 3, "a slow source is not starved")
    #expect(worst < .milliseconds(500), "frames are fresh: \(worst)")
    #expect(source.troubles.count == source.account.lost)
  }

  @Test("a paced source keeps the promises and its pace", .timeLimit(.minutes(20)))
  func paced() throws {
    let clock = RunningClock()
    let source = PacedSource(
      CountingSource(frames: 20, framesPerSecond: 100), clock: clock, until: { false })
    let frames = try FrameSourceConformance.check(source, exposed: 20)
    #expect(clock.now.seconds >= 0.19)
    #expect(source.account.dropped + source.account.lost + frames.count == 20)
  }

  @Test(
    "a slow reader gets the freshest frame, and the others are counted", .timeLimit(.minutes(20)))
  func slowReader() throws {
    let source = PacedSource(
      CountingSource(frames: 40, framesPerSecond: 200), clock: RunningClock(), until: { false })
    var sequences: [Int] = []
    var missed = 0
    while let frame = try source.next() {
      sequences.append(frame.sequence)
      missed += frame.lostBefore
      Thread.sleep(forTimeInterval: 0.03)
    }
    #expect(source.account.exposed == 40)
    #expect(source.account.dropped + source.account.lost > 10)
    #expect(sequences == sequences.sorted())
    #expect(source.account.delivered == sequences.count)
    #expect(missed <= source.account.dropped + source.account.lost)
  }

  @Test("a paced source that is asked to stop ends", .timeLimit(.minutes(20)))
  func stop() throws {
    let source = PacedSource(
      CountingSource(frames: 1_000_000, framesPerSecond: 2), clock: RunningClock(),
      until: { true })
    while let _ = try source.next() {}
    #expect(source.account.delivered <= 1)
  }

  @Test("simulated time stands still until moved and never runs back")
  func clock() {
    let clock = SimulatedClock()
    clock.follow(LineInstant(seconds: 2))
    clock.follow(LineInstant(seconds: 1))
    #expect(clock.now == LineInstant(seconds: 2))
  }
}
