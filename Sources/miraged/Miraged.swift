import CommandKit

@main
enum Miraged {
  static func main() async {
    await Tool(
      "miraged", "RGB frames in, sorting decisions out, on time or not at all.",
      [
        Run.self, ReportCommand.self, ReplayCommand.self, CheckCommand.self, ExplainCommand.self,
        DiffCommand.self, ApplyCommand.self, RevertCommand.self, RecipeCommand.self,
        TokenCommand.self, AuditCommand.self, CamerasCommand.self,
      ]
    )
    .main()
  }
}
