/// A board's file: `kind` and the fields of that kind beside it.
extension CalibrationBoard {
  private enum Kind: String, Codable { case tags, chessboard }
  private enum Key: String, CodingKey { case kind }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    switch try values.decode(Kind.self, forKey: .kind) {
    case .tags: self = .tags(try TagGrid(from: decoder))
    case .chessboard: self = .chessboard(try Chessboard(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    switch self {
    case .tags(let grid):
      try values.encode(Kind.tags, forKey: .kind)
      try grid.encode(to: encoder)
    case .chessboard(let board):
      try values.encode(Kind.chessboard, forKey: .kind)
      try board.encode(to: encoder)
    }
  }
}
