import Diagnostics
import Foundation
import Units

/// What a person can say about a GigE Vision camera besides its address.
public struct LineSourceOptions: Sendable {
  /// Features to set, in their order, such as `TriggerMode=On`.
  public var features: [String] = []
  /// A JSON array of the bands' centers in nanometers, which such a camera does not tell.
  public var wavelengthFile: URL?
  /// Bytes of a packet; nil for 1500, which every network carries.
  public var packetSize: Int?

  public init() {}

  var isEmpty: Bool { features.isEmpty && wavelengthFile == nil && packetSize == nil }
}

/// What a person writes to name a source of lines.
public enum LineSourceName {
  /// The forms, for help texts.
  public static let forms =
    "tcp://HOST:PORT or unix:PATH (line protocol), gige:ADDRESS (GigE Vision), simulated, "
    + "or a recorded cube"

  /// Opens the source that `name` names.
  public static func open(
    _ name: String, options: LineSourceOptions = LineSourceOptions()
  ) throws -> any LineSource {
    if name.hasPrefix("gige:") {
      return try openGigEVision(String(name.dropFirst(5)), options)
    }
    guard options.isEmpty else {
      throw Complaint(
        name, "features, wavelengths and packet size are for GigE Vision cameras",
        remedy: "leave them out: this source tells its own")
    }
    if name == "simulated" {
      var settings = SimulatedLines.Settings()
      settings.isPaced = true
      return SimulatedLines(.fx10, settings: settings)
    }
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

  private static func openGigEVision(
    _ address: String, _ options: LineSourceOptions
  ) throws -> any LineSource {
    #if GigEVision
      var settings = GigEVisionSettings()
      settings.features = options.features
      settings.packetSize = options.packetSize ?? settings.packetSize
      settings.wavelengths = try options.wavelengthFile.map(wavelengths)
      return try GigEVisionLines(address, settings: settings)
    #else
      throw Complaint(
        "gige:\(address)", "this program was built without GigE Vision",
        remedy: "build it with: swift build -c release --traits GigEVision")
    #endif
  }

  /// Reads the centers of bands; `GigEVisionLines` checks their number.
  static func wavelengths(_ file: URL) throws -> [Wavelength] {
    let numbers = try JSONFile.read([Double].self, at: file)
    guard let low = numbers.min(), let high = numbers.max(), low >= 100, high <= 30_000 else {
      throw Complaint(
        file.relativePath, "holds no list of wavelengths from 100 to 30,000 nm",
        remedy: "write a JSON array such as [400.5, 403.2]")
    }
    return numbers.map(Wavelength.init(nanometers:))
  }
}
