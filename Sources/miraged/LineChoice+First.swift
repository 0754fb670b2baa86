import Diagnostics
import Foundation

extension LineChoice {
  /// What the line begins with: what was chosen last, where that is kept, or what is written.
  static func first(_ options: Run, _ memory: LineMemory?) throws -> LineChoice {
    guard let memory else { return try LineChoice(options) }
    let place = memory.file.relativePath
    if memory.isOutdated {
      say("state: \(place): the configuration was written anew since; it holds")
      return try LineChoice(options)
    }
    guard let kept = memory.kept else { return try LineChoice(options) }
    guard !options.remembering.isAsWritten else {
      say("state: what was chosen last is left aside, as --as-written says")
      return try LineChoice(options)
    }
    do {
      let choice = try LineChoice(kept, over: options)
      say("state: \(place): as chosen last: \(choice.title); --as-written leaves it aside")
      return choice
    } catch {
      throw Complaint(
        place, "what was chosen last cannot be sorted by any more: \(error)",
        remedy: "mend that, or start with --as-written")
    }
  }
}
