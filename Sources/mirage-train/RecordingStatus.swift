import Diagnostics
import Foundation
import LineScan

/// The line that shows how a recording goes: rate, losses, saturation, time left.
struct RecordingStatus {
  private let progress: ProgressLine
  private let bytesPerLine: Int
  private var told = 0
  private var since = ContinuousClock.now
  private var sinceLines = 0
  private var rate = 0.0

  init(total: Int, bytesPerLine: Int) {
    progress = ProgressLine("recorded", total: total)
    self.bytesPerLine = bytesPerLine
  }

  /// Shows what the recording holds now.
  mutating func advance(to summary: RecordingSummary, losses: LineAccount) {
    let now = ContinuousClock.now
    let elapsed = since.duration(to: now) / .seconds(1)
    if elapsed >= 1 || rate == 0 {
      rate = Double(summary.lines - sinceLines) / elapsed
      (since, sinceLines) = (now, summary.lines)
    }
    let megabytes = rate * Double(bytesPerLine) / 1e6
    progress.advance(
      by: summary.lines - told,
      note: String(
        format: "%.1f lines/s, %.1f MB/s, lost %d, waiting %d, saturated %.3f %%", rate, megabytes,
        losses.lost, losses.queued, 100 * summary.saturatedShare))
    told = summary.lines
  }

  /// Tells a person something on a line of its own.
  func say(_ text: String) {
    progress.finish()
    FileHandle.standardError.write(Data("mirage-train: \(text)\n".utf8))
  }

  /// Ends the line.
  func finish() { progress.finish() }
}
