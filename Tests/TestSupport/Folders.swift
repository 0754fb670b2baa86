import Diagnostics
import Foundation

/// The folder of `Package.swift`.
public let packageRoot = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The folder `SampleData` of the package.
public let sampleData = packageRoot.appending(path: "SampleData")

/// Recordings too large for the package, in `shared/data` beside it; `nil` where there are none.
public let sharedData: URL? = {
  let folder = packageRoot.deletingLastPathComponent().appending(path: "shared/data")
  return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
}()

/// Runs `body` with a fresh, empty folder and deletes the folder afterwards.
public func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = try makeTemporaryFolder()
  defer { removeTemporaryFolder(folder) }
  return try body(folder)
}

/// Runs `body` with a fresh, empty folder and deletes the folder afterwards.
public func withTemporaryFolder<Result>(
  isolation: isolated (any Actor)? = #isolation, _ body: (URL) async throws -> Result
) async throws -> Result {
  let folder = try makeTemporaryFolder()
  defer { removeTemporaryFolder(folder) }
  return try await body(folder)
}

private func makeTemporaryFolder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "mirage-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}

private func removeTemporaryFolder(_ folder: URL) {
  // What stays behind lies in the system's temporary folder and harms no test.
  try? FileManager.default.removeItem(at: folder)
}
