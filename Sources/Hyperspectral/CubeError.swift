import Diagnostics

/// Why a cube that could be opened cannot be used as wanted, whatever its format.
public struct CubeError: Explained, Equatable {
  /// What is wrong, with the values found.
  public enum Reason: Equatable, Sendable {
    case isReflectance(factor: Double)
    case isCounts(String)
    case noWavelengths(soughtBeside: [String])
    case tooManyNumbers(CubeShape, lines: Int)
    case shape([Int])
    case wavelengthCount(found: Int, cube: String, bands: Int)
    case wavelengthRange(low: Double, high: Double)
  }

  public let place: String
  public let reason: Reason

  init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .isReflectance(let factor):
      "holds reflectance ('reflectance scale factor' is \(factor)), raw counts were wanted"
    case .isCounts(let type):
      "holds \(type) numbers without a scale, reflectance was wanted"
    case .noWavelengths(let names):
      names.isEmpty
        ? "the header does not tell the wavelengths of the bands"
        : "its wavelengths are not beside it; looked for \(names.joined(separator: " and "))"
    case .tooManyNumbers(let shape, let lines):
      "\(lines) of \(shape) are more than the \(CubeFile.valueLimit) numbers that are held at once"
    case .shape(let shape): "has the shape \(shape), [lines, samples, bands] was wanted"
    case .wavelengthCount(let found, let cube, let bands):
      "lists \(found) wavelengths but \(cube) has \(bands) bands"
    case .wavelengthRange(let low, let high):
      "runs from \(low) to \(high), which is not light in nanometers"
    }
  }

  public var remedy: String? {
    switch reason {
    case .isReflectance: "leave out the references, or remove the field if these are counts"
    case .isCounts:
      "name the dark and white references, or give the scale ('reflectance scale factor' in ENVI,"
        + " floating numbers elsewhere)"
    case .noWavelengths(let names):
      names.isEmpty
        ? "add 'wavelength = {…}' with one value per band, in nanometers"
        : "write the wavelengths there as a JSON array in nanometers"
    case .tooManyNumbers: "read fewer lines at once"
    case .shape: "save the cube as a three-dimensional array"
    case .wavelengthCount: "write one wavelength per band, in nanometers"
    case .wavelengthRange: "write the wavelengths in nanometers"
    }
  }
}
