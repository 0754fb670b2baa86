import Diagnostics
import Units

/// Where lines come from: a camera, a socket, a recording, a simulation.
///
/// Every line counts: the freshest does not push out the others. Numbers rise strictly and gaps are
/// told: a line's number is that of the line before it, plus the lines lost between, plus one.
/// Arrival times never fall, and all lines have one format. States come between
/// the lines, in their order; after `ended` only `ended` follows. What is thrown is the end of the
/// source's usefulness.
public protocol LineSource: Sendable {
  /// The source as a person named it.
  var name: String { get }
  /// What every line looks like.
  var format: LineFormat { get }
  /// What became of the lines so far; after the end, of all lines.
  var account: LineAccount { get }
  /// The next line or change of state; nil where none came within `patience`.
  mutating func next(within patience: Duration) throws -> LineEvent?
  /// Ends the source: lines that wait can still be had, then `ended` follows.
  mutating func stop()
}

extension LineSource {
  /// The next line, passing over states; nil after the last one.
  ///
  /// Throws where none comes within `patience`.
  public mutating func nextLine(within patience: Duration = .seconds(10)) throws -> ScanLine? {
    let end = ContinuousClock.now + patience
    while true {
      let left = ContinuousClock.now.duration(to: end)
      guard left > .zero else {
        throw Complaint(
          name, "no line came within \(patience.seconds) s",
          remedy: "check that the camera runs and that the belt moves")
      }
      switch try next(within: left) {
      case .line(let line): return line
      case .state(.ended): return nil
      case .state, nil: continue
      }
    }
  }
}

/// Time on this computer since a source began; jumps of the wall clock do not touch it.
struct HostClock: Sendable {
  private let start = ContinuousClock.now

  var now: LineInstant {
    LineInstant(nanoseconds: 0).advanced(by: start.duration(to: .now))
  }
}
