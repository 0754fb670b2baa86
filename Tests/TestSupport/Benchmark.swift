import Foundation
import Testing

extension Tag {
  /// Compares with the output of another implementation.
  @Tag public static var golden: Tag
  /// Takes more than a few seconds.
  @Tag public static var slow: Tag
  /// Measures speed when `Tools/benchmark` runs it, and runs once on little data otherwise.
  @Tag public static var benchmark: Tag
}

/// A figure that is measured by `Tools/benchmark` and exercised by every other test run.
///
/// One line per figure: `what  ours …  peer …  ratio …  target …  met …`. The ratio is ours to
/// the peer's; above 1 is faster. The target is the ratio that is wanted.
public struct Benchmark {
  /// A figure of another implementation, measured on this machine just before.
  public struct Peer: Sendable {
    let name: String
    let rate: Double

    public init(_ name: String, rate: Double) {
      self.name = name
      self.rate = rate
    }
  }

  /// Whether `Tools/benchmark` asked for real measurements.
  public static let isFull = ProcessInfo.processInfo.environment["BENCHMARK"] != nil

  let name: String
  let unit: String

  public init(_ name: String, unit: String) {
    self.name = name
    self.unit = unit
  }

  /// Times `work` on what `setUp` makes; the result of `work` is checked, so it cannot be removed.
  public func measure<Input>(
    small: Int, full: Int, against peer: (peer: Peer, target: Double)? = nil,
    setUp: (Int) throws -> Input, work: (inout Input) throws -> Float
  ) rethrows {
    var input = try setUp(Self.isFull ? full : small)
    let checksum = try work(&input)
    #expect(checksum.isFinite, "\(name): checksum is \(checksum)")
    guard Self.isFull else { return }
    let clock = ContinuousClock()
    var samples: [Duration] = []
    while samples.count < 50, samples.reduce(.zero, +) < .seconds(10) || samples.count < 5 {
      var input = try setUp(full)
      let start = clock.now
      let checksum = try work(&input)
      samples.append(start.duration(to: clock.now))
      #expect(checksum.isFinite)
    }
    let median = samples.sorted()[samples.count / 2]
    print(line(rate: Double(full) / (median / .seconds(1)), against: peer))
  }

  /// Prints two amounts of memory; no more than the peer's, within `tolerance`, is wanted.
  public func compare(
    _ own: Double, with name: String, _ other: Double, tolerance: Double
  ) {
    let ratio = other / own
    print(
      [
        self.name, "ours \(Self.short(own)) \(unit)", "peer \(Self.short(other)) (\(name))",
        "ratio \(Self.short(ratio))", "target \(Self.short(1 - tolerance))",
        "met \(ratio >= 1 - tolerance ? "yes" : "no")",
      ].joined(separator: "  "))
  }

  func line(rate: Double, against peer: (peer: Peer, target: Double)?) -> String {
    var fields = [name, "ours \(Self.short(rate)) \(unit)/s"]
    if let (peer, target) = peer {
      let ratio = rate / peer.rate
      fields += [
        "peer \(Self.short(peer.rate)) (\(peer.name))", "ratio \(Self.short(ratio))",
        "target \(Self.short(target))", "met \(ratio >= target ? "yes" : "no")",
      ]
    } else {
      fields += ["peer none", "ratio none", "target none", "met unknown"]
    }
    return fields.joined(separator: "  ")
  }

  private static func short(_ value: Double) -> String { String(format: "%.4g", value) }
}
