import Diagnostics
import Foundation
import Tensors
import Units

/// Finds the cube among the variables of a MATLAB file, and says which one it is.
///
/// The cube is the largest array of three extents, or a table of bands and pixels beside two
/// numbers, such as `nRow` and `nCol`, that multiply to its pixels. Wavelengths lie beside the
/// file, or in it as a vector as long as the cube has bands.
struct MATLABCube {
  /// Where an extent lies: how far its steps are apart.
  private struct Axis {
    let count: Int
    let stride: Int
  }

  private let file: MATLABFile
  private let url: URL
  private let variables: [MATLABVariable]
  private var notes: [String] = []

  /// Reads the cube of `url`.
  static func read(_ url: URL) throws -> HeldCube {
    var cube = try MATLABCube(url)
    return try cube.read()
  }

  private init(_ url: URL) throws {
    self.url = url
    file = try MATLABFile(url)
    variables = try file.variables()
  }

  private mutating func read() throws -> HeldCube {
    let chosen = try choose()
    var axes = chosen.axes
    let wavelengths = try wavelengths(of: &axes, besides: chosen.variable)
    let (lines, samples, bands) = (axes[0], axes[1], axes[2])
    let stored = try file.values(of: chosen.variable)
    var values = [Float](repeating: 0, count: stored.count)
    var target = 0
    for line in 0..<lines.count {
      for sample in 0..<samples.count {
        var source = line * lines.stride + sample * samples.stride
        for _ in 0..<bands.count {
          values[target] = stored[source]
          source += bands.stride
          target += 1
        }
      }
    }
    return HeldCube(
      name: file.place,
      shape: CubeShape(lines: lines.count, samples: samples.count, bands: bands.count),
      wavelengths: wavelengths?.values, numberType: chosen.variable.type ?? .float64,
      interleave: bands.stride == 1 ? .bip : .bsq, notes: notes,
      files: [url] + (wavelengths?.file.map { [$0] } ?? []),
      wavelengthFilesSought: WavelengthFile.names(beside: url), values: values)
  }

  // MARK: Which variable

  /// The cube and its axes: lines, samples, bands.
  private mutating func choose() throws -> (variable: MATLABVariable, axes: [Axis]) {
    let cubes = variables.filter { Self.isCube($0) && $0.type != nil && !$0.isComplex }
    if let largest = cubes.max(by: { $0.count < $1.count }) {
      notes.append("cube: '\(largest.name)', \(largest.description)")
      let others = cubes.filter { $0 != largest }.map { "'\($0.name)'" }
      if !others.isEmpty {
        notes.append("the largest of several was taken; not \(others.joined(separator: ", "))")
      }
      let (first, second, third) = (largest.extents[0], largest.extents[1], largest.extents[2])
      return (
        largest,
        [
          Axis(count: first, stride: 1), Axis(count: second, stride: first),
          Axis(count: third, stride: first * second),
        ]
      )
    }
    if let table = try table() { return table }
    throw refusal()
  }

  private static func isCube(_ variable: MATLABVariable) -> Bool {
    variable.extents.count == 3 && variable.count > 0
  }

  /// A table of bands × pixels or pixels × bands whose rows and columns two numbers tell.
  private mutating func table() throws -> (variable: MATLABVariable, axes: [Axis])? {
    let plain = variables.filter { $0.type != nil && !$0.isComplex }
    var scalars: [(name: String, value: Int)] = []
    for variable in plain where variable.count == 1 {
      // What is not a whole number counts no rows.
      guard let value = try file.values(of: variable).first, let whole = Int(exactly: value)
      else { continue }
      scalars.append((variable.name, whole))
    }
    func scalar(_ hints: [String]) -> (name: String, value: Int)? {
      scalars.first { scalar in hints.contains { scalar.name.lowercased().contains($0) } }
    }
    guard let rows = scalar(["row", "line", "height"]), rows.value > 0,
      let columns = scalar(["col", "sample", "width"]), columns.value > 0
    else { return nil }
    let (pixels, overflows) = rows.value.multipliedReportingOverflow(by: columns.value)
    let tables = plain.filter { $0.extents.count == 2 && $0.extents.contains(pixels) }
    guard !overflows, let table = tables.max(by: { $0.count < $1.count }), table.count > pixels
    else { return nil }
    let isBandFirst = table.extents[1] == pixels
    let bands = isBandFirst ? table.extents[0] : table.extents[1]
    notes.append(
      "cube: '\(table.name)', \(table.description), stored as a table with "
        + (isBandFirst ? "a column for each pixel" : "a row for each pixel")
        + "; \(rows.name) = \(rows.value) and \(columns.name) = \(columns.value) make it a cube,"
        + " rows fastest")
    let step = isBandFirst ? bands : 1
    return (
      table,
      [
        Axis(count: rows.value, stride: step),
        Axis(count: columns.value, stride: step * rows.value),
        Axis(count: bands, stride: isBandFirst ? 1 : pixels),
      ]
    )
  }

