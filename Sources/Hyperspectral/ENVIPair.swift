import Diagnostics
import Foundation

/// A header and the file of numbers that belongs to it, found from either.
struct ENVIPair {
  let header: ENVIHeader
  let headerFile: URL
  let cube: URL

  /// Endings of cube files in use, besides none.
  static let endings = ["raw", "dat", "img", "bil", "bip", "bsq", "bin", "cube", "sli", "hsi"]

  /// Header and file of numbers for a cube that is to be written to `file`, which is either.
  static func names(for file: URL) -> (header: URL, numbers: URL) {
    let stem = file.deletingPathExtension()
    return file.pathExtension.lowercased() == "hdr"
      ? (file, stem.appendingPathExtension("raw")) : (stem.appendingPathExtension("hdr"), file)
  }

  /// What a file is called until it is whole: a name that no reader looks for.
  static func partial(of file: URL) -> URL {
    file.deletingLastPathComponent().appending(path: ".\(file.lastPathComponent).partial")
  }

  /// Finds the pair; where `kind` is given, refuses any other before it looks for numbers.
  static func find(_ file: URL, kind: ENVIHeader.Kind? = nil) throws -> ENVIPair {
    let isHeader = file.pathExtension.lowercased() == "hdr"
    if !isHeader { _ = try BoundedFile.size(of: file) }
    let headerFile = isHeader ? file : try headerFile(of: file)
    let header = try read(headerFile)
    if let kind, kind != header.kind {
      throw ENVIError(
        headerFile.relativePath, .kind(header["file type"]?.lowercased() ?? ""))
    }
    return ENVIPair(
      header: header, headerFile: headerFile,
      cube: isHeader ? try cube(of: file, header: header) : file)
  }

  static func read(_ file: URL) throws -> ENVIHeader {
    try ENVIHeader(
      BoundedFile.read(file, limit: ENVIFile.headerLimit), place: file.relativePath)
  }

  /// `x.raw` has `x.raw.hdr` or `x.hdr` beside it.
  private static func headerFile(of cube: URL) throws -> URL {
    let name = cube.lastPathComponent
    let stem = cube.deletingPathExtension().lastPathComponent
    let wanted = [name + ".hdr", stem + ".hdr"]
    let found = files(beside: cube, named: wanted)
    guard let first = found.first else {
      throw ENVIError(cube.relativePath, .noHeader(tried: unique(wanted)))
    }
    return first
  }

  /// `x.hdr` has `x.raw` or the like beside it; `x.raw.hdr` has `x.raw`.
  private static func cube(of headerFile: URL, header: ENVIHeader) throws -> URL {
    let stem = headerFile.deletingPathExtension().lastPathComponent
    var found = files(beside: headerFile, named: [stem] + endings.map { "\(stem).\($0)" })
    if found.isEmpty { found = othersThatFit(stem, beside: headerFile, header: header) }
    if found.count == 1 { return found[0] }
    guard !found.isEmpty else {
      throw ENVIError(
        headerFile.relativePath,
        .noCube(tried: [stem, "\(stem).raw", "\(stem).dat", "\(stem).img", "and the like"]))
    }
    // Of several, the one that the header fits.
    let fitting = found.filter { file in
      // A file that cannot be measured fits no header.
      (try? BoundedFile.size(of: file)).map { header.mismatch(size: $0) == nil } ?? false
    }
    guard fitting.count == 1 else {
      throw ENVIError(
        headerFile.relativePath, .manyCubes(found.map(\.lastPathComponent)))
    }
    return fitting[0]
  }

  /// Files of the same name with endings that nobody knows, where the header fits them.
  private static func othersThatFit(
    _ stem: String, beside headerFile: URL, header: ENVIHeader
  ) -> [URL] {
    let folder = headerFile.deletingLastPathComponent()
    // A folder that cannot be listed holds nothing that we could read.
    let listed = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return listed.filter { $0.hasPrefix(stem + ".") }.sorted()
      .map { headerFile.sibling(named: $0) }
      .filter { file in
        // A file that cannot be measured fits no header.
        (try? BoundedFile.size(of: file)).map { header.mismatch(size: $0) == nil } ?? false
      }
  }

  /// The plain files of the folder that have one of the names, in their order; capitals count only
  /// where both spellings exist.
  private static func files(beside file: URL, named names: [String]) -> [URL] {
    let folder = file.deletingLastPathComponent()
    // A folder that cannot be listed holds nothing that we could read.
    let listed = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    var found: [String] = []
    for name in unique(names) {
      let matching = listed.filter { $0.lowercased() == name.lowercased() }.sorted()
      if let match = matching.first(where: { $0 == name }) ?? matching.first,
        (try? BoundedFile.size(of: folder.appending(path: match))) != nil  // Not a folder.
      {
        found.append(match)
      }
    }
    return unique(found).filter { $0 != file.lastPathComponent }.map { file.sibling(named: $0) }
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
