import Diagnostics
import Foundation
import Units

/// Single spectra in a table of comma-separated text: a cube of one line.
///
/// The first row holds the wavelengths; its first cell says nothing. Each other row is a spectrum
/// behind its name or class.
struct SpectraTable {
  /// The largest table that is read: 1 GiB.
  private static let fileLimit = 1 << 30

  private let place: String
  private var wavelengths: [Wavelength] = []
  private var names: Set<String> = []
  private var values: [Float] = []
  private var notes: [String] = []

  /// Reads the spectra of `url`.
  static func read(_ url: URL) throws -> HeldCube {
    let bytes = try BoundedFile.read(url, limit: fileLimit)
    let table = try SpectraTable(bytes, place: url.relativePath)
    let bands = table.wavelengths.count
    let spectra = table.values.count / bands
    return HeldCube(
      name: table.place, shape: CubeShape(lines: 1, samples: spectra, bands: bands),
      wavelengths: table.wavelengths, numberType: .float32, interleave: .bip,
      notes: [
        "\(spectra) single spectra, side by side in one line; \(table.names.count) names in the "
          + "first column"
      ] + table.notes,
      files: [url], wavelengthFilesSought: [], values: table.values)
  }

  init(_ bytes: Data, place: String) throws {
    self.place = place
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Complaint(place, "the text is not UTF-8", remedy: "export the table again as UTF-8")
    }
    var number = 0
    for row in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      guard !row.allSatisfy(\.isWhitespace) else { continue }
      let cells = row.split(separator: ",", omittingEmptySubsequences: false)
      if wavelengths.isEmpty {
        try takeHead(cells.dropFirst(), row: number)
      } else {
        try takeSpectrum(cells, row: number)
      }
    }
    guard !values.isEmpty else {
      throw Complaint(
        place, "holds no spectra", remedy: "write the wavelengths first, then a row a spectrum")
    }
  }

  private mutating func takeHead(_ cells: ArraySlice<Substring>, row: Int) throws {
    let numbers = cells.compactMap { Double($0.trimmed) }
    guard !numbers.isEmpty, numbers.count == cells.count else {
      throw Complaint(
        place, "row \(row) holds other things than wavelengths behind its first cell",
        remedy: "write the wavelength of each column there")
    }
    wavelengths =
      try WavelengthUnit.wavelengths(numbers, unit: "", place: place, notes: &notes) ?? []
  }

  private mutating func takeSpectrum(_ cells: [Substring], row: Int) throws {
    guard cells.count == wavelengths.count + 1 else {
      throw Complaint(
        place, "row \(row) holds \(cells.count - 1) numbers, \(wavelengths.count) were wanted",
        remedy: "the file may be cut short: copy or export it again")
    }
    names.insert(cells[0].trimmed)
    for cell in cells.dropFirst() {
      guard let value = Float(cell.trimmed) else {
        throw Complaint(
          place, "row \(row) holds '\(cell.prefix(40))', a number was wanted",
          remedy: "correct the cell, or write nan where nothing was measured")
      }
      values.append(value)
    }
  }
}
