/// An error that tells a person what is wrong, where and what to do.
public protocol Explained: Error, CustomStringConvertible {
  /// The file, device or setting at fault, as the person named it.
  var place: String { get }
  /// What is wrong there, with the value found and the value wanted.
  var problem: String { get }
  /// The next thing to try, if one is known.
  var remedy: String? { get }
  /// What a program that ends with this error tells the script that started it.
  var exitStatus: ExitStatus { get }
}

extension Explained {
  public var remedy: String? { nil }
  public var exitStatus: ExitStatus { .failure }

  /// `place: problem`, and the remedy on a second line.
  public var description: String {
    let first = "\(place): \(problem)"
    guard let remedy else { return first }
    return "\(first)\n  help: \(remedy)"
  }
}

/// An explained error for places where the world has only one way to be wrong.
///
/// A leaf with several reasons has its own type with an enum of reasons instead.
public struct Complaint: Explained, Equatable {
  public let place: String
  public let problem: String
  public let remedy: String?

  public init(_ place: String, _ problem: String, remedy: String? = nil) {
    self.place = place
    self.problem = problem
    self.remedy = remedy
  }
}
