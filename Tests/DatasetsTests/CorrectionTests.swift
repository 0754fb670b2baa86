import Datasets
import Diagnostics
import Foundation
import Hyperspectral
import TestSupport
import Testing
import Units

@Suite("A recording's correction")
struct CorrectionTests {
  /// A folder whose first recording holds counts, with references and this correction.
  private func folder(_ url: URL, correction: String) throws -> Manifest {
    var manifest = try BeltFixture.write(in: url)
    let axis = [500.0, 600, 700, 800].map { Wavelength(nanometers: $0) }
    for (name, level) in [("counts", Float(600)), ("dark", 100), ("white", 1100)] {
      let cube = Cube<RawCounts>(
        lines: 20, samples: 20, wavelengths: axis,
        values: [Float](repeating: level, count: 20 * 20 * 4))
      try ENVIFile.write(cube, to: url.appending(path: "r0/\(name).hdr"))
    }
    try Data(correction.utf8).write(to: url.appending(path: "r0/correction.json"))
    manifest.recordings[0].cube = "r0/counts.hdr"
    manifest.recordings[0].dark = "r0/dark.hdr"
    manifest.recordings[0].white = "r0/white.hdr"
    manifest.recordings[0].correction = "r0/correction.json"
    return manifest
  }

  @Test("is read, sealed with the rest and applied")
  func applied() throws {
    try withTemporaryFolder { url in
      let text =
        "{ radiometry: { tile: [[400, 0.8], [900, 0.8]] }, bands: { ranges: [[550, 900]] } }"
      try folder(url, correction: text).seal(in: url)
      let opened = try RecordingFolder.open(url)
      #expect(opened.manifest.digests["r0/correction.json"] != nil)
      let cube = try opened.reflectance(of: opened.manifest.recordings[0])
      #expect(cube.wavelengths.map(\.nanometers) == [600, 700, 800])
      expectClose(cube.values, [Float](repeating: 0.4, count: 20 * 20 * 3), absolute: 1e-6)
    }
  }

  @Test("names its references itself, as the files of a rig's calibration do")
  func ownReferences() throws {
    try withTemporaryFolder { url in
      let text =
        "{ references: { dark: 'dark.hdr', white: 'white.hdr' },"
        + " wavelengths: [501, 602, 703, 804] }"
      var manifest = try folder(url, correction: text)
      manifest.recordings[0].dark = nil
      manifest.recordings[0].white = nil
      try manifest.seal(in: url)
      let opened = try RecordingFolder.open(url)
      #expect(opened.manifest.digests["r0/white.raw"] != nil)
      let cube = try opened.reflectance(of: opened.manifest.recordings[0])
      #expect(cube.wavelengths.map(\.nanometers) == [501, 602, 703, 804])
      expectClose(cube.values, [Float](repeating: 0.5, count: 20 * 20 * 4), absolute: 1e-6)
      // A reference that was changed afterwards is noticed.
      try Data([1, 2, 3]).write(to: url.appending(path: "r0/white.raw"))
      #expect(throws: (any Error).self) { try RecordingFolder.open(url) }
    }
  }

  @Test("is refused with a pretreatment, and without references")
  func refused() throws {
    try withTemporaryFolder { url in
      var manifest = try folder(url, correction: "{ pretreatment: { steps: ['snv'] } }")
      try manifest.seal(in: url)
      let opened = try RecordingFolder.open(url)
      #expect(
        complaint { _ = try opened.reflectance(of: opened.manifest.recordings[0]) }
          .contains("has a 'pretreatment', and so has the recipe of the experiment"))
      manifest.recordings[0].dark = nil
      manifest.recordings[0].white = nil
      #expect(
        complaint { try manifest.seal(in: url) }.hasSuffix(
          """
          manifest.json: recording r0: 'correction' is given without 'dark' and 'white', and \
          names no 'references' of its own
          """))
    }
  }
}
