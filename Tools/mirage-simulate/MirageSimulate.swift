import CommandKit

@main
enum MirageSimulate {
  static func main() async {
    await Tool(
      "mirage-simulate", "A belt of scrap with ground truth, seen by two cameras.",
      [
        Record.self, BoardViews.self, PlayBelt.self, PlayLines.self, Commission.self,
        RecordRig.self,
      ]
    ).main()
  }
}
