import Diagnostics
import Foundation
import Imaging
import Synchronization
import Units

/// Draws a run into a folder: a picture a frame, a clip, and a sheet of the decided pieces.
///
/// `frames/frame-000012.png`, `run.webp`, `pieces.png`. All three are bounded, however long the
/// run: the first frames and pieces are drawn, the others counted.
public final class RunPainter: Sendable {
  /// Bounds of what is drawn.
  public struct Limits: Sendable {
    public var frames = 400
    public var clipFrames = 150
    public var clipWidth = 400
    public var pieces = 64

    public init() {}
  }

  private struct State {
    var scene = DecidedScene()
    var clip: [Picture] = []
    var pieces: [(picture: Picture, decision: PieceDecision)] = []
    var classes: [String] = []
    var drawn = 0
    var passedOver = 0
    var firstExposure: LineInstant?
    var lastExposure: LineInstant?
    var failure: (any Error)?
  }

  public let folder: URL
  private let limits: Limits
  private let state = Mutex(State())

  public init(_ folder: URL, limits: Limits = Limits()) {
    self.folder = folder
    self.limits = limits
  }

  /// Frames that were not drawn because the run is longer than the bounds.
  public var passedOver: Int { state.withLock { $0.passedOver } }

  /// Draws one frame; a failure to write is kept for `finish`, drawing then stops.
  public func paint(_ frame: PaintedFrame) {
    state.withLock { state in
      guard state.failure == nil else { return }
      for event in frame.events { state.scene.note(event) }
      state.scene.forget(passed: frame)
      collectPieces(of: frame, into: &state)
      guard state.drawn < limits.frames else {
        state.passedOver += 1
        return
      }
      let picture = FrameDrawing(
        frame: frame, decisions: state.scene.decisions, ejections: state.scene.ejections
      ).picture
      let name = String(format: "frames/frame-%06d.png", frame.frame.sequence)
      do {
        try PictureFile.write(picture, to: folder.appending(path: name))
      } catch {
        state.failure = error
      }
      state.drawn += 1
      guard state.clip.count < limits.clipFrames else { return }
      state.clip.append(picture.fitted(width: limits.clipWidth, height: 4 * limits.clipWidth))
      state.firstExposure = state.firstExposure ?? frame.frame.exposedAt
      state.lastExposure = frame.frame.exposedAt
    }
  }

  /// Writes clip and sheet; gives the files in the order a person would open them.
  ///
  /// `truth` has the true class of pieces by their number: what is told of these is marked as right
  /// or wrong on the sheet.
  public func finish(truth: [Int: String] = [:]) throws -> [URL] {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      var files: [URL] = []
      if !state.clip.isEmpty {
        let clip = folder.appending(path: "run.webp")
        try AnimatedPicture.write(
          state.clip, framesPerSecond: Self.framesPerSecond(state), to: clip)
        files.append(clip)
      }
      if !state.pieces.isEmpty {
        var sheet = ContactSheet()
        sheet.columns = 8
        (sheet.cellWidth, sheet.cellHeight) = (200, 90)
        let file = folder.appending(path: "pieces.png")
        let entries = state.pieces.map { piece in
          let isRight = truth[piece.decision.piece].map {
            piece.decision.isRight(for: $0, among: state.classes)
          }
          let caption = piece.decision.caption(truth: truth[piece.decision.piece], isRight)
          return (piece.picture.framed(isRight), caption)
        }
        try PictureFile.write(sheet.picture(of: entries), to: file)
        files.append(file)
      }
      return files
    }
  }

  /// The frames' own pace, between 2 and 25 a second.
  private static func framesPerSecond(_ state: State) -> Double {
    guard let first = state.firstExposure, let last = state.lastExposure, last > first else {
      return 10
    }
    return min(25, max(2, Double(state.clip.count - 1) / first.duration(to: last).seconds))
  }

  private func collectPieces(of frame: PaintedFrame, into state: inout State) {
    state.classes = frame.classes
    for event in frame.events {
      guard state.pieces.count < limits.pieces, case .decision(let decision) = event,
        let shown = frame.shown.first(where: { $0.piece == decision.piece })
      else { continue }
      state.pieces.append(
        (
          frame.frame.picture.cut(
            columns: shown.blob.columns, rows: shown.blob.rows, margin: 6),
          decision
        ))
    }
  }
}

extension PieceDecision {
  /// Whether the class is what it should be for a piece of the class `truth`.
  fileprivate func isRight(for truth: String, among classes: [String]) -> Bool {
    self.class == (classes.contains(truth) ? truth : Self.unknown)
  }

  /// Number, class and confidence; where the truth is known whether they are right, and what would
  /// be.
  fileprivate func caption(truth: String?, _ isRight: Bool?) -> String {
    let sign = action == .eject ? "↑ " : ""
    let told = "\(sign)\(piece) \(self.class) \(Int((confidence * 100).rounded())) %"
    guard let truth, let isRight else { return told }
    return isRight ? "\(told) ✓" : "\(told) ✕ \(truth)"
  }
}

extension Picture {
  private static var rightColor: Color { Color(60, 170, 90) }
  private static var wrongColor: Color { Color(220, 50, 40) }

  /// The picture with a green frame where what was told is right, a red one where it is wrong.
  fileprivate func framed(_ isRight: Bool?) -> Picture {
    guard let isRight else { return self }
    let canvas = Canvas(self)
    canvas.stroke(
      Rectangle(x: 1, y: 1, width: Double(width) - 2, height: Double(height) - 2),
      isRight ? Self.rightColor : Self.wrongColor, width: 2)
    return canvas.picture
  }

  /// A part of the picture with `margin` pixels around it, as far as there are any.
  fileprivate func cut(columns: ClosedRange<Int>, rows: ClosedRange<Int>, margin: Int) -> Picture {
    let left = max(0, columns.lowerBound - margin)
    let right = min(width - 1, columns.upperBound + margin)
    let top = max(0, rows.lowerBound - margin)
    let bottom = min(height - 1, rows.upperBound + margin)
    var bytes: [UInt8] = []
    bytes.reserveCapacity((right - left + 1) * (bottom - top + 1) * channels)
    for y in top...bottom {
      let row = y * width
      bytes += pixels[((row + left) * channels)..<((row + right + 1) * channels)]
    }
    return Picture(
      width: right - left + 1, height: bottom - top + 1, channels: channels, pixels: bytes)
  }
}
