import CalibrationTargets
import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Units

/// The pictures of a folder, each with what it shows of the board or the reason why it is no use.
struct ViewedPictures {
  /// One picture.
  struct Entry {
    var name: String
    var digest: Digest
    /// Small enough for a page; nil where the file cannot be read.
    var small: Picture?
    /// Pixels of the small picture to one of the whole.
    var scale: Double
    var sighting: BoardSighting?
    var refusal: ViewRefusal?
    /// Where the file itself is at fault.
    var trouble: String?

    var rejection: String? { trouble ?? refusal?.problem }
  }

  private(set) var entries: [Entry] = []
  let hardware: [String: String]

  static let smallWidth = 320
  static let smallHeight = 240

  /// Looks at all pictures of the folder, in the order of their names.
  ///
  /// - Throws: a `Complaint` where there is none.
  init(in work: StepWork, _ settings: IntrinsicsStep.Settings) throws {
    let names = try Self.names(in: work.recordings)
    let detector = BoardDetector(settings.board, limits: settings.sighting)
    let progress = ProgressLine("looking for the board", total: names.count)
    defer { progress.finish() }
    for name in names {
      try Interruption.check(saved: "nothing was kept; the pictures are as they were")
      let file = work.recordings.appending(path: name)
      var entry = Entry(name: name, digest: try Digest(ofFile: file), scale: 1)
      do {
        let picture = try PictureFile.read(file)
        let small = picture.fitted(width: Self.smallWidth, height: Self.smallHeight)
        entry.small = small
        entry.scale = Double(small.width) / Double(picture.width)
        entry.sighting = try detector.sighting(in: picture, named: name)
      } catch let refusal as ViewRefusal {
        entry.refusal = refusal
      } catch let error as any Explained {
        entry.trouble = error.problem
      }
      entries.append(entry)
      progress.advance(note: entry.rejection.map { "\(name): \($0)" } ?? name)
    }
    hardware = CameraNote.read(in: work.recordings)
  }

  var views: [BoardView] { entries.compactMap(\.sighting?.view) }
  var refusals: [ViewRefusal] { entries.compactMap(\.refusal) }

  /// What the pictures as a whole say, besides their solution.
  var advice: [Advice] {
    let sightings = entries.compactMap(\.sighting)
    guard let first = sightings.first else { return [] }
    var coverage = ViewCoverage(width: first.view.width, height: first.view.height)
    for sighting in sightings
    where sighting.view.width == coverage.width && sighting.view.height == coverage.height {
      coverage.add(sighting)
    }
    let missing = BoardSide.allCases.filter { coverage.tilts($0) == 0 }
    guard !missing.isEmpty else { return [] }
    let sides = missing.map(\.rawValue).joined(separator: ", ")
    return [
      Advice(
        missing.count > 1 ? .warning : .note,
        "no view is tilted by \(Int(ViewCoverage.leastTiltDegrees))° or more with this side of the "
          + "board near the camera: \(sides)",
        remedy: "add views with that side turned towards the camera by 20° to 45°")
    ]
  }

  /// Small pictures with what was found drawn on them, and the inputs that name them.
  func drawn(
    with result: LensCalibration
  ) -> (inputs: [StepInput], pictures: [String: Picture]) {
    var pictures: [String: Picture] = [:]
    let left = Dictionary(
      result.rejected.map { ($0.name, $0.reason.problem) }, uniquingKeysWith: { first, _ in first })
    let used = Dictionary(
      result.views.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let inputs = entries.enumerated().map { number, entry in
      let rejection = entry.rejection ?? left[entry.name]
      var input = StepInput(entry.name, digest: entry.digest, rejection: rejection)
      if let small = entry.small {
        let text = "\(number + 1)"
        let name = "view-" + String(repeating: "0", count: max(0, 3 - text.count)) + text + ".jpg"
        pictures[name] = ViewDrawing(small, scale: entry.scale).picture(
          of: entry.sighting, as: used[entry.name], isUsed: rejection == nil)
        input.picture = name
      }
      return input
    }
    return (inputs, pictures)
  }

  private static func names(in folder: URL) throws -> [String] {
    guard let all = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      throw Complaint(folder.relativePath, "no such folder, or it cannot be read")
    }
    let endings: Set = ["png", "jpg", "jpeg"]
    let pictures = all.filter { endings.contains(($0 as NSString).pathExtension.lowercased()) }
    guard !pictures.isEmpty else {
      throw Complaint(
        folder.relativePath, "holds no picture",
        remedy: "give a folder with PNG or JPEG files, or take them with --camera")
    }
    return pictures.sorted {
      $0.compare($1, options: [.numeric, .caseInsensitive]) == .orderedAscending
    }
  }
}

/// A small picture with corners and residuals.
struct ViewDrawing {
  /// Residuals are drawn this much longer than they are.
  static let magnification = 60.0

  private let small: Picture
  private let scale: Double

  init(_ small: Picture, scale: Double) {
    self.small = small
    self.scale = scale
  }

  func picture(
    of sighting: BoardSighting?, as used: CalibratedView?, isUsed: Bool
  ) -> Picture {
    let canvas = Canvas(small)
    let (blue, orange) = (Color(86, 180, 233), Color(213, 94, 0))
    for corner in sighting?.view.corners ?? [] {
      let place = scaled(corner.picture)
      canvas.fill(Rectangle(x: place.x - 1.2, y: place.y - 1.2, width: 2.4, height: 2.4), blue)
    }
    for residual in used?.residuals ?? [] {
      let place = scaled(residual.picture)
      let length = scale * Self.magnification
      canvas.stroke(
        line: [
          place, Point(x: place.x + length * residual.columns, y: place.y + length * residual.rows),
        ], orange, width: 1.2)
    }
    if !isUsed {
      let (right, bottom) = (Double(small.width) - 1, Double(small.height) - 1)
      canvas.stroke(
        Rectangle(x: 1, y: 1, width: right - 2, height: bottom - 2), orange, width: 4)
      canvas.stroke(line: [Point(x: 0, y: 0), Point(x: right, y: bottom)], orange, width: 2)
    }
    return canvas.picture
  }

  private func scaled(_ point: Point<ColorFrame>) -> Point<ColorFrame> {
    Point(x: (point.x + 0.5) * scale - 0.5, y: (point.y + 0.5) * scale - 0.5)
  }
}
