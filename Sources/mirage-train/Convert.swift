import CommandKit
import Diagnostics
import Foundation
import Hyperspectral
import Tensors

extension Interleave: ArgumentValue {}
extension ByteOrder: ArgumentValue {}

/// Writes a cube of any format as ENVI.
struct Convert: Command {
  static let name = "convert"
  static let summary =
    "Writes a cube of any format as ENVI, in any order, as it is or as reflectance."
  static let examples = [
    "mirage-train convert scan.mat --out scan.hdr",
    "mirage-train convert belt.hdr --out belt-bsq.hdr --interleave bsq --byte-order big",
    "mirage-train convert belt/cube.hdr --dark belt/dark.hdr --white belt/white.hdr "
      + "--out belt/reflectance.hdr",
    "mirage-train convert belt/cube.hdr --dark belt/dark.hdr --white belt/white.hdr "
      + "--correction correction.json --out belt/reflectance.hdr",
  ]

  var cube = URL(filePath: "")
  var out: URL?
  var conversion = CubeConversion()
  var dark: URL?
  var white: URL?
  var correction: URL?

  static let operands: [Operand<Self>] = [
    .required(
      "CUBE", \.cube, "Cube (ENVI header or its numbers, .npy, .mat, .tif, .csv, folder of bands)")
  ]
  static let flags: [Flag<Self>] = [
    .optional("--out", \.out, "FILE.hdr", "Where the new header goes; the numbers go beside it"),
    .value(
      "--interleave", \.conversion.interleave, "ORDER",
      "bil: line by line, band by band; bip: pixel by pixel; bsq: picture by picture"),
    .value("--byte-order", \.conversion.byteOrder, "ORDER", "Which byte of a number comes first"),
    .optional("--dark", \.dark, "CUBE", "Counts without light: with --white, write reflectance"),
    .optional("--white", \.white, "CUBE", "Counts of a white tile"),
    .optional(
      "--correction", \.correction, "FILE",
      "How counts become reflectance where the defaults do not fit; see SampleData/README.md"),
  ]

  func run() async throws {
    guard let out else {
      throw Complaint("--out", "is not given", remedy: "name the new header: --out FILE.hdr")
    }
    let conversion = try configured()
    let reader = try CubeFile.open(cube)
    for note in reader.notes { print("note: \(note)") }
    Interruption.install()
    let progress = ProgressLine("lines", total: reader.shape.lines)
    var done = 0
    let (header, report) = try conversion.write(reader, to: out) { line in
      try Interruption.check(saved: "nothing was written")
      progress.advance(by: max(0, line - done))
      done = max(done, line)
    }
    progress.finish()
    for warning in report?.warnings ?? [] { print("note: \(warning)") }
    let written = try CubeFile.open(header)
    print(
      "\(written.files.map(\.relativePath).joined(separator: " + ")): \(written.shape), "
        + "\(written.interleave.rawValue), \(written.numberType.rawValue)"
        + (report == nil ? "" : ", reflectance"))
  }

  private func configured() throws -> CubeConversion {
    var conversion = conversion
    switch (dark, white) {
    case (let dark?, let white?):
      let recipe = try correction.map { try ReflectanceRecipe.read($0) } ?? ReflectanceRecipe()
      conversion.correction = .init(dark: dark, white: white, recipe: recipe)
    case (nil, nil):
      guard correction == nil else {
        throw Complaint(
          "--correction", "is for counts with --dark and --white, which are not given")
      }
    default:
      throw Complaint(
        dark == nil ? "--white" : "--dark", "is given alone",
        remedy: "give both references, or neither")
    }
    return conversion
  }
}
