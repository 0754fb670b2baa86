import Diagnostics
import Foundation
import TestSupport
import Testing
import Units

@testable import Services

/// The driver against `box.py`, a box in another language, over real sockets and pseudo terminals.
@Suite("Valves over a wire", .serialized, .timeLimit(.minutes(20)))
struct ValveDriverSuite {
  private static let start = ContinuousClock.now

  private static func now() -> LineInstant {
    LineInstant(nanoseconds: 0).advanced(by: start.duration(to: .now))
  }

  private func driver(_ box: PlayedBox) throws -> ValveDriver {
    let driver = try ValveDriver(
      ValveAddress(box.address()), session: 3, now: { Self.now() })
    #expect(box.waits(until: { driver.status.state != .seeking }))
    return driver
  }

  /// Blasts one after another, the first in a third of a second.
  private func blasts(_ count: Int) throws -> [Blast] {
    let first = Self.now().advanced(by: .milliseconds(300))
    return try (0..<count).map { number in
      let on = first.advanced(by: .milliseconds(12 * number))
      return try #require(
        Blast(
          piece: number, onAt: on, offAt: on.advanced(by: .milliseconds(10 + number % 20)),
          nozzles: [number % 60, number % 60 + 2]))
    }
  }

  @Test(
    "every blast opens its nozzles once, at its time and for its length",
    arguments: ["udp:127.0.0.1:0", "pty"])
  func exact(_ address: String) throws {
    let box = try PlayedBox(address)
    let driver = try driver(box)
    #expect(box.waits(until: { driver.status.state == .ready }))
    let blasts = try blasts(40)
    for blast in blasts { driver.fire(blast) }
    let status = driver.close(within: .seconds(10))
    #expect(status.account.accepted == 40, "\(status)")
    #expect(status.account.isBalanced)
    #expect(status.nozzles == 64)
    #expect(box.waits(until: { box.lines("closed").contains { $0.why == "close all" } }))
    let told = box.lines("blast")
    let first = try #require(told.first { $0.sequence == 1 }?.on)
    for (number, blast) in blasts.enumerated() {
      let line = try #require(told.first { $0.sequence == number + 1 })
      let (on, off) = try (#require(line.on), #require(line.off))
      #expect(line.nozzles == blast.nozzles)
      #expect(off - on == Int64((blast.onAt.duration(to: blast.offAt).seconds * 1e9).rounded()))
      // The clock is read anew for each: two readings differ by less than both errors.
      let wanted = blasts[0].onAt.duration(to: blast.onAt).seconds * 1e9
      #expect(abs(Double(on - first) - wanted) < 8e6, "blast \(number)")
      #expect(box.lines("on").count { $0.sequence == number + 1 } == 1)
      #expect(box.lines("off").count { $0.sequence == number + 1 } == 1)
    }
    #expect(box.lines("on").allSatisfy { ($0.late ?? -1) >= 0 }, "none opens before its time")
  }

  @Test("on a line that loses a third, blasts are repeated and none opens twice")
  func lossy() throws {
    let box = try PlayedBox("udp:127.0.0.1:0", ["--lose", "0.33"])
    let driver = try driver(box)
    #expect(box.waits(until: { driver.status.state == .ready }))
    for blast in try blasts(40) { driver.fire(blast) }
    let status = driver.close(within: .seconds(10))
    #expect(status.account.isBalanced && status.account.waiting == 0)
    #expect(status.account.accepted + status.account.unanswered + status.account.late == 40)
    #expect(status.account.accepted >= 30, "\(status)")
    #expect(status.repeats > 0)
    let opened = box.lines("on").compactMap(\.sequence)
    #expect(Set(opened).count == opened.count)
  }

  @Test("when beats stop, the box closes by itself")
  func silence() throws {
    let box = try PlayedBox("udp:127.0.0.1:0")
    var session = ValveSession(number: 8, terms: ValveTerms())
    let link = try ValveAddress(box.address()).open()
    var isReady = false
    #expect(
      box.waits(until: {
        session.due(at: Self.now()) { message in
          #expect(throws: Never.self) { try link.send(message) }
          return true
        }
        for message in (try? link.receive(within: .milliseconds(10))) ?? [] {
          session.receive(message, at: Self.now())
        }
        if session.status.state == .ready, !isReady {
          isReady = true
          let on = Self.now().advanced(by: .milliseconds(200))
          session.take(
            Blast(piece: 1, onAt: on, offAt: on.advanced(by: .seconds(9)), nozzles: [5]),
            at: Self.now())
        }
        return !box.lines("on").isEmpty
      }))
    // Now nothing is said any more, and the valve would be open for nine seconds.
    #expect(box.waits(until: { !box.lines("closed").isEmpty }))
    let closed = try #require(box.lines("closed").first)
    let (on, off) = try (#require(box.lines("on").first), #require(box.lines("off").first))
    #expect(closed.why == "silence")
    #expect(off.box - on.box < 5_000_000_000, "the valve was not left open")
  }

  @Test("a box that is not there is sought, found when it comes, and found again after its restart")
  func away() throws {
    let first = try PlayedBox("udp:127.0.0.1:0")
    let address = try first.address()
    first.kill()
    let driver = try ValveDriver(ValveAddress(address), session: 4, now: { Self.now() })
    driver.fire(try blasts(1)[0])
    #expect(first.waits(until: { driver.status.account.late == 1 }))
    #expect(driver.status.state == .seeking)
    #expect(driver.status.advice?.contains("has not answered") == true)
    let port = address.split(separator: ":").last.map(String.init) ?? ""
    for boot in ["1", "2"] {
      let box = try PlayedBox("udp:127.0.0.1:\(port)", ["--boot", boot])
      #expect(box.waits(until: { driver.status.state == .ready }))
      driver.fire(try blasts(1)[0])
      #expect(box.waits(until: { !box.lines("off").isEmpty }))
      box.kill()
      #expect(box.waits(until: { driver.status.state == .silent }))
    }
    let status = driver.close(within: .zero)
    #expect(status.restarts == 1)
    #expect(status.account.accepted == 2 && status.account.late == 1, "\(status)")
  }

  @Test("a box with a fault gets nothing, and is told")
  func fault() throws {
    let box = try PlayedBox("udp:127.0.0.1:0", ["--fault"])
    let driver = try driver(box)
    #expect(driver.status.state == .fault)
    driver.fire(try blasts(1)[0])
    #expect(box.waits(until: { driver.status.account.late == 1 }))
    #expect(driver.status.advice?.contains("look at the box itself") == true)
    #expect(driver.close(within: .zero).account.accepted == 0)
    #expect(box.lines("blast").isEmpty)
  }

  @Test("a nozzle that the box has not is refused")
  func refusal() throws {
    let box = try PlayedBox("udp:127.0.0.1:0", ["--nozzles", "8"])
    let driver = try driver(box)
    let on = Self.now().advanced(by: .milliseconds(300))
    driver.fire(Blast(piece: 1, onAt: on, offAt: on.advanced(by: .milliseconds(5)), nozzles: [8]))
    driver.fire(nil)
    let account = driver.close(within: .seconds(5)).account
    #expect(account.refused == 1 && account.unaimed == 1 && account.isBalanced)
  }

  @Test("a port or host that is not there is refused in words")
  func refused() {
    let none = complaint {
      _ = try ValveDriver(ValveAddress("serial:/dev/nowhere"), session: 1, now: { Self.now() })
    }
    #expect(none.contains("serial:/dev/nowhere,115200: cannot be opened: No such file"))
    #expect(none.contains("dialout"))
    let file = complaint {
      _ = try ValveDriver(ValveAddress("serial:/dev/null"), session: 1, now: { Self.now() })
    }
    #expect(file.contains("is no serial port"))
  }
}
