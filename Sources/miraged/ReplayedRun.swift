import Cameras
import CameraCalibration
import Conveyor
import Diagnostics
import Foundation
import Imaging
import Sorting

/// A recording sorted by a recipe, in the recording's own time: the same decisions every time.
struct ReplayedRun: Sendable {
  /// Pictures that are kept; a longer recording's later pieces have none.
  private static let pictureLimit = 50_000

  let decisions: [PieceDecision]
  let summary: RunSummary
  let classes: [String]
  /// JPEG of each decided piece, by its number.
  let pictures: [Int: [UInt8]]

  /// - Throws: why the recording or the recipe is refused; `ExitStatus.interrupted` after Ctrl-C.
  init(of options: Run, by stored: StoredRecipe) throws {
    let input = try LineInput(options)
    guard case .frames(let source) = input.feed else {
      throw WrongOptions("--camera", "is no recording")
    }
    let (recipe, _) = try RecipeLoader(input: input, options: options).load(stored, change: 0)
    self = try Self.played(source, input, options, recipe, title: stored.name)
  }

  private init(
    decisions: [PieceDecision], summary: RunSummary, classes: [String], pictures: [Int: [UInt8]]
  ) {
    (self.decisions, self.summary) = (decisions, summary)
    (self.classes, self.pictures) = (classes, pictures)
  }

  private static func played(
    _ source: some FrameSource, _ input: LineInput, _ options: Run,
    _ recipe: LoadedRecipe<BundleClassifier>, title: String
  ) throws -> ReplayedRun {
    let clock = SimulatedClock()
    let settings = try ValveSettings(input.calibration, options)
    let pipeline = try Pipeline(
      recipe, calibration: input.calibration, settings: PipelineSettings(valves: settings),
      clock: clock, with: options.threads > 1 ? Companion() : nil)
    let album = PieceAlbum()
    var run = LineRun(
      source, through: pipeline, clock: clock, remembering: .decisions, album: album)
    let progress = source.frameCount.map { ProgressLine(title, total: $0) }
    var decided: [Int] = []
    var pictures: [Int: [UInt8]] = [:]
    let summary = try run.play(
      until: { Interruption.isRequested },
      emit: { if case .decision(let decision) = $0 { decided.append(decision.piece) } },
      complain: { say("lost: \($0)") },
      report: { _ in
        for piece in decided where pictures.count < pictureLimit {
          pictures[piece] = album.picture(of: piece)?.jpeg
        }
        decided.removeAll(keepingCapacity: true)
        progress?.advance()
      })
    progress?.finish()
    if summary.isInterrupted { throw ExitStatus.interrupted }
    guard summary.frames.decided + summary.frames.late > 0 else {
      throw Complaint(input.name, "not one of \(summary.framesExposed) frames could be sorted")
    }
    return ReplayedRun(
      decisions: run.decisions, summary: summary, classes: recipe.rule.classes,
      pictures: pictures)
  }
}

extension FrameSource {
  /// Frames that there are, where that is known beforehand.
  fileprivate var frameCount: Int? {
    switch self {
    case let folder as FolderSource: folder.count
    case let belt as SimulatedSource: belt.timing.frames
    default: nil
    }
  }
}
