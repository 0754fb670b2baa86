import Diagnostics
import Foundation
import Hyperspectral
import Imaging

/// Small pictures of the readings of a file, side by side, so that a person sees which is right.
enum ReadingPreview {
  private static let width = 260
  private static let height = 200

  /// A false-color picture: bands at three quarters, one half and one quarter as red, green and
  /// blue; single places, not means, so that a shear or a seam shows.
  static func picture(of reading: CubeReading, in numbers: inout StoredNumbers) throws -> Picture {
    let scale = max(
      1, Double(reading.samples) / Double(width), Double(reading.lines) / Double(height))
    let columns = max(1, Int(Double(reading.samples) / scale))
    let rows = max(1, Int(Double(reading.lines) / scale))
    // A small cube is enlarged by a whole factor, so that its pixels can be seen.
    let enlarged = max(1, min(width / columns, height / rows))
    let bands = [3, 2, 1].map { min(reading.bands - 1, $0 * reading.bands / 4) }
    var planes: [[Double]] = []
    for band in bands {
      var plane: [Double] = []
      for row in 0..<rows {
        let line = min(reading.lines - 1, Int(Double(row) * scale))
        for column in 0..<columns {
          let sample = min(reading.samples - 1, Int(Double(column) * scale))
          plane.append(
            try numbers.number(reading, line: line, sample: sample, band: band) ?? .nan)
        }
      }
      planes.append(PictureScale.stretched(plane))
    }
    var picture = Picture(width: columns * enlarged, height: rows * enlarged)
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        for channel in 0..<3 {
          let value = planes[channel][y / enlarged * columns + x / enlarged]
          picture[x, y, channel] = PictureScale.byte(value)
        }
      }
    }
    return picture
  }
}

extension HeaderDiagnosis {
  /// All readings on one sheet, each with its number and what it changes.
  public func previews() throws -> Picture {
    guard !readings.isEmpty else {
      throw Complaint(
        file.relativePath, "no reading with at most two mistakes in the header fits \(size) bytes")
    }
    var numbers = try StoredNumbers(file)
    var sheet = ContactSheet()
    sheet.columns = min(4, readings.count)
    sheet.cellWidth = 260
    sheet.cellHeight = 200
    var entries: [(picture: Picture, caption: String)] = []
    for (number, found) in readings.enumerated() {
      let changes = found.changes.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
      entries.append(
        (
          try ReadingPreview.picture(of: found.reading, in: &numbers),
          "\(number + 1)  \(String(format: "%.2f", found.evidence.score))  "
            + (changes.isEmpty ? "as the header says" : changes)
        ))
    }
    return sheet.picture(of: entries)
  }
}

/// From numbers to brightness.
enum PictureScale {
  /// 0 at the 2nd and 1 at the 98th hundredth of the finite numbers; others are cut off.
  static func stretched(_ values: [Double]) -> [Double] {
    let (low, high) = limits(values, from: 0.02, to: 0.98)
    let extent = high - low
    return values.map { value in
      guard value.isFinite else { return 0 }
      return extent > 0 ? min(1, max(0, (value - low) / extent)) : 0.5
    }
  }

  /// The numbers below which these shares of the finite numbers lie.
  static func limits(_ values: [Double], from low: Double, to high: Double) -> (Double, Double) {
    let sorted = values.filter(\.isFinite).sorted()
    guard let last = sorted.indices.last else { return (0, 1) }
    return (sorted[Int(low * Double(last))], sorted[Int((high * Double(last)).rounded(.up))])
  }

  static func byte(_ share: Double) -> UInt8 { UInt8(min(255, max(0, (share * 255).rounded()))) }
}
