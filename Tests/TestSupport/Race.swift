import Foundation
import Testing

extension Benchmark {
  /// What a race is timed by.
  public enum Timing: Sendable {
    /// The clock on the wall.
    case wall
    /// The time that a processor spends on this process: what one thread takes on an idle core,
    /// however busy the machine is.
    case processor

    /// Now, from any beginning.
    public var now: Duration {
      var time = timespec()
      clock_gettime(self == .wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &time)
      return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
  }

  /// The time that a processor has spent on programs that this one started and that have ended.
  public static var processorTimeOfPrograms: Duration {
    var usage = rusage()
    getrusage(RUSAGE_CHILDREN.rawValue, &usage)
    return [usage.ru_utime, usage.ru_stime].reduce(.zero) {
      $0 + .seconds($1.tv_sec) + .microseconds($1.tv_usec)
    }
  }

  /// Times `ours` and `peer` by turns, so that whatever else the machine does meets both alike.
  ///
  /// A turn is the best of some calls, for whoever was interrupted; of the turns it is the median.
  ///
  /// - Parameters:
  ///   - work: what one call does, in the benchmark's unit.
  ///   - ours: is called with 0, 1, 2 and so on; once where speed is not measured.
  ///   - peer: does the same work another way and says how long that took.
  public func race(
    work: Double, against name: String, target: Double, turns: Int = 41, tries: Int = 5,
    by timing: Timing = .wall,
    ours: (_ call: Int) throws -> Void, peer: (_ call: Int) throws -> Duration
  ) throws {
    try ours(0)
    guard Self.isFull else { return }
    let clock = ContinuousClock()
    func best(of call: (Int) throws -> Duration) throws -> Duration {
      try (0..<tries).map { try call($0) }.min() ?? .zero
    }
    func timed(_ call: Int) throws -> Duration {
      let start = timing.now
      try ours(call)
      return timing.now - start
    }
    // A processor that was idle runs slowly at first.
    let warm = clock.now + .milliseconds(500)
    while clock.now < warm { _ = try (best(of: timed), best(of: peer)) }
    var (own, other): ([Duration], [Duration]) = ([], [])
    for _ in 0..<turns {
      own.append(try best(of: timed))
      other.append(try best(of: peer))
    }
    let (ownMedian, otherMedian) = (own.sorted()[turns / 2], other.sorted()[turns / 2])
    print(
      line(
        rate: work / (ownMedian / .seconds(1)),
        against: (Peer(name, rate: work / (otherMedian / .seconds(1))), target)))
  }
}

extension Benchmark {
  /// Prints a duration that should stay below `limit`; the ratio is the limit's to it.
  public func keep(_ found: Duration, below limit: Duration, which name: String) {
    guard Self.isFull else { return }
    let (found, limit) = (found / .milliseconds(1), limit / .milliseconds(1))
    func short(_ value: Double) -> String { String(format: "%.4g", value) }
    print(
      [
        self.name, "ours \(short(found)) \(unit)", "peer \(short(limit)) (\(name))",
        "ratio \(short(limit / found))", "target 1", "met \(found <= limit ? "yes" : "no")",
      ].joined(separator: "  "))
  }
}

/// A program that answers each line on its standard input with a line on its standard output.
public final class AnsweringProgram {
  private let process = Process()
  private let (input, output) = (Pipe(), Pipe())
  private var rest = Data()

  /// Starts the program at `path`.
  public init(_ path: String, _ arguments: [String]) throws {
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  deinit {
    try? input.fileHandleForWriting.close()  // It may have ended already.
    process.waitUntilExit()
  }

  /// Sends `line` and waits for the answer.
  public func ask(_ line: String = "") throws -> String? {
    try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    return answer()
  }

  /// The next line; nil where the program has ended.
  public func answer() -> String? {
    while true {
      if let end = rest.firstIndex(of: 10) {
        defer { rest = Data(rest[(end + 1)...]) }
        return String(decoding: rest[..<end], as: UTF8.self)
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      rest += more
    }
  }
}
