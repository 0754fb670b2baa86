import Diagnostics
import Foundation

/// A split as a file: what it divides, how it was made, and a digest over all of it.
public struct StoredSplit: Codable, Equatable, Sendable {
  public var version = 1
  /// Digest of the manifest the samples come from.
  public var manifest: Digest
  /// Digest of the samples in their order, with classes and groups.
  public var samples: Digest
  /// The classes that are left.
  public var classes: [String]
  public var plan: SplitPlan
  public var split: Split
  public var droppedClasses: [String]
  /// Samples given up for the guard band.
  public var guarded: Int
  public var acceptedOverlap: String?
  /// Digest of all the other fields.
  public var digest: Digest

  public init(_ planned: PlannedSplit) throws {
    manifest = planned.catalog.folder.digest
    samples = planned.catalog.digest
    classes = planned.catalog.classes
    plan = planned.plan
    split = planned.split
    droppedClasses = planned.droppedClasses
    guarded = planned.guarded
    acceptedOverlap = planned.acceptedOverlap
    digest = Digest(hexadecimal: "")
    digest = try contentDigest()
  }

  /// Digest of the fields other than the digest itself.
  private func contentDigest() throws -> Digest {
    var content = self
    content.digest = Digest(hexadecimal: "")
    return Digest(of: try JSONFile.encode(content))
  }

  /// Writes the split as JSON.
  public func write(to file: URL) throws {
    try AtomicFile.write(JSONFile.encode(self), to: file)
  }

  /// Reads a split and fits it to the samples of a folder.
  ///
  /// Errors: `SplitError` where the file was altered or was made for other samples.
  public static func read(_ file: URL, for catalog: SampleCatalog) throws -> PlannedSplit {
    let place = file.relativePath
    let stored = try JSONFile.read(StoredSplit.self, at: file)
    guard stored.version == 1 else { throw SplitError(place, .version(stored.version)) }
    guard try stored.contentDigest() == stored.digest else {
      throw SplitError(place, .changed("content than its digest says"))
    }
    guard stored.manifest == catalog.folder.digest else {
      throw SplitError(place, .changed("recordings than \(catalog.folder.file.relativePath)"))
    }
    let kept = stored.classes.compactMap { catalog.classes.firstIndex(of: $0) }
    let left = catalog.keeping(kept)
    guard left.digest == stored.samples else {
      throw SplitError(place, .changed("samples than \(catalog.folder.file.relativePath) has"))
    }
    return PlannedSplit(
      catalog: left, split: stored.split, plan: stored.plan,
      droppedClasses: stored.droppedClasses, guarded: stored.guarded,
      acceptedOverlap: stored.acceptedOverlap)
  }
}
