import Testing
import Units

@testable import LineScan

@Suite("Line numbers")
struct LineNumberingTests {
  private func at(_ milliseconds: Int64) -> LineInstant {
    LineInstant(nanoseconds: milliseconds * 1_000_000)
  }

  @Test("gaps are counted, repeated and old numbers are passed over")
  func gaps() {
    var numbering = LineNumbering(.small)
    numbering.connect(stream: 1)
    #expect(
      numbering.place(700, arrivedAt: at(0), beltMillimeters: nil)
        == .next(sequence: 0, lost: 0, isEstimated: false))
    #expect(
      numbering.place(703, arrivedAt: at(1), beltMillimeters: nil)
        == .next(sequence: 3, lost: 2, isEstimated: false))
    #expect(numbering.place(703, arrivedAt: at(2), beltMillimeters: nil) == .repeated)
    #expect(numbering.place(701, arrivedAt: at(2), beltMillimeters: nil) == .repeated)
    #expect(
      numbering.place(704, arrivedAt: at(3), beltMillimeters: nil)
        == .next(sequence: 4, lost: 0, isEstimated: false))
  }

  @Test("a connection that goes on counting leaves no doubt")
  func sameStream() {
    var numbering = LineNumbering(.small)
    numbering.connect(stream: 1)
    _ = numbering.place(10, arrivedAt: at(0), beltMillimeters: 0)
    numbering.connect(stream: 1)
    #expect(
      numbering.place(15, arrivedAt: at(900), beltMillimeters: 100)
        == .next(sequence: 5, lost: 4, isEstimated: false))
  }

  @Test("after a break the belt tells what was lost, or else time")
  func breaks() {
    var numbering = LineNumbering(.small)
    numbering.connect(stream: 1)
    _ = numbering.place(10, arrivedAt: at(0), beltMillimeters: 5)
    numbering.connect(stream: 2)
    // 3 mm at 0.25 mm a line are 12 lines, of which the twelfth is this one.
    #expect(
      numbering.place(0, arrivedAt: at(900), beltMillimeters: 8)
        == .next(sequence: 12, lost: 11, isEstimated: true))
    numbering.connect(stream: 3)
    // 10 ms at 2000 lines a second.
    #expect(
      numbering.place(0, arrivedAt: at(910), beltMillimeters: nil)
        == .next(sequence: 32, lost: 19, isEstimated: true))
  }

  @Test("a number that no camera reaches is a break, not a gap of centuries")
  func absurd() {
    var numbering = LineNumbering(.small)
    numbering.connect(stream: 1)
    _ = numbering.place(0, arrivedAt: at(0), beltMillimeters: nil)
    #expect(
      numbering.place(1 << 62, arrivedAt: at(1), beltMillimeters: .infinity)
        == .next(sequence: 2, lost: 1, isEstimated: true))
  }

  @Test("without a rate from the camera, time is measured in lines that came")
  func measured() {
    var format = LineFormat.small
    format.linesPerSecond = nil
    var numbering = LineNumbering(format)
    numbering.connect(stream: nil)
    for number in 0..<20 {
      _ = numbering.place(UInt64(number), arrivedAt: at(Int64(number)), beltMillimeters: nil)
    }
    numbering.connect(stream: nil)
    #expect(
      numbering.place(0, arrivedAt: at(119), beltMillimeters: nil)
        == .next(sequence: 119, lost: 99, isEstimated: true))
  }

  @Test("a full queue drops, counts, and the next line tells")
  func overflow() throws {
    let queue = LineQueue(capacity: 3)
    for number in 0..<6 {
      var line = ScanLine(counts: [], sequence: 2 * number, arrivedAt: at(0))
      line.lostBefore = number == 0 ? 0 : 1
      queue.push(line, damaged: number == 2 ? 1 : 0)
    }
    #expect(
      queue.account == LineAccount(queued: 3, missing: 4, damaged: 1, overflowed: 3))
    var sequences: [Int] = []
    for _ in 0..<3 {
      if case .line(let line) = try queue.next(within: .zero) { sequences.append(line.sequence) }
    }
    #expect(sequences == [0, 2, 4])
    var line = ScanLine(counts: [], sequence: 12, arrivedAt: at(0))
    line.lostBefore = 1
    queue.push(line, damaged: 0)
    guard case .line(let later) = try queue.next(within: .zero) else {
      Issue.record("the line behind the overflow did not come")
      return
    }
    // Numbers 5 to 11: three overflowed, four lost between them.
    #expect(later.lostBefore == 7)
    #expect(try queue.next(within: .milliseconds(1)) == nil)
    #expect(queue.account.exposed == 13)
  }

  @Test("of states without a line between them the last is told")
  func states() throws {
    let queue = LineQueue(capacity: 3)
    for _ in 0..<1000 { queue.push(.waiting(reason: "a")) }
    queue.push(.running)
    #expect(try queue.next(within: .zero) == .state(.running))
    #expect(try queue.next(within: .zero) == nil)
    queue.stop()
    #expect(try queue.next(within: .zero) == .state(.ended(reason: "stopped")))
  }
}
