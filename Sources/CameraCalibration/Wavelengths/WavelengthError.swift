import Diagnostics

/// Why no wavelengths were told.
public struct WavelengthError: Explained, Equatable {
  /// What is wrong, with the values found and wanted.
  public enum Reason: Equatable, Sendable {
    case tooFewBands(found: Int)
    case startNotRising
    case startRange(low: Double, high: Double)
    case noLampLines(elements: [String], low: Double, high: Double)
    case dark(largest: Double)
    case tooFewPeaks(found: Int, wanted: Int)
    case noAgreement(peaks: Int, lines: Int)
    case ambiguous(nanometers: Double, first: Int, second: Int)
    case clustered(share: Double)
    case coarse(nanometers: Double, limit: Double)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .tooFewBands(let found): "has \(found) bands, 32 or more were wanted"
    case .startNotRising: "the start wavelengths do not rise from band to band"
    case .startRange(let low, let high):
      "the start wavelengths run from \(low) to \(high) nm, a range in 150 to 2300 nm was wanted"
    case .noLampLines(let elements, let low, let high):
      "\(elements.joined(separator: ", ")) have too few lines from \(Self.text(low)) to"
        + " \(Self.text(high)) nm"
    case .dark(let largest):
      "its brightest count stands only \(Self.text(largest)) above the background,"
        + " no line can be seen"
    case .tooFewPeaks(let found, let wanted):
      "shows \(found) lines, \(wanted) or more were wanted"
    case .noAgreement(let peaks, let lines):
      "its \(peaks) lines fit no arrangement of the lamp's lines better than chance would;"
        + " the best explains \(lines)"
    case .ambiguous(let nanometers, let first, let second):
      "can be read in two ways that are \(Self.text(nanometers)) nm apart, with \(first) and"
        + " \(second) lines explained; neither was taken"
    case .clustered(let share):
      "its known lines lie on \(Int((100 * share).rounded())) % of the detector, 35 % or more was"
        + " wanted"
    case .coarse(let nanometers, let limit):
      "the wavelengths would be known to \(Self.text(nanometers)) nm only,"
        + " \(Self.text(limit)) nm was wanted"
    }
  }

  public var remedy: String? {
    switch reason {
    case .tooFewBands: "record the detector's own bands, without binning"
    case .startNotRising, .startRange:
      "give the range with --from-nm and --to-nm, or correct the header's wavelengths"
    case .noLampLines: "use a lamp with lines in the camera's range, and name its elements"
    case .dark: "switch the lamp on, bring it nearer or expose longer"
    case .tooFewPeaks:
      "expose longer, average more lines, or put a second lamp beside the first (Hg-Ar with Ne)"
    case .noAgreement:
      "check the elements named with --lamp and the start range; shield other light"
    case .ambiguous, .clustered:
      "use a lamp with more lines (Hg-Ar with Ne or Kr), or give a better start with --from-nm"
        + " and --to-nm"
    case .coarse: "expose longer, focus the camera, or use a lamp with more single lines"
    }
  }

  private static func text(_ value: Double) -> String {
    "\((value * 100).rounded() / 100)"
  }
}
