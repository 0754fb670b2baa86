import BeltSimulation
import CalibrationTargets
import CameraCalibration
import CommandKit
import Diagnostics
import Foundation

/// Writes what a commissioning engineer would record of a rig, and its truth.
struct RecordRig: Command {
  static let name = "rig"
  static let summary = "Writes recordings for mirage-calibrate: board, running belt, coin test."
  static let examples = [
    "mirage-simulate rig --out Rig",
    "mirage-simulate rig --out Rig --seed 7 --knock 2.5",
  ]

  var out = URL(filePath: "Rig")
  var seed: UInt64 = 1
  var knock = 0.0
  var shots = 12

  static let flags: [Flag<Self>] = [
    .required("--out", \.out, "FOLDER", "Where the recordings go; must not be there yet"),
    .value("--seed", \.seed, "S", "Same seed, same rig"),
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

  func run() async throws {
    guard !FileManager.default.fileExists(atPath: out.path) else {
      throw Complaint(
        out.relativePath, "is there already", remedy: "give another folder with --out")
    }
    Interruption.install()
    let truth = RigTruth(seed: seed)
    let recorder = RigRecorder(truth, board: Self.board, seed: seed, out: out)
    let progress = ProgressLine("recordings", total: 5)
    for (step, note) in [
      (recorder.writeBoard, "board"), (recorder.writeRunning, "running belt"),
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
    try AtomicFile.write(JSONFile.encode(truth), to: out.appending(path: "truth.json"))
    let folder = out.relativePath
    print(
      """
      recordings of a rig lie in \(folder), its truth in \(folder)/truth.json
      next: mirage-calibrate belt --rig simulated --operator you --from \(folder)/belt \
      --board \(folder)/board.json
      """)
  }
}
