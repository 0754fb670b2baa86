import Distillation
import Pages

/// What follows from the verdict for the person who reads it.
struct Advice {
  let evidence: Evidence

  private var runName: String { evidence.run.folder.lastPathComponent }

  /// The next steps, first things first.
  var steps: [String] {
    let seeds = evidence.results.seeds.count
    guard seeds < 5, evidence.results.verdict.answer != .undecided else { return byAnswer }
    return ["Run at least five seeds before you decide anything: \(seeds) are too few."] + byAnswer
  }

  private var byAnswer: [String] {
    switch evidence.results.verdict.answer {
    case .worthIt: worthIt
    case .suggestive:
      [
        "Run ten seeds: the interval shrinks with their number, and an even choice is then easier.",
        "Record more pairs without labels: they cost no labelling and are where a student gains "
          + "most.",
        "Until then, take the student if it costs nothing more on the line; it is not worse.",
      ]
    case .notWorthIt:
      [
        "Sort these classes with RGB alone: the control in the table below is the network to use.",
        "Look at the pairs of classes below: if the teacher mixes them up as well, these "
          + "wavelengths do not tell them apart. Another range may.",
        "If labels are scarce in production, repeat the experiment with fewer of them: that is "
          + "where spectra help most.",
      ]
    case .notTransferred:
      [
        "Decide whether the teacher's gain pays for a spectral camera on the line: that is the "
          + "only way shown here to have it.",
        "Record more pairs without labels, and give the RGB camera what it may lack: resolution, "
          + "light, a polarizer. What RGB cannot see, no teacher can teach.",
        "Compare other hints and temperatures on the validation groups, never on the test.",
      ]
    case .undecided: undecided
    }
  }

  private var worthIt: [String] {
    [
      evidence.sealed.map {
        "Take the sealed bundle (\($0.short)) to the line: it lies in the run's folder, and "
          + "'mirage-train export \(runName)/bundle' writes it as ONNX."
      } ?? "Add the arm 'compact' to the experiment: it is the network for the line.",
      "Try it on recordings of a day that this run has never seen, before it moves a valve.",
      "Keep the spectral camera for recording pairs: record again when light, camera or material "
        + "change.",
    ]
  }

  private var undecided: [String] {
    let seeds = evidence.results.seeds.count
    return [
      seeds < 5
        ? "Run at least five seeds (now \(seeds)): 'seeds' in the experiment file; what is "
          + "trained already is kept."
        : "Run more seeds (now \(seeds)): the interval still holds both yes and no.",
      "Test on more \(evidence.units): \(NumberText.count(evidence.pieces.count)) carry the "
        + "figures on this page.",
      evidence.gain == nil
        ? "Name the arms 'student', 'two-color' and 'fusion': the answer is a comparison of them."
        : "Leave the line as it is until the answer is clear.",
    ]
  }

  /// What the reader should know before the figures are used.
  var caveats: [String] {
    [overlap, intervals, shuffled, logits, compact, rareClasses].compactMap { $0 }
  }

  private var overlap: String? {
    let facts = evidence.results.data
    guard facts.overlapOfCenters > 0 || facts.overlapOfPatches > 0 else { return nil }
    return "The test is not wholly separate: \(NumberText.percent(facts.overlapOfPatches)) of its "
      + "samples share a pixel or piece with training, "
      + "\(NumberText.percent(facts.overlapOfCenters)) see a training center of their class. All "
      + "accuracies here may flatter; differences between arms suffer less."
  }

  private var intervals: String? {
    guard evidence.results.seeds.count > 1, let student = evidence.student,
      let control = evidence.control
    else { return nil }
    let start =
      "Intervals are over seeds on one split: they say how much training varies, not how another "
      + "day's material would."
    guard let interval = evidence.compare(student, control)?.interval else { return start }
    return start + " Drawing whole groups of test \(evidence.units) again gives "
      + "\(NumberText.interval(interval.lowerBound, interval.upperBound)) points for the "
      + "student's gain."
  }

  private var shuffled: String? {
    guard let entry = evidence.comparison(.shuffled, .twoColor), entry.low.isFinite, entry.low > 0
    else { return nil }
    return "A teacher with shuffled answers gains \(NumberText.signed(entry.mean)) points too: "
      + "part of the gain does not come from what the spectra say."
  }

  private var logits: String? {
    guard let entry = evidence.comparison(.student, .logits), entry.mean <= 0 else { return nil }
    return "The teacher's logits alone do as well as the hallucination branch "
      + "(\(NumberText.signed(entry.mean)) points for the branch): the branch does not earn its "
      + "place here."
  }

  private var compact: String? {
    guard let entry = evidence.comparison(.compact, .compactPlain), entry.mean <= 0 else {
      return nil
    }
    return "The compact network for the line does not gain from the teacher "
      + "(\(NumberText.signed(entry.mean)) points): the student's gain is lost on the way to it."
  }

  private var rareClasses: String? {
    let rare = zip(evidence.classes, evidence.piecesPerClass).filter { $0.1 < 30 }
    guard !rare.isEmpty else { return nil }
    let names = rare.prefix(6).map { "\($0.0) (\($0.1))" }.joined(separator: ", ")
    let more = rare.count > 6 ? " and \(rare.count - 6) more" : ""
    return "Few test \(evidence.units): \(names)\(more). Their figures move by points with each "
      + "\(evidence.unit)."
  }
}
