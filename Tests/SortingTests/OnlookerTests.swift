import CAllocationCount
import Cameras
import Conveyor
import Imaging
import Synchronization
import TestSupport
import Testing
import Units

@testable import Sorting

/// What is kept and drawn for those who look on.
@Suite("Onlookers")
struct OnlookerTests {
  @Test("each decided piece that its frame shows has a picture, itself bright and the belt dark")
  func album() throws {
    let album = PieceAlbum()
    let source = SeededSource(seed: 5)
    let clock = SimulatedClock()
    let pipeline = try Pipeline(
      ColorClassifier(), calibration: TestLine.calibration, ejected: ["copper"],
      settings: TestLine.settings, clock: clock)
    var run = LineRun(
      source, through: pipeline, clock: clock, remembering: .nothing, album: album)
    let decided = Mutex<[PieceDecision]>([])
    var outcomes: [FrameOutcome] = []
    let summary = try run.play(
      until: { false },
      emit: { event in
        if case .decision(let decision) = event { decided.withLock { $0.append(decision) } }
      }, report: { outcomes.append($0) })
    let decisions = decided.withLock { $0 }
    #expect(run.decisions.isEmpty)
    #expect(decisions.count > 3)
    let pictures = decisions.compactMap { album.picture(of: $0.piece) }
    #expect(pictures.count * 10 >= decisions.count * 9)
    for picture in pictures {
      let side = PieceAlbum.side
      let middle = picture[side / 2, side / 2, 0]
      #expect(picture.width == side && picture.height == side)
      #expect(middle > picture[0, 0, 0], "the belt is no brighter than the piece")
    }
    #expect(album.picture(of: -7) == nil)
    #expect(outcomes.count == summary.frames.decided + summary.frames.late)
    #expect(outcomes.last?.framesDecided == summary.frames.decided)
    let speed = try #require(outcomes.last?.speedMillimetersPerSecond)
    #expect(abs(speed - source.drive.speed) < 0.2 * source.drive.speed)
    #expect(outcomes.allSatisfy { $0.pieces.isBalanced && $0.doneAt >= $0.exposedAt })
  }

  @Test("keeping a piece takes no memory, and neither does the question whether to draw")
  func noMemory() {
    let album = PieceAlbum()
    let picture = Picture(width: 200, height: 100, repeating: 90)
    var labels = LabelMap(width: 200, height: 100)
    for x in 150..<200 { labels.labels[50 * 200 + x] = 1 }
    let blob = Blob(
      label: 1, area: 50, centroid: Point(x: 175, y: 50), columns: 150...199, rows: 50...50,
      touchesBorder: true)
    let view = LiveView()
    for piece in 0..<PieceAlbum.capacity {
      album.keep(piece, blob, of: picture, labels: labels)
    }
    _ = view.wantsFrame()
    let before = mirage_allocation_count()
    for piece in 0..<300 {
      album.keep(piece, blob, of: picture, labels: labels)
      if view.wantsFrame() { Issue.record("nobody asked") }
    }
    #expect(mirage_allocation_count() == before)
    #expect(album.picture(of: 299) != nil && album.picture(of: 10) == nil)
  }

  @Test("the belt is drawn while someone asks, not more often than five times a second")
  func view() throws {
    let view = LiveView()
    #expect(view.picture() == nil)
    var drawn = 0
    let clock = SimulatedClock()
    let pipeline = try Pipeline(
      ColorClassifier(), calibration: TestLine.calibration, ejected: ["copper"],
      settings: TestLine.settings, clock: clock)
    var run = LineRun(SeededSource(seed: 5), through: pipeline, clock: clock)
    let start = ContinuousClock.now
    _ = try run.play(
      until: { false }, emit: { view.note($0) },
      paint: { frame in
        guard view.wantsFrame() else { return }
        view.draw(frame())
        drawn += 1
      })
    let seconds = start.duration(to: .now).seconds
    #expect(drawn >= 1 && Double(drawn) <= 1 + seconds * 5)
    let bytes = try #require(view.picture())
    #expect(bytes.prefix(2) == [0xff, 0xd8])
  }
}
