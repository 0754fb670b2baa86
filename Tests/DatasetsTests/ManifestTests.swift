import Datasets
import Diagnostics
import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Manifest")
struct ManifestTests {
  @Test("a sealed manifest is read as it was written")
  func roundTrip() throws {
    try withTemporaryFolder { folder in
      var manifest = try BeltFixture.write(in: folder)
      manifest.exclude = [.init(piece: "r0/1", reason: "touches the wall")]
      manifest.recordings[1].labels = .material(class: "brass", pieces: nil)
      manifest.recordings[2].labels = nil
      let sealed = try manifest.seal(in: folder)
      // Picture, cube (two files) of each; label maps of four; the rig.
      #expect(sealed.digests.count == 6 * 3 + 4 * 2 + 1)
      let opened = try RecordingFolder.open(folder)
      #expect(opened.manifest == sealed)
      #expect(
        try RecordingFolder.open(folder.appending(path: "manifest.json")).digest == opened.digest)
    }
  }

  @Test("a changed file is named with both digests")
  func changedFile() throws {
    try withTemporaryFolder { folder in
      try BeltFixture.write(in: folder).seal(in: folder)
      let file = folder.appending(path: "r3/cube.raw")
      var bytes = try Data(contentsOf: file)
      let old = Digest(of: bytes)
      bytes[100] ^= 1
      try bytes.write(to: file)
      let manifest = folder.appending(path: "manifest.json").relativePath
      #expect(
        complaint { _ = try RecordingFolder.open(folder) } == """
          \(manifest): r3/cube.raw: SHA-256 \(Digest(of: bytes).short)… found, \(old.short)… wanted
            help: the file was changed after the manifest was written: restore it, or look at it \
          and seal the folder again with mirage-train inspect --seal
          """)
    }
  }

  /// A change of the manifest and the first line of what a person is told then.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let problem: String
    let change: @Sendable (inout Manifest) -> Void

    var testDescription: String { problem }

    init(_ problem: String, _ change: @escaping @Sendable (inout Manifest) -> Void) {
      self.problem = problem
      self.change = change
    }
  }

  @Test(
    "what contradicts itself is refused by name",
    arguments: [
      Refusal("version 2, version 1 was wanted") { $0.version = 2 },
      Refusal("'classes' is empty") { $0.classes = [] },
      Refusal("the class '?' is empty, reserved or given twice") { $0.classes.append("?") },
      Refusal("the class 'brass' is empty, reserved or given twice") { $0.classes.append("brass") },
      Refusal("'recordings' is empty") { $0.recordings = [] },
      Refusal("two recordings are called 'r1'") { $0.recordings[0].id = "r1" },
      Refusal("the recording 'a/b' has an empty name or one with a '/'") {
        $0.recordings[0].id = "a/b"
      },
      Refusal("recording r0: 'group' is empty") { $0.recordings[0].group = "" },
      Refusal("recording r0: class 'gold' is not among copper, brass") {
        $0.recordings[0].labels = .material(class: "gold", pieces: nil)
      },
      Refusal("'../r0/color.png' leads out of the folder, a relative path inside it was wanted") {
        $0.recordings[0].color = "../r0/color.png"
      },
      Refusal("'/etc/passwd' leads out of the folder, a relative path inside it was wanted") {
        $0.recordings[0].color = "/etc/passwd"
      },
      Refusal("'' leads out of the folder, a relative path inside it was wanted") {
        $0.recordings[0].color = ""
      },
      Refusal("r9/color.png: no such file") { $0.recordings[0].color = "r9/color.png" },
      Refusal(
        "recording r0: one of 'dark' and 'white' is given, both or neither were wanted"
      ) { $0.recordings[0].dark = "r0/cube.hdr" },
      Refusal("recording r0: a belt recording needs 'calibration'") {
        $0.recordings[0].calibration = nil
      },
      Refusal(
        "recording r0: a scene's picture and cube share their pixels; it takes no 'calibration'"
      ) { $0.recordings[0].layout = .scene },
      Refusal("recording r0: a scene takes labels of kind 'mask' without 'pieces' only") {
        $0.recordings[0].layout = .scene
        $0.recordings[0].calibration = nil
      },
      Refusal("recording r0: 'split' is for scenes; belt recordings split by 'group'") {
        $0.recordings[0].split = .init(trainingMask: "r0/labels.png")
      },
      Refusal("x: the digest 'ABC' is not 64 hexadecimal digits in lower case") {
        $0.digests = ["x": Digest(hexadecimal: "ABC")]
      },
    ])
  func refusals(refusal: Refusal) throws {
    try withTemporaryFolder { folder in
      var manifest = try BeltFixture.write(in: folder)
      refusal.change(&manifest)
      let found = manifest
      let message = complaint { try found.seal(in: folder) }
      let first = String(message.split(separator: "\n").first ?? "")
      #expect(
        first == "\(folder.appending(path: "manifest.json").relativePath): \(refusal.problem)")
    }
  }

  @Test("a link that leads out of the folder is refused")
  func link() throws {
    try withTemporaryFolder { folder in
      let inside = folder.appending(path: "in")
      let manifest = try BeltFixture.write(in: inside)
      let picture = inside.appending(path: "r0/color.png")
      try FileManager.default.moveItem(at: picture, to: folder.appending(path: "color.png"))
      try FileManager.default.createSymbolicLink(
        at: picture, withDestinationURL: folder.appending(path: "color.png"))
      #expect(
        complaint { try manifest.seal(in: inside) }
          .contains("'r0/color.png' leads out of the folder"))
    }
  }

  @Test(
    "misspelt keys and wrong values are named with what is known",
    arguments: [
      (
        "\"colour\": \"c.png\"",
        "'recordings.[0].colour': no such key; known here are beltMillimeters, calibration, "
          + "color, correction, cube, dark, group, id, labels, layout, split, white"
      ),
      ("\"layout\": \"table\"", "'recordings.[0].layout'"),
      (
        "\"layout\": \"belt\", \"labels\": {\"kind\": \"guess\"}",
        "'recordings.[0].labels.kind'"
      ),
      (
        "\"layout\": \"belt\", \"labels\": {\"kind\": \"coco\", \"file\": \"a\", \"x\": 1}",
        "'recordings.[0].labels.x': no such key; known here are file, kind"
      ),
      ("\"group\": 7", "'recordings.[0].group' has the wrong type"),
    ])
  func unknownKeys(line: String, problem: String) throws {
    try withTemporaryFolder { folder in
      let base = ["\"id\": \"r\"", "\"color\": \"c.png\"", "\"cube\": \"c.hdr\""]
      let others = ["\"layout\": \"belt\"", "\"group\": \"g\""].filter { other in
        !line.contains(other.prefix(9))
      }
      let text = """
        {"version": 1, "name": "n", "classes": ["a"], "digests": {}, // a comment
         "recordings": [{\((base + others + [line]).joined(separator: ", "))}]}
        """
      try Data(text.utf8).write(to: folder.appending(path: "manifest.json"))
      #expect(complaint { _ = try RecordingFolder.open(folder) }.contains(problem))
    }
  }

  @Test("the manifest in the documentation is one")
  func documented() throws {
    let text = try String(contentsOf: sampleData.appending(path: "README.md"), encoding: .utf8)
    let block = try #require(text.firstMatch(of: /```json5\n((?s).*?)```/)).1
    let manifest = try JSONFile.decode(
      Manifest.self, from: Data(block.utf8), place: "SampleData/README.md")
    try manifest.check(place: "SampleData/README.md")
    #expect(manifest.recordings.map(\.id) == ["r001", "r002", "r003"])
    #expect(manifest.exclude.map(\.piece) == ["r002/17"])
  }

  @Test("damaged manifests are read or refused, never a trap")
  func damage() throws {
    try withTemporaryFolder { folder in
      try BeltFixture.write(in: folder).seal(in: folder)
      let file = folder.appending(path: "manifest.json")
      let bytes = try Data(contentsOf: file)
      expectNoTrap(reading: bytes, headerCount: 600, copies: 200) { copy in
        try JSONFile.decode(Manifest.self, from: copy, place: "manifest.json")
          .check(place: "manifest.json")
      }
    }
  }

  @Test("what a person is shown about a folder counts everything in it")
  func inspection() throws {
    try withTemporaryFolder { folder in
      var manifest = try BeltFixture.write(in: folder)
      manifest.exclude = [.init(piece: "r0/1", reason: "touches the wall")]
      manifest.recordings[5].labels = .material(class: "?", pieces: "r5/pieces.png")
      let sealed = try manifest.seal(in: folder)
      let text = try RecordingInspection(folder).text
      let calibration = try BeltFixture.calibration.id
      #expect(
        text == """
          fixture: \(folder.appending(path: "manifest.json").relativePath)
            6 recordings, 2 classes, 23 samples: 19 labelled, 4 unlabelled, 1 excluded
            \(sealed.digests.count) digests agree; manifest \
          \(try RecordingFolder.open(folder).digest.short)
            excluded: r0/1: touches the wall
            calibration: \(calibration), error up to 0.1 mm (rig.json)

            class      samples  groups  day-0  day-1  day-2
            copper           9       3      3      4      2
            brass           10       3      4      4      2
            (unknown)        4       1      0      0      4

            recording  samples  group  layout  labels
            r0               3  day-0  belt    mask
            r1               4  day-0  belt    mask
            r2               4  day-1  belt    mask
            r3               4  day-1  belt    mask
            r4               4  day-2  belt    mask
            r5               4  day-2  belt    all ?
          """)
    }
  }
}
