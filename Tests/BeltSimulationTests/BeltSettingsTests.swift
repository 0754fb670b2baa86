import BeltSimulation
import Diagnostics
import Testing

@Suite("Belt settings")
struct BeltSettingsTests {
  @Test("the standard settings are fine")
  func standard() throws {
    try BeltSettings().check()
    try SimulatedBeltTests.small(.coated(CoatedSettings())).check()
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let complaint: String
    let change: @Sendable (inout BeltSettings) -> Void
    var testDescription: String { complaint }
  }

  @Test(
    "a setting that no belt can have is named, with what is wanted",
    arguments: [
      Wrong(complaint: "widthMillimeters: 5.0, 60.0 to 2000.0 wanted") { $0.widthMillimeters = 5 },
      Wrong(complaint: "lineScanner.bands: 0.0, 3.0 to 224.0 wanted") { $0.lineScanner.bands = 0 },
      Wrong(complaint: "metals.dirt: -1.0, 0.0 to 3.0 wanted") {
        var metals = MetalsSettings()
        metals.dirt = -1
        $0.scene = .metals(metals)
      },
      Wrong(complaint: "coated.grades: 9.0, 2.0 to 4.0 wanted") {
        var coated = CoatedSettings()
        coated.grades = 9
        $0.scene = .coated(coated)
      },
      Wrong(
        complaint: """
          coated.shares: all three are 0, so nothing decides the grade
            help: give at least one a share above 0
          """
      ) {
        var coated = CoatedSettings()
        coated.shares = CueShares(common: 0, spectral: 0, color: 0)
        $0.scene = .coated(coated)
      },
      Wrong(complaint: "coated.shares: nan, 0 or more wanted") {
        var coated = CoatedSettings()
        coated.shares = CueShares(common: .nan, spectral: 1, color: 0)
        $0.scene = .coated(coated)
      },
    ])
  func refusals(_ wrong: Wrong) {
    var settings = BeltSettings()
    wrong.change(&settings)
    let error = #expect(throws: Complaint.self) { try settings.check() }
    #expect(error?.description == wrong.complaint)
  }
}
