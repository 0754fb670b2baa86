import Diagnostics
import Foundation
import Tensors

/// Another implementation's word on an exported model: ONNX Runtime runs it on golden samples.
public enum ONNXRuntimeCheck {
  /// What came out; the text is for people, a line for each output.
  public enum Outcome: Equatable, Sendable {
    /// Each output is as wanted; the text has the worst difference.
    case agrees(String)
    /// An output is off by more than allowed.
    case differs(String)
    /// ONNX Runtime could not be had, so nothing was compared.
    case unavailable(String)
  }

  /// Writes golden samples as `Tools/check-onnx` reads them.
  ///
  /// Shapes: every tensor `[N, …]` with the same `N`, named as the model's inputs and outputs.
  public static func write(
    inputs: [(name: String, tensor: Tensor)], outputs: [(name: String, tensor: Tensor)],
    to file: URL
  ) throws {
    let tensors =
      inputs.map { ("inputs/\($0.name)", $0.tensor) }
      + outputs.map { ("outputs/\($0.name)", $0.tensor) }
    try Safetensors.write(tensors, metadata: [:], to: file)
  }

  /// Runs `model` on `samples` by `tool`, the path of `Tools/check-onnx`.
  ///
  /// The first time it may install ONNX Runtime, which takes a minute and the network.
  public static func compare(_ model: URL, with samples: URL, by tool: URL) throws -> Outcome {
    let process = Process()
    process.executableURL = tool
    process.arguments = [model.path, samples.path]
    let (output, error) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    do {
      try process.run()
    } catch {
      throw Complaint(
        tool.relativePath, "cannot be started: \(error.localizedDescription)",
        remedy: "run Tools/setup, then try again")
    }
    // The tool writes a few lines; neither pipe fills while the other is read.
    let said = text(output)
    let complained = text(error)
    process.waitUntilExit()
    switch process.terminationStatus {
    case 0: return .agrees(said)
    case 3: return .differs(said.isEmpty ? complained : said)
    case 4: return .unavailable(complained)
    default: throw Complaint(model.relativePath, "ONNX Runtime does not run it: \(complained)")
    }
  }

  private static func text(_ pipe: Pipe) -> String {
    String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
