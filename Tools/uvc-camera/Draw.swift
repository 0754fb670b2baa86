import CommandKit
import Foundation
import USBCameraSimulation

/// Codes the frames once, where that is fast.
struct Draw: Command {
  static let name = "draw"
  static let summary = "Writes the JPEG pictures that a camera sends, for 'attach --pictures'."

  var out = URL(filePath: "Pictures")

  static let flags: [Flag<Self>] = [
    .required("--out", \.out, "FOLDER", "Where the pictures go")
  ]

  func run() async throws { try FrameStore.draw(into: out) }
}
