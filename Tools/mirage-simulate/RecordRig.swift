import BeltSimulation
import CalibrationTargets
import CameraCalibration
import CommandKit
import Diagnostics
import Foundation

/// Writes what a commissioning engineer would record of a rig, and its truth.
struct RecordRig: Command {
  static let name = "rig"
  static let summary =
    "Writes recordings for mirage-calibrate: lens, board, running belt, both cameras, coin test."
  static let examples = [
    "mirage-simulate rig --out Rig",
    "mirage-simulate rig --out Rig --seed 7 --knock 2.5",
    "mirage-simulate rig --out Fresh --take 2   # the same rig, recorded another day",
  ]

  var out = URL(filePath: "Rig")
  /// A rig whose nozzles all blow.
  var seed: UInt64 = 2
  var take: UInt64 = 1
  var hasNoLens = false
  var knock = 0.0
  var shots = 30

  static let flags: [Flag<Self>] = [
    .required("--out", \.out, "FOLDER", "Where the recordings go; must not be there yet"),
    .value("--seed", \.seed, "S", "Same seed, same rig"),
    .value("--take", \.take, "N", "Another take of the same rig: other noise, other places"),
    .toggle("--no-lens", \.hasNoLens, "A camera whose lens bends nothing"),
    .value(
      "--knock", \.knock, "MM", "The scanner is knocked by this after its targets were recorded",
      in: .from(0, to: 50)),
    .value("--shots", \.shots, "N", "Shots of the coin test", in: .from(6, to: 200)),
  ]

  /// The board of the recordings.
  static let board: CalibrationBoard = {
    var board = Chessboard()
    (board.columns, board.rows, board.squareMillimeters) = (10, 7, 18)
    return .chessboard(board)
  }()

  /// The board that the lens is measured with: tags may be cut, and reach the picture's corners.
  static let grid = CalibrationBoard.tags(TagGrid())

  func run() async throws {
    guard !FileManager.default.fileExists(atPath: out.path) else {
      throw Complaint(
        out.relativePath, "is there already", remedy: "give another folder with --out")
    }
    Interruption.install()
    let truth =
      hasNoLens ? RigTruth(seed: seed) : RigTruth(seed: seed).behindLens(seed: seed)
    let recorder = RigRecorder(
      truth, board: Self.board, seed: seed &+ (take &- 1) &* 7919, out: out)
    let progress = ProgressLine("recordings", total: 6)
    for (step, note) in [
      ({ try recorder.writeViews(of: Self.grid) }, "lens"), (recorder.writeBoard, "board"),
      (recorder.writeRunning, "running belt"),
      (recorder.writeTargets, "targets"),
      ({ try recorder.writeScenes(knock: knock) }, "scenes"),
      ({ try recorder.writeShots(shots) }, "coin test"),
    ] as [(() throws -> Void, String)] {
      try Interruption.check(saved: "\(out.relativePath) holds a part of the recordings")
      try step()
      progress.advance(note: note)
    }
    progress.finish()
    try AtomicFile.write(JSONFile.encode(Self.board), to: out.appending(path: "board.json"))
    try AtomicFile.write(JSONFile.encode(Self.grid), to: out.appending(path: "grid.json"))
    try AtomicFile.write(JSONFile.encode(truth), to: out.appending(path: "truth.json"))
    let folder = out.relativePath
    print(
      """
      recordings of a rig lie in \(folder), its truth in \(folder)/truth.json
      next: mirage-calibrate intrinsics --rig simulated --operator you \
      --from \(folder)/intrinsics --board \(folder)/grid.json
      """)
  }
}
