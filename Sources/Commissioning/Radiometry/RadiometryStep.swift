import CameraCalibration
import Diagnostics
import Foundation
import Hyperspectral
import Imaging
import Pages

/// Dark, white, linearity and noise of the hyperspectral camera.
public enum RadiometryStep: CalibrationStep {
  /// What the step was told.
  public struct Settings: Codable, Equatable, Sendable {
    /// Integration time of `dark.hdr` and `white.hdr`, where their headers do not tell.
    public var integrationMilliseconds: Double?
    /// The detector's largest count, where the headers do not tell.
    public var fullScale: Double?
    /// The white tile's certificate; nil looks for `tile.json5` among the recordings.
    public var tile: TileCertificate?
    public var limits = RadiometryLimits()

    public init() {}
  }

  public typealias Result = SpectralRadiometry
  public static let name = StepName.radiometry

  /// Name of the tile's certificate among the recordings.
  public static let tileName = "tile.json5"

  /// Reads the pairs of dark and white in the folder, and the certificate of the tile.
  public static func perform(
    _ settings: Settings, on work: StepWork
  ) throws -> StepOutcome<Self> {
    let recordings = try ReferenceFolder(work.recordings)
    var options = RadiometryOptions()
    let first = try RecordedCube(
      work.recordings.appending(path: recordings.pairs[0].white))
    options.saturation = settings.fullScale ?? first.fullScale
    var pairs: [ReferencePair] = []
    for (index, pair) in recordings.pairs.enumerated() {
      work.tell("averaging \(pair.dark) and \(pair.white)")
      pairs.append(
        ReferencePair(
          milliseconds: pair.milliseconds ?? (index == 0 ? settings.integrationMilliseconds : nil),
          dark: try reference(pair.dark, work, options),
          white: try reference(pair.white, work, options)))
    }
    let certificate = try tile(settings, work.recordings)
    var result: SpectralRadiometry
    do {
      result = try SpectralRadiometry(pairs, options: options, tile: certificate)
    } catch let error as any Explained {
      // The references' roles say which file; the folder says where.
      throw Complaint(
        "\(work.recordings.relativePath): \(error.place)", error.problem, remedy: error.remedy)
    }
    let now = Date()
    result.whiteAgeDays = first.ageDays(at: now)
    result.darkAgeDays = try RecordedCube(
      work.recordings.appending(path: recordings.pairs[0].dark)
    ).ageDays(at: now)
    var inputs = try recordings.pairs.flatMap { pair in
      [try work.input(pair.dark), try work.input(pair.white)]
    }
    for (name, reason) in recordings.rejected {
      inputs.append(try work.input(name, rejection: reason))
    }
    let tileFile = work.recordings.appending(path: tileName)
    if settings.tile == nil, FileManager.default.fileExists(atPath: tileFile.path) {
      inputs.append(try work.input(tileName))
    }
    var outcome = StepOutcome<Self>(
      settings, result, result.judgement(settings.limits), inputs: inputs,
      hardware: hardware(first, result))
    outcome.files = try CorrectionFiles.references(dark: pairs[0].dark, white: pairs[0].white)
    outcome.files[CorrectionFiles.recipeName] = try CorrectionFiles.recipe(
      result, try CorrectionFiles.sound(WavelengthStep.self, in: work.rig)?.result)
    outcome.pictures["defects.png"] = DetectorPicture.defects(result, white: pairs[0].white)
    return outcome
  }

  private static func reference(
    _ name: String, _ work: StepWork, _ options: RadiometryOptions
  ) throws -> DetectorReference {
    let cube = try RecordedCube(work.recordings.appending(path: name)).cube
    // Without wavelengths the bands are counted: their names do not matter for levels.
    let counted = cube.wavelengths == nil ? (0..<cube.shape.bands).map { Double($0 + 1) } : nil
    return try DetectorReference(reading: cube, options: options, wavelengths: counted)
  }

  private static func tile(_ settings: Settings, _ folder: URL) throws -> TileCertificate? {
    if let tile = settings.tile { return tile }
    let file = folder.appending(path: tileName)
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return try readTile(file)
  }

  /// Reads a tile's certificate: `{ name, source, reflectance: [[nanometers, share], …] }`.
  public static func readTile(_ file: URL) throws -> TileCertificate {
    let tile = try JSONFile.read(TileCertificate.self, at: file)
    guard !tile.reflectance.points.isEmpty, !tile.source.isEmpty else {
      throw Complaint(
        file.relativePath, "names no 'source' or no points of 'reflectance'",
        remedy: "write who measured the tile and when, and pairs of nanometers and reflectance")
    }
    return tile
  }

  private static func hardware(
    _ cube: RecordedCube, _ result: SpectralRadiometry
  ) -> [String: String] {
    var hardware: [String: String] = [:]
    hardware["hyperspectral camera"] = cube.camera
    hardware["white tile"] = result.tile.map { "\($0.name) (\($0.source))" }
    return hardware
  }

  /// How far white and dark moved, and what is newly defective.
  public static func moves(
    from stored: SpectralRadiometry, to fresh: SpectralRadiometry
  ) -> [Figure] {
    guard stored.bands.count == fresh.bands.count, stored.samples == fresh.samples else {
      return [Figure("bands or columns changed", 1, "", .atMost(0))]
    }
    let light =
      zip(stored.bands, fresh.bands).filter { !$0.isMasked && !$1.isMasked }
      .map { abs($1.signal / max($0.signal, 1) - 1) }.max() ?? 0
    let dark = zip(stored.bands, fresh.bands).map { abs($1.dark - $0.dark) }.max() ?? 0
    return [
      Figure("white level moved, worst band", 100 * light, "%", .atMost(5)),
      Figure(
        "dark level moved, worst band", 100 * dark / max(stored.saturation, 1), "%", .atMost(1)),
      Figure(
        "new defective elements",
        Double(Set(fresh.defects).subtracting(stored.defects).count), "", .atMost(20)),
    ]
  }
}

/// What the detector shows, as a small picture: columns to the right, bands downward.
enum DetectorPicture {
  /// White's light, with the defective elements in red and masked bands dark.
  static func defects(_ result: SpectralRadiometry, white: DetectorReference) -> Picture {
    let (width, height) = (result.samples, result.bands.count)
    var picture = Picture(width: width, height: height)
    let top = result.bands.map { $0.signal + $0.dark }.max() ?? 1
    for band in 0..<height {
      for sample in 0..<width {
        let share = Double(white.average[sample * height + band]) / max(top, 1)
        let gray =
          result.bands[band].isMasked || !share.isFinite
          ? 20 : UInt8(min(225, max(40, 40 + 185 * share)))
        for channel in 0..<3 { picture[sample, band, channel] = gray }
      }
    }
    for defect in result.defects {
      for y in max(0, defect.band - 1)...min(height - 1, defect.band + 1) {
        for x in max(0, defect.sample - 1)...min(width - 1, defect.sample + 1) {
          (picture[x, y, 0], picture[x, y, 1], picture[x, y, 2]) = (230, 30, 30)
        }
      }
    }
    return picture
  }
}
