import BeltSimulation
import CameraCalibration
import Diagnostics
import Foundation
import Hyperspectral
import Imaging
import Pages
import TestSupport
import Testing

@testable import Commissioning

/// Recordings of a simulated commissioning in their folders.
struct CommissioningFixture {
  let folder: URL
  let references = SimulatedReferences(samples: 64, seed: 3)

  var rig: RigFolder {
    get throws { try RigFolder(root: folder.appending(path: "Rigs"), rig: "line-1") }
  }

  func write(
    _ cube: Cube<RawCounts>, _ path: String, milliseconds: Double?, recorded: String? = nil
  ) throws {
    var fields = [ENVIHeader.Field(name: "full scale", value: "4095", isList: false)]
    if let milliseconds {
      fields.append(.init(name: "integration time", value: "\(milliseconds)", isList: false))
    }
    if let recorded {
      fields.append(.init(name: "acquisition time", value: recorded, isList: false))
    }
    try ENVIFile.write(cube, to: folder.appending(path: path), fields: fields)
  }

  func writeSpectral(milliseconds: Double = 10, recorded: String? = nil) throws {
    for (ending, time) in [("", milliseconds), ("-5ms", 5)] {
      try write(
        references.dark(milliseconds: time, lines: 20), "radiometry/dark\(ending).hdr",
        milliseconds: ending.isEmpty ? time : nil, recorded: recorded)
      try write(
        references.white(milliseconds: time, lines: 20), "radiometry/white\(ending).hdr",
        milliseconds: ending.isEmpty ? time : nil, recorded: recorded)
    }
    try AtomicFile.write(
      "{ name: 'tile', source: 'laboratory 2026', reflectance: [[350, 0.99], [1100, 0.98]] }",
      to: folder.appending(path: "radiometry/tile.json5"))
  }

  func writeLamp() throws {
    try write(
      references.lamp([.mercury, .argon], lines: 20), "wavelengths/lamp.hdr", milliseconds: 20)
    try write(
      references.dark(milliseconds: 20, lines: 20), "wavelengths/dark.hdr", milliseconds: 20)
  }

  func work(_ name: String) throws -> StepWork {
    StepWork(folder.appending(path: name), rig: try rig)
  }

  /// Does a step and keeps it.
  func keep<Step: CalibrationStep>(
    _ step: Step.Type, _ settings: Step.Settings, on name: String
  ) throws -> (document: StepDocument<Step>, folder: URL) {
    let work = try work(name)
    let outcome = try Step.perform(settings, on: work)
    return try rig.keep(
      outcome, of: work,
      stamp: .init(operatorName: "Eva", moment: Date(timeIntervalSince1970: 1_769_860_800)))
  }
}

