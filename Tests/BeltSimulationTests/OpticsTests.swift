import Diagnostics
import Foundation
import Testing

@testable import BeltSimulation

@Suite("Optics")
struct OpticsTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "SampleData/OpticalConstants")

  private struct Document: Decodable {
    let nanometers: [Float]
    let tables: [String: [Float]]
  }

  @Test("the compiled tables are those of the documented file")
  func tables() throws {
    let file = Self.folder.appending(path: "optical-constants.json")
    let document = try JSONFile.read(Document.self, at: file)
    #expect(document.nanometers == (0..<Spectrum.count).map(Spectrum.nanometers))
    #expect(document.tables["copperN"] == OpticalTables.copperN)
    #expect(document.tables["zincK"] == OpticalTables.zincK)
    #expect(document.tables["cameraBlue"] == OpticalTables.cameraBlue)
    #expect(document.tables.values.allSatisfy { $0.count == Spectrum.count })
  }

  struct Published: Sendable {
    let constants: OpticalConstants
    /// At 400, 450, 500, 550, 600, 650, 700 and 800 nm.
    let reflectance: [Float]
  }

  @Test(
    "clean metal reflects as published",
    arguments: [
      Published(
        constants: .copper,
        reflectance: [0.469, 0.541, 0.582, 0.656, 0.956, 0.977, 0.985, 0.991]),
      Published(
        constants: .brass70,
        reflectance: [0.374, 0.434, 0.653, 0.789, 0.858, 0.887, 0.906, 0.927]),
    ])
  func fresnel(of metal: Published) {
    let spectrum = metal.constants.reflectance
    for (nanometers, wanted) in zip([400, 450, 500, 550, 600, 650, 700, 800], metal.reflectance) {
      #expect(abs(spectrum.value(at: Float(nanometers)) - wanted) < 0.002)
    }
  }

  @Test("a film of no thickness changes nothing, a thick clear one makes fringes")
  func films() {
    let bare = OpticalConstants.copper.reflectance
    let none = OpticalConstants.copper.reflectance(
      under: PlausibleCurves.cuprousOxide, thicknessNanometers: 0)
    for (a, b) in zip(bare.values, none.values) { #expect(abs(a - b) < 1e-5) }
    let quarter = OpticalConstants.iron.reflectance(
      under: PlausibleCurves.zincOxide, thicknessNanometers: 70)
    #expect(quarter.values.allSatisfy { $0 >= 0 && $0 <= 1 })
    // A quarter wave in zinc oxide at 4 · 2 · 70 = 560 nm cancels part of the light.
    let iron = OpticalConstants.iron.reflectance
    #expect(quarter.value(at: 520) < 0.5 * iron.value(at: 520))
  }

  @Test("Planck's law at 2856 K is standard illuminant A")
  func lamp() {
    let lamp = Spectrum.lampEnergy(kelvin: 2856)
    let scale = lamp.value(at: 560) / Spectrum(OpticalTables.illuminantA).value(at: 560)
    for nanometers in stride(from: Float(380), through: 780, by: 20) {
      let wanted = Spectrum(OpticalTables.illuminantA).value(at: nanometers) * scale
      #expect(abs(lamp.value(at: nanometers) / wanted - 1) < 0.003)
    }
  }

  @Test("the color camera is blind from 700 nm on, the line scanner is not")
  func infrared() {
    let camera = ColorCamera(ColorCameraSettings(), session: Session())
    let scanner = LineScanner(LineScannerSettings(), samples: 1, session: Session(), rigSeed: 1)
    let gray = Spectrum(constant: 0.4)
    let beyond = Spectrum { $0 < 700 ? 0.4 : 0.9 }
    #expect(camera.color(of: gray) == camera.color(of: beyond))
    #expect(scanner.bandValues(of: beyond)[40] == 0.9)
    for value in camera.color(of: Spectrum(constant: 1)) { #expect(abs(value - 1) < 1e-5) }
  }
}
