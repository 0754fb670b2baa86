import Foundation
import Tensors
import Testing

@testable import TestSupport

/// What every other suite relies on.
@Suite("Test support")
struct SupportSuite {
  @Test("the worst element is found, however many are off")
  func worst() throws {
    let found: [Float] = [1, 2, 3.5, 7, 5.2]
    let wanted: [Float] = [1, 2, 3, 4, 5]
    let element = try #require(worstElement(found, wanted, absolute: 0.1, relative: 0))
    #expect(element == WorstElement(index: 3, difference: 3, allowed: 0.1, failures: 3))
  }

  @Test("tolerances are absolute plus relative to the wanted value")
  func tolerance() {
    let found: [Double] = [101, 0.01]
    let wanted: [Double] = [100, 0]
    #expect(worstElement(found, wanted, absolute: 0.01, relative: 0.01) == nil)
    #expect(worstElement(found, wanted, absolute: 0.01, relative: 0.001)?.index == 0)
    #expect(worstElement(found, wanted, absolute: 0.001, relative: 0.1)?.index == 1)
  }

  @Test("a value that is not a number is the worst of all", arguments: [Float.nan, .infinity])
  func notANumber(value: Float) {
    let wanted: [Float] = [0, 0, 0]
    let found: [Float] = [9, value, 99]
    let element = worstElement(found, wanted, absolute: 1, relative: 0)
    #expect(element?.index == 1)
    #expect(element?.failures == 3)
  }

  @Test("a failing comparison says where, how far and how many")
  func message() {
    #expect(problem([1, 2], [1, 2.01] as [Float], absolute: 0.1, relative: 0) == nil)
    #expect(
      problem([1, 2, 9], [1, 3, 4] as [Float], absolute: 0.5, relative: 0)
        == "element 2 of 3 is 9.0, wanted 4.0, off by 5.0 where 0.5 is allowed; elements off: 2")
    #expect(
      problem([1] as [Float], [1, 3], absolute: 0.1, relative: 0) == "1 elements found, 2 wanted")
  }

  @Test("the central difference of a cube is three times the square")
  func gradient() {
    let slope = GradientCheck.numeric([1, 2], at: [0, 1]) { x in
      x.reduce(0) { $0 + Double($1) * Double($1) * Double($1) }
    }
    expectClose(slope, [3, 12], absolute: GradientCheck.tolerance)
  }

  @Test("damaged copies differ, and the same seed gives the same ones")
  func damage() {
    let data = Data((0..<100).map { UInt8($0) })
    let copies = mutations(of: data, count: 50, seed: 1)
    #expect(copies == mutations(of: data, count: 50, seed: 1))
    #expect(copies != mutations(of: data, count: 50, seed: 2))
    #expect(copies.filter { $0 != data }.count > 40)
  }

  @Test("a program's status, output and error are told apart")
  func programs() throws {
    let result = try run("/bin/sh", ["-c", "echo out; echo wrong >&2; exit 7"])
    #expect(result.status == 7)
    #expect(result.output == "out\n")
    #expect(result.error == "wrong\n")
    let endless = try RunningProgram("/bin/sleep", ["60"])
    endless.send(SIGKILL)
    #expect(endless.finish().status == 137)
  }

  @Test("a benchmark line carries figure, peer, ratio, target and verdict")
  func benchmarkLine() {
    let benchmark = Benchmark("SNV, 224 bands", unit: "spectra")
    let peer = (peer: Benchmark.Peer("NumPy", rate: 1e6), target: 4.0)
    #expect(
      benchmark.line(rate: 3e6, against: peer)
        == "SNV, 224 bands  ours 3e+06 spectra/s  peer 1e+06 (NumPy)  ratio 3  target 4  met no")
  }

  @Test("a benchmark runs once on little data in every test run")
  func benchmarkRuns() {
    Benchmark("sum", unit: "numbers").measure(
      small: 4, full: 1_000_000, setUp: { Array(repeating: Float(1), count: $0) },
      work: { $0.reduce(0, +) })
  }
}
