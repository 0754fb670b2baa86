import Diagnostics
import Foundation

/// What a program that has ended leaves behind.
public struct ProgramResult: Sendable {
  /// Its exit status; 128 and the number of the signal where one ended it.
  public let status: Int32
  /// What it wrote on standard output.
  public let output: String
  /// What it wrote on standard error.
  public let error: String
}

/// Runs a program of this package with `arguments` and waits until it ends.
///
/// `folder` is where it starts; by default the folder of `Package.swift`.
public func run(
  _ program: String, _ arguments: [String] = [], in folder: URL = packageRoot
) throws -> ProgramResult {
  try RunningProgram(program, arguments, in: folder).finish()
}

/// A program of this package that runs beside the test.
public final class RunningProgram {
  private let process = Process()
  private let folder: URL

  /// Starts `program`, which lies beside the test program (or is an absolute path).
  public init(_ program: String, _ arguments: [String] = [], in current: URL = packageRoot) throws {
    let tests = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    process.executableURL =
      program.hasPrefix("/") ? URL(filePath: program) : tests.appending(path: program)
    process.arguments = arguments
    process.currentDirectoryURL = current
    folder = FileManager.default.temporaryDirectory
      .appending(path: "mirage-run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // Files rather than pipes: a program that writes much cannot block on a full pipe.
    process.standardOutput = try Self.file(folder.appending(path: "output"))
    process.standardError = try Self.file(folder.appending(path: "error"))
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    // What stays behind lies in the system's temporary folder and harms no test.
    try? FileManager.default.removeItem(at: folder)
  }

  /// Whether it has not ended yet.
  public var isRunning: Bool { process.isRunning }

  /// What it has written on standard output until now.
  public var output: String { text("output") }

  /// What it has written on standard error until now.
  public var error: String { text("error") }

  /// Sends it `signal`: SIGINT for Ctrl-C, SIGKILL for a power cut.
  public func send(_ signal: Int32) {
    if process.isRunning { kill(process.processIdentifier, signal) }
  }

  /// Waits until it ends.
  public func finish() -> ProgramResult {
    process.waitUntilExit()
    let status = process.terminationStatus
    return ProgramResult(
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
      output: output, error: error)
  }

  private func text(_ name: String) -> String {
    let data = FileManager.default.contents(atPath: folder.appending(path: name).path)
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  private static func file(_ url: URL) throws -> FileHandle {
    try Data().write(to: url)
    return try FileHandle(forWritingTo: url)
  }
}
