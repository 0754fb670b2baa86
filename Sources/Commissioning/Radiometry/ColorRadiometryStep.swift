import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Pages
import Units

/// Flat field, black level, white balance and color of the RGB camera.
public enum ColorRadiometryStep: CalibrationStep {
  /// What the step was told.
  public struct Settings: Codable, Equatable, Sendable {
    /// Corners of the chart's field of patches, clockwise from dark skin: x, y, x, y, …; nil
    /// looks for the chart.
    public var chartCorners: [Double]?
    public var limits = RadiometryLimits()

    public init() {}
  }

  public typealias Result = ColorRadiometry
  public static let name = StepName.color

  /// Reads `black`, `flat` and `chart` of the folder, as far as they are there.
  public static func perform(
    _ settings: Settings, on work: StepWork
  ) throws -> StepOutcome<Self> {
    var inputs: [StepInput] = []
    func picture(_ role: String) throws -> (picture: Picture, name: String)? {
      for ending in ["png", "jpg", "jpeg"] {
        let name = "\(role).\(ending)"
        let file = work.recordings.appending(path: name)
        guard FileManager.default.fileExists(atPath: file.path) else { continue }
        inputs.append(try work.input(name, picture: "\(role)-small.jpg"))
        return (try PictureFile.read(file), name)
      }
      return nil
    }
    let (black, flat) = (try picture("black"), try picture("flat"))
    let chart = try picture("chart")
    let corners = settings.chartCorners.map { numbers in
      stride(from: 0, to: numbers.count - 1, by: 2).map {
        Point<ColorFrame>(x: numbers[$0], y: numbers[$0 + 1])
      }
    }
    var result: ColorRadiometry
    do {
      result = try ColorRadiometry(
        black: black?.picture, flat: flat?.picture, chart: chart?.picture, corners: corners)
    } catch {
      // The pictures' own names help more than their roles.
      throw Complaint(
        "\(work.recordings.relativePath): \(error.place)", error.problem, remedy: error.remedy)
    }
    result.ageDays = age(of: [flat, chart].compactMap { $0?.name }, in: work.recordings)
    var outcome = StepOutcome<Self>(
      settings, result, result.judgement(settings.limits), inputs: inputs)
    outcome.files["color-correction.json"] = try JSONFile.encode(result.correction)
    if let black { outcome.pictures["black-small.jpg"] = small(black.picture) }
    if let flat { outcome.pictures["flat-small.jpg"] = small(flat.picture) }
    if let chart {
      outcome.pictures["chart-small.jpg"] = small(
        drawn(chart.picture, corners: result.chartCorners))
      outcome.pictures["corrected.jpg"] = small(corrected(chart.picture, by: result.correction))
    }
    return outcome
  }

  private static func age(of names: [String], in folder: URL) -> Double? {
    let dates = names.compactMap { name -> Date? in
      let file = folder.appending(path: name).path
      // An age is worth no failure.
      return (try? FileManager.default.attributesOfItem(atPath: file))?[.modificationDate] as? Date
    }
    return dates.min().map { max(0, Date().timeIntervalSince($0)) / 86_400 }
  }

  private static func small(_ picture: Picture) -> Picture {
    guard picture.width > 480 else { return picture }
    return picture.resampled(
      width: 480, height: max(1, picture.height * 480 / picture.width), by: .area)
  }

  private static func drawn(_ picture: Picture, corners: [Point<ColorFrame>]) -> Picture {
    let canvas = Canvas(picture)
    let width = max(2, Double(picture.width) / 240)
    canvas.stroke(polygon: corners, Color(213, 94, 0), width: width)
    if let first = corners.first {
      canvas.write(
        "1", at: first, size: 8 * width, .white, background: Color(213, 94, 0), anchor: .center)
    }
    return canvas.picture
  }

  private static func corrected(_ picture: Picture, by correction: ColorCorrection) -> Picture {
    var result = picture
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let color = correction(
          red: Float(picture[x, y, 0]), green: Float(picture[x, y, 1]),
          blue: Float(picture[x, y, 2]), at: Point(x: Double(x), y: Double(y)))
        result[x, y, 0] = UInt8(min(255, max(0, color.red.rounded())))
        result[x, y, 1] = UInt8(min(255, max(0, color.green.rounded())))
        result[x, y, 2] = UInt8(min(255, max(0, color.blue.rounded())))
      }
    }
    return result
  }

  /// How far the chart's patches moved, as seen and after correction.
  public static func moves(from stored: ColorRadiometry, to fresh: ColorRadiometry) -> [Figure] {
    guard !stored.patches.isEmpty, stored.patches.count == fresh.patches.count else { return [] }
    // What the stored correction makes of the fresh chart is what the line sees today.
    let moved =
      zip(stored.patches, fresh.patches).map { old, new in
        let factor = new.bytes[1] / max(old.bytes[1], 1)
        return abs(factor - 1)
      }.max() ?? 0
    return [
      Figure("brightness of patches moved, worst", 100 * moved, "%", .atMost(10)),
      Figure(
        "color difference after correction moved",
        abs(fresh.differenceAfter - stored.differenceAfter), "ΔE", .atMost(2)),
    ]
  }
}
