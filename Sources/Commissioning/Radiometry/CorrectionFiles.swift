import CameraCalibration
import Diagnostics
import Foundation
import Hyperspectral
import Units

/// The files by which recordings of a rig are corrected: `correction.json`, a `ReflectanceRecipe`,
/// and the averaged references that it names.
///
/// A manifest's `correction` names the copied `correction.json`; the daemon of a hyperspectral
/// camera reads the same.
enum CorrectionFiles {
  static let recipeName = "correction.json"

  /// Dark and white of one line each, as ENVI files.
  static func references(
    dark: DetectorReference, white: DetectorReference
  ) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for (name, reference) in [("dark", dark), ("white", white)] {
      let cube = Cube<RawCounts>(
        lines: 1, samples: reference.samples, wavelengths: reference.wavelengths,
        values: reference.average)
      for (file, bytes) in try bytes(of: cube, named: name) { files[file] = bytes }
    }
    return files
  }

  /// The files that an ENVI cube of `Float` numbers makes.
  private static func bytes(
    of cube: Cube<RawCounts>, named name: String
  ) throws -> [(String, Data)] {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "mirage-references-\(UUID().uuidString)")
    // What stays behind lies in the system's temporary folder and harms nobody.
    defer { try? FileManager.default.removeItem(at: folder) }
    let header = folder.appending(path: "\(name).hdr")
    try ENVIFile.write(cube, to: header, type: .float32)
    return try ["\(name).hdr", "\(name).raw"].map { file in
      (file, try Data(contentsOf: folder.appending(path: file)))
    }
  }

  /// The newest document of a step and its folder, where it was done and did not fail.
  ///
  /// The document that takes its numbers along does not rest on it: neither of the two steps is
  /// outdated by the other.
  static func sound<Step: CalibrationStep>(
    _ step: Step.Type, in rig: RigFolder
  ) throws -> (result: Step.Result, folder: URL)? {
    guard let (document, folder) = try rig.latest(step),
      document.record.judgement.verdict != .fail
    else { return nil }
    return (document.result, folder)
  }

  /// The recipe of what is known: references and radiometry, wavelengths and smile.
  static func recipe(
    _ radiometry: SpectralRadiometry?, _ wavelengths: WavelengthCalibration?
  ) throws -> Data {
    var recipe = ReflectanceRecipe()
    if let radiometry {
      recipe.radiometry = radiometry.correction()
      recipe.references = ReferenceFiles(dark: "dark.hdr", white: "white.hdr")
    }
    if let wavelengths, radiometry.map({ $0.bands.count == wavelengths.lamp.bands }) ?? true {
      recipe.wavelengths = wavelengths.wavelengths
      if radiometry.map({ $0.samples == wavelengths.samples }) ?? true {
        recipe.distortion = wavelengths.distortion
      }
    }
    return try JSONFile.encode(recipe)
  }

  /// References that an earlier step wrote into `folder`; empty where it wrote none.
  static func references(in folder: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in ["dark.hdr", "dark.raw", "white.hdr", "white.raw"] {
      let file = folder.appending(path: name)
      guard FileManager.default.fileExists(atPath: file.path) else { return [:] }
      files[name] = try BoundedFile.read(file, limit: 1 << 30)
    }
    return files
  }
}
