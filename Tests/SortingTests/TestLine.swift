import CameraCalibration
import Cameras
import Conveyor
import Foundation
import Imaging
import Samples
import Sorting
import TestSupport
import Units

/// A line with seeded belt and a classifier that goes by the mean color of a crop.
enum TestLine {
  static let classes = ["copper", "brass", "steel"]

  static let calibration = RigCalibration(
    rig: "test", date: "2026-01-01", color: SeededBelt.camera,
    cube: Homography(scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0),
    beltWidthMillimeters: Double(SeededBelt.width), valveBarMillimeters: 150,
    registrationErrorMillimeters: 0.3)

  static var settings: PipelineSettings {
    PipelineSettings(valves: ValveSettings(barMillimeters: calibration.valveBarMillimeters))
  }

  static func truth(of belt: SeededBelt) -> [TruePiece] {
    belt.pieces.enumerated().map { number, piece in
      TruePiece(
        name: "\(number)", class: classes[piece.classIndex], bounds: piece.bounds,
        areaSquareMillimeters: .pi * piece.radius * piece.radius)
    }
  }
}

/// Logits are minus the distance of a crop's mean color from each class's.
struct ColorClassifier: PieceClassifier {
  var recipe = SampleRecipe(
    colorSize: 12, cubeSize: 12, cropMillimeters: 36, masksBackground: true)
  var rule = DecisionRule(classes: TestLine.classes)
  /// Takes this long for each batch of crops.
  var work = Duration.zero
  var clock: SimulatedClock?

  mutating func classify(_ crops: [Float], count: Int, into logits: inout [Float]) throws {
    let size = recipe.colorSize * recipe.colorSize * 3
    for crop in 0..<count {
      var sums: [Float] = [0, 0, 0]
      var cells: Float = 0
      for cell in stride(from: crop * size, to: (crop + 1) * size, by: 3) where crops[cell] != 0 {
        for channel in 0..<3 { sums[channel] += crops[cell + channel] }
        cells += 1
      }
      for (index, color) in SeededBelt.colors.enumerated() {
        var distance: Float = 0
        for channel in 0..<3 {
          distance += abs(sums[channel] / max(1, cells) - Float(color[channel]) / 255)
        }
        logits[crop * rule.classes.count + index] = -20 * distance
      }
    }
    if let clock { clock.follow(clock.now.advanced(by: work)) }
  }
}

/// The camera over a seeded belt with a drive that wanders; frames go missing at a rate.
struct SeededSource: FrameSource {
  let belt: SeededBelt
  let drive: SeededDrive
  var missing = 0.0
  let length: Double
  var account = SourceAccount()
  var troubles = SourceTroubles()
  var nextExposure: LineInstant? { nil }
  mutating func skip() {}
  private var sequence = 0
  private var last = -Double.infinity

  init(seed: UInt64, lengthMillimeters: Int = 320, missing: Double = 0) {
    belt = SeededBelt(seed: seed, lengthMillimeters: lengthMillimeters)
    drive = SeededDrive(seed: seed)
    length = Double(lengthMillimeters) + 160
    self.missing = missing
  }

  mutating func next() throws -> CameraFrame? {
    var lost = 0
    while true {
      let seconds = Double(sequence) * 20 / drive.speed
      guard drive.position(at: seconds) < length else { return nil }
      defer { sequence += 1 }
      if missing > 0, UInt64(sequence &* 2_654_435_761) % 100 < UInt64(missing * 100) {
        lost += 1
        account.lost += 1
        continue
      }
      account.delivered += 1
      last = max(last, drive.encoder(at: seconds))
      return CameraFrame(
        picture: belt.picture(at: drive.position(at: seconds)), sequence: sequence,
        exposedAt: LineInstant(seconds: seconds), beltMillimeters: last, lostBefore: lost)
    }
  }
}

/// What a run of the test line gave.
struct TestRun {
  var summary: RunSummary
  var events: [SortEvent] = []
  var decisions: [PieceDecision] = []
  var ejections: [PieceEjection] = []
  var losses: [PieceLoss] = []
  var seen = Rectangle<BeltFrame>(x: 0, y: 0, width: 0, height: 0)

  init(
    _ source: some FrameSource, _ classifier: ColorClassifier = ColorClassifier(),
    ejected: [String] = ["copper"], settings: PipelineSettings = TestLine.settings,
    clock: SimulatedClock = SimulatedClock(), companion: Companion? = nil,
    paint: ((() -> PaintedFrame) -> Void)? = nil,
    watch: (SortEvent) -> Void = { _ in }
  ) throws {
    let pipeline = try Pipeline(
      classifier, calibration: TestLine.calibration, ejected: ejected, settings: settings,
      clock: clock, with: companion)
    var run = LineRun(source, through: pipeline, clock: clock)
    var events: [SortEvent] = []
    summary = try run.play(
      until: { false },
      emit: { event in
        events.append(event)
        watch(event)
      }, paint: paint)
    self.events = events
    seen = run.pipeline.seenBelt ?? seen
    for event in events {
      switch event {
      case .decision(let decision): decisions.append(decision)
      case .ejection(let ejection): ejections.append(ejection)
      case .loss(let loss): losses.append(loss)
      case .change: break
      }
    }
  }
}