  private func refusal() -> Complaint {
    if let complex = variables.first(where: { Self.isCube($0) && $0.isComplex }) {
      return Complaint(
        file.place, "'\(complex.name)' is complex, real numbers were wanted",
        remedy: "save abs(\(complex.name)) or real(\(complex.name)) instead")
    }
    if let nested = variables.first(where: { ["struct", "cell", "object"].contains($0.kind) }) {
      return Complaint(
        file.place, "holds no array of three extents, only '\(nested.name)', a \(nested.kind)",
        remedy: "save the array inside as a variable of its own")
    }
    let found = variables.prefix(6).map { "'\($0.name)' (\($0.description))" }
    return Complaint(
      file.place,
      "holds no array of three extents, only "
        + (found.isEmpty ? "nothing that can be read" : found.joined(separator: ", "))
        + (variables.count > 6 ? " and more" : ""),
      remedy: "save the cube as lines × samples × bands, or as a table with nRow and nCol beside it"
    )
  }

  // MARK: Wavelengths

  private mutating func wavelengths(
    of axes: inout [Axis], besides cube: MATLABVariable
  ) throws -> (values: [Wavelength], file: URL?)? {
    if let count = try WavelengthFile.count(beside: url) {
      turn(&axes, toBands: count, evidence: "the wavelengths beside it")
      if let beside = try WavelengthFile.find(beside: url, bands: axes[2].count) {
        return (beside.wavelengths, beside.file)
      }
    }
    let lengths = Set(axes.map(\.count))
    let vectors = variables.filter { variable in
      variable != cube && variable.type != nil && !variable.isComplex && variable.count > 1
        && variable.extents.count { $0 > 1 } == 1 && lengths.contains(variable.count)
    }
    let hints = ["wave", "lambda", "wl", "nm", "band"]
    for vector in vectors.sorted(by: { first, second in
      rank(first.name, hints) < rank(second.name, hints)
    }) {
      let numbers = try file.values(of: vector).map(Double.init)
      var heard: [String] = []
      // A vector that is no list of wavelengths is passed over.
      guard
        let found = try? WavelengthUnit.wavelengths(
          numbers, unit: "", place: file.place, notes: &heard)
      else { continue }
      turn(&axes, toBands: vector.count, evidence: "the vector '\(vector.name)'")
      notes.append("wavelengths: '\(vector.name)', in \(Self.unit(of: numbers))")
      return (found, nil)
    }
    return nil
  }

  private func rank(_ name: String, _ hints: [String]) -> Int {
    hints.firstIndex { name.lowercased().contains($0) } ?? hints.count
  }

  private static func unit(of numbers: [Double]) -> String {
    let fitting = WavelengthUnit.fitting(numbers.min() ?? 0, numbers.max() ?? 0)
    return "\(fitting ?? .nanometers)"
  }

  /// Puts the one axis of the wanted length last, where the bands are wanted.
  private mutating func turn(_ axes: inout [Axis], toBands count: Int, evidence: String) {
    guard axes[2].count != count,
      let place = axes.firstIndex(where: { $0.count == count }),
      axes.count(where: { $0.count == count }) == 1
    else { return }
    axes.append(axes.remove(at: place))
    notes.append("the bands are extent \(place + 1) of 3, as \(evidence) says")
  }
}
