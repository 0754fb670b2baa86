import Foundation
import TestSupport
import Testing

@Suite("miraged's configuration")
struct ConfigurationTests {
  private func withLine(_ text: String, _ body: (_ file: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try MiragedTests.writeBundle(to: folder.appending(path: "student"))
      let file = folder.appending(path: "line.json5")
      try Data(text.utf8).write(to: file)
      try body(file.path)
    }
  }

  @Test("a good one is said to be good, and a run with it is the run with its flags")
  func good() throws {
    let text = """
      {
        bundle: "student", // beside this file
        simulate: true, seconds: 1, speed: 600, eject: ["copper", "brass"],
      }
      """
    try withLine(text) { file in
      let checked = try run("miraged", ["check", file])
      #expect(checked.status == 0, "\(checked.error)")
      #expect(checked.output == "\(file): good, 5 settings\n")
      let folder = URL(filePath: file).deletingLastPathComponent()
      let configured = try run("miraged", ["run", "--config", file])
      let typed = try run(
        "miraged",
        [
          "run", "--bundle", "student", "--simulate", "--seconds", "1", "--speed", "600",
          "--eject", "copper,brass",
        ], in: folder)
      #expect(configured.status == 0, "\(configured.error)")
      #expect(!configured.output.isEmpty && configured.output == typed.output)
      let longer = try run("miraged", ["run", "--config", file, "--seconds", "2"])
      #expect(longer.output.count > configured.output.count)
    }
  }

  @Test("all mistakes of one are told at once, those of the files that it names too")
  func bad() throws {
    try withLine("{bundle: 'student',\n simulat: true, threads: 99}") { file in
      let checked = try run("miraged", ["check", file])
      #expect(checked.status == 3)
      #expect(
        checked.output == """
          \(file):2:2: 'simulat' is no setting; did you mean 'simulate'?
          \(file):2:17: 'threads' takes 1 to 64, not '99'
          \(file): 2 to correct; 'miraged explain KEY' helps

          """)
      let ran = try run("miraged", ["run", "--config", file])
      #expect(ran.status == 2)
      #expect(ran.error.contains("help: run 'miraged check \(file)'"))
    }
    try withLine(
      "{bundle: 'student', simulate: true, rate: 5, valves: 'tcp://x', eject: ['gold']}"
    ) { file in
      let output = try run("miraged", ["check", file]).output
      #expect(output.contains("tcp://x: no address of a valve box"))
      #expect(output.contains("'eject' names 'gold', the bundle knows copper, brass, aluminium"))
      let text = try run("miraged", ["check", "--text-only", file]).output
      #expect(text.contains("tcp://x") && !text.contains("gold"))
    }
  }

  @Test("a key is explained, and a misspelt one is answered with the nearest")
  func explained() throws {
    let valve = try run("miraged", ["explain", "valveLatency"])
    #expect(valve.output.contains("0 to 1000; default: as the calibration says, or 15"))
    let wrong = try run("miraged", ["explain", "valveLatncy"])
    #expect(wrong.status == 1 && wrong.error.contains("did you mean 'valveLatency'?"))
    #expect(try run("miraged", ["explain"]).output.contains("mmPerCount"))
  }
}
