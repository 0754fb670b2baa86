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

  private func write(
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
        references.dark(milliseconds: time, lines: 20), "spectral/dark\(ending).hdr",
        milliseconds: ending.isEmpty ? time : nil, recorded: recorded)
      try write(
        references.white(milliseconds: time, lines: 20), "spectral/white\(ending).hdr",
        milliseconds: ending.isEmpty ? time : nil, recorded: recorded)
    }
    try AtomicFile.write(
      "{ name: 'tile', source: 'laboratory 2026', reflectance: [[350, 0.99], [1100, 0.98]] }",
      to: folder.appending(path: "spectral/tile.json5"))
  }

  func writeLamp() throws {
    try write(
      references.lamp([.mercury, .argon], lines: 20), "lamp/lamp.hdr", milliseconds: 20)
    try write(references.dark(milliseconds: 20, lines: 20), "lamp/dark.hdr", milliseconds: 20)
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
      let light = try fixture.keep(RadiometryStep.self, .init(), on: "spectral")
      #expect(light.document.record.judgement.verdict == .pass)
      #expect(light.document.result.exposures.map(\.milliseconds) == [5, 10])
      #expect(light.document.record.inputs.count == 5)
      let axis = try fixture.keep(WavelengthStep.self, .init(), on: "lamp")
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
        of: CubeFile.open(folder.appending(path: "spectral/white.hdr")),
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
      let light = try fixture.keep(RadiometryStep.self, .init(), on: "spectral")
      let axis = try fixture.keep(WavelengthStep.self, .init(), on: "lamp")
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
      let color = folder.appending(path: "color")
      try PictureFile.write(
        fixture.references.blackPicture(), to: color.appending(path: "black.png"))
      try PictureFile.write(fixture.references.flatPicture(), to: color.appending(path: "flat.png"))
      try PictureFile.write(
        fixture.references.chartPicture(), to: color.appending(path: "chart.png"))
      let kept = try fixture.keep(ColorRadiometryStep.self, .init(), on: "color")
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
      let outcome = try RadiometryStep.perform(.init(), on: fixture.work("spectral"))
      #expect(outcome.judgement.verdict == .fail)
      let problems = outcome.judgement.advice.map(\.problem)
      #expect(problems.contains { $0.hasPrefix("the white reference is 7 years old") })
      #expect(problems.contains { $0.hasPrefix("white is saturated in") })
      #expect(
        outcome.judgement.advice.contains { $0.remedy.hasPrefix("set the integration time to 1") })
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
