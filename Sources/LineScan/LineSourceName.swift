import Diagnostics
import Foundation

/// What a person writes to name a source of lines.
public enum LineSourceName {
  /// The forms, for help texts.
  public static let forms =
    "tcp://HOST:PORT or unix:PATH (line protocol), gige:ADDRESS (GigE Vision), simulated, "
    + "or a recorded cube"

  /// Opens the source that `name` names.
  public static func open(_ name: String) throws -> any LineSource {
    if name == "simulated" {
      var settings = SimulatedLines.Settings()
      settings.isPaced = true
      return SimulatedLines(.fx10, settings: settings)
    }
    if name.hasPrefix("gige:") { return try openGigEVision(String(name.dropFirst(5))) }
    if name.contains("://") || name.hasPrefix("unix:") {
      return try SocketLines(LineAddress(name))
    }
    let file = URL(filePath: name)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw Complaint(
        name, "is no file and no source of lines", remedy: "write it as \(forms)")
    }
    return try ReplayedLines(file)
  }

  private static func openGigEVision(_ address: String) throws -> any LineSource {
    throw Complaint(
      "gige:\(address)", "this program was built without GigE Vision",
      remedy: "build it with: swift build -c release --traits GigEVision")
  }
}
