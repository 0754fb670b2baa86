import Foundation
import NeuralNetworks
import Tensors
import TestSupport
import Testing

/// How even the times of single decisions are, alone and beside a neighbor that keeps a core busy.
@Suite("Engine jitter benchmarks", .tags(.benchmark), .serialized)
struct EngineJitterBenchmarks {
  enum Neighbor: String, CaseIterable {
    case none = "alone"
    case busy = "beside a busy core"
  }

  @Test("the slowest of a thousand decisions", arguments: [1, 2], Neighbor.allCases)
  func slowest(threads: Int, neighbor: Neighbor) throws {
    // The long form is what a line does in some twenty minutes.
    let isLong = ProcessInfo.processInfo.environment["MIRAGE_FORM"] == "long"
    let runs = Benchmark.isFull ? isLong ? 100_000 : 5000 : 20
    var random = SplitMix64(seed: 5)
    let parameters = Parameters(initializing: EngineBenchmarks.residual, using: &random)
    let sample = Tensor(normal: [1, 64, 64, 3], deviation: 1, using: &random)
    let isOver = DispatchSemaphore(value: 0)
    if neighbor == .busy {
      Thread {
        while isOver.wait(timeout: .now()) == .timedOut {}
      }.start()
    }
    defer { isOver.signal() }
    let times = try Engine.onDedicatedThreadBlocking(threads: threads) { engine in
      let plan = try InferencePlan(
        EngineBenchmarks.residual, batch: 1, parameters: parameters, on: engine)
      var logits = [Float](repeating: 0, count: 8)
      var times: [Duration] = []
      times.reserveCapacity(runs)
      let clock = ContinuousClock()
      for _ in 0..<runs {
        let start = clock.now
        var span = logits.mutableSpan
        try plan.run(color: sample.values.span, into: &span)
        times.append(start.duration(to: clock.now))
      }
      return times.sorted()
    }
    #expect(times.count == runs)
    guard Benchmark.isFull else { return }
    let median = times[runs / 2]
    func share(_ place: Int) -> Double { times[place] / median }
    let text = [runs * 99 / 100, runs * 999 / 1000, runs - 1].map {
      String(format: "%.2f", share($0))
    }
    Benchmark(
      "p99.9 to p50 of the residual student, \(threads) threads, \(neighbor.rawValue), "
        + "\(runs) runs (p50 \(String(format: "%.2f", median / .milliseconds(1))) ms; p99, p99.9, "
        + "longest: \(text.joined(separator: ", ")) times that)", unit: "medians"
    ).compare(
      share(runs * 999 / 1000), with: "wanted at most", neighbor == .none ? 1.6 : 5,
      tolerance: 0)
  }
}
