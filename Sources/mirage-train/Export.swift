import Bundles
import CommandKit
import Diagnostics
import Foundation
import ModelExchange
import NeuralNetworks

/// Writes a bundle's network as ONNX and lets ONNX Runtime judge it.
struct Export: Command {
  static let name = "export"
  static let summary = "Writes a bundle's network as ONNX, checked by ONNX Runtime."
  static let examples = [
    "mirage-train export Runs/indian-pines/bundle",
    "mirage-train export Runs/indian-pines/bundle --out student.onnx",
  ]

  var bundle = URL(filePath: "bundle")
  var out: URL?
  var skipsCheck = false

  static let operands: [Operand<Self>] = [
    .required("BUNDLE", \.bundle, "Bundle that 'mirage-train fit' sealed")
  ]
  static let flags: [Flag<Self>] = [
    .optional(
      "--out", \.out, "FILE", "Where the model goes (default: model.onnx beside the bundle)"),
    .toggle("--unchecked", \.skipsCheck, "Do not run ONNX Runtime on the golden samples"),
  ]

  func run() async throws {
    let folder = bundle
    let student = try await Engine.onDedicatedThread(threads: 1) { engine in
      try StudentBundle.open(folder, on: engine)
    }
    let file = out ?? folder.deletingLastPathComponent().appending(path: "model.onnx")
    let model = try ONNXModel(
      student.graph, parameters: student.parameters, outputs: ["logits"],
      metadata: [
        (key: "bundle", value: student.contents.name),
        (key: "classes", value: student.contents.classes.joined(separator: ",")),
        (key: "calibration", value: student.contents.calibration),
        (key: "temperature", value: "\(student.contents.temperature)"),
      ])
    try model.write(to: file)
    print("model: \(file.relativePath) (\(model.data.count) bytes)")
    guard !skipsCheck else {
      print("not checked, as asked")
      return
    }
    try check(file, student)
  }

  private func check(_ file: URL, _ student: StudentBundle) throws {
    guard let tool = checker else {
      throw Complaint(
        "Tools/check-onnx", "not found beside this program, so the model was not checked",
        remedy: "run from the project's folder, or pass --unchecked")
    }
    let samples = FileManager.default.temporaryDirectory
      .appending(path: "mirage-golden-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: samples) }  // The system clears it otherwise.
    try ONNXRuntimeCheck.write(
      inputs: [("color", student.golden.color)], outputs: [("logits", student.golden.logits)],
      to: samples)
    switch try ONNXRuntimeCheck.compare(file, with: samples, by: tool) {
    case .agrees(let text): print(text)
    case .differs(let text):
      throw Complaint(file.relativePath, "ONNX Runtime disagrees with our own plan: \(text)")
    case .unavailable(let text):
      print("not checked: ONNX Runtime could not be had (\(text))")
    }
  }

  /// `Tools/check-onnx` in the current folder, or in the project that this program was built in.
  private var checker: URL? {
    let built = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    var candidates = [URL(filePath: "Tools/check-onnx")]
    var folder = built.deletingLastPathComponent()
    for _ in 0..<4 {
      candidates.append(folder.appending(path: "Tools/check-onnx"))
      folder = folder.deletingLastPathComponent()
    }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }
}
