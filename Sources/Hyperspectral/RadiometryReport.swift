/// What happened on the way from counts to reflectance, for a person to read.
public struct RadiometryReport: Sendable, Equatable, Codable {
  /// Bands whose references carry no signal; they are 0 in every pixel.
  public var maskedBands: [Int] = []
  /// Detector elements, in bands that have signal, that their neighbors replace.
  public var defects: [DetectorDefect] = []
  /// The count taken as the detector's largest.
  public var saturation: Double = 0
  /// Counts of the sample, and of the white reference, that reach it.
  public var saturatedCounts = 0
  public var saturatedWhiteCounts = 0
  /// Counts in all.
  public var count = 0
  /// Values that were below 0, and above the ceiling.
  public var clippedLow = 0
  public var clippedHigh = 0
  /// Values in all: fewer than counts where bands were left out.
  public var valueCount = 0
  /// Lines so far.
  public var lines = 0

  public init() {}

  /// One line per thing that a person should know; empty where all is well.
  public var warnings: [String] {
    func share(_ part: Int, of count: Int) -> String {
      let percent = 100 * Double(part) / Double(max(1, count))
      return "\((percent * 100).rounded() / 100) %"
    }
    var lines: [String] = []
    if !maskedBands.isEmpty {
      lines.append(
        "\(maskedBands.count) bands carry no light in the references and are 0 everywhere: "
          + maskedBands.prefix(12).map(String.init).joined(separator: ", ")
          + (maskedBands.count > 12 ? ", …" : ""))
    }
    if !defects.isEmpty {
      let kinds = DetectorDefect.Fault.allCases.compactMap { fault -> String? in
        let count = defects.count { $0.fault == fault }
        return count > 0 ? "\(count) \(fault.rawValue)" : nil
      }
      lines.append(
        "\(defects.count) defective detector elements are replaced by their neighbors: "
          + kinds.joined(separator: ", "))
    }
    if saturatedCounts > 0 {
      lines.append(
        "\(share(saturatedCounts, of: count)) of the counts are saturated at \(saturation)")
    }
    if saturatedWhiteCounts > 0 {
      lines.append(
        "\(saturatedWhiteCounts) counts of the white reference are saturated at \(saturation):"
          + " record it again with less light")
    }
    if clippedLow > 0 {
      lines.append("\(share(clippedLow, of: valueCount)) of the values were below 0")
    }
    if clippedHigh > 0 {
      lines.append("\(share(clippedHigh, of: valueCount)) of the values were above the ceiling")
    }
    return lines
  }
}
