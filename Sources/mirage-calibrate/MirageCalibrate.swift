import CommandKit

@main
enum MirageCalibrate {
  static func main() async {
    await Tool(
      "mirage-calibrate",
      "Keeps the steps of a rig's calibration, and makes, compares and verifies its certificate.",
      [Verify.self, Report.self, Difference.self, Status.self]
    ).main()
  }
}
