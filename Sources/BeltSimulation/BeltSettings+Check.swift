import Diagnostics

extension BeltSettings {
  /// Refuses settings that no belt or camera can have; call it once, before simulating.
  ///
  /// - Throws: a `Complaint` that names the setting, what was found and what is wanted.
  public func check() throws {
    try Self.require("widthMillimeters", widthMillimeters, in: 60...2000)
    try Self.require("sectionMillimeters", sectionMillimeters, in: 60...2000)
    try Self.require("piecesPerSection", Double(piecesPerSection), in: 0...64)
    try Self.require("colorCamera.pixelMillimeters", colorCamera.pixelMillimeters, in: 0.1...5)
    try Self.require("colorCamera.whiteLevel", colorCamera.whiteLevel, in: 0.01...1)
    try Self.require("lineScanner.pixelMillimeters", lineScanner.pixelMillimeters, in: 0.5...5)
    try Self.require("lineScanner.bands", Double(lineScanner.bands), in: 3...224)
    try Self.require("lineScanner.whiteCounts", lineScanner.whiteCounts, in: 100...4000)
    try Self.require("lineScanner.referenceLines", Double(lineScanner.referenceLines), in: 1...1000)
    try Self.require("session.lampKelvin", session.lampKelvin, in: 2000...4000)
    try Self.require("session.balanceError (count)", Double(session.balanceError.count), in: 3...3)
    switch scene {
    case .metals(let metals):
      for (name, share) in [
        ("strangerShare", metals.strangerShare), ("paintShare", metals.paintShare),
        ("platedShare", metals.platedShare), ("cakedShare", metals.cakedShare),
        ("textureTie", metals.textureTie),
      ] {
        try Self.require("metals.\(name)", share, in: 0...1)
      }
      try Self.require("metals.oxide", metals.oxide, in: 0...3)
      try Self.require("metals.dirt", metals.dirt, in: 0...3)
    case .coated(let coated):
      try Self.require("coated.grades", Double(coated.grades), in: 2...4)
      try Self.require("coated.cueNoise", coated.cueNoise, in: 0...10)
      let shares = coated.shares
      for share in [shares.common, shares.spectral, shares.color] where !(share >= 0) {
        throw Complaint("coated.shares", "\(share), 0 or more wanted")
      }
      guard shares.common + shares.spectral + shares.color > 0 else {
        throw Complaint(
          "coated.shares", "all three are 0, so nothing decides the grade",
          remedy: "give at least one a share above 0")
      }
    }
  }

  private static func require(
    _ name: String, _ value: Double, in range: ClosedRange<Double>
  ) throws {
    guard range.contains(value) else {
      throw Complaint(name, "\(value), \(range.lowerBound) to \(range.upperBound) wanted")
    }
  }
}