@Suite("Steps of light and wavelengths")
struct SpectralStepsSuite {
  @Test("tile and lamp become a correction that a recording can name, with the truth in it")
  func correction() throws {
    try withTemporaryFolder { folder in
      let fixture = CommissioningFixture(folder: folder)
      try fixture.writeSpectral()
      try fixture.writeLamp()
      let light = try fixture.keep(RadiometryStep.self, .init(), on: "radiometry")
      #expect(light.document.record.judgement.verdict == .pass)
      #expect(light.document.result.exposures.map(\.milliseconds) == [5, 10])
      #expect(light.document.record.inputs.count == 5)
      let axis = try fixture.keep(WavelengthStep.self, .init(), on: "wavelengths")
      #expect(axis.document.record.judgement.verdict != .fail)
      let truth = fixture.references.truth.spectrograph
      let found = axis.document.result
      for match in found.lamp.matches {
        #expect(
          abs(
            found.lamp.nanometers(at: match.peak.position)
              - truth.nanometers(band: match.peak.position)) < found.lamp.bound + 0.1)
      }
      // The newest step's files correct a cube on their own.
      let recipeFile = axis.folder.appending(path: "correction.json")
      let recipe = try ReflectanceRecipe.read(recipeFile)
      #expect(recipe.wavelengths == found.wavelengths)
      #expect(!recipe.distortion.isNone)
      let names = try #require(recipe.references)
      let (cube, report) = try reflectance(
        of: CubeFile.open(folder.appending(path: "radiometry/white.hdr")),
        dark: CubeFile.open(axis.folder.appending(path: names.dark)),
        white: CubeFile.open(axis.folder.appending(path: names.white)), recipe: recipe)
      let middle = cube.spectrum(line: 3, sample: 30)[100]
      expectClose(Double(middle), 0.985, absolute: 0.05)
      #expect(report.defects.count >= 4)
    }
  }

  @Test("sections draw what only these steps know, and the page is whole")
  func sections() throws {
    try withTemporaryFolder { folder in
      let fixture = CommissioningFixture(folder: folder)
      try fixture.writeSpectral()
      try fixture.writeLamp()
      let light = try fixture.keep(RadiometryStep.self, .init(), on: "radiometry")
      let axis = try fixture.keep(WavelengthStep.self, .init(), on: "wavelengths")
      let first = try RadiometryStep.section(of: light.document, in: light.folder).source
      #expect(first.contains("<svg") && first.contains("data:image/png;base64,"))
      let second = try WavelengthStep.section(of: axis.document, in: axis.folder).source
      #expect(second.contains("Hg 546.075") && second.contains("Smile"))
    }
  }

  @Test("pictures of sheet and chart become a color correction with its section")
  func colors() throws {
    try withTemporaryFolder { folder in
      let fixture = CommissioningFixture(folder: folder)
      let color = folder.appending(path: "color-radiometry")
      try PictureFile.write(
        fixture.references.blackPicture(), to: color.appending(path: "black.png"))
      try PictureFile.write(fixture.references.flatPicture(), to: color.appending(path: "flat.png"))
      try PictureFile.write(
        fixture.references.chartPicture(), to: color.appending(path: "chart.png"))
      let kept = try fixture.keep(ColorRadiometryStep.self, .init(), on: "color-radiometry")
      let result = kept.document.result
      #expect(result.differenceAfter < 2 && result.differenceBefore > 5)
      #expect(kept.document.record.judgement.verdict == .pass)
      let section = try ColorRadiometryStep.section(of: kept.document, in: kept.folder).source
      #expect(section.contains("data:image/jpeg;base64,"))
    }
  }

  @Test("old references fail with their age, and the suggested time is told where white is full")
  func advice() throws {
    try withTemporaryFolder { folder in
      let fixture = CommissioningFixture(folder: folder)
      try fixture.writeSpectral(milliseconds: 20, recorded: "2019-03-01T10:00:00Z")
      let outcome = try RadiometryStep.perform(.init(), on: fixture.work("radiometry"))
      #expect(outcome.judgement.verdict == .fail)
      let problems = outcome.judgement.advice.map(\.problem)
      #expect(problems.contains { $0.hasPrefix("the white reference is 7 years old") })
      #expect(problems.contains { $0.hasPrefix("white is saturated in") })
      #expect(
        outcome.judgement.advice.contains { $0.remedy.hasPrefix("set the integration time to 1") })
    }
  }

  @Test("references and tiles that do not fit are refused or left out by name and reason")
  func misfits() throws {
    try withTemporaryFolder { folder in
      let fixture = CommissioningFixture(folder: folder)
      try fixture.writeSpectral()
      try fixture.writeLamp()
      let files = FileManager.default
      let place = folder.appending(path: "radiometry")
      func tell(_ body: () throws -> Void) -> String {
        complaint(of: body).components(separatedBy: "radiometry: ").last ?? ""
      }
      // A white of half the width, as from another window of the detector.
      let narrow = SimulatedReferences(samples: 32, seed: 3)
      try fixture.write(
        narrow.white(milliseconds: 5, lines: 4), "radiometry/white-5ms.hdr", milliseconds: 5)
      #expect(
        tell { _ = try RadiometryStep.perform(.init(), on: fixture.work("radiometry")) } == """
          white reference of another integration time: has 32 samples × 224 bands, the first one \
          64 × 224
            help: record all references with the same window and binning
          """)
      for ending in ["hdr", "raw"] {
        try files.removeItem(at: place.appending(path: "white-5ms.\(ending)"))
      }
      let left = try RadiometryStep.perform(.init(), on: fixture.work("radiometry"))
      #expect(
        left.inputs.compactMap { input in input.rejection.map { "\(input.name): \($0)" } }
          == ["dark-5ms.hdr: has no white recording of the same name's end"])
      for name in ["dark", "white"] {
        try fixture.write(
          fixture.references.dark(milliseconds: 10, lines: 20), "radiometry/\(name).hdr",
          milliseconds: 10)
      }
      #expect(
        tell { _ = try RadiometryStep.perform(.init(), on: fixture.work("radiometry")) } == """
          white reference: is not brighter than the dark reference in any band
            help: check that the two references are not swapped, and that the lamps were on
          """)
      try AtomicFile.write(
        "{ name: 'tile', source: '', reflectance: [[350, 0.99]] }",
        to: place.appending(path: "tile.json5"))
      #expect(
        complaint { _ = try RadiometryStep.readTile(place.appending(path: "tile.json5")) }
          .hasSuffix(
            """
            tile.json5: names no 'source' or no points of 'reflectance'
              help: write who measured the tile and when, and pairs of nanometers and reflectance
            """))
      try fixture.write(
        narrow.dark(milliseconds: 20, lines: 4), "wavelengths/dark.hdr", milliseconds: 20)
      let lamp = try WavelengthStep.perform(.init(), on: fixture.work("wavelengths"))
      #expect(
        lamp.inputs.compactMap(\.rejection) == [
          "has 32 samples × 224 bands, the lamp 64 × 224"
        ])
    }
  }

  @Test("neither light nor wavelengths make the other outdated, and a failed step is not taken")
  func apart() throws {
    try withTemporaryFolder { folder in
      let fixture = CommissioningFixture(folder: folder)
      try fixture.writeSpectral()
      try fixture.writeLamp()
      _ = try fixture.keep(RadiometryStep.self, .init(), on: "radiometry")
      let axis = try fixture.keep(WavelengthStep.self, .init(), on: "wavelengths")
      let again = try fixture.keep(RadiometryStep.self, .init(), on: "radiometry")
      #expect(axis.document.record.uses.isEmpty && again.document.record.uses.isEmpty)
      func recipe(in folder: URL) throws -> ReflectanceRecipe {
        try ReflectanceRecipe.read(folder.appending(path: "correction.json"))
      }
      #expect(try recipe(in: again.folder).wavelengths == axis.document.result.wavelengths)
      // White that is saturated corrects nothing.
      try fixture.writeSpectral(milliseconds: 20)
      let full = try fixture.keep(RadiometryStep.self, .init(), on: "radiometry")
      #expect(full.document.record.judgement.verdict == .fail)
      let last = try fixture.keep(WavelengthStep.self, .init(), on: "wavelengths")
      #expect(try recipe(in: last.folder).references == nil)
    }
  }

  @Test("folders that do not hold what a step needs are refused with what to record")
  func refused() throws {
    try withTemporaryFolder { folder in
      let fixture = CommissioningFixture(folder: folder)
      func complaintOf(_ body: () throws -> Void) -> String {
        complaint(of: body).replacingOccurrences(of: folder.path + "/", with: "")
      }
      let empty = folder.appending(path: "empty")
      try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
      #expect(
        complaintOf { _ = try RadiometryStep.perform(.init(), on: fixture.work("empty")) }
          .hasSuffix(
            """
            empty: holds neither of dark.hdr and white.hdr, both were wanted
              help: record the closed shutter as dark.hdr and the white tile as white.hdr
            """))
      #expect(
        complaintOf { _ = try WavelengthStep.perform(.init(), on: fixture.work("empty")) }
          .contains("empty: holds no lamp.hdr"))
      #expect(
        complaintOf { _ = try ColorRadiometryStep.perform(.init(), on: fixture.work("empty")) }
          .contains("there is neither a flat nor a chart"))
      #expect(
        complaintOf { _ = try RadiometryStep.perform(.init(), on: fixture.work("nowhere")) }
          .contains("nowhere: is no folder of recordings"))
    }
  }
}
