import Foundation
import Testing

/// What Tools/soak and Tools/faults sort with.
@Suite("The bundle of long runs")
struct EnduranceBundleTests {
  static let place = ProcessInfo.processInfo.environment["MIRAGE_BUNDLE_TO"]

  @Test(
    "is written where MIRAGE_BUNDLE_TO says",
    .enabled(
      if: EnduranceBundleTests.place != nil, "for Tools/soak and Tools/faults, which name a place"))
  func write() throws {
    let folder = URL(filePath: try #require(Self.place))
    try MiragedTests.writeBundle(to: folder)
    #expect(FileManager.default.fileExists(atPath: folder.appending(path: "bundle.json").path))
  }
}
