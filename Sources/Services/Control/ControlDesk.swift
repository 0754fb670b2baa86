import Diagnostics
import Foundation
import Synchronization

/// Where changes of the running line are asked for: one at a time, by whoever may, each written
/// down before it is made.
///
/// The line itself is asked on a thread of the desk's, so that neither viewers nor frames wait.
public final class ControlDesk: Sendable {
  /// What can be asked of the line.
  public struct Line: Sendable {
    /// The recipes that there are.
    public var recipes: @Sendable () -> [RecipeCard]
    /// What is sorted by, and what was before the last change.
    public var standing: @Sendable () -> (inForce: RecipeCard, former: RecipeCard?)
    /// The configuration that holds.
    public var configuration: @Sendable () -> ConfigurationCard
    /// Sorts by what is wanted.
    ///
    /// Gives what the audit log should know of it. Returns when the first frame is sorted by it.
    public var change: @Sendable (ChangeWish.Wanted) throws -> [String: String]

    public init(
      recipes: @escaping @Sendable () -> [RecipeCard],
      standing: @escaping @Sendable () -> (inForce: RecipeCard, former: RecipeCard?),
      configuration: @escaping @Sendable () -> ConfigurationCard,
      change: @escaping @Sendable (ChangeWish.Wanted) throws -> [String: String]
    ) {
      (self.recipes, self.standing) = (recipes, standing)
      (self.configuration, self.change) = (configuration, change)
    }
  }

  private struct Books: Sendable {
    var line: Line?
    var count = 0
    var latest: ChangeStatus?
    /// What the latest wants.
    var wanted = ChangeWish.Wanted.former
    var isEnding = false
  }

  public let audit: AuditLog?
  let access: TokenGuard?
  private let books = Mutex(Books())
  private let recorder = Mutex<(@Sendable (String) -> Void)?>(nil)
  private let wishes = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - token: what a change must be asked with; without one nothing can be changed.
  ///   - audit: where it is written down.
  public init(token: AccessToken?, audit: AuditLog?) {
    self.audit = audit
    access = token.map { TokenGuard($0) }
    let thread = Thread { [self] in
      work()
      ended.signal()
    }
    thread.name = "control"
    thread.stackSize = 64 << 20
    thread.start()
  }

  /// The line can be asked from now on.
  public func begin(_ line: Line) { books.withLock { $0.line = line } }

  /// What happens can be recorded from now on, by a sentence that says for whom.
  public func offer(recording: @escaping @Sendable (String) -> Void) {
    recorder.withLock { $0 = recording }
  }

  /// Records what happens just now, for someone who may.
  ///
  /// - Throws: a `Refusal` where nothing is recorded here; why it cannot be written down.
  func record(_ wish: ChangeWish) throws {
    guard let record = recorder.withLock({ $0 }) else {
      throw Refusal(status: 503, problem: "miraged was started without --recordings")
    }
    try audit?.add(.recording, who: wish.who, why: wish.why)
    record("\(wish.who): \(wish.why)")
  }

  /// Nothing is changed any more; a change that is under way is waited for as long as the end may
  /// wait, half a second.
  public func close() {
    books.withLock { $0.isEnding = true }
    wishes.signal()
    if ended.wait(timeout: .now() + .milliseconds(500)) == .success { ended.signal() }
  }

  /// Why nothing can be changed, in a sentence.
  var closed: String? {
    if access == nil {
      return "Nothing can be changed here: miraged was started without --token-file."
    }
    return books.withLock { books in
      if books.isEnding { return "The daemon was asked to end." }
      return books.line == nil ? "Nothing can be changed yet: miraged still starts." : nil
    }
  }

