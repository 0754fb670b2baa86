import Diagnostics
import Foundation
import NeuralNetworks
import Samples
import Tensors

extension StudentBundle {
  private static let weightsFile = "weights.safetensors"
  private static let goldenFile = "golden.safetensors"
  private static let cardFile = "CARD.md"
  private static let contentsFile = "bundle.json"
  private static let sealFile = "SEAL"

  /// Writes the bundle beside `folder` and renames it, so that no half bundle is ever seen.
  ///
  /// An older bundle of that name gives way only when the new one is whole.
  public func write(to folder: URL, card: String) throws {
    let files = FileManager.default
    let parent = folder.deletingLastPathComponent()
    let draft = parent.appending(path: ".\(folder.lastPathComponent).\(UUID().uuidString)")
    try files.createDirectory(at: draft, withIntermediateDirectories: true)
    defer { try? files.removeItem(at: draft) }  // Gone already when all went well.
    try Safetensors.write(
      Array(zip(parameters.names, parameters.tensors)), metadata: ["network": graph.name],
      to: draft.appending(path: Self.weightsFile))
    try Safetensors.write(
      [("color", golden.color), ("logits", golden.logits)], metadata: [:],
      to: draft.appending(path: Self.goldenFile))
    try AtomicFile.write(card, to: draft.appending(path: Self.cardFile))
    var sealed = contents
    for name in [Self.weightsFile, Self.goldenFile, Self.cardFile] {
      sealed.digests[name] = try Digest(ofFile: draft.appending(path: name))
    }
    let json = try JSONFile.encode(sealed)
    try AtomicFile.write(json, to: draft.appending(path: Self.contentsFile))
    try AtomicFile.write("\(Digest(of: json))\n", to: draft.appending(path: Self.sealFile))
    if files.fileExists(atPath: folder.path) {
      let old = parent.appending(path: ".\(folder.lastPathComponent).old.\(UUID().uuidString)")
      try files.moveItem(at: folder, to: old)
      try files.moveItem(at: draft, to: folder)
      try files.removeItem(at: old)
    } else {
      try files.moveItem(at: draft, to: folder)
    }
  }

  /// Reads a bundle, checks every digest, version and shape; does not run it yet.
  ///
  /// Throws `BundleError` that names what differs.
  public static func read(_ folder: URL) throws -> StudentBundle {
    let place = folder.relativePath
    let seal: Data
    let json: Data
    do {
      json = try bounded(folder.appending(path: contentsFile))
      seal = try bounded(folder.appending(path: sealFile))
    } catch {
      throw BundleError(place, .notABundle)
    }
    let text = String(decoding: seal, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    guard text.count == 64, text.allSatisfy(\.isHexDigit) else {
      throw BundleError(place, .noSeal)
    }
    let wanted = Digest(hexadecimal: text)
    let found = Digest(of: json)
    guard found == wanted else {
      throw BundleError(place, .altered(file: contentsFile, found: found, wanted: wanted))
    }
    let contents = try JSONFile.decode(Contents.self, from: json, place: "\(place)/\(contentsFile)")
    guard contents.version == version else {
      throw BundleError(place, .version(found: contents.version))
    }
    guard contents.recipe.version == SampleRecipe.currentVersion else {
      throw BundleError(place, .recipe(found: contents.recipe.version))
    }
    for name in [weightsFile, goldenFile, cardFile] {
      guard let wanted = contents.digests[name] else {
        throw BundleError(place, .missing("the digest of \(name)"))
      }
      let file = folder.appending(path: name)
      guard FileManager.default.fileExists(atPath: file.path) else {
        throw BundleError(place, .missing(name))
      }
      let found = try Digest(ofFile: file)
      guard found == wanted else {
        throw BundleError(place, .altered(file: name, found: found, wanted: wanted))
      }
    }
    return try checked(contents, folder)
  }

  private static func checked(_ contents: Contents, _ folder: URL) throws -> StudentBundle {
    let place = folder.relativePath
    try contents.check(place: place)
    let (weights, _) = try Safetensors.read(folder.appending(path: weightsFile))
    let (goldens, _) = try Safetensors.read(folder.appending(path: goldenFile))
    let named = Dictionary(goldens.map { ($0.0, $0.1) }) { first, _ in first }
    guard let color = named["color"], let logits = named["logits"] else {
      throw BundleError(place, .missing("a golden sample"))
    }
    let size = contents.recipe.colorSize
    guard color.shape.count == 4, Array(color.shape.dropFirst()) == [size, size, 3] else {
      throw BundleError(
        place, .part("golden color", found: color.shape, wanted: [0, size, size, 3]))
    }
    let wanted = [color.shape[0], contents.classes.count]
    guard color.shape[0] > 0, logits.shape == wanted else {
      throw BundleError(place, .part("golden logits", found: logits.shape, wanted: wanted))
    }
    guard Set(weights.map(\.0)).count == weights.count else {
      throw BundleError(place, .missing("a name of its own for each of the weights"))
    }
    let bundle = StudentBundle(
      contents: contents, parameters: Parameters(weights), golden: (color, logits))
    for part in bundle.graph.parts {
      guard let tensor = bundle.parameters[part.name] else {
        throw BundleError(place, .missing("weights '\(part.name)'"))
      }
      guard tensor.shape == part.shape else {
        throw BundleError(place, .part(part.name, found: tensor.shape, wanted: part.shape))
      }
    }
    return bundle
  }

  /// Reads and self-tests.
  public static func open(_ folder: URL, on engine: Engine) throws -> StudentBundle {
    let bundle = try read(folder)
    try bundle.selfTest(on: engine, place: folder.relativePath)
    return bundle
  }

  private static func bounded(_ file: URL) throws -> Data {
    let limit = 1 << 20
    let handle = try FileHandle(forReadingFrom: file)
    defer { try? handle.close() }  // Reading is over; a failed close loses nothing.
    return try handle.read(upToCount: limit) ?? Data()
  }
}
