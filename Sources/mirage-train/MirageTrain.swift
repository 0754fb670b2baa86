import CommandKit

@main
enum MirageTrain {
  static func main() async {
    await Tool(
      "mirage-train",
      "Teaches an RGB-only student with a hyperspectral camera, and shows what that bought.",
      [
        RecordLines.self, Inspect.self, Convert.self, SplitCommand.self, Fit.self, Evaluate.self,
        Report.self, Export.self,
      ]
    ).main()
  }
}
