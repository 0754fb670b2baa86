import Foundation
import TestSupport
import Testing
import Units

@testable import Services

/// What runs only where Tools/camera-vm has loaded the kernel's simulator of GPIO chips.
@Suite(
  "Lines of the kernel", .serialized,
  .enabled(if: SimulatedChip.isPossible, SimulatedChip.elsewhere))
struct KernelLineTests {
  @Suite("Valves on lines of the kernel's simulator", .serialized)
  struct DriverTests {
    private static let start = ContinuousClock.now

    private static func now() -> LineInstant {
      LineInstant(nanoseconds: 0).advanced(by: start.duration(to: .now))
    }

    /// Whether `condition` holds within the next third of a second.
    private func soon(_ condition: () -> Bool) -> Bool {
      let end = ContinuousClock.now + .milliseconds(300)
      while !condition() {
        guard ContinuousClock.now < end else { return false }
      }
      return true
    }

    private func driver(_ lines: String) throws -> any ValveActuator {
      try ValveAddress("gpio:\(SimulatedChip.name):\(lines)").actuator(session: 1, now: Self.now)
    }

    private func blast(_ line: Int, in milliseconds: Int, for length: Int) -> Blast? {
      let on = Self.now().advanced(by: .milliseconds(milliseconds))
      return Blast(
        piece: line, onAt: on, offAt: on.advanced(by: .milliseconds(length)), nozzles: [line])
    }

    @Test(
      "a blast opens its line at its time, never before, and closes it", .timeLimit(.minutes(1)))
    func punctual() throws {
      let chip = try SimulatedChip()
      let valves = try driver("4-11")
      #expect(chip.high.isEmpty)
      let blasts = try (0..<24).map {
        try #require(blast($0 % 8, in: 300 + 150 * $0, for: 60))
      }
      for blast in blasts { valves.fire(blast) }
      var seen: [(after: LineInstant, line: Int)] = []
      while Self.now() < blasts[23].offAt {
        let high = chip.high
        for line in high { seen.append((Self.now(), line)) }
      }
      let status = valves.close(within: .seconds(5))
      #expect(chip.high.isEmpty)
      #expect(status.account.isBalanced, "\(status)")
      #expect(status.account.accepted + status.account.late == 24)
      #expect(status.account.accepted == status.boxFired && status.boxFired > 0)
      print("lines: \(status.account.text); \(status.boxFailed) closed more than 2 ms late")
      var begun = Set<Int>()
      for (after, line) in seen {
        let own = blasts.indices.last {
          blasts[$0].nozzles == [line - 4] && blasts[$0].onAt <= after
        }
        begun.insert(try #require(own, "line \(line) was high before any of its blasts"))
      }
      #expect(begun.count <= status.account.accepted)
      #expect(!begun.isEmpty)
      try chip.remove()
    }

    @Test("at its end all lines are off, and free for others", .timeLimit(.minutes(1)))
    func ends() throws {
      let chip = try SimulatedChip()
      let valves = try driver("0-15")
      let other = complaint { _ = try driver("3") }
      #expect(other.contains("a line is in use already") && other.contains("gpioinfo"), "\(other)")
      // One that is woken late stays closed: then the next.
      #expect(
        StoreSamples.waits {
          if chip.high.isEmpty { valves.fire(blast(3, in: 50, for: 9000)) }
          return soon { chip.high == [3] }
        })
      let status = valves.close(within: .zero)
      #expect(chip.high.isEmpty)
      #expect(status.account.abandoned >= 1 && status.account.isBalanced)
      _ = try driver("0-15").close(within: .zero)
      try chip.remove()
    }

    @Test("a line may be low while its valve is on", .timeLimit(.minutes(1)))
    func activeLow() throws {
      let chip = try SimulatedChip()
      let valves = try driver("0-3:active-low")
      #expect(chip.high == [0, 1, 2, 3])
      #expect(
        StoreSamples.waits {
          if chip.high.count == 4 { valves.fire(blast(2, in: 50, for: 9000)) }
          return soon { chip.high == [0, 1, 3] }
        })
      // Nobody has the lines any more, and the simulator lets go of their levels.
      _ = valves.close(within: .zero)
      try chip.remove()
    }

    @Test("a wrong chip or line is answered in words", .timeLimit(.minutes(1)))
    func wrong() throws {
      let chip = try SimulatedChip()
      let beyond = complaint { _ = try driver("10-20") }
      #expect(beyond.contains("the chip has not all of these lines"), "\(beyond)")
      #expect(chip.high.isEmpty)
      try chip.remove()
    }

    // The last one: the kernel gives the next chip another number.
    @Test("a chip that is pulled is told, and nothing more opens", .timeLimit(.minutes(1)))
    func pulled() throws {
      let chip = try SimulatedChip()
      let valves = try driver("0-7")
      try chip.unplug()
      #expect(
        StoreSamples.waits {
          valves.fire(blast(1, in: 20, for: 30))
          return soon { valves.status.state == .silent }
        }, "\(valves.status)")
      #expect(valves.status.advice?.contains("the lines of gpiochip0 cannot be set") == true)
      // Nothing more is tried until it is back, and all is counted.
      let late = valves.status.account.late
      valves.fire(blast(1, in: 20, for: 30))
      #expect(StoreSamples.waits { valves.status.account.late > late }, "\(valves.status)")
      #expect(valves.close(within: .seconds(5)).account.isBalanced)
      try chip.remove()
    }
  }
}
