import CameraCalibration
import Diagnostics
import Foundation
import Hyperspectral
import Pages

/// The wavelengths of the hyperspectral camera, from a lamp.
public enum WavelengthStep: CalibrationStep {
  /// What the step was told.
  public struct Settings: Codable, Equatable, Sendable {
    /// What glows in the lamp.
    public var elements: [LampElement] = [.mercury, .argon]
    /// Wavelengths of the first and the last band to start from; nil takes the header's.
    public var startNanometers: [Double]?
    /// The detector's largest count, where the header does not tell.
    public var fullScale: Double?
    public var limits = WavelengthLimits()

    public init() {}
  }

  public typealias Result = WavelengthCalibration
  public static let name = StepName.wavelengths

  /// Names under which the lamp's recording is looked for.
  private static let lampNames = ["lamp.hdr", "cube.hdr", "lamp.npy", "lamp.mat", "lamp.tif"]
  private static let darkName = "dark.hdr"

  /// Reads the lamp's recording in the folder, and its dark one where it is there.
  public static func perform(
    _ settings: Settings, on work: StepWork
  ) throws -> StepOutcome<Self> {
    guard
      let name = lampNames.first(where: {
        FileManager.default.fileExists(atPath: work.recordings.appending(path: $0).path)
      })
    else {
      throw Complaint(
        work.recordings.relativePath, "holds no lamp.hdr",
        remedy: "record the lamp through a diffuser over the whole slit as lamp.hdr, and the"
          + " closed shutter as dark.hdr")
    }
    let recorded = try RecordedCube(work.recordings.appending(path: name))
    let start = try start(settings, recorded)
    work.tell("averaging \(name)")
    let lamp = try DetectorReference(reading: recorded.cube, wavelengths: start)
    var inputs = [try work.input(name)]
    var counts = lamp.average
    let fullScale = settings.fullScale ?? recorded.fullScale ?? usualFullScale(lamp.largest)
    var saturation = 0.98 * fullScale
    if let dark = try dark(work, like: lamp, start: start, inputs: &inputs) {
      for index in counts.indices where Double(counts[index]) < saturation {
        counts[index] -= dark.average[index]
      }
      // What is full keeps its count, so that it is still seen to be full.
      saturation -= Double(dark.average.max() ?? 0)
      for index in counts.indices where Double(lamp.average[index]) >= 0.98 * fullScale {
        counts[index] = Float(saturation)
      }
    }
    work.tell("matching lines of \(settings.elements.map(\.rawValue).joined(separator: ", "))")
    var result = try WavelengthCalibration(
      counts: counts, samples: lamp.samples, start: start,
      reading: LampReading(
        elements: settings.elements, saturation: saturation,
        place: work.recordings.appending(path: name).relativePath))
    result.ageDays = recorded.ageDays(at: Date())
    var outcome = StepOutcome<Self>(
      settings, result, result.judgement(settings.limits), inputs: inputs)
    outcome.hardware["lamp"] = settings.elements.map(\.rawValue).joined(separator: "-")
    outcome.hardware["hyperspectral camera"] = recorded.camera
    let radiometry = try CorrectionFiles.sound(RadiometryStep.self, in: work.rig)
    if let radiometry { outcome.files = try CorrectionFiles.references(in: radiometry.folder) }
    outcome.files[CorrectionFiles.recipeName] = try CorrectionFiles.recipe(
      outcome.files.isEmpty ? nil : radiometry?.result, result)
    return outcome
  }

  private static func start(_ settings: Settings, _ recorded: RecordedCube) throws -> [Double] {
    let bands = recorded.cube.shape.bands
    if let range = settings.startNanometers {
      guard range.count == 2, range[0] < range[1] else {
        throw Complaint(
          "--from-nm and --to-nm", "\(range) is no rising range",
          remedy: "give both, such as 400 and 1000")
      }
      return (0..<bands).map { band in
        range[0] + (range[1] - range[0]) * Double(band) / Double(max(1, bands - 1))
      }
    }
    guard let told = recorded.cube.wavelengths else {
      throw Complaint(
        recorded.cube.name, "does not tell wavelengths to start from",
        remedy: "give those of the first and the last band with --from-nm and --to-nm, right within"
          + " a fifth")
    }
    return told.map(\.nanometers)
  }

  private static func dark(
    _ work: StepWork, like lamp: DetectorReference, start: [Double], inputs: inout [StepInput]
  ) throws -> DetectorReference? {
    let file = work.recordings.appending(path: darkName)
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let dark = try DetectorReference(reading: RecordedCube(file).cube, wavelengths: start)
    guard dark.samples == lamp.samples, dark.bands == lamp.bands else {
      inputs.append(
        try work.input(
          darkName,
          rejection: "has \(dark.samples) samples × \(dark.bands) bands, the lamp"
            + " \(lamp.samples) × \(lamp.bands)"))
      return nil
    }
    inputs.append(try work.input(darkName))
    return dark
  }

  /// The next of 8, 10, 12, 14 and 16 bits.
  private static func usualFullScale(_ largest: Float) -> Double {
    [255, 1023, 4095, 16_383].first { $0 >= Double(largest) } ?? 65_535
  }

  /// How far wavelengths and smile moved.
  public static func moves(
    from stored: WavelengthCalibration, to fresh: WavelengthCalibration
  ) -> [Figure] {
    guard stored.lamp.bands == fresh.lamp.bands, stored.samples == fresh.samples else {
      return [Figure("bands or columns changed", 1, "", .atMost(0))]
    }
    let shift = zip(stored.wavelengths, fresh.wavelengths).map { abs($0 - $1) }.max() ?? 0
    let smile = (0..<stored.samples).map { abs(stored.smile(of: $0) - fresh.smile(of: $0)) }.max()
    return [
      Figure("wavelengths moved, worst band", shift, "nm", .atMost(1)),
      Figure("smile moved, worst column", smile ?? 0, "nm", .atMost(1)),
    ]
  }
}
