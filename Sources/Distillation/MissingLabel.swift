import Diagnostics

/// A sample that should serve with its label but has none.
public struct MissingLabel: Explained, Equatable {
  public let piece: String
  public var place: String { piece }
  public var problem: String { "has no label, one was wanted by the split" }
  public var remedy: String? {
    "list the piece as unlabelled in the split, or drop the 'oracle' arm"
  }
}
