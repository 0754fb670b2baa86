import CalibrationTargets
import CameraCalibration
import CommandKit
import Diagnostics
import Foundation
import Imaging

/// Writes pictures of a calibration board as a camera with a known lens sees it.
struct BoardViews: Command {
  static let name = "views"
  static let summary = "Writes pictures of a calibration board, with the lens that took them."
  static let examples = [
    "mirage-simulate views --out Pictures",
    "mirage-simulate views --out Pictures --board board.json --count 20 --width 1280 --height 960",
  ]

  var out = URL(filePath: "Pictures")
  var file: URL?
  var count = 12
  var seed: UInt64 = 1
  var width = 960
  var height = 720

  static let flags: [Flag<Self>] = [
    .required("--out", \.out, "FOLDER", "Where the pictures go; must not hold any yet"),
    .optional("--board", \.file, "FILE", "The board, as 'mirage-calibrate board' wrote it"),
    .value("--count", \.count, "N", "How many pictures", in: .from(1, to: 500)),
    .value("--seed", \.seed, "N", "The same seed gives the same pictures"),
    .value("--width", \.width, "N", "Width of the pictures", in: .from(160, to: 8192)),
    .value("--height", \.height, "N", "Height of the pictures", in: .from(120, to: 8192)),
  ]

  /// What the pictures show, for whoever checks a calibration.
  private struct Truth: Encodable {
    var lens: LensModel
    var board: CalibrationBoard
    var poses: [String: BoardPose]
  }

  func run() async throws {
    let board =
      try file.map { try JSONFile.read(CalibrationBoard.self, at: $0) } ?? .tags(TagGrid())
    try board.check(place: file?.relativePath ?? "board")
    let present = (try? FileManager.default.contentsOfDirectory(atPath: out.path)) ?? []
    guard !present.contains(where: { $0.hasSuffix(".png") }) else {
      throw Complaint(out.relativePath, "holds pictures already", remedy: "name a new folder")
    }
    Interruption.install()
    var rig = SimulatedBoardRig(seed: seed, board: board, width: width, height: height)
    let renderer = BoardRenderer(board, lens: rig.lens)
    var truth = Truth(lens: rig.lens, board: board, poses: [:])
    let progress = ProgressLine("pictures", total: count)
    // The light stays as it is while somebody holds the board.
    let exposure = rig.exposure()
    for number in 1...count {
      try Interruption.check(saved: "\(number - 1) of \(count) pictures are whole")
      let pose = rig.pose(tiltDegrees: 45, fill: 0.4...0.9)
      let digits = "\(number)"
      let name = "view-\(String(repeating: "0", count: max(0, 3 - digits.count)))\(digits).png"
      let picture = renderer.picture(at: pose, exposure, using: &rig.random)
      try PictureFile.write(picture, to: out.appending(path: name))
      truth.poses[name] = pose
      progress.advance()
    }
    progress.finish()
    try AtomicFile.write(JSONFile.encode(truth), to: out.appending(path: "truth.json"))
    print(
      """
      \(count) pictures of \(board.text) and the lens that took them, truth.json, lie in \
      \(out.relativePath)
      next: mirage-calibrate intrinsics --rig NAME --operator NAME --from \(out.relativePath)
      """)
  }
}
