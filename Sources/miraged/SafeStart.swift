import CommandKit
import Diagnostics
import Foundation
import Services

/// When a line starts with what is known to be good, or sorts nothing.
enum SafeMode: String, CaseIterable, ArgumentValue {
  /// After three starts in ten minutes that came to nothing.
  case auto
  case always
  case never
}

/// How a line starts.
enum SafeStart {
  /// Starts that came to nothing after which the next is a safe one.
  static let failures = 3
  /// A line that was up for so long has started well.
  static let proof = Duration.seconds(60)

  case asUsual
  /// By what was sorted by at the last good start.
  case good(LineMemory.Kept)
  /// It sorts nothing, serves, and says why.
  case held(String)

  /// Nothing was started yet; writes down that it will be.
  init(_ options: Run, _ memory: LineMemory?) {
    var failed = 0
    do { failed = try memory?.noteStart() ?? 0 } catch {
      say("state: starts cannot be counted: \(error)")
    }
    let isAsked = options.remembering.safeMode == .always
    guard isAsked || failed >= Self.failures && options.remembering.safeMode == .auto else {
      self = .asUsual
      return
    }
    let why = isAsked ? "--safe-mode always" : "\(failed) starts in ten minutes came to nothing"
    if let good = memory?.good {
      say("safe mode: \(why); it starts by what was last known to be good")
      self = .good(good)
    } else {
      say("safe mode: \(why); it serves and sorts nothing; --safe-mode never starts all the same")
      self = .held(why)
    }
  }
}

extension Run {
  /// Serves page, figures and reasons until it is asked to end, and sorts nothing.
  func hold(_ why: String) async throws {
    Interruption.install()
    guard let onlookers = try onlookers(try openAudit(), nil) else {
      throw Complaint("safe mode", why, remedy: "nobody is served who could be told: see the help")
    }
    onlookers.hold(
      LineReason(
        "safe-mode", "nothing is sorted: \(why)",
        remedy: "look at the journal, mend it, and restart; --safe-mode never starts all the same"))
    while !Interruption.isRequested { try await Task.sleep(for: .milliseconds(100)) }
    _ = onlookers.close()
    throw ExitStatus.interrupted
  }
}

extension LineMemory {
  /// Once the line has been up for a while, or ended as it was asked to, its start was good.
  static func prove<Result>(
    _ memory: LineMemory?, _ body: () async throws -> Result
  ) async throws -> Result {
    guard let memory else { return try await body() }
    let proof = Task.detached {
      try await Task.sleep(for: SafeStart.proof)
      memory.tellGood()
    }
    defer { proof.cancel() }
    let result = try await body()
    memory.tellGood()
    return result
  }

  private func tellGood() {
    do { try noteGood() } catch { say("state: \(error)") }
  }
}
