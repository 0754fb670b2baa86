import Diagnostics
import Foundation
import Tensors
import Units

/// Cubes in any form that is read, told apart by the ending: NumPy (`.npy`), MATLAB (`.mat`), TIFF
/// (`.tif`, `.tiff`), tables of single spectra (`.csv`), and ENVI otherwise; or a folder with a
/// picture for each band.
public enum CubeFile {
  /// Opens a cube for reading line by line.
  public static func open(_ file: URL) throws -> any CubeReader {
    if isFolder(file) { return try BandPictures.read(file) }
    return switch file.pathExtension.lowercased() {
    case "npy": try NumPyCube(file)
    case "mat": try MATLABCube.read(file)
    case "tif", "tiff": try TIFFCube.read(file)
    case "csv": try SpectraTable.read(file)
    default: try ENVIFile.open(file)
    }
  }

  /// Endings of files that are cubes without a header beside them.
  public static let endings = ["npy", "mat", "tif", "tiff", "csv"]

  /// Whether a folder is a cube: a picture for each band, named like `rice_1293nm.png`.
  public static func isCube(folder: URL) -> Bool { isFolder(folder) && BandPictures.areIn(folder) }

  private static func isFolder(_ file: URL) -> Bool {
    var isFolder: ObjCBool = false
    let path = file.path(percentEncoded: false)
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Raw counts; refused where the file says that it holds reflectance.
  ///
  /// `lines` reads a part.
  public static func counts(_ file: URL, lines: Range<Int>? = nil) throws -> Cube<RawCounts> {
    try open(file).counts(lines: lines)
  }

  /// Reflectance; refused where the file holds whole numbers and does not say their scale.
  ///
  /// What is not a number, and what was not measured, becomes 0.
  public static func reflectance(
    _ file: URL, lines: Range<Int>? = nil
  ) throws -> Cube<Reflectance> {
    try open(file).reflectance(lines: lines)
  }

  /// The most numbers that are held at once: 2³², 16 GiB in memory.
  public static let valueLimit = 1 << 32

  /// As many lines as fit into 64 MiB as numbers, or 1.
  static func linesAtOnce(of shape: CubeShape) -> Int {
    max(1, min(shape.lines, (16 << 20) / max(1, shape.valuesPerLine)))
  }

  /// Gives an array another length and keeps its memory.
  static func resize<Element>(_ array: inout [Element], to count: Int, filler: Element) {
    if array.count > count {
      array.removeLast(array.count - count)
    } else if array.count < count {
      array.append(contentsOf: repeatElement(filler, count: count - array.count))
    }
  }
}

extension CubeReader {
  /// Some lines as raw counts; refused where the file says that it holds reflectance.
  public func counts(lines: Range<Int>? = nil) throws -> Cube<RawCounts> {
    if case .reflectance(let scale) = quantity {
      throw CubeError(name, .isReflectance(factor: scale))
    }
    return try cube(lines: lines)
  }

  /// Some lines as reflectance; refused where the file holds whole numbers and no scale for them.
  ///
  /// What is not a number, and what equals `ignoreValue`, becomes 0. All bands are kept;
  /// `badBands` tells those that the file calls bad.
  public func reflectance(lines: Range<Int>? = nil) throws -> Cube<Reflectance> {
    let factor: Double
    switch quantity {
    case .counts: throw CubeError(name, .isCounts(numberType.rawValue))
    case .reflectance(let scale): factor = scale
    case .untold: factor = 1
    }
    var cube: Cube<Reflectance> = try cube(lines: lines)
    let scale = Float(1 / factor)
    let ignored = ignoreValue.map(Float.init)
    for index in cube.values.indices {
      let value = cube.values[index]
      cube.values[index] = value.isFinite && value != ignored ? value * scale : 0
    }
    return cube
  }

  private func cube<State>(lines: Range<Int>?) throws -> Cube<State> {
    Cube(
      lines: (lines ?? 0..<shape.lines).count, samples: shape.samples,
      wavelengths: try knownWavelengths(), values: try values(lines: lines ?? 0..<shape.lines))
  }

  /// The stored numbers of some lines, `[lines, samples, bands]`.
  func values(lines: Range<Int>) throws -> [Float] {
    guard shape.valuesPerLine <= CubeFile.valueLimit / max(1, lines.count) else {
      throw CubeError(name, .tooManyNumbers(shape, lines: lines.count))
    }
    var values: [Float] = []
    try read(lines: lines, into: &values)
    return values
  }
}
