/// The steps that can be done, shown and verified.
public enum CalibrationSteps {
  /// One line a step, in their order; a step is added when it works.
  public static let all: [any CalibrationStep.Type] = [
    RadiometryStep.self, ColorRadiometryStep.self, WavelengthStep.self, IntrinsicsStep.self,
    BeltStep.self, RegistrationStep.self, TimingStep.self,
  ]

  /// Whether this version can do a step: nobody is sent to a command that is not there.
  public static func has(_ step: StepName) -> Bool { all.contains { $0.name == step } }
}
