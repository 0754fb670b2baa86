import CameraCalibration
import Conveyor
import Imaging
import Samples

extension LoadedRecipe {
  /// Cuts the network's crops of some pieces, `[N, colorSize, colorSize, 3]`, into those it has
  /// room for; a companion does half of them.
  mutating func cut(
    _ pieces: [PieceRegion], from picture: Picture, mask: LabelMap,
    through registration: Registration, with companion: Companion?
  ) {
    let recipe = classifier.recipe
    let own = companion == nil ? pieces.count : (pieces.count + 1) / 2
    func cutOwn() {
      for (index, piece) in pieces[..<own].enumerated() {
        recipe.colorCrop(
          of: piece, in: picture, mask: mask, through: registration, into: &crops,
          at: index * recipe.colorCount)
      }
    }
    guard let companion, own < pieces.count else { return cutOwn() }
    let rest = companion.share {
      var crops = [Float](repeating: 0, count: (pieces.count - own) * recipe.colorCount)
      for (index, piece) in pieces[own...].enumerated() {
        recipe.colorCrop(
          of: piece, in: picture, mask: mask, through: registration, into: &crops,
          at: index * recipe.colorCount)
      }
      return crops
    } with: {
      cutOwn()
    }
    for (index, value) in rest.enumerated() { crops[own * recipe.colorCount + index] = value }
  }
}

extension Blob {
  /// The same region as the sample recipe names it.
  var region: PieceRegion {
    PieceRegion(number: label, columns: columns, rows: rows, pixelCount: area)
  }
}
