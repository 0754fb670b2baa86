import Bundles
import CameraCalibration
import Cameras
import Conveyor
import Foundation
import Imaging
import Services
import Sorting
import Units

// What sorting tells in its own words, in the words of the services.

extension LineFacts {
  init(
    _ bundle: StudentBundle, _ input: LineInput, _ loaded: LoadedRecipe<BundleClassifier>,
    _ advice: [Advice]
  ) {
    let rule = loaded.rule
    self.init(
      bundle: bundle.contents.name, source: input.name,
      classes: rule.classes.enumerated().map { index, name in
        ShownClass(
          name: name, color: Color.ofClass(index).hexadecimal, threshold: rule.thresholds[index],
          isEjected: loaded.recipe.ejected.contains(name))
      }, stages: Stage.allCases.map(\.rawValue))
    recipe = loaded.recipe.name
    change = loaded.change
    warnings = advice.map {
      LineReason(
        "calibration-differs", $0.problem, remedy: $0.remedy, isUnfit: $0.weight > .warning)
    }
  }
}

extension LineWatch.Sources {
  init(
    _ clock: RunningClock, _ blasts: ValveOutput?, account: @escaping @Sendable () -> SourceAccount
  ) {
    self.init(
      now: { clock.now },
      missing: {
        let account = account()
        return (dropped: account.dropped, lost: account.lost)
      })
    if let blasts { valves = { blasts.status } }
  }
}

extension FrameReport {
  init(_ outcome: FrameOutcome) {
    self.init(
      exposedAt: outcome.exposedAt, doneAt: outcome.doneAt,
      speedMillimetersPerSecond: outcome.speedMillimetersPerSecond,
      stages: outcome.stages.indices.map { outcome.stages[$0].seconds })
    overload = outcome.overload.map {
      OverloadStatus(
        OverloadRung($0.rung), coming: $0.coming.map(OverloadRung.init), steps: $0.steps)
    }
    framesDecided = outcome.framesDecided
    framesLate = outcome.framesLate
    piecesLost = outcome.pieces.lost + outcome.pieces.dropped
    blastsFired = outcome.blastsFired
    blastsLate = outcome.blastsLate
    blastsDropped = outcome.blastsDropped
  }
}

extension OverloadRung {
  init(_ rung: SortingRung) {
    switch rung {
    case .full: self = .full
    case .fewerViews: self = .fewerViews
    case .color: self = .color
    case .blind: self = .blind
    }
  }
}

extension PieceReport {
  init(_ decision: PieceDecision) {
    self.init(
      piece: decision.piece, class: decision.class, likeliest: decision.likeliest,
      confidence: decision.confidence, probabilities: decision.probabilities,
      exposedAt: decision.exposedAt, decidedAt: decision.decidedAt)
    energy = decision.energy
    views = decision.views
    isEjected = decision.action == .eject
    isLate = decision.isLate
    squareMillimeters = decision.areaSquareMillimeters
    acrossMillimeters = decision.beltMillimeters.center.x
    deadline = decision.deadline
    slackMilliseconds = decision.slackMilliseconds
  }
}

extension BlastReport {
  init(_ ejection: PieceEjection) {
    self.init(
      piece: ejection.piece, commandAt: ejection.commandAt, opensAt: ejection.opensAt,
      closesAt: ejection.closesAt,
      acrossMillimeters: ejection
        .fromMillimeters...max(
          ejection.fromMillimeters, ejection.toMillimeters))
    nozzles = ejection.nozzles
  }
}

extension SightReport {
  init(_ sight: PieceSight) {
    self.init(
      sight.kind == .new ? .new : .update, piece: sight.piece, frame: sight.frame,
      exposedAt: sight.exposedAt)
    (likeliest, confidence, views) = (sight.likeliest, sight.confidence, sight.views)
    acrossMillimeters = sight.beltMillimeters.center.x
    alongMillimeters = sight.beltMillimeters.center.y
  }
}

extension LossReport {
  init(_ loss: PieceLoss) { self.init(piece: loss.piece, reason: loss.reason.rawValue) }
}

extension CameraHealth {
  init(_ status: CameraStatus) {
    self.init(
      isStreaming: status.state == .streaming, reason: status.reason,
      reconnects: status.reconnects)
  }
}

extension Color {
  var hexadecimal: String {
    "#" + [red, green, blue].map { String(format: "%02x", Int($0)) }.joined()
  }
}

extension Picture {
  /// As JPEG; nil where it cannot be coded.
  var jpeg: [UInt8]? {
    // The reason would be want of memory, and a page with one picture fewer is still a page.
    (try? PictureFile.encodeJPEG(self, quality: 85)).map { [UInt8]($0) }
  }
}
