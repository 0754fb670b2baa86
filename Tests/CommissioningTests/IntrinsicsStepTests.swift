import CalibrationTargets
import CameraCalibration
import Cameras
import Diagnostics
import Foundation
import Imaging
import TestSupport
import Testing

@testable import Commissioning

/// Pictures of a board by a camera whose lens is known.
struct BoardPictures {
  var rig: SimulatedBoardRig
  let renderer: BoardRenderer
  let folder: URL

  init(
    in folder: URL, board: CalibrationBoard = .tags(TagGrid()), seed: UInt64 = 11
  ) {
    self.folder = folder
    rig = SimulatedBoardRig(seed: seed, board: board, width: 480, height: 360)
    renderer = BoardRenderer(board, lens: rig.lens)
  }

  /// Writes one picture; `copies` of it differ in their noise alone.
  mutating func write(_ name: String, blur: Double = 0.8, copies: Int = 1) throws {
    let pose = rig.pose(tiltDegrees: 45, fill: 0.45...0.9)
    var exposure = BoardExposure()
    exposure.blur = blur
    for copy in 0..<copies {
      let picture = renderer.picture(at: pose, exposure, using: &rig.random)
      let file = folder.appending(path: copies == 1 ? name : "\(name)-\(copy).png")
      try PictureFile.write(picture, to: file)
    }
  }
}

@Suite("Intrinsics from pictures")
struct IntrinsicsStepTests {
  @Test("a lens is found within its stated error, and each bad picture is named with its reason")
  func wholeWay() throws {
    try withTemporaryFolder { folder in
      let recordings = folder.appending(path: "Pictures")
      var pictures = BoardPictures(in: recordings)
      for number in 1...12 { try pictures.write("view-\(number).png") }
      try pictures.write("view-13.png", blur: 5)
      try PictureFile.write(
        Picture(width: 480, height: 360, repeating: 128),
        to: recordings.appending(path: "view-14.png"))
      try AtomicFile.write("no picture", to: recordings.appending(path: "view-15.png"))
      let rig = try RigFolder(root: folder.appending(path: "Rigs"), rig: "line-1")
      let work = StepWork(recordings, rig: rig)
      let settings = IntrinsicsStep.Settings(board: pictures.renderer.board)
      let outcome = try IntrinsicsStep.perform(settings, on: work)
      let (found, truth) = (outcome.result.lens.parameters, pictures.rig.lens.parameters)
      for (index, bound) in outcome.result.bounds.enumerated() {
        // Twice the 95 % bound: nine numbers in one draw.
        #expect(
          abs(found[index] - truth[index]) < 2 * bound,
          "\(LensModel.parameterNames[index]): \(found[index]), \(truth[index]) wanted ± \(bound)")
      }
      let rejections = Dictionary(
        uniqueKeysWithValues: outcome.inputs.compactMap { input in
          input.rejection.map { (input.name, $0) }
        })
      #expect(rejections.keys.sorted() == ["view-13.png", "view-14.png", "view-15.png"])
      #expect(rejections["view-14.png"] == "no board found")
      #expect(outcome.inputs.count == 15)
      #expect(outcome.inputs[0].picture == "view-001.jpg")
      #expect(outcome.pictures.count == 14, "the broken file has no picture")
      let (document, kept) = try rig.keep(outcome, of: work, stamp: .init(operatorName: "Eva"))
      let section = try IntrinsicsStep.section(of: document, in: kept)
      for words in ["5 × 7 tags of tag36h11", "12 of 15 pictures were used", "focal length across"]
      {
        #expect(section.source.contains(words), "\(words)")
      }
      let again = try RigFolder.read(IntrinsicsStep.self, in: kept)
      #expect(again == document)
    }
  }

  @Test("a folder without a usable picture says what each lacks")
  func useless() throws {
    try withTemporaryFolder { folder in
      let recordings = folder.appending(path: "Pictures")
      for name in ["a.png", "b.png"] {
        try PictureFile.write(
          Picture(width: 200, height: 150, repeating: 90), to: recordings.appending(path: name))
      }
      let rig = try RigFolder(root: folder, rig: "line-1")
      do {
        _ = try IntrinsicsStep.perform(
          IntrinsicsStep.Settings(board: .tags(TagGrid())), on: StepWork(recordings, rig: rig))
        Issue.record("accepted")
      } catch let error as any Explained {
        #expect(
          error.problem.hasPrefix(
            "0 of 2 pictures show a usable board; a.png: no board found; b.png: no board found; "),
          "\(error)")
        #expect(error.remedy == "show all of the board, evenly lit and without glare")
      }
    }
  }

  @Test("a lens does not move against itself, and another one does")
  func moves() throws {
    try withTemporaryFolder { folder in
      let rig = try RigFolder(root: folder, rig: "line-1")
      func lens(_ seed: UInt64) throws -> LensCalibration {
        let recordings = folder.appending(path: "\(seed)")
        var pictures = BoardPictures(in: recordings, seed: seed)
        for number in 1...8 { try pictures.write("view-\(number).png") }
        return try IntrinsicsStep.perform(
          IntrinsicsStep.Settings(board: pictures.renderer.board),
          on: StepWork(recordings, rig: rig)
        ).result
      }
      let (first, second) = (try lens(3), try lens(4))
      let still = IntrinsicsStep.moves(from: first, to: first).map(\.value).max() ?? .infinity
      #expect(still < 1e-6)
      let missed = IntrinsicsStep.moves(from: first, to: second).count { !$0.isMet }
      #expect(missed > 0)
    }
  }
}

@Suite("Views taken live")
struct LiveViewsTests {
  @Test("a replayed camera fills a folder, and a second run goes on where the first stopped")
  func replay() throws {
    try withTemporaryFolder { folder in
      let frames = folder.appending(path: "Frames")
      var pictures = BoardPictures(in: frames)
      for number in 1...8 { try pictures.write("pose-\(number)", copies: 3) }
      let views = folder.appending(path: "Views")
      var goals = CoachGoals()
      goals.views = 6
      var told: [String] = []
      func take(stopAfter: Int) throws -> [String] {
        var source = try FolderSource(frames, timing: ReplayTiming(speedMillimetersPerSecond: 0))
        var live = try LiveViews(pictures.renderer.board, into: views, goals: goals)
        var count = 0
        let saved = try live.take(
          from: &source, until: { count >= stopAfter },
          tell: { guidance in
            if guidance.saved != nil { count += 1 }
            told.append(guidance.text)
          })
        return saved
      }
      #expect(try take(stopAfter: 2) == ["view-001.png", "view-002.png"])
      let more = try take(stopAfter: 4)
      #expect(more.first == "view-003.png", "\(more)")
      #expect(
        told.first
          == "[0/6, 0 % covered] hold the board in the middle of the picture, right to its edge")
      let later = told.count { $0.hasPrefix("[2/6, ") }
      #expect(later > 0)
      let names = try FileManager.default.contentsOfDirectory(atPath: views.path).sorted()
      let pngs = names.count { $0.hasSuffix(".png") }
      #expect(names.count == 2 + more.count && pngs == names.count)
      let picture = try PictureFile.read(views.appending(path: "view-001.png"))
      #expect(picture.width == 480 && picture.channels == 3)
    }
  }
}
