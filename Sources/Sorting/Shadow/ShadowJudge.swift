import Diagnostics
import Dispatch
import Foundation
import Imaging
import Synchronization

/// How a second opinion stands.
public struct ShadowBoard: Codable, Sendable, Equatable {
  /// A class in force and one of the other recipe's, and how many pieces were told so.
  public struct Pair: Codable, Sendable, Equatable {
    public var live: String
    public var shadow: String
    public var pieces: Int
  }

  /// What the other recipe is called, and its bundle.
  public var recipe: String
  /// Pieces of which both had the same views, by whether they were told alike.
  public var agreed: Int
  public var disagreed: Int
  /// Pieces that were not judged, for want of time.
  public var skipped: Int
  public var pairs: [Pair]
  /// The newest first.
  public var disagreements: [ShadowDisagreement]
  /// Why it judges nothing any more.
  public var trouble: String?
}

/// Judges the line's pieces by another recipe when there is time, and touches nothing.
///
/// The frame thread lays down copies of the crops that it cut anyway. They are judged on a thread
/// that gives way to all others; a piece of which a view was passed over is not compared, since
/// other views may say another thing. A network that fails is asked no more.
public final class ShadowJudge: Sendable {
  private struct State: Sendable {
    var books: ShadowBooks
    var pictures: [Int: [UInt8]] = [:]
    /// Disagreements whose picture the frame thread had not drawn yet.
    var wanted: [Int] = []
    var trouble: String?
  }

  public let recipe: String
  /// Where crops and decisions are laid down.
  public let tap: CropTap
  private let state: Mutex<State>
  private let album: PieceAlbum?

  /// Judges from now on.
  ///
  /// - Parameters:
  ///   - title: what the recipe is called, and its bundle.
  ///   - album: has pictures of the pieces decided last.
  public init<Classifier>(
    _ loaded: LoadedRecipe<Classifier>, title: String, album: PieceAlbum?
  ) {
    recipe = title
    self.album = album
    state = Mutex(State(books: ShadowBooks(loaded.rule, ejected: loaded.ejected)))
    let own = Mutex<ShadowJudge?>(nil)
    let network = Mutex(loaded)
    let isQuiet = Atomic<Bool>(false)
    tap = CropTap(loaded.classifier.recipe) { news, tap in
      if !isQuiet.exchange(true, ordering: .relaxed) { ThreadPriority.giveWay() }
      own.withLock { $0 }?.take(news, from: tap, network)
    }
    own.withLock { $0 = self }
  }

  /// How it stands.
  public var board: ShadowBoard {
    state.withLock { state in
      let books = state.books
      let pairs = books.pairs.sorted { $0.key < $1.key }.flatMap { live, others in
        others.sorted { $0.key < $1.key }.map {
          ShadowBoard.Pair(live: live, shadow: $0.key, pieces: $0.value)
        }
      }
      return ShadowBoard(
        recipe: recipe, agreed: books.agreed, disagreed: books.disagreed, skipped: books.skipped,
        pairs: pairs, disagreements: books.disagreements.reversed(), trouble: state.trouble)
    }
  }

  /// The picture of a piece of `board`, as JPEG; nil where there is none.
  public func picture(of piece: Int) -> [UInt8]? { state.withLock { $0.pictures[piece] } }

  /// Ends, and gives how it stands.
  ///
  /// What waits is not judged any more.
  public func close() -> ShadowBoard {
    tap.close()
    fetchPictures()
    return board
  }

  private func take<Classifier>(
    _ news: CropTap.News, from tap: CropTap,
    _ network: borrowing Mutex<LoadedRecipe<Classifier>>
  ) {
    switch news {
    case .crops(let place):
      // The pictures of the frame before are drawn when the next one is laid down.
      fetchPictures()
      hear(place, tap, network)
    case .event(.decision(let decision)):
      state.withLock { state in
        guard state.trouble == nil, let found = state.books.judge(decision) else { return }
        state.wanted.append(found.piece)
        let kept = Set(state.books.disagreements.map(\.piece))
        if state.pictures.count > ShadowBooks.shownLimit {
          state.pictures = state.pictures.filter { kept.contains($0.key) }
        }
      }
    case .event(.loss(let loss)): state.withLock { $0.books.forget(loss.piece) }
    case .event(.change): state.withLock { $0.books.forgetAll() }
    case .event(.ejection): break
    }
  }

  private func hear<Classifier>(
    _ place: Int, _ tap: CropTap, _ network: borrowing Mutex<LoadedRecipe<Classifier>>
  ) {
    let heard: (page: CropTap.Page, logits: [Float], classes: Int)?
    do {
      heard = try tap.take(place) { page in
        // Who is asked to end does not wait for a network.
        guard !tap.isStopped else { return nil }
        return try network.withLock { loaded in
          loaded.makeRoom(for: page.count)
          try loaded.classifier.classify(page.crops, count: page.count, into: &loaded.logits)
          var told = page
          told.crops = []
          return (told, loaded.logits, loaded.rule.classes.count)
        }
      }
    } catch {
      tap.stop()
      state.withLock { $0.trouble = (error as? any Explained)?.problem ?? "\(error)" }
      return
    }
    guard let (page, logits, classes) = heard else { return }
    state.withLock { state in
      for index in 0..<page.count {
        state.books.hear(
          page.pieces[index], logits[(index * classes)..<((index + 1) * classes)],
          weight: page.weights[index])
      }
    }
  }

  /// Takes the pictures that the frame thread has drawn since; those that it had no time to draw
  /// there will never be.
  private func fetchPictures() {
    guard let album else { return }
    let wanted = state.withLock { state in
      defer { state.wanted.removeAll() }
      return state.wanted
    }
    for piece in wanted {
      guard let picture = album.picture(of: piece),
        let bytes = try? PictureFile.encodeJPEG(picture, quality: 85)
      else { continue }
      state.withLock { $0.pictures[piece] = [UInt8](bytes) }
    }
  }
}
