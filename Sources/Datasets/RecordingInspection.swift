import CameraCalibration
import Foundation
import Imaging
import Samples

/// A screen of text about a folder of recordings: what is in it, and that nothing is lost.
public struct RecordingInspection: Sendable {
  /// Lines of text for a terminal of 100 columns.
  public let text: String

  /// Reads labels and compares all digests; throws what opening the recordings would throw.
  public init(_ url: URL) throws {
    let catalog = try SampleCatalog.open(url)
    let manifest = catalog.folder.manifest
    var lines = ["\(manifest.name): \(catalog.folder.file.relativePath)"]
    let labelled = catalog.entries.count { $0.label != nil }
    lines.append(
      "  \(Self.counted(manifest.recordings.count, "recording")), "
        + "\(Self.counted(manifest.classes.count, "class", "classes")), "
        + "\(Self.counted(catalog.entries.count, "sample")): \(labelled) labelled, "
        + "\(catalog.entries.count - labelled) unlabelled, \(catalog.excluded.count) excluded")
    lines.append(
      "  \(Self.counted(manifest.digests.count, "digest")) agree; manifest "
        + catalog.folder.digest.short)
    for exclusion in catalog.excluded {
      lines.append("  excluded: \(exclusion.piece): \(exclusion.reason)")
    }
    for name in try Self.calibrations(catalog) { lines.append("  calibration: \(name)") }
    lines += [""] + Self.table(catalog)
    lines += [""] + Self.recordings(catalog)
    text = lines.joined(separator: "\n")
  }

  private static func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? one + "s")"
  }

  private static func calibrations(_ catalog: SampleCatalog) throws -> [String] {
    let files = Set(catalog.folder.manifest.recordings.compactMap(\.calibration))
    guard !files.isEmpty else { return ["none; picture and cube share their pixels"] }
    return try files.sorted().map { path in
      let calibration = try RigCalibration.read(catalog.folder.url(of: path))
      return "\(try calibration.id), error up to "
        + "\(calibration.registrationErrorMillimeters) mm (\(path))"
    }
  }

  /// Samples of each class in each group; more than six groups are counted, not listed.
  private static func table(_ catalog: SampleCatalog) -> [String] {
    let groups = Array(Set(catalog.entries.map(\.group))).sorted()
    let shown = groups.count <= 6 ? groups : []
    var rows: [[String]] = [["class", "samples", "groups"] + shown]
    let labels = catalog.classes.indices.map { Int?.some($0) } + [nil]
    for label in labels {
      let own = catalog.entries.filter { $0.label == label }
      if label == nil, own.isEmpty { continue }
      rows.append(
        [
          label.map { catalog.classes[$0] } ?? "(unknown)", "\(own.count)",
          "\(Set(own.map(\.group)).count)",
        ] + shown.map { group in "\(own.count { $0.group == group })" })
    }
    return aligned(rows)
  }

  /// The recordings with their groups; the first twenty.
  private static func recordings(_ catalog: SampleCatalog) -> [String] {
    let manifest = catalog.folder.manifest
    var counts = [Int](repeating: 0, count: manifest.recordings.count)
    for entry in catalog.entries { counts[entry.recording] += 1 }
    var rows: [[String]] = [["recording", "samples", "group", "layout", "labels"]]
    for (number, recording) in manifest.recordings.enumerated().prefix(20) {
      let labels =
        switch recording.labels {
        case .material(let name, _): "all \(name)"
        case .mask: "mask"
        case .coco: "COCO"
        case nil: "none"
        }
      rows.append(
        [
          recording.id, "\(counts[number])", recording.group, recording.layout.rawValue, labels,
        ])
    }
    let rest = manifest.recordings.count - 20
    return aligned(rows) + (rest > 0 ? ["  and \(rest) more"] : [])
  }

  /// Columns of equal width; those of numbers keep to the right.
  private static func aligned(_ rows: [[String]]) -> [String] {
    let widths = (rows.first ?? []).indices.map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      let cells = zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        let isNumber = rows.dropFirst().allSatisfy { Int($0[column]) != nil }
        return isNumber ? padding + cell.0 : cell.0 + padding
      }
      let line = "  " + cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}

extension PlannedSplit {
  /// A screen of text: how many samples of each class serve what, and what training has seen of
  /// the test.
  public var text: String {
    let parts: [(String, [Int])] = [
      ("labelled", split.labelled), ("unlabelled", split.unlabelled),
      ("validation", split.validation), ("calibration", split.calibration), ("test", split.test),
    ]
    let width = max(9, catalog.classes.map(\.count).max() ?? 0)
    func row(_ name: String, _ cells: [String]) -> String {
      "  " + name.padding(toLength: width, withPad: " ", startingAt: 0)
        + zip(parts, cells).map { part, cell in
          "  " + String(repeating: " ", count: max(0, part.0.count - cell.count)) + cell
        }.joined()
    }
    var lines = [row("class", parts.map(\.0))]
    for (label, name) in catalog.classes.enumerated() {
      lines.append(
        row(name, parts.map { "\($0.1.count { catalog.entries[$0].label == label })" }))
    }
    if catalog.entries.contains(where: { $0.label == nil }) {
      lines.append(
        row("(unknown)", parts.map { "\($0.1.count { catalog.entries[$0].label == nil })" }))
    }
    lines.append(row("all", parts.map { "\($0.1.count)" }))
    lines.append("")
    for dropped in droppedClasses { lines.append("dropped: \(dropped)") }
    if guarded > 0 { lines.append("guard band: \(guarded) samples given up") }
    lines.append("leak: \(split.leak.sentence)")
    switch split.standing {
    case .clean: break
    case .acceptedOverlap: lines.append("accepted: \(acceptedOverlap ?? "")")
    case .flattering: lines.append("this split flatters: show its figures, never count them")
    }
    return lines.joined(separator: "\n")
  }
}
