/// The steps of a calibration, in the order in which they are done.
public enum StepName: String, Codable, CaseIterable, Comparable, Sendable {
  /// Dark, white, linearity and noise of the hyperspectral camera.
  case radiometry
  /// Flat field, black level, white balance and color of the RGB camera.
  case color = "color-radiometry"
  case wavelengths
  case intrinsics
  case belt
  case registration
  case timing

  /// The step's heading on the certificate.
  public var title: String {
    switch self {
    case .radiometry: "Radiometry of the hyperspectral camera"
    case .color: "Radiometry of the RGB camera"
    case .wavelengths: "Wavelengths"
    case .intrinsics: "Lens of the RGB camera"
    case .belt: "Belt plane and travel"
    case .registration: "Registration of both cameras"
    case .timing: "Timing of the valves"
    }
  }

  /// The command that does the step.
  public var command: String {
    self == .color
      ? "mirage-calibrate radiometry --of color" : "mirage-calibrate \(rawValue)"
  }

  private var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  public static func < (first: Self, second: Self) -> Bool { first.place < second.place }
}
