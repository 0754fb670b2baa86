import Tensors
import TestSupport
import Testing
import Units

@testable import Services

@Suite("When lines of a chip are on")
struct LineScheduleSuite {
  /// Blasts at random times on random lines, and turns that come when they like.
  ///
  /// - Parameters:
  ///   - hiccup: the longest time from one turn to the next, in nanoseconds.
  ///   - every: a blast comes at one of so many turns.
  private func play(seed: UInt64, hiccup: Int64, every: Int) throws -> ValveStatus {
    var random = SplitMix64(seed: seed, purpose: "lines")
    var schedule = LineSchedule(lines: 8, chip: "gpiochip0")
    // Those that may still be on, or will be.
    var taken: [Blast] = []
    var (number, wrong) = (0, [String]())
    var now: Int64 = 0
    while now < 1_500_000_000 || schedule.isBusy {
      if now < 1_300_000_000, random.nextIndex(below: every) == 0 {
        let on = max(0, now + Int64.random(in: -5_000_000...200_000_000, using: &random))
        let first = random.nextIndex(below: 9)
        let blast = try #require(
          Blast(
            piece: number, onAt: LineInstant(nanoseconds: on),
            offAt: LineInstant(
              nanoseconds: on + .random(in: 1_000_000...40_000_000, using: &random)),
            nozzles: Array(first..<(first + 1 + random.nextIndex(below: 2)))))
        taken.append(blast)
        number += 1
        schedule.take(blast, at: LineInstant(nanoseconds: now))
      }
      let instant = LineInstant(nanoseconds: now)
      let levels = schedule.levels(at: instant)
      for line in levels.indices where levels[line] == 1 {
        // Only what lies in the window of some blast may be on.
        let cause = taken.contains {
          $0.nozzles.contains(line) && $0.onAt <= instant && instant < $0.offAt
        }
        if !cause { wrong.append("line \(line) at \(now)") }
      }
      taken.removeAll { $0.offAt <= instant }
      if !schedule.status.account.isBalanced { wrong.append("\(schedule.status.account)") }
      let due = schedule.next?.nanoseconds ?? .max
      let pause = Int64.random(in: 1...hiccup, using: &random)
      // Woken at the next instant, or later; now and then by something else.
      now = max(now + 1, random.nextIndex(below: 3) > 0 ? min(due, now + hiccup) : now + pause)
    }
    #expect(wrong == [], "seed \(seed)")
    return schedule.status
  }

  @Test("no line is ever on outside of a blast's window, and each blast is accounted for once")
  func windows() throws {
    for seed in 1...8 as ClosedRange<UInt64> {
      let punctual = try play(seed: seed, hiccup: 1_000_000, every: 12).account
      // Only those that came after their time are late, and nozzle 8 and 9 are not there.
      #expect(punctual.accepted > punctual.late && punctual.refused > 0)
      #expect(punctual.waiting == 0 && punctual.unanswered == 0)
      let slow = try play(seed: seed, hiccup: 30_000_000, every: 1)
      #expect(slow.account.late > 0 && slow.account.accepted > 0)
      // What went off late is told.
      #expect(slow.boxFailed > 0)
    }
  }

  @Test("a blast whose turn comes 2 ms late or more stays closed")
  func late() throws {
    let (on, off) = (LineInstant(seconds: 1), LineInstant(seconds: 1.05))
    for (delay, isFired) in [(0.0, true), (0.0019, true), (0.0021, false), (0.06, false)] {
      var schedule = LineSchedule(lines: 2, chip: "gpiochip0")
      schedule.take(
        Blast(piece: 1, onAt: on, offAt: off, nozzles: [1]), at: LineInstant(seconds: 0))
      let levels = schedule.levels(at: on.advanced(by: .seconds(delay)))
      #expect(levels == (isFired ? [0, 1] : [0, 0]))
      #expect(schedule.status.account.late == (isFired ? 0 : 1))
    }
  }

  @Test("lines that cannot be set open nothing, count what was under way, and come back")
  func failure() throws {
    var schedule = LineSchedule(lines: 4, chip: "gpiochip3")
    for (number, second) in [1.0, 1.1, 2, 3].enumerated() {
      let on = LineInstant(seconds: second)
      schedule.take(
        Blast(
          piece: number, onAt: on, offAt: on.advanced(by: .milliseconds(500)), nozzles: [number]),
        at: LineInstant(seconds: 0))
    }
    #expect(schedule.levels(at: LineInstant(seconds: 1)) == [1, 0, 0, 0])
    #expect(schedule.levels(at: LineInstant(seconds: 1.1)) == [1, 1, 0, 0])
    schedule.noteFailure("pulled")
    #expect(schedule.status.advice?.contains("the lines of gpiochip3 cannot be set") == true)
    // The first one had begun, the second nobody knows of.
    #expect(schedule.status.account.accepted == 1 && schedule.status.account.unanswered == 1)
    #expect(schedule.status.boxFailed == 1)
    #expect(schedule.levels(at: LineInstant(seconds: 2)) == [0, 0, 0, 0])
    #expect(schedule.status.account.late == 1)
    schedule.noteReturn()
    #expect(schedule.levels(at: LineInstant(seconds: 3)) == [0, 0, 0, 1])
    schedule.end()
    let account = schedule.status.account
    #expect(account.abandoned == 1 && account.accepted == 1 && account.isBalanced)
    #expect(schedule.status.advice == nil && !schedule.isBusy)
  }

  @Test("what nobody could do, what is too late already and what finds no room is counted")
  func refusals() {
    var schedule = LineSchedule(lines: 1, chip: "gpiochip0")
    schedule.take(nil, at: LineInstant(seconds: 0))
    let (on, off) = (LineInstant(seconds: 1), LineInstant(seconds: 1.1))
    schedule.take(Blast(piece: 1, onAt: on, offAt: off, nozzles: [0]), at: on)
    for _ in 0...LineSchedule.capacity {
      schedule.take(
        Blast(piece: 1, onAt: on, offAt: off, nozzles: [0]), at: LineInstant(seconds: 0))
    }
    let account = schedule.status.account
    #expect(account.unaimed == 1 && account.late == 1 && account.dropped == 1)
    #expect(account.isBalanced && account.waiting == LineSchedule.capacity)
  }

  @Test(
    "an address of lines is read, and a wrong one is answered with what was found",
    arguments: [
      ("gpio:gpiochip0:4-11", "gpio:gpiochip0:4,5,6,7,8,9,10,11"),
      ("gpio:gpiochip12:17,27,22", "gpio:gpiochip12:17,27,22"),
      ("gpio:gpiochip0:3,0-1:active-low", "gpio:gpiochip0:3,0,1:active-low"),
    ] as [(String, String)])
  func address(_ text: String, _ wanted: String) throws {
    #expect(try ValveAddress(text).description == wanted)
  }

  @Test(
    "a wrong address of lines is answered with what was found",
    arguments: [
      ("gpio:gpiochip0", "a chip and its lines are wanted"),
      ("gpio:/dev/gpiochip0:4", "'/dev/gpiochip0' found, the name of a chip wanted"),
      ("gpio:gpiochip:4", "'gpiochip' found"), ("gpio:gpiochip0:", "'' found, a line from 0"),
      ("gpio:gpiochip0:11-4", "'11-4' found"), ("gpio:gpiochip0:-4", "'-4' found"),
      ("gpio:gpiochip0:0-9223372036854775807", "'0-9223372036854775807' found"),
      ("gpio:gpiochip0:4,x", "'x' found"), ("gpio:gpiochip0:1-2-3", "'1-2-3' found"),
      ("gpio:gpiochip0:4,4", "a line is named twice"),
      ("gpio:gpiochip0:0-64", "more than 64 lines"),
      ("gpio:gpiochip0:4:low", "'low' found after the lines, nothing or active-low wanted"),
    ] as [(String, String)])
  func wrongAddress(_ text: String, _ words: String) {
    let said = complaint { _ = try ValveAddress(text) }
    #expect(said.contains(words) && said.contains("write it as gpio:gpiochip0:4-11"), "\(said)")
  }

  @Test("a chip that is not there is told, with how to find one")
  func nowhere() {
    let said = complaint {
      _ = try ValveAddress("gpio:gpiochip9999:0").actuator(session: 1) { LineInstant(seconds: 0) }
    }
    #expect(
      said.contains("there is no such chip") && said.contains("'gpiodetect' lists"), "\(said)")
  }
}
