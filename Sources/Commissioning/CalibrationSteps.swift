/// The steps that can be done, shown and verified.
public enum CalibrationSteps {
  /// One line a step, in their order; a step is added when it works.
  public static let all: [any CalibrationStep.Type] = [
    RadiometryStep.self, ColorRadiometryStep.self, WavelengthStep.self,
  ]
}
