import Diagnostics
import Units

/// Belt travel for the moment of an exposure.
public protocol Encoder: Sendable {
  /// How far the belt had traveled at `instant`, in millimeters; never less at a later instant.
  ///
  /// - Throws: an `EncoderFault` where nobody knows; the frame is then of no use for sorting.
  func millimeters(at instant: LineInstant) throws(EncoderFault) -> Double
}

/// A belt whose speed is known and does not change; 0 is no belt.
public struct SteadyBelt: Encoder {
  public let speedMillimetersPerSecond: Double

  public init(speedMillimetersPerSecond: Double) {
    precondition(
      speedMillimetersPerSecond >= 0, "belt: speed \(speedMillimetersPerSecond), 0 or more wanted")
    self.speedMillimetersPerSecond = speedMillimetersPerSecond
  }

  /// Speed times time.
  public func millimeters(at instant: LineInstant) -> Double {
    speedMillimetersPerSecond * instant.seconds
  }
}

/// Why nobody knows where the belt is.
public struct EncoderFault: Explained, Equatable {
  /// What is wrong, with the values found and wanted.
  public enum Reason: Equatable, Sendable {
    /// The file of the count cannot be read; in the system's words.
    case unreadable(String)
    case noCount(found: String)
    /// The counter is switched off, as `enable` beside its count says.
    case disabled
    /// The counter's highest number makes no sense.
    case ceiling(found: String)
    /// The count jumped further than a belt can run.
    case jump(from: Int64, to: Int64)
    /// The last reading is too old.
    case silent(seconds: Double)
    /// The moment lies before the first reading that is kept.
    case early(seconds: Double)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .unreadable(let text): text
    case .noCount(let found): "'\(found)' found, a whole number wanted"
    case .disabled: "the counter is switched off ('enable' beside it is 0)"
    case .ceiling(let found): "its ceiling is '\(found)', a number from 255 to 2⁶³ − 1 wanted"
    case .jump(let from, let to):
      "the count jumped from \(from) to \(to), further than a belt can run; the travel in between "
        + "is not known"
    case .silent(let seconds): "not read for \(Self.text(of: seconds)) s"
    case .early(let seconds):
      "the moment lies \(Self.text(of: seconds)) s before the first reading that is known"
    }
  }

  public var remedy: String? {
    switch reason {
    case .unreadable, .noCount:
      "name a file that holds the count, such as /sys/bus/counter/devices/counter0/count0/count"
    case .disabled: "echo 1 > enable, in the counter's folder"
    case .ceiling: "write the highest count into 'ceiling' beside it"
    case .jump: "check the encoder's supply and shielding, and the counter's ceiling"
    case .silent, .early: "free processor time; if it happens often, check the counter's driver"
    }
  }

  private static func text(of seconds: Double) -> String { short((seconds * 100).rounded() / 100) }
}
