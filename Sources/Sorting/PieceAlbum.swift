import Conveyor
import Imaging
import Synchronization

/// Small pictures of the pieces decided last, the belt around each darkened.
///
/// The frame thread keeps a piece without waiting and, once each place was used, without memory: a
/// place that is just being looked at is passed over, and the piece has no picture.
public final class PieceAlbum: Sendable {
  /// Columns and rows of each picture.
  public static let side = 96
  /// Pieces that are kept.
  public static let capacity = 128

  private struct Page {
    var piece = -1
    var pixels = [UInt8](repeating: 0, count: 3 * PieceAlbum.side * PieceAlbum.side)
  }

  private final class Place: Sendable {
    let page = Mutex(Page())
  }

  private let places = (0..<PieceAlbum.capacity).map { _ in Place() }
  private let count = Atomic<Int>(0)

  public init() {}

  /// Keeps the piece that `blob` shows; called on the frame thread alone.
  func keep(_ piece: Int, _ blob: Blob, of picture: Picture, labels: LabelMap) {
    let number = count.load(ordering: .relaxed)
    places[number % Self.capacity].page.withLockIfAvailable { page in
      page.piece = piece
      Self.draw(blob, of: picture, labels: labels, into: &page.pixels)
    }
    count.store(number + 1, ordering: .relaxed)
  }

  /// The picture of a piece; nil where it is not kept, or no longer.
  public func picture(of piece: Int) -> Picture? {
    for place in places {
      let pixels = place.page.withLock { $0.piece == piece ? $0.pixels : nil }
      if let pixels {
        return Picture(width: Self.side, height: Self.side, channels: 3, pixels: pixels)
      }
    }
    return nil
  }

  /// A square around the blob, the nearest pixel at each place, black beyond the picture.
  private static func draw(
    _ blob: Blob, of picture: Picture, labels: LabelMap, into pixels: inout [UInt8]
  ) {
    let size = max(blob.columns.count, blob.rows.count) * 5 / 4 + 2
    let left = (blob.columns.lowerBound + blob.columns.upperBound - size) / 2
    let top = (blob.rows.lowerBound + blob.rows.upperBound - size) / 2
    for row in 0..<side {
      let y = top + row * size / side
      for column in 0..<side {
        let x = left + column * size / side
        let target = 3 * (row * side + column)
        let isInside = (0..<picture.width).contains(x) && (0..<picture.height).contains(y)
        let isPiece = isInside && labels.labels[y * labels.width + x] == blob.label
        for channel in 0..<3 {
          let value = isInside ? picture[x, y, channel] : 0
          pixels[target + channel] = isPiece ? value : value / 3
        }
      }
    }
  }
}
