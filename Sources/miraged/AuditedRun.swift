import Diagnostics
import Foundation
import Services

extension Run {
  /// The audit log, if one is to be kept.
  func openAudit() throws -> AuditLog? {
    guard let audit else { return nil }
    let log = try AuditLog(audit)
    if let healing = log.healing { say("audit: \(log.place): \(healing)") }
    return log
  }

  /// Writes down that the run starts, what with, and how it ends.
  func audited<Result>(
    in log: AuditLog?, sorting choice: LineChoice, told: (Result) -> [String: String],
    _ body: () async throws -> Result
  ) async throws -> Result {
    guard let log else { return try await body() }
    let account = NSUserName()
    var facts = choice.evidence
    facts["version"] = Release.version
    if let config { facts["configuration"] = config.relativePath }
    if !choice.kept.isAsWritten { facts["chosen"] = "before the restart" }
    try log.add(.start, who: account, facts: facts)
    do {
      let result = try await body()
      try log.add(.stop, who: account, facts: told(result))
      return result
    } catch {
      try log.add(.stop, who: account, facts: ["problem": "\(error)"])
      throw error
    }
  }
}

extension Outcome {
  /// The end of the run in an auditor's words.
  var evidence: [String: String] {
    var facts = [
      "frames": "\(summary.framesExposed)", "pieces": "\(summary.pieces.found)",
      "changes": "\(summary.recipeChanges)", "interrupted": "\(summary.isInterrupted)",
    ]
    facts["recipe"] = summary.recipe
    facts["problem"] = failure.map { "\($0)" }
    return facts
  }
}
