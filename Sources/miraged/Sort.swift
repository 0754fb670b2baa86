import Bundles
import CameraCalibration
import Cameras
import Conveyor
import Diagnostics
import Foundation
import NeuralNetworks
import Sorting

extension Run {
  /// Wires input, pipeline, lines and drawing together and plays the run on this thread.
  func sort(_ input: LineInput, with bundle: StudentBundle, on engine: Engine) throws -> Outcome {
    let classifier = try BundleClassifier(bundle, on: engine)
    try compare(bundle, with: input)
    var outcome: Outcome
    switch input.feed {
    case .frames(let source) where isPaced:
      let clock = RunningClock()
      outcome = try play(input, PacedSource(source, clock: clock), classifier, clock: clock)
    case .frames(let source):
      outcome = try play(input, source, classifier, clock: SimulatedClock())
    case .camera(let start):
      let clock = RunningClock()
      let source = try start(clock)
      let teller = CameraTeller(source)
      defer {
        source.stop()
        teller.stop()
      }
      outcome = try play(input, source, classifier, clock: clock)
    }
    outcome.summary.bundle = bundle.contents.name
    outcome.summary.source = input.name
    return outcome
  }

  /// Says which numbers of the rig's calibration are not those of training.
  private func compare(_ bundle: StudentBundle, with input: LineInput) throws {
    let rig = try input.calibration.id
    let today = String(Date().formatted(.iso8601).prefix(10))
    guard let trained = bundle.contents.rigs, !trained.isEmpty else {
      if bundle.contents.calibration != rig {
        say(
          "note: trained through calibration \(bundle.contents.calibration), sorting through "
            + "\(rig)")
      }
      return
    }
    // Of several calibrations trained through, the one that is most like this one counts.
    let all = try trained.map { try $0.mismatches(with: input.calibration, today: today) }
    for advice in all.min(by: { Self.weight($0) < Self.weight($1) }) ?? [] {
      say("\(advice.weight.rawValue): \(advice.problem)\n  help: \(advice.remedy)")
    }
  }

  private static func weight(_ advice: [Advice]) -> Int {
    advice.count { $0.weight > .note } * 100 + advice.count
  }

  private func play(
    _ input: LineInput, _ source: some FrameSource, _ classifier: BundleClassifier,
    clock: some LineClock
  ) throws -> Outcome {
    let settings = try ValveSettings(input.calibration, self)
    let pipeline = try Pipeline(
      classifier, calibration: input.calibration, ejected: targets,
      settings: PipelineSettings(valves: settings), clock: clock)
    // In real time a slow reader of ours must not hold up the line; otherwise nothing may be lost.
    let output = LineOutput()
    let lines = HandOver<SortEvent>(
      "lines", capacity: 4096, whenFull: isPaced ? .drop : .wait, work: { output.write($0) })
    let blasts = try ValveOutput(self, clock: clock)
    let painter = render.map { RunPainter($0) }
    let paintings = painter.map { painter in
      HandOver<PaintedFrame>(
        "drawing", capacity: 4, whenFull: isPaced ? .drop : .wait, work: { painter.paint($0) })
    }
    var run = LineRun(source, through: pipeline, clock: clock)
    var summary = try run.play(
      until: { Interruption.isRequested || output.hasFailed },
      emit: { event in
        blasts?.put(event)
        lines.put(event)
      },
      complain: { say("lost: \($0)") }, paint: paintings.map { queue in { queue.put($0) } })
    if let blasts { summary.outputs["valves"] = blasts.close().account.counts }
    lines.close()
    paintings?.close()
    summary.isInterrupted = Interruption.isRequested
    summary.eventsDropped = lines.dropped
    summary.renderingsDropped = (paintings?.dropped ?? 0) + (painter?.passedOver ?? 0)
    var known: [Int: String] = [:]
    if let truth = input.truth, let seen = run.pipeline.seenBelt {
      let pieces = truth(seen.y..<(seen.y + seen.height))
      summary.score = Score(
        of: run.decisions, against: pieces, seen: seen, targets: Set(targets),
        classes: classifier.rule.classes)
      known = Score.trueClasses(of: run.decisions, against: pieces, seen: seen)
    }
    return Outcome(
      summary: summary, failure: output.failure ?? drawingFailure(painter, truth: known))
  }
}

/// What a run came to, and why its lines or drawings could not all be written, if so.
struct Outcome: Sendable {
  var summary: RunSummary
  var failure: (any Error)?
}

/// Ends the drawing; a drawing that fails takes no figure of the run with it.
private func drawingFailure(_ painter: RunPainter?, truth: [Int: String]) -> (any Error)? {
  do {
    _ = try painter?.finish(truth: truth)
    return nil
  } catch {
    return error
  }
}
