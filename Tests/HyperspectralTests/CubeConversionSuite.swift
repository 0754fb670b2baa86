import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("Cube conversion")
struct CubeConversionSuite {
  static let cubes = sampleData.appending(path: "Cubes")

  private func open(_ name: String) throws -> any CubeReader {
    try CubeFile.open(Self.cubes.appending(path: name))
  }

  private func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test(
    "a cube of any format has the same numbers and wavelengths as ENVI",
    arguments: ["level-5.mat", "samples-planes.tif", "columns.npy", "big-endian-bip.hdr"],
    Interleave.allCases)
  func formats(name: String, interleave: Interleave) throws {
    let cube = try open(name)
    try withTemporaryFolder { folder in
      var done = 0
      let (header, report) = try CubeConversion(interleave: interleave, byteOrder: .big)
        .write(cube, to: folder.appending(path: "x.hdr")) { done = max(done, $0) }
      #expect(report == nil && done == 6)
      let copy = try ENVIFile.open(header)
      #expect(copy.header.interleave == interleave && copy.header.byteOrder == .big)
      #expect(copy.numberType == cube.numberType)
      #expect(copy.wavelengths == cube.wavelengths)
      #expect(try copy.counts().values == cube.counts().values)
      #expect(try names(in: folder) == ["x.hdr", "x.raw"])
    }
  }

  @Test(
    "counts become the reflectance that training makes of them, in every order",
    arguments: Interleave.allCases)
  func corrected(interleave: Interleave) throws {
    let cube = try open("counts-bil.hdr")
    var recipe = ReflectanceRecipe()
    recipe.bands.binning = 2
    let wanted = try reflectance(
      of: cube, dark: open("dark.hdr"), white: open("white.hdr"), recipe: recipe)
    try withTemporaryFolder { folder in
      let (header, report) = try CubeConversion(
        interleave: interleave,
        correction: .init(
          dark: Self.cubes.appending(path: "dark.hdr"),
          white: Self.cubes.appending(path: "white.hdr"), recipe: recipe)
      ).write(cube, to: folder.appending(path: "x.dat"))
      #expect(report == wanted.report)
      let copy = try ENVIFile.open(header)
      #expect(copy.header.interleave == interleave && copy.file.lastPathComponent == "x.dat")
      #expect(copy.quantity == .reflectance(scale: 1) && copy.header["description"] != nil)
      let found = try copy.reflectance()
      #expect(found.wavelengths == wanted.cube.wavelengths)
      #expect(found.values.map(\.bitPattern) == wanted.cube.values.map(\.bitPattern))
      #expect(try names(in: folder) == ["x.dat", "x.hdr"])
    }
  }

  @Test("nothing is overwritten, and who stops it finds nothing", arguments: Interleave.allCases)
  func stopped(interleave: Interleave) throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "x.hdr")
      for name in ["counts-bil.hdr", "level-5.mat"] {
        #expect(throws: Interrupted.self) {
          _ = try CubeConversion(interleave: interleave).write(open(name), to: target) { _ in
            throw Interrupted(saved: "nothing was written")
          }
        }
        #expect(try names(in: folder) == [])
      }
      try Data("old".utf8).write(to: folder.appending(path: "x.raw"))
      #expect(
        complaint { _ = try CubeConversion().write(open("rows.npy"), to: target) } == """
          \(folder.appending(path: "x.raw").relativePath): is there already, nothing is overwritten
            help: give another name
          """)
    }
  }

  @Test("a recipe that pretreats makes no reflectance")
  func pretreated() throws {
    try withTemporaryFolder { folder in
      var recipe = ReflectanceRecipe()
      recipe.pretreatment.steps = [.standardNormalVariate]
      let references = ["dark", "white"].map { Self.cubes.appending(path: "\($0).hdr") }
      let conversion = CubeConversion(
        correction: .init(dark: references[0], white: references[1], recipe: recipe))
      #expect(
        complaint {
          _ = try conversion.write(open("counts-bil.hdr"), to: folder.appending(path: "x.hdr"))
        } == """
          correction: has a 'pretreatment', which makes no reflectance
            help: leave it out here and name the steps in an experiment's 'data.recipe'
          """)
    }
  }
}
