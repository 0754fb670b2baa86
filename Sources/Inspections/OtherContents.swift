import Foundation
import Hyperspectral
import Units

/// What an ENVI file holds that is no cube: classes, or single spectra.
enum OtherContents {
  /// Lines of text; none where the file is neither, or cannot be read.
  static func lines(of file: URL) -> [String] {
    // What is wrong with the file beyond its kind is told by who opens it as what it is.
    if let labels = try? ENVIClassification.read(file) { return lines(of: labels) }
    if let library = try? SpectralLibrary.read(file) { return lines(of: library) }
    return []
  }

  private static func lines(of labels: ENVIClassification) -> [String] {
    var counts: [UInt16: Int] = [:]
    for label in labels.map.labels { counts[label, default: 0] += 1 }
    let size = "\(labels.map.height) lines × \(labels.map.width) samples"
    let classes = counts.keys.sorted().prefix(16).map { label in
      let number = Int(label)
      let name = labels.classNames.indices.contains(number) ? labels.classNames[number] : "class"
      return
        "\(name) (\(number)) \(AmountText.percent(counts[label] ?? 0, of: labels.map.labels.count))"
    }
    let more = counts.count > 16 ? ", … (\(counts.count) in all)" : ""
    return ["  a classification of \(size): \(classes.joined(separator: ", "))\(more)"]
  }

  private static func lines(of library: SpectralLibrary) -> [String] {
    let numbers = library.wavelengths.map(\.nanometers)
    let range =
      "\(AmountText.short(numbers.min() ?? 0)) to \(AmountText.short(numbers.max() ?? 0)) nm"
    let more = library.names.count > 16 ? ", … (\(library.names.count) in all)" : ""
    return [
      "  a library of \(library.names.count) spectra of \(numbers.count) bands, \(range): "
        + library.names.prefix(16).joined(separator: ", ") + more
    ]
  }
}
