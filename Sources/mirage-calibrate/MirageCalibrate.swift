import CommandKit

@main
enum MirageCalibrate {
  static func main() async {
    await Tool(
      "mirage-calibrate",
      "Calibrates a rig step by step, with a verdict in millimeters, nanometers and milliseconds.",
      [Status.self]
    ).main()
  }
}
