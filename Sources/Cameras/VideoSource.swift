import Diagnostics
import Foundation
import Imaging
import Units

/// What a kind of video file can do: give its frames in order, one in memory at a time.
protocol VideoFile: Sendable {
  /// Frames a second, where the file tells.
  var framesPerSecond: Double? { get }
  /// Reads the next frame without decoding it.
  ///
  /// - Throws: a `Complaint` where the file itself cannot be read any longer.
  mutating func advance() throws -> VideoStep
  /// Decodes the frame that was read last.
  mutating func decode(into picture: inout Picture) throws
}

/// What lies next in a video file.
enum VideoStep {
  case frame
  /// Bytes that are no frame, and why; the next step goes on behind them.
  case damage(Complaint)
  case end
}

/// Frames of one video file: motion JPEG, which is JPEG pictures in a row, or YUV4MPEG2.
///
/// The file is told by its first bytes, read as it is played and never held as a whole. The belt
/// runs at the speed given.
public struct VideoSource: FrameSource {
  public private(set) var account = SourceAccount()
  public private(set) var troubles = SourceTroubles()

  private var file: any VideoFile
  private let name: String
  private let framesPerSecond: Double
  private let speedMillimetersPerSecond: Double
  private let end: LineInstant
  /// The number of the next frame.
  private var position = 0
  private var lostSinceLast = 0
  private var hasEnded = false
  /// Why the file cannot be read any longer, as a skip found out.
  private var failure: (any Error)?
  private var picture = Picture(width: 1, height: 1)

  /// Opens `file` and reads its header, if it has one.
  ///
  /// - Parameter color: what luma and chroma mean where the file does not tell: BT.601, limited
  ///   range. A YUV4MPEG2 file tells its range at most; JPEG pictures are always in full range.
  /// - Throws: a `Complaint` where it is no video file, one of a kind that is not read, or where
  ///   the belt's speed is missing.
  public init(
    _ file: URL, timing: ReplayTiming = ReplayTiming(),
    color: ColorRules = ColorRules(matrix: .bt601, range: .limited)
  ) throws {
    let stored = try PositionedFile(file)
    var first = [UInt8](repeating: 0, count: min(10, stored.size))
    try stored.read(from: 0, into: &first, range: first.indices)
    if first.starts(with: Y4MFile.signature) {
      self.file = try Y4MFile(stored, color: color)
    } else if first.starts(with: [0xff, 0xd8]) {
      self.file = MotionJPEGFile(stored)
    } else {
      throw Complaint(
        stored.name,
        stored.size == 0
          ? "is empty, a video file was wanted"
          : "is neither a motion JPEG nor a YUV4MPEG2 file, which begin with ff d8 and 'YUV4MPEG2'",
        remedy: "convert it: ffmpeg -i FILE -c:v mjpeg -q:v 2 frames.mjpeg")
    }
    guard let speed = timing.speedMillimetersPerSecond else {
      throw Complaint(
        stored.name, "nothing tells how far the belt moved between frames",
        remedy: "give the belt's speed with --speed")
    }
    name = file.lastPathComponent
    framesPerSecond =
      timing.framesPerSecond ?? self.file.framesPerSecond ?? ReplayTiming.usualRate
    speedMillimetersPerSecond = speed
    end = LineInstant(seconds: timing.seconds ?? .infinity)
  }

  public mutating func next() throws -> CameraFrame? {
    if let failure { throw failure }
    while try advance() {
      let number = position
      position += 1
      do {
        try file.decode(into: &picture)
      } catch {
        lose(number, error)
        continue
      }
      account.delivered += 1
      defer { lostSinceLast = 0 }
      let seconds = Double(number) / framesPerSecond
      return CameraFrame(
        picture: picture, sequence: number, exposedAt: LineInstant(seconds: seconds),
        beltMillimeters: speedMillimetersPerSecond * seconds, lostBefore: lostSinceLast)
    }
    return nil
  }

  /// Known until the last frame was read: whether another follows, the file tells only then.
  public var nextExposure: LineInstant? {
    let next = LineInstant(seconds: Double(position) / framesPerSecond)
    return hasEnded || next > end ? nil : next
  }

  /// Reads over the next frame without decoding it.
  public mutating func skip() {
    do {
      guard try advance() else { return }
      lose(position, Complaint.passedOver(frame: position))
      position += 1
    } catch {
      failure = error
      hasEnded = true
    }
  }

  /// Goes to the next frame that can be read, false at the end; what cannot be read is lost.
  private mutating func advance() throws -> Bool {
    while nextExposure != nil {
      switch try file.advance() {
      case .frame: return true
      case .damage(let reason):
        lose(position, reason)
        position += 1
      case .end: hasEnded = true
      }
    }
    return false
  }

  private mutating func lose(_ number: Int, _ error: any Error) {
    account.lost += 1
    lostSinceLast += 1
    let reason = (error as? any Explained)?.problem ?? "cannot be read: \(error)"
    troubles.note(Complaint("\(name), frame \(number)", reason))
  }
}
