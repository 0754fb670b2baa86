import Foundation
import TestSupport
import Testing

@Suite("mirage-train inspect and split")
struct InspectTests {
  @Test("inspect counts the shipped recording, its cube and its picture")
  func shipped() throws {
    let folder = sampleData.appending(path: "IndianPines").path
    let result = try run(
      "mirage-train", ["inspect", folder, "\(folder)/cube.hdr", "\(folder)/color.png"])
    #expect(result.status == 0 && result.error.isEmpty)
    #expect(result.output.contains("16 classes, 10249 samples: 10249 labelled"))
    #expect(result.output.contains("145 lines × 145 samples × 165 bands"))
    #expect(result.output.contains("145 × 145 pixels, 3 channels"))
  }

  @Test("a header that does not fit is explained, shown and repaired beside the old one")
  func doctor() throws {
    try withTemporaryFolder { folder in
      let source = sampleData.appending(path: "IndianPines")
      let header = folder.appending(path: "odd.hdr")
      let text = try String(contentsOf: source.appending(path: "cube.hdr"), encoding: .utf8)
      try text.replacingOccurrences(of: "lines = 145", with: "lines = 320")
        .write(to: header, atomically: true, encoding: .utf8)
      try FileManager.default.copyItem(
        at: source.appending(path: "cube.raw"), to: folder.appending(path: "odd.raw"))
      let told = try run(
        "mirage-train", ["inspect", "odd.hdr", "--previews", "odd.png"], in: folder)
      #expect(told.status == 3)
      #expect(told.output.contains("the header says 320 lines × 145 samples × 165 bands"))
      #expect(told.output.contains("lines = 145 (was 320)"))
      #expect(told.output.contains("previews: odd.png"))
      let repaired = try run("mirage-train", ["inspect", "odd.hdr", "--repair"], in: folder)
      #expect(repaired.status == 0, "\(repaired.output)\(repaired.error)")
      #expect(repaired.output.contains("repaired: odd.raw.hdr"))
      #expect(
        try String(contentsOf: header, encoding: .utf8).contains("lines = 320"),
        "the old header was changed")
      let table = try run("mirage-train", ["inspect", ".", "--json"], in: folder)
      #expect(table.status == 0)
      #expect(table.output.contains(#""file":"odd.raw.hdr""#))
      #expect(table.output.contains(#""verdict":"good""#))
    }
  }

  @Test("a cube is drawn, and spectra of a pixel and of a region")
  func drawings() throws {
    try withTemporaryFolder { folder in
      let cube = sampleData.appending(path: "IndianPines/cube.hdr").path
      let drawn = try run(
        "mirage-train",
        [
          "inspect", cube, "--picture", "cube.png", "--spectra", "10,20", "--spectra", "60,60,9,9",
          "--out", "spectra.svg",
        ], in: folder)
      #expect(drawn.status == 0, "\(drawn.error)")
      #expect(drawn.output.contains("picture: cube.png: false colors"))
      #expect(drawn.output.contains("mean of 81 pixels from 60,60,9,9"))
      let picture = try Data(contentsOf: folder.appending(path: "cube.png"))
      #expect(picture.count > 10_000)
      let svg = try String(contentsOf: folder.appending(path: "spectra.svg"), encoding: .utf8)
      #expect(svg.hasPrefix("<svg") && svg.contains("wavelength, nm"))
      let refused = try run("mirage-train", ["inspect", cube, "--spectra", "1,2"], in: folder)
      #expect(refused.error.contains("--spectra: needs --out FILE.svg to draw to"))
    }
  }

  @Test("a recording becomes reflectance in any order, and its references come in pairs")
  func conversion() throws {
    try withTemporaryFolder { folder in
      let cubes = sampleData.appending(path: "Cubes").path
      let (dark, white) = ("\(cubes)/dark.hdr", "\(cubes)/white.hdr")
      let written = try run(
        "mirage-train",
        [
          "convert", "\(cubes)/counts-bil.hdr", "--dark", dark, "--white", white, "--out", "r.hdr",
          "--interleave", "bsq",
        ], in: folder)
      #expect(written.status == 0, "\(written.error)")
      #expect(
        written.output.hasSuffix(
          "r.hdr + r.raw: 6 lines × 5 samples × 16 bands, bsq, float32, reflectance\n"),
        "\(written.output)")
      let alone = try run(
        "mirage-train", ["convert", "\(cubes)/counts-bil.hdr", "--dark", dark, "--out", "s.hdr"],
        in: folder)
      #expect(alone.status == 1)
      #expect(
        alone.error
          == "mirage-train: --dark: is given alone\n  help: give both references, or neither\n")
      let missing = try run("mirage-train", ["convert", "\(cubes)/rows.npy"], in: folder)
      #expect(missing.status == 1 && missing.error.contains("--out: is not given"))
    }
  }

  @Test("a changed picture is refused until the folder is sealed again")
  func sealing() throws {
    try withTemporaryFolder { folder in
      let copy = folder.appending(path: "scene")
      try FileManager.default.copyItem(
        at: sampleData.appending(path: "IndianPines"), to: copy)
      try FileManager.default.removeItem(at: copy.appending(path: "color.png"))
      try FileManager.default.copyItem(
        at: copy.appending(path: "labels.png"), to: copy.appending(path: "color.png"))
      let refused = try run("mirage-train", ["inspect", copy.path])
      #expect(refused.status == 1)
      #expect(refused.error.contains("color.png: SHA-256 33bd9acb5e74… found"))
      #expect(refused.error.contains("mirage-train inspect --seal"))
      #expect(try run("mirage-train", ["inspect", "--seal", copy.path]).status == 0)
      #expect(try run("mirage-train", ["inspect", copy.path]).status == 0)
    }
  }

  @Test("split stores what it shows, and refuses what leaks with both fractions")
  func split() throws {
    let scene = sampleData.appending(path: "IndianPines").path
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "split.json")
      let arguments = [
        "split", scene, "--method", "blocks", "--drop-below", "20", "--patch", "5",
        "--labels-per-class", "20", "--out", file.path,
      ]
      let stored = try run("mirage-train", arguments)
      #expect(stored.status == 0 && stored.error.isEmpty)
      #expect(stored.output.contains("leak: training has seen no pixel"))
      let first = try Data(contentsOf: file)
      #expect(try run("mirage-train", arguments).output == stored.output)
      #expect(try Data(contentsOf: file) == first)
    }
    let leaky = try run("mirage-train", ["split", scene, "--method", "random"])
    #expect(leaky.status == 1)
    #expect(leaky.error.contains("of the test patches contain a training center of their class"))
    #expect(leaky.error.contains("share a pixel with a training patch; none was wanted"))
    let even = try run("mirage-train", ["split", scene, "--patch", "4"])
    #expect(even.error.contains("--patch: 4 pixels have no center, an odd number was wanted"))
  }

  @Test("what is no recording is told by name")
  func nothing() throws {
    let missing = try run("mirage-train", ["inspect", "nowhere"])
    #expect(missing.status == 1)
    #expect(missing.error == "mirage-train: nowhere: no such file or folder\n")
    #expect(try run("mirage-train", ["inspect"]).status == 2)
  }
}
