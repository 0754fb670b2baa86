import CommandKit

@main
enum MirageCalibrate {
  static func main() async {
    await Tool(
      "mirage-calibrate",
      "Calibrates a rig step by step, with a verdict in millimeters, nanometers and milliseconds.",
      [
        Board.self, Radiometry.self, Wavelengths.self, Intrinsics.self, Belt.self,
        RegistrationCommand.self, Timing.self, Assemble.self, Verify.self, Report.self,
        Difference.self, Status.self,
      ]
    ).main()
  }
}
