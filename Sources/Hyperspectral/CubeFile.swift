import Diagnostics
import Foundation
import Tensors
import Units

/// Cubes in any form that is read, told apart by the ending: `.npy`, and ENVI otherwise.
///
/// A `.npy` cube is `[lines, samples, bands]`. Its wavelengths, a JSON array in nanometers, lie
/// beside it as `x.wavelengths.json` or, for all cubes of a folder, as `wavelengths.json`.
public enum CubeFile {
  /// Raw counts.
  public static func counts(_ file: URL) throws -> Cube<RawCounts> {
    guard isNumPy(file) else { return try ENVIFile.open(file).counts() }
    let (array, wavelengths) = try numPy(file)
    return Cube(
      lines: array.shape[0], samples: array.shape[1], wavelengths: wavelengths,
      values: array.values)
  }

  /// Reflectance; a `.npy` cube of whole numbers has none, use `counts` and its references.
  ///
  /// What is not a number becomes 0.
  public static func reflectance(_ file: URL) throws -> Cube<Reflectance> {
    guard isNumPy(file) else { return try ENVIFile.open(file).reflectance() }
    let (array, wavelengths) = try numPy(file)
    guard !array.type.isWhole else {
      throw Complaint(
        file.relativePath, "holds \(array.type.rawValue) numbers, reflectance was wanted",
        remedy: "name the dark and white references, or save reflectance as float32")
    }
    return Cube(
      lines: array.shape[0], samples: array.shape[1], wavelengths: wavelengths,
      values: array.values.map { $0.isFinite ? $0 : 0 })
  }

  private static func isNumPy(_ file: URL) -> Bool { file.pathExtension.lowercased() == "npy" }

  private static func numPy(_ file: URL) throws -> (NumPyArray, [Wavelength]) {
    let array = try NumPyFile.read(file)
    guard array.shape.count == 3, !array.values.isEmpty else {
      throw Complaint(
        file.relativePath, "has the shape \(array.shape), [lines, samples, bands] was wanted",
        remedy: "save the cube as a three-dimensional array")
    }
    let side = try sideFile(of: file)
    let numbers = try JSONFile.read([Double].self, at: side)
    guard numbers.count == array.shape[2] else {
      throw Complaint(
        side.relativePath,
        "lists \(numbers.count) wavelengths but \(file.lastPathComponent) has \(array.shape[2])"
          + " bands",
        remedy: "write one wavelength per band, in nanometers")
    }
    guard numbers.allSatisfy(WavelengthUnit.plausible.contains) else {
      throw Complaint(
        side.relativePath,
        "runs from \(numbers.min() ?? 0) to \(numbers.max() ?? 0), which is not light in"
          + " nanometers",
        remedy: "write the wavelengths in nanometers")
    }
    return (array, numbers.map(Wavelength.init(nanometers:)))
  }

  private static func sideFile(of file: URL) throws -> URL {
    let folder = file.deletingLastPathComponent()
    let stem = file.deletingPathExtension().lastPathComponent
    let names = ["\(stem).wavelengths.json", "wavelengths.json"]
    for name in names {
      let side = folder.appending(path: name)
      if FileManager.default.fileExists(atPath: side.path) { return side }
    }
    throw Complaint(
      file.relativePath,
      "its wavelengths are not beside it; looked for "
        + names.joined(separator: " and "),
      remedy: "write the wavelengths there as a JSON array in nanometers")
  }
}
