import CameraCalibration
import CommandKit
import Commissioning
import Diagnostics
import Foundation

/// Reads the wavelengths of the hyperspectral camera off a lamp.
struct Wavelengths: StepCommand {
  static let name = "wavelengths"
  static let summary =
    "Reads wavelengths, line widths and smile of the hyperspectral camera off a gas lamp."
  static let examples = [
    "mirage-calibrate wavelengths --rig line-1 --operator Eva --from Monday/wavelengths",
    "mirage-calibrate wavelengths --rig line-1 --operator Eva"
      + " --from Monday/wavelengths --lamp Hg-Ar-Ne",
    "mirage-calibrate wavelengths --rig line-1 --operator Eva"
      + " --from Monday/wavelengths --from-nm 400"
      + " --to-nm 1000",
    "mirage-calibrate wavelengths --rig line-1 --operator Eva --from New"
      + " --camera tcp://192.168.1.20:5577",
  ]

  var options = RigOptions()
  var step = StepOptions()
  var lamp = "Hg-Ar"
  var low: Double?
  var high: Double?
  var fullScale: Double?
  var camera: String?

  static let flags: [Flag<Self>] =
    stepFlags + [
      .value(
        "--lamp", \.lamp, "ELEMENTS", "What glows in the lamp: Hg, Ar, Kr, Ne, Xe with '-' between"
      ),
      .optional(
        "--from-nm", \.low, "NM",
        "Wavelength of the first band, right within a fifth (default: the header's)"),
      .optional("--to-nm", \.high, "NM", "Wavelength of the last band"),
      .optional(
        "--full-scale", \.fullScale, "COUNTS",
        "The detector's end, where the header does not tell"),
      .optional(
        "--camera", \.camera, "SOURCE",
        "Record into the empty folder --from first, from this camera"),
    ]

  func run() async throws {
    var settings = WavelengthStep.Settings()
    settings.elements = try Self.elements(lamp)
    settings.fullScale = fullScale
    switch (low, high) {
    case (nil, nil): break
    case (let low?, let high?): settings.startNanometers = [low, high]
    default:
      throw Complaint(
        "--from-nm and --to-nm", "one of them is given, both or neither were wanted",
        remedy: "give both, such as --from-nm 400 --to-nm 1000")
    }
    if let camera {
      try LiveLines(camera: camera).record(
        [
          (.dark, "close the shutter or cover the lens"),
          (.cube, "light the whole slit with the lamp through a diffuser"),
        ], into: step.recordings)
    }
    try finish(WavelengthStep.self, settings)
  }

  /// `Hg-Ar` as elements; `HgAr` and commas will do.
  private static func elements(_ text: String) throws -> [LampElement] {
    var elements: [LampElement] = []
    var rest = Substring(text.filter { $0.isLetter })
    while !rest.isEmpty {
      guard
        let element = LampElement.allCases.first(where: {
          rest.lowercased().hasPrefix($0.rawValue.lowercased())
        })
      else {
        throw Complaint(
          "--lamp", "'\(text)' names an element without a list of lines",
          remedy: "name some of \(LampElement.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      if !elements.contains(element) { elements.append(element) }
      rest = rest.dropFirst(2)
    }
    guard !elements.isEmpty else {
      throw Complaint("--lamp", "names no element", remedy: "write what glows: Hg-Ar")
    }
    return elements
  }
}
