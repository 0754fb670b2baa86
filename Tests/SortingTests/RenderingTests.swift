import CAllocationCount
import Foundation
import Imaging
import Sorting
import Synchronization
import TestSupport
import Testing

@Suite("Rendering and handing over")
struct RenderingTests {
  @Test("a run is drawn as frames, a clip and a sheet of pieces, within its bounds")
  func files() throws {
    try withTemporaryFolder { folder in
      var limits = RunPainter.Limits()
      limits.frames = 12
      limits.clipFrames = 5
      let painter = RunPainter(folder, limits: limits)
      let source = SeededSource(seed: 5, lengthMillimeters: 160)
      let run = try TestRun(source, paint: { painter.paint($0()) })
      let files = try painter.finish()
      #expect(files.map(\.lastPathComponent) == ["run.webp", "pieces.png"])
      let names = try FileManager.default.contentsOfDirectory(
        atPath: folder.appending(path: "frames").path
      ).sorted()
      #expect(names.count == 12)
      #expect(painter.passedOver == run.summary.frames.decided - 12)
      let first = try PictureFile.read(folder.appending(path: "frames/\(#require(names.first))"))
      #expect(first.width == SeededBelt.width)
      #expect(first.height > SeededBelt.height)
      let last = try PictureFile.read(folder.appending(path: "frames/\(#require(names.last))"))
      // Outlines have the palette's colors, which neither belt nor pieces have.
      let palette = Color.palette[0]
      let hits = (0..<(last.width * last.height)).filter {
        last.pixels[$0 * 3] == palette.red && last.pixels[$0 * 3 + 1] == palette.green
          && last.pixels[$0 * 3 + 2] == palette.blue
      }
      let hasCopper = run.decisions.contains { $0.class == "copper" }
      #expect(!hasCopper || hits.count > 10)
      let clip = try Data(contentsOf: folder.appending(path: "run.webp"))
      #expect(clip.prefix(4) == Data("RIFF".utf8))
    }
  }

  @Test("the sheet frames what is told wrong in red and what is right in green, where it is known")
  func truth() throws {
    /// Pixels of the two frames' colors.
    func frames(_ truth: (PieceDecision) -> String?) throws -> (right: Int, wrong: Int) {
      try withTemporaryFolder { folder in
        let painter = RunPainter(folder)
        let run = try TestRun(
          SeededSource(seed: 5, lengthMillimeters: 160), paint: { painter.paint($0()) })
        let known = run.decisions.compactMap { decision in
          truth(decision).map { (decision.piece, $0) }
        }
        _ = try painter.finish(truth: Dictionary(known) { first, _ in first })
        let sheet = try PictureFile.read(folder.appending(path: "pieces.png"))
        func count(_ color: [UInt8]) -> Int {
          stride(from: 0, to: sheet.pixels.count, by: sheet.channels).count {
            Array(sheet.pixels[$0..<($0 + 3)]) == color
          }
        }
        return (count([60, 170, 90]), count([220, 50, 40]))
      }
    }
    let right = try frames(\.class)
    #expect(right.right > 50 && right.wrong == 0)
    // An unknown one is rightly told where the bundle does not know the class.
    let wrong = try frames { $0.class == PieceDecision.unknown ? nil : "something else" }
    #expect(wrong.wrong > 50 && wrong.right == 0)
    let unknown = try frames { _ in nil }
    #expect(unknown.right == 0 && unknown.wrong == 0)
  }

  @Test("a folder that cannot be written is told at the end, not during the run")
  func unwritable() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "taken")
      try Data().write(to: file)
      let painter = RunPainter(file)
      _ = try TestRun(SeededSource(seed: 5, lengthMillimeters: 80), paint: { painter.paint($0()) })
      #expect(complaint { _ = try painter.finish() }.contains("taken"))
    }
  }

  @Test("values are handed over in order, all of them when it may wait", .timeLimit(.minutes(20)))
  func waiting() {
    let got = Mutex<[Int]>([])
    let queue = HandOver<Int>("test", capacity: 3, whenFull: .wait) { value in
      got.withLock { $0.append(value) }
    }
    for value in 0..<500 { queue.put(value) }
    queue.close()
    #expect(got.withLock { $0 } == Array(0..<500))
    #expect(queue.dropped == 0)
  }

  @Test("putting in takes no memory, whether there is room or not", .timeLimit(.minutes(20)))
  func noMemory() {
    let queue = HandOver<[Int]>("test", capacity: 64, whenFull: .drop) { _ in
      Thread.sleep(forTimeInterval: 0.001)
    }
    let value = [1, 2, 3]
    queue.put(value)
    let before = mirage_allocation_count()
    for _ in 0..<1000 { queue.put(value) }
    #expect(mirage_allocation_count() == before)
    queue.close()
    #expect(queue.dropped > 0)
  }

  @Test("a full queue that may not wait drops and counts", .timeLimit(.minutes(20)))
  func dropping() {
    let count = Mutex(0)
    let queue = HandOver<Int>("test", capacity: 2, whenFull: .drop) { _ in
      Thread.sleep(forTimeInterval: 0.01)
      count.withLock { $0 += 1 }
    }
    for value in 0..<100 { queue.put(value) }
    queue.close()
    #expect(queue.dropped > 0)
    #expect(count.withLock { $0 } + queue.dropped == 100)
  }
}
