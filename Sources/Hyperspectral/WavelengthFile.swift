import Diagnostics
import Foundation
import Units

/// Wavelengths beside a cube whose format has no room for them: a JSON array in nanometers, as
/// `x.wavelengths.json` or, for all cubes of a folder, as `wavelengths.json`.
struct WavelengthFile {
  /// Where they were found.
  let file: URL
  let wavelengths: [Wavelength]

  static func names(beside cube: URL) -> [String] {
    let stem = cube.deletingPathExtension().lastPathComponent
    return ["\(stem).wavelengths.json", "wavelengths.json"]
  }

  /// The file beside `cube`, nil where there is none.
  static func find(beside cube: URL, bands: Int) throws -> WavelengthFile? {
    let folder = cube.deletingLastPathComponent()
    for name in names(beside: cube) {
      let file = folder.appending(path: name)
      if FileManager.default.fileExists(atPath: file.path) {
        return try WavelengthFile(file, of: cube.lastPathComponent, bands: bands)
      }
    }
    return nil
  }

  /// How many wavelengths lie beside `cube`, nil where there are none.
  static func count(beside cube: URL) throws -> Int? {
    let folder = cube.deletingLastPathComponent()
    let found = names(beside: cube).map { folder.appending(path: $0) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
    return try found.map { try JSONFile.read([Double].self, at: $0).count }
  }

  private init(_ file: URL, of cube: String, bands: Int) throws {
    let numbers = try JSONFile.read([Double].self, at: file)
    guard numbers.count == bands else {
      throw CubeError(
        file.relativePath, .wavelengthCount(found: numbers.count, cube: cube, bands: bands))
    }
    guard numbers.allSatisfy(WavelengthUnit.plausible.contains) else {
      throw CubeError(
        file.relativePath,
        .wavelengthRange(low: numbers.min() ?? 0, high: numbers.max() ?? 0))
    }
    self.file = file
    wavelengths = numbers.map(Wavelength.init(nanometers:))
  }
}
