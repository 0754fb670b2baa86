import CameraCalibration
import Cameras
import Conveyor
import Diagnostics
import Foundation
import Services
import Sorting

extension Run {
  /// Wires input, pipeline, lines and drawing together and plays the run on this thread.
  func sort(
    _ input: LineInput, by choice: LineChoice, _ memory: LineMemory?, before onlookers: Onlookers?
  ) throws -> Outcome {
    let loader = RecipeLoader(input: input, options: self)
    let (recipe, facts) = try loader.load(choice.stored, change: 0)
    let shadow = try shadow(loader, beside: choice.stored, recipe, album: onlookers?.album)
    if let shadow { onlookers?.show(shadow) }
    var control: RecipeControl?
    if let onlookers {
      let made = RecipeControl(
        input, sorting: choice, facts, memory: memory,
        announce: { onlookers.expect($0, try $1.options.setup($0, input, $1.stored)) })
      onlookers.desk.begin(made.line)
      control = made
    }
    let sorting = Sorted(recipe: recipe, exchange: control?.exchange, shadow: shadow)
    try onlookers?.note(setup(facts, input, choice.stored))
    var outcome: Outcome
    switch input.feed {
    case .frames(let source) where isPaced:
      let clock = RunningClock()
      let source = PacedSource(source, clock: clock)
      let blasts = try ValveOutput(self, clock: clock)
      onlookers?.begin(facts, .init(clock, blasts, account: { source.account }))
      outcome = try play(input, source, sorting, clock: clock, (onlookers, blasts))
    case .frames(let source):
      outcome = try play(input, source, sorting, clock: SimulatedClock(), (nil, nil))
    case .camera(let start):
      let clock = RunningClock()
      let source = try start(clock)
      let teller = CameraTeller(source)
      defer {
        source.stop()
        teller.stop()
      }
      let blasts = try ValveOutput(self, clock: clock)
      var sources = LineWatch.Sources(clock, blasts, account: { source.account })
      sources.camera = { CameraHealth(source.status) }
      onlookers?.begin(facts, sources)
      outcome = try play(input, source, sorting, clock: clock, (onlookers, blasts))
    }
    outcome.summary.bundle = facts.bundle
    outcome.summary.source = input.name
    return outcome
  }

  private func pipeline<Clock: LineClock>(
    _ input: LineInput, _ recipe: LoadedRecipe<BundleClassifier>, clock: Clock
  ) throws -> Pipeline<BundleClassifier, Clock> {
    var settings = PipelineSettings(valves: try ValveSettings(input.calibration, self))
    settings.learnsColors = hasLadder
    return try Pipeline(
      recipe, calibration: input.calibration, settings: settings, clock: clock,
      with: threads > 1 ? Companion() : nil)
  }

  private func play(
    _ input: LineInput, _ source: some FrameSource,
    _ sorting: Sorted, clock: some LineClock,
    _ outputs: (onlookers: Onlookers?, blasts: ValveOutput?)
  ) throws -> Outcome {
    let (onlookers, blasts, shadow) = (outputs.onlookers, outputs.blasts, sorting.shadow)
    var pipeline = try pipeline(input, sorting.recipe, clock: clock)
    pipeline.serve(shadow, tellsPaths: onlookers?.wantsPaths ?? false)
    // In real time a slow reader of ours must not hold up the line; otherwise nothing may be lost.
    let output = LineOutput()
    let lines = HandOver<SortEvent>(
      "lines", capacity: 4096, whenFull: isPaced ? .drop : .wait, work: { output.write($0) })
    let painter = render.map { RunPainter($0) }
    let paintings = painter.map { painter in
      HandOver<PaintedFrame>(
        "drawing", capacity: 4, whenFull: isPaced ? .drop : .wait, work: { painter.paint($0) })
    }
    var run = LineRun(
      source, through: pipeline, clock: clock,
      remembering: input.truth == nil ? .nothing : .decisions, album: onlookers?.album,
      exchange: sorting.exchange, ladder: hasLadder ? OverloadLadder() : nil)
    var summary = try run.play(
      until: { Interruption.isRequested || output.hasFailed },
      emit: { event in
        blasts?.put(event)
        onlookers?.put(event)
        shadow?.tap.put(event)
        lines.put(event)
      },
      complain: { say("lost: \($0)") }, report: { onlookers?.put($0) },
      sight: { onlookers?.put($0) }, keep: { onlookers?.put($0) },
      paint: { frame in
        onlookers?.paint(frame)
        if let paintings { paintings.put(frame()) }
      })
    onlookers?.end()
    if let blasts { summary.outputs["valves"] = blasts.close().account.counts }
    lines.close()
    paintings?.close()
    if let shadow { summary.outputs["shadow"] = ShadowStatus(shadow.close()).counts }
    if let onlookers { summary.outputs.merge(onlookers.close()) { $1 } }
    summary.isInterrupted = Interruption.isRequested
    summary.eventsDropped = lines.dropped
    summary.renderingsDropped = (paintings?.dropped ?? 0) + (painter?.passedOver ?? 0)
    var known: [Int: String] = [:]
    if let truth = input.truth, let seen = run.pipeline.seenBelt {
      let pieces = truth(seen.y..<(seen.y + seen.height))
      summary.score = Score(
        of: run.decisions, against: pieces, seen: seen,
        // Of several recipes only what was told right can be counted together.
        targets: summary.recipeChanges == 0 ? Set(sorting.recipe.recipe.ejected) : [],
        classes: run.pipeline.rule.classes)
      known = Score.trueClasses(of: run.decisions, against: pieces, seen: seen)
    }
    return Outcome(
      summary: summary, failure: output.failure ?? drawingFailure(painter, truth: known))
  }
}

/// What is sorted by, where other recipes come from, and who judges beside it.
private struct Sorted {
  let recipe: LoadedRecipe<BundleClassifier>
  let exchange: RecipeExchange<BundleClassifier>?
  let shadow: ShadowJudge?
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
