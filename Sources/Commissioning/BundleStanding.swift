import CameraCalibration
import Diagnostics
import Foundation

/// How a trained bundle stands to a rig's calibration of today.
public struct BundleStanding: Sendable {
  /// The bundle's folder, from the folder that was searched.
  public let folder: String
  public let name: String
  /// The calibrations that it was trained through.
  public let calibration: String
  /// What differs; empty where nothing does.
  public let advice: [Advice]

  /// Whether a person should look at the bundle before it is used on.
  public var isAffected: Bool { advice.contains { $0.weight > .note } }

  /// What of `bundle.json` matters here.
  private struct Contents: Decodable {
    var name: String
    var calibration: String
    var rigs: [RigFacts]?
  }

  /// The largest `bundle.json` that is read: 16 MiB.
  private static let limit = 16 << 20

  /// All bundles below `folder` that were trained through `calibration`'s rig, sorted by folder.
  ///
  /// - Parameter today: as `2026-01-31`.
  public static func all(
    below folder: URL, against calibration: RigCalibration, today: String
  ) throws -> [BundleStanding] {
    guard let names = FileManager.default.enumerator(atPath: folder.path) else {
      throw Complaint(folder.relativePath, "no such folder")
    }
    let id = try calibration.id
    let files = names.compactMap { $0 as? String }.filter {
      $0 == "bundle.json" || $0.hasSuffix("/bundle.json")
    }
    return try files.sorted().compactMap { name in
      let file = folder.appending(path: name)
      let contents = try JSONFile.decode(
        Contents.self, from: BoundedFile.read(file, limit: limit), place: file.relativePath)
      let ids = contents.calibration.components(separatedBy: ", ")
      guard ids.contains(where: { $0.hasPrefix("\(calibration.rig)/") }) else { return nil }
      return BundleStanding(
        folder: file.deletingLastPathComponent().relativePath, name: contents.name,
        calibration: contents.calibration,
        advice: try advice(contents, calibration, id: id, isNamed: ids.contains(id), today: today))
    }
  }

  private static func advice(
    _ contents: Contents, _ calibration: RigCalibration, id: String, isNamed: Bool, today: String
  ) throws -> [Advice] {
    if isNamed { return [] }
    if let rigs = contents.rigs, !rigs.isEmpty {
      let all = try rigs.map { try $0.mismatches(with: calibration, today: today) }
      return all.min { $0.count < $1.count } ?? []
    }
    return [
      Advice(
        .warning,
        "trained through \(contents.calibration), which is not \(id), and remembers no numbers",
        remedy: "seal it again with 'mirage-train evaluate', or try it on fresh recordings")
    ]
  }
}
