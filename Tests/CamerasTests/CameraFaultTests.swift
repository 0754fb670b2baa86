import CV4L2
import Foundation
import TestSupport
import Testing

@testable import Cameras

/// Every call fails once, at its first, second and later turns.
@Suite("Faults of single calls")
struct CameraFaultTests {
  static let requests = [
    "open", "QUERYCAP", "ENUM_FMT", "ENUM_FRAMESIZES", "ENUM_FRAMEINTERVALS", "G_FMT", "S_FMT",
    "S_PARM", "G_PARM", "QUERYCTRL", "G_CTRL", "S_CTRL", "REQBUFS", "QUERYBUF", "mmap", "QBUF",
    "STREAMON", "poll", "DQBUF", "STREAMOFF",
  ]
  static let numbers = [EIO, ENODEV, ENOSPC, ENOMEM, EBUSY, EAGAIN, EINVAL]

  @Test(
    "the reader goes on, leaves nothing behind and hangs nowhere", arguments: requests, numbers)
  func oneFault(request: String, number: Int32) throws {
    for turn in [1, 2, 3, 7] {
      try ReaderBench.use { bench in
        bench.video.fail(request, with: number, at: turn)
        try bench.run(milliseconds: 9000)
        #expect(
          bench.status.state == .streaming,
          "\(request) \(turn): \(bench.status.state): \(bench.status.reason)")
        #expect(bench.frames.count > 60, "\(request) \(turn)")
        #expect(bench.longestStep < 1000, "\(request) \(turn): a step of \(bench.longestStep) ms")
      }
    }
  }

  @Test("a fault at the start leaves nothing open, whichever call it is", arguments: requests)
  func faultAndEnd(request: String) throws {
    try ReaderBench.use { bench in
      bench.video.fail(request, with: EIO)
      for _ in 0..<3 { try bench.reader.step() }
    }
  }

  @Test("many restarts in vain are told as one alarm")
  func alarm() throws {
    try ReaderBench.use { bench in
      try bench.run(milliseconds: 300)
      bench.video.play(Array(repeating: .fatal, count: 12))
      try bench.run(milliseconds: 20_000)
      #expect(
        bench.troubles.filter { $0.contains("5 restarts without one good frame") }.count == 1)
      #expect(bench.status.state == .streaming)
    }
  }

  @Test("a thousand replugs leave as much as one")
  func soak() throws {
    try ReaderBench.use { bench in
      for _ in 0..<1000 {
        bench.video.play([.frame, .replug(afterMilliseconds: 100, port: nil)])
        try bench.run(milliseconds: 700)
        try #require(bench.video.state.withLock { $0.files.count <= 1 && $0.mapped.count <= 4 })
      }
      #expect(bench.status.reconnects > 900)
      #expect(bench.exchange.events.recent.count == CameraEvents.capacity)
      #expect(bench.exchange.troubles.recent.count == 16)
    }
  }
}
