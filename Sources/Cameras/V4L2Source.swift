import Diagnostics
import Foundation
import Units

/// A camera, live: the freshest frame for whoever asks, whatever happens to the cable.
///
/// A thread of its own finds the camera by identity, sets it up, decodes each frame straight out
/// of the driver's buffer and leaves it in a place for one. A frame that still lies there when the
/// next one comes is dropped and counted. A camera that stalls, fails or is unplugged is taken up
/// again for as long as the source lives; `changes` tells of it. The picture of a frame may be
/// overwritten once the next one was asked for, unless somebody still holds it.
public final class V4L2Source: FrameSource {
  private let wiring: CameraReader.Wiring
  private let isAskedToStop: @Sendable () -> Bool

  private static let waitMilliseconds = 50
  private static let stopMilliseconds = 5000

  /// Starts to read `name`.
  ///
  /// - Parameters:
  ///   - encoder: tells the belt's travel for each exposure.
  ///   - clock: the line's; frames carry its time.
  ///   - isAskedToStop: ends the source from outside.
  public convenience init(
    _ name: CameraName, settings: CameraSettings = CameraSettings(), encoder: any Encoder,
    clock: some LineClock,
    until isAskedToStop: @escaping @Sendable () -> Bool = { Interruption.isRequested }
  ) {
    self.init(
      CameraReader.Wiring(
        name: name, settings: settings, directory: CameraDirectory(), system: KernelVideo(),
        clock: clock, encoder: encoder, exchange: FrameExchange()), until: isAskedToStop)
  }

  init(_ wiring: CameraReader.Wiring, until isAskedToStop: @escaping @Sendable () -> Bool) {
    self.wiring = wiring
    self.isAskedToStop = isAskedToStop
    let thread = Thread { Self.run(wiring, until: isAskedToStop) }
    thread.name = "camera"
    thread.start()
  }

  deinit { wiring.exchange.stop() }

  /// Waits for the freshest frame, also while the camera is away; nil once asked to stop.
  ///
  /// - Throws: a `CameraRefusal` where the camera cannot be read at the start.
  public func next() throws -> CameraFrame? {
    while true {
      switch try wiring.exchange.take(at: wiring.clock.now) {
      case .frame(let frame): return frame
      case .ended: return nil
      case .nothing: wiring.exchange.wait(milliseconds: Self.waitMilliseconds)
      }
      if isAskedToStop() {
        stop()
        return nil
      }
    }
  }

  /// As `next()`, but comes back after `milliseconds` or when there is news: `nothing` then.
  public func next(within milliseconds: Int) throws -> NextFrame {
    for attempt in 0..<2 {
      switch try wiring.exchange.take(at: wiring.clock.now) {
      case .frame(let frame): return .frame(frame)
      case .ended: return .ended
      case .nothing:
        if isAskedToStop() {
          stop()
          return .ended
        }
        if attempt == 0 { wiring.exchange.wait(milliseconds: milliseconds) }
      }
    }
    return .nothing
  }

  /// What `next(within:)` found.
  public enum NextFrame: Sendable {
    case frame(CameraFrame)
    case nothing
    case ended
  }

  /// Unknown: the camera decides.
  public var nextExposure: LineInstant? { nil }

  /// Does nothing: frames that nobody asks for give way by themselves.
  public func skip() {}

  public var account: SourceAccount { wiring.exchange.status.account }
  public var troubles: SourceTroubles { wiring.exchange.troubles }
  /// The changes of state as they happen: those so far, then each new one until the source ends.
  ///
  /// Any number may listen; who is slow misses the oldest.
  public var changes: AsyncStream<CameraEvent> { wiring.exchange.changes }
  /// The last changes of state.
  public var events: CameraEvents { wiring.exchange.events }
  /// How the camera is doing.
  public var status: CameraStatus { wiring.exchange.status }

  /// Ends the source and waits until the camera is given back, at most five seconds.
  public func stop() {
    wiring.exchange.stop()
    _ = wiring.exchange.waitForEnd(milliseconds: Self.stopMilliseconds)
  }

  /// The acquisition thread's life.
  private static func run(
    _ wiring: CameraReader.Wiring, until isAskedToStop: @Sendable () -> Bool
  ) {
    let reader = CameraReader(wiring)
    do {
      while !wiring.exchange.isStopped, !isAskedToStop() { try reader.step() }
      reader.close()
      wiring.exchange.finish(nil)
    } catch {
      reader.close()
      wiring.exchange.finish(error)
    }
  }
}
