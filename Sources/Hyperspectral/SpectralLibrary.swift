import Diagnostics
import Foundation
import Units

/// Named spectra, as ENVI stores them: a line for each, the bands along it.
public struct SpectralLibrary: Sendable, Equatable {
  /// As many as spectra.
  public let names: [String]
  /// Center of each band.
  public let wavelengths: [Wavelength]
  /// `[spectra, bands]`.
  public let values: [Float]

  /// Reads the library that is named by its header or by its numbers.
  public static func read(_ file: URL) throws -> SpectralLibrary {
    let pair = try ENVIPair.find(file)
    let header = pair.header
    let place = pair.headerFile.relativePath
    guard header.kind == .spectralLibrary, header.bands == 1 else {
      throw Complaint(
        place, "is no spectral library", remedy: "open a recording as a cube instead")
    }
    guard let wavelengths = header.wavelengths else {
      throw CubeError(place, .noWavelengths(soughtBeside: []))
    }
    let stored = try ENVIFile.open(pair)
    let named = header.fields.first { $0.name == "spectra names" }?.entries ?? []
    guard named.isEmpty || named.count == header.lines else {
      throw Complaint(
        place, "'spectra names' lists \(named.count) names but 'lines' is \(header.lines)",
        remedy: "give each spectrum a name, none with a comma in it")
    }
    return SpectralLibrary(
      names: named.isEmpty ? (1...header.lines).map { "spectrum \($0)" } : named,
      wavelengths: wavelengths, values: try stored.values(lines: 0..<header.lines))
  }
}
