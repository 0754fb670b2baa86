import Foundation

/// What a result depends on besides its inputs: machine, system and how the program was built.
public enum Provenance {
  /// Facts by name, for the files beside a result.
  public static func environment() -> [String: String] {
    [
      "processor": processor(),
      "cores": "\(ProcessInfo.processInfo.activeProcessorCount)",
      "system": ProcessInfo.processInfo.operatingSystemVersionString,
      "swift": compiler,
      "build": build,
    ]
  }

  private static var compiler: String {
    #if compiler(>=6.4)
      "6.4 or later"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }

  private static var build: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }

  private static func processor() -> String {
    // Absent in some containers; a name is all that is lost.
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last
      .map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }
}
