import Samples
import Synchronization

/// Where the crops of pieces are laid for a second opinion, in places made beforehand.
///
/// The frame thread copies crops into a free place and goes on; without one it does nothing. It
/// neither waits nor takes memory.
public final class CropTap: Sendable {
  /// Frames whose crops wait at most, and pieces of each.
  static let capacity = 4
  static let pieces = 64

  /// What one frame brought: crops `[count, colorSize, colorSize, 3]`, of which pieces, and how
  /// much each weighs.
  struct Page: Sendable {
    var count = 0
    var pieces = [Int](repeating: 0, count: CropTap.pieces)
    var weights = [Double](repeating: 0, count: CropTap.pieces)
    var crops: [Float]
  }

  /// What is told in order.
  enum News: Sendable {
    case crops(place: Int)
    case event(SortEvent)
  }

  private final class Place: Sendable {
    let page: Mutex<Page>
    let isFilled = Atomic<Bool>(false)

    init(_ size: Int) { page = Mutex(Page(crops: [Float](repeating: 0, count: size))) }
  }

  /// How the crops are to be cut; others are of no use.
  public let recipe: SampleRecipe
  private let places: [Place]
  private let news: HandOver<News>
  private let isOver = Atomic<Bool>(false)

  /// - Parameter work: called on a thread of its own, for one after the other.
  init(_ recipe: SampleRecipe, work: @escaping @Sendable (News, CropTap) -> Void) {
    self.recipe = recipe
    places = (0..<Self.capacity).map { _ in Place(Self.pieces * recipe.colorCount) }
    let own = Mutex<CropTap?>(nil)
    news = HandOver("shadow", capacity: 1024, whenFull: .drop) { one in
      if let tap = own.withLock({ $0 }) { work(one, tap) }
    }
    own.withLock { $0 = self }
  }

  /// Lays down the crops of a frame, if there is a place; called on the frame thread.
  func put(
    _ crops: [Float], count: Int, about piece: (Int) -> (number: Int, weight: Double)
  ) {
    guard count > 0, !isOver.load(ordering: .relaxed) else { return }
    var free = 0
    while free < Self.capacity, places[free].isFilled.load(ordering: .acquiring) { free += 1 }
    guard free < Self.capacity else { return }
    let taken = min(count, Self.pieces)
    let isLaid: Void? = places[free].page.withLockIfAvailable { page in
      page.count = taken
      for index in 0..<taken {
        let (number, weight) = piece(index)
        page.pieces[index] = number
        page.weights[index] = weight
      }
      for index in 0..<(taken * recipe.colorCount) { page.crops[index] = crops[index] }
    }
    guard isLaid != nil else { return }
    places[free].isFilled.store(true, ordering: .releasing)
    let before = news.dropped
    news.put(.crops(place: free))
    if news.dropped > before { places[free].isFilled.store(false, ordering: .releasing) }
  }

  /// Tells what became of pieces; called on the frame thread.
  public func put(_ event: SortEvent) {
    if !isOver.load(ordering: .relaxed) { news.put(.event(event)) }
  }

  /// What was laid into a place; it is free afterwards.
  func take<Result>(
    _ place: Int, _ body: (Page) throws -> sending Result
  ) rethrows -> sending Result {
    defer { places[place].isFilled.store(false, ordering: .releasing) }
    return try places[place].page.withLock { page in try body(page) }
  }

  /// Whether all that was laid down is taken.
  var isIdle: Bool { places.allSatisfy { !$0.isFilled.load(ordering: .acquiring) } }

  /// Whether nothing is to be judged any more.
  var isStopped: Bool { isOver.load(ordering: .relaxed) }

  /// Nothing is laid down any more.
  func stop() { isOver.store(true, ordering: .relaxed) }

  /// Ends the thread.
  func close() {
    stop()
    news.close()
  }
}
