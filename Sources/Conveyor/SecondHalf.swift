import Imaging
import Synchronization

/// What a companion works with when it segments half of a frame.
///
/// One thread at a time has a use for it: the lock is never waited for.
final class SecondHalf: Sendable {
  private struct State {
    var rows: BeltRows
    var splitter: TouchingPieces
    var runs: [BeltRows.Run] = []
    var haveNecks: [Bool] = []
  }

  private let state: Mutex<State>

  init(_ settings: SegmentationSettings, kind: BeltRows.Kind) {
    state = Mutex(
      State(
        rows: BeltRows(settings, kind: kind),
        splitter: TouchingPieces(neckShare: settings.neckShare)))
  }

  /// Finds the runs of some rows.
  func find(_ range: Range<Int>, of picture: Picture, on background: BeltBackground) {
    state.withLock { state in
      state.rows.find(range, of: picture, on: background, into: &state.runs)
    }
  }

  func addRuns(to runs: inout [BeltRows.Run]) {
    state.withLock { state in runs += state.runs }
  }

  /// Finds out which regions may be several pieces.
  func findNecks(_ blobs: ArraySlice<Blob>, in labels: LabelMap, minimum: Int) {
    state.withLock { state in
      state.haveNecks.removeAll(keepingCapacity: true)
      for blob in blobs {
        state.haveNecks.append(
          state.splitter.mayHaveNeck(blob, in: labels, minimum: minimum, rows: &state.rows))
      }
    }
  }

  func addNecks(to haveNecks: inout [Bool]) {
    state.withLock { state in haveNecks += state.haveNecks }
  }
}