  /// The recipes, the one in force, the last change.
  public var board: RecipeBoard {
    let (line, latest) = books.withLock { ($0.line, $0.latest) }
    var board = RecipeBoard(recipes: [], latest: latest, closed: closed)
    guard let line else { return board }
    let (inForce, former) = line.standing()
    board.inForce = inForce.name.isEmpty ? nil : inForce.name
    board.recipes = line.recipes().map {
      RecipeBoard.Row(
        card: $0, isInForce: $0.isSame(as: inForce),
        changes: $0.problem == nil ? inForce.differences(to: $0) : [])
    }
    board.former = former.map {
      RecipeBoard.Row(card: $0, isInForce: false, changes: inForce.differences(to: $0))
    }
    return board
  }

  /// The configuration that holds; nil while the daemon starts.
  public var configuration: ConfigurationCard? {
    books.withLock { $0.line }?.configuration()
  }

  /// Takes up a wish of someone who may.
  ///
  /// - Throws: a `Refusal` where it cannot be now.
  func take(_ wish: ChangeWish) throws(Refusal) -> ChangeStatus {
    if let closed { throw Refusal(status: 503, problem: closed) }
    guard let line = books.withLock({ $0.line }) else {
      throw Refusal(status: 503, problem: "The line is not there yet.")
    }
    switch wish.wanted {
    case .recipe(let name):
      guard let card = line.recipes().first(where: { $0.name == name }) else {
        throw Refusal(status: 404, problem: "there is no recipe '\(name)'")
      }
      if let problem = card.problem { throw Refusal(status: 409, problem: problem) }
    case .configuration:
      guard line.configuration().folder != nil else {
        throw Refusal(
          status: 409,
          problem: "miraged was started without --config, beside which configurations lie")
      }
    case .former:
      guard line.standing().former != nil else {
        throw Refusal(
          status: 409, problem: "there is nothing to go back to: nothing was changed yet")
      }
    }
    let status = books.withLock { books -> ChangeStatus? in
      guard books.latest?.progress != .preparing else { return nil }
      books.count += 1
      let status = ChangeStatus(number: books.count, wish)
      (books.latest, books.wanted) = (status, wish.wanted)
      return status
    }
    guard let status else {
      throw Refusal(status: 409, problem: "another change is under way; wait until it is done")
    }
    wishes.signal()
    return status
  }

  /// Why a request is not granted, with the status of HTTP that says so.
  struct Refusal: Error {
    var status: Int
    var problem: String
  }

  private func work() {
    while true {
      wishes.wait()
      let books = books.withLock { $0 }
      guard !books.isEnding else { return }
      guard let line = books.line, var status = books.latest, status.progress == .preparing
      else { continue }
      do {
        try make(&status, books.wanted, on: line)
        status.progress = .done
      } catch {
        status.progress = .refused
        status.problem = "\(error)"
      }
      self.books.withLock { $0.latest = status }
    }
  }

  /// Makes a change, and writes down that it was made or why not.
  private func make(
    _ status: inout ChangeStatus, _ wanted: ChangeWish.Wanted, on line: Line
  ) throws {
    let before = line.standing()
    var facts = ["from": before.inForce.name, "order": "\(status.number)"]
    facts["configuration"] = status.configuration
    if status.isRevert, let name = before.former?.name, !name.isEmpty { status.recipe = name }
    if let recipe = status.recipe ?? (status.isRevert ? "" : nil) { facts["to"] = recipe }
    // What cannot be written down is not done.
    try audit?.add(
      status.isRevert ? .revert : .change, who: status.who, why: status.why, facts: facts)
    do {
      let more = try line.change(wanted)
      facts.merge(more) { old, _ in old }
    } catch {
      facts["problem"] = "\(error)"
      try audit?.add(.refusal, who: status.who, why: status.why, facts: facts)
      throw error
    }
    do { try audit?.add(.done, who: status.who, facts: facts) } catch {
      status.problem = "it is done, but not written down: \(error)"
    }
  }
}

extension ChangeStatus {
  init(number: Int, _ wish: ChangeWish) {
    self.init(
      number: number, isRevert: wish.wanted == .former, recipe: nil, who: wish.who, why: wish.why)
    switch wish.wanted {
    case .recipe(let name): recipe = name
    case .configuration(let file): configuration = file
    case .former: break
    }
  }
}
