import CommandKit
import Diagnostics
import Foundation
import Services

/// Makes the secret that changes over HTTP need.
struct TokenCommand: Command {
  static let name = "token"
  static let summary = "Makes a token file, without which nothing can be changed over HTTP."

  var file = URL(filePath: ".")

  static let operands: [Operand<Self>] = [
    .required("FILE", \.file, "A new file, which only its owner will be able to read")
  ]

  static let examples = ["miraged token line.token"]

  func run() async throws {
    try AccessToken.make(at: file)
    print("\(file.relativePath): a new token; 'miraged run --token-file' takes it")
  }
}

/// What `miraged audit` is to do.
enum AuditAction: String, CaseIterable, ArgumentValue {
  /// Follows the log from its first line to its last.
  case verify
}

struct AuditCommand: Command {
  static let name = "audit"
  static let summary = "Verifies that nobody has altered an audit log."

  var action = AuditAction.verify
  var file = URL(filePath: ".")

  static let operands: [Operand<Self>] = [
    .required("ACTION", \.action, "verify (names the first line that is not as it was written)"),
    .required("FILE", \.file, "The log that 'miraged run --audit' writes"),
  ]

  static let examples = ["miraged audit verify audit.jsonl"]

  func run() async throws {
    let (chain, problem) = try AuditChain.verify(file)
    if let problem {
      print("\(file.relativePath): \(problem.place) \(problem.problem)")
      print("\(file.relativePath): the \(chain.count) lines before it are whole")
      throw ExitStatus.negative
    }
    print(
      "\(file.relativePath): \(chain.count) lines, whole; the last one's digest is \(chain.last)")
    print(
      "  whoever noted an earlier digest finds its line by it: lines cut off at the end show so")
  }
}
