import CommandKit
import Diagnostics
import Foundation
import NeuralNetworks
import Sorting

/// Whether the line's time is real or stands still while the computer works.
enum Pace: String, CaseIterable, ArgumentValue {
  /// Frames come when they are due; who is late, is late.
  case real
  /// As fast as the computer can; the same decisions every time.
  case fast
}

/// The kinds of simulated belt.
enum SceneChoice: String, CaseIterable, ArgumentValue {
  case metals
  case coated
}

struct Run: Command {
  static let name = "run"
  static let summary = "Sorts pieces on frames of a belt with the student of a bundle."

  var config: URL?
  var bundle: URL?
  var recipes: URL?
  var recipe: String?
  var frames: URL?
  var camera: String?
  var wish = CameraWish()
  var waits = false
  var isSimulated = false
  var scene = SceneChoice.metals
  var strangers = 0.0
  var seed: UInt64 = 1
  var rate: Double?
  var speed: Double?
  var encoder: URL?
  var millimetersPerCount: Double?
  var pace: Pace?
  var calibration: URL?
  var seconds: Double?
  var ejected = ""
  var valveLatency: Double?
  var valves: String?
  var nozzles: Int?
  var http: String?
  var tokenFile: URL?
  var audit: URL?
  var remembering = MemoryWish()
  var modbus: String?
  var storing = StoreWish()
  var telling = BrokerWish()
  var recording = RecordingWish()
  var shadow: URL?
  var render: URL?
  var summary: URL?
  var threads = 1
  var hasLadder = false

  /// Decisions go to standard output, one JSON object a line; words for people to standard error.
  func run() async throws {
    let memory = try LineMemory(self, ProcessInfo.processInfo.environment)
    switch SafeStart(self, memory) {
    case .held(let why): try await hold(why)
    case .asUsual:
      let choice = try LineChoice.first(self, memory)
      try await choice.options.run(by: choice, memory)
    case .good(let kept):
      let choice = try LineChoice(kept, over: self)
      try await choice.options.run(by: choice, memory)
    }
  }

  private func run(by choice: LineChoice, _ memory: LineMemory?) async throws {
    _ = try valveAddress
    let input = try LineInput(self)
    Interruption.install()
    let log = try openAudit()
    let onlookers = try onlookers(log, input)
    let outcome = try await audited(in: log, sorting: choice, told: \Outcome.evidence) {
      try await LineMemory.prove(memory) {
        try await Engine.onDedicatedThread(threads: 1) { _ in
          try sort(input, by: choice, memory, before: onlookers)
        }
      }
    }
    let result = outcome.summary
    if let summary { try AtomicFile.write(JSONFile.encode(result), to: summary) }
    say(result.text)
    if let render { say("drawn: \(render.relativePath)") }
    if let failure = outcome.failure { throw failure }
    if result.isInterrupted { throw ExitStatus.interrupted }
    guard result.frames.decided + result.frames.late > 0 else {
      throw Complaint(input.name, "not one of \(result.framesExposed) frames could be sorted")
    }
  }

  /// What the run begins with: the recipe, or the bundle and classes of the command line.
  var start: StoredRecipe {
    get throws {
      guard let recipe else {
        guard let bundle else {
          throw WrongOptions(
            "run", "--bundle is missing: the bundle that mirage-train made",
            remedy: "give it, or --recipes FOLDER with --recipe NAME")
        }
        return StoredRecipe(SortingRecipe(ejected: classes(in: ejected)), bundle: bundle)
      }
      guard let recipes else {
        throw WrongOptions("--recipe", "found without --recipes, the folder that it is in")
      }
      guard bundle == nil, ejected.isEmpty else {
        throw WrongOptions("--recipe", "found with --bundle or --eject, which the recipe says")
      }
      return try StoredRecipe.named(recipe, in: recipes)
    }
  }

  var isPaced: Bool { camera != nil || (pace ?? (rate == nil ? .fast : .real)) == .real }
}

/// One line on standard error.
func say(_ text: String) {
  FileHandle.standardError.write(Data("\(text)\n".utf8))
}
