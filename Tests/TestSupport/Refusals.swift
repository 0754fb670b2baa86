import Diagnostics
import Foundation
import Testing

/// Expects that a reader takes or refuses each damaged copy of `bytes`, and explains each refusal.
///
/// Half of the copies are damaged in their first `headerCount` bytes only.
public func expectNoTrap(
  reading bytes: Data, headerCount: Int, copies: Int = 400, seed: UInt64 = 1,
  at place: SourceLocation = #_sourceLocation, _ read: (Data) throws -> Void
) {
  var refused = 0
  let headers = mutations(of: bytes.prefix(headerCount), count: copies / 2, seed: seed)
    .map { $0 + bytes.dropFirst(headerCount) }
  for copy in headers + mutations(of: bytes, count: copies / 2, seed: seed &+ 1) {
    do {
      try read(copy)
    } catch {
      refused += 1
      #expect((error as? any Explained)?.problem.isEmpty == false, sourceLocation: place)
    }
  }
  #expect(refused > 0, "no damage was noticed", sourceLocation: place)
}

/// What a person is told when `body` fails, the package's own folder left out of paths.
public func complaint(of body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)".replacingOccurrences(of: packageRoot.path + "/", with: "")
  }
}
