import Diagnostics
import Dispatch
import Synchronization

/// The one place where a recipe changes hands between the thread that made it ready and the frame
/// thread, which looks here between two frames and never waits.
public final class RecipeExchange<Classifier: PieceClassifier>: Sendable {
  private enum Counter: Sendable {
    case empty
    case offered(LoadedRecipe<Classifier>)
    case returned(LoadedRecipe<Classifier>)
  }

  private let counter = Mutex(Counter.empty)
  private let isOffered = Atomic<Bool>(false)
  private let isOver = Atomic<Bool>(false)
  private let swapped = DispatchSemaphore(value: 0)

  public init() {}

  /// Hands `recipe` to the frame thread, waits for the next frame and gives what sorted until then.
  ///
  /// Called by one thread at a time. All or nothing: where no frame comes in time, the recipe is
  /// taken back, and a `Complaint` says so.
  public func exchange(
    for recipe: LoadedRecipe<Classifier>, within patience: Duration
  ) throws(Complaint) -> LoadedRecipe<Classifier> {
    counter.withLock { counter in
      counter = .offered(recipe)
      isOffered.store(true, ordering: .releasing)
    }
    let end = ContinuousClock.now + patience
    while isOffered.load(ordering: .acquiring), !isOver.load(ordering: .acquiring),
      ContinuousClock.now < end
    {
      _ = swapped.wait(timeout: .now() + .milliseconds(50))
    }
    let left = counter.withLock { counter in
      defer { counter = .empty }
      isOffered.store(false, ordering: .releasing)
      return counter
    }
    guard case .returned(let former) = left else {
      throw Complaint(
        "the line", isOver.load(ordering: .acquiring) ? "ends" : "gets no pictures",
        remedy: "nothing was changed; try again when it sorts")
    }
    return former
  }

  /// Exchanges what is offered, if anything is; called on the frame thread between two frames.
  func pass(_ swap: (LoadedRecipe<Classifier>) -> LoadedRecipe<Classifier>) {
    guard isOffered.load(ordering: .acquiring) else { return }
    let isDone = counter.withLockIfAvailable { counter in
      guard case .offered(let recipe) = counter else { return false }
      counter = .returned(swap(recipe))
      isOffered.store(false, ordering: .releasing)
      return true
    }
    // Wakes whoever waits; one signal too many only lets him look once more.
    if isDone ?? false { swapped.signal() }
  }

  /// No frame comes any more; whoever waits is told.
  func end() { isOver.store(true, ordering: .releasing) }
}
