import Diagnostics
import Foundation

/// mosquitto, a real broker, in a process of its own on a port of this machine.
public final class TestBroker {
  public let port: Int
  private let folder: URL
  private var broker: RunningProgram?
  private let settings: [String]

  /// Where Tools/setup has unpacked broker and clients: installed, they would start a service.
  private static let unpacked = packageRoot.appending(path: ".build/mosquitto")

  /// A broker for everyone, or for one user.
  public init(user: String? = nil, password: String = "") throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "mirage-broker-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // The broker runs as nobody where the tests run as root.
    chmod(folder.path, 0o755)
    port = Int(try SilentListener().port)  // Free again at once.
    var lines = ["listener \(port) 127.0.0.1", "persistence false", "log_type none"]
    if let user {
      let file = folder.appending(path: "passwords")
      let made = try Self.run("bin/mosquitto_passwd", ["-b", "-c", file.path, user, password])
      guard made.status == 0 else { throw Complaint("mosquitto_passwd", made.error) }
      chmod(file.path, 0o644)
      lines += ["allow_anonymous false", "password_file \(file.path)"]
    } else {
      lines.append("allow_anonymous true")
    }
    settings = lines
    try start()
  }

  deinit {
    stop()
    // What stays behind lies in the system's temporary folder and harms no test.
    try? FileManager.default.removeItem(at: folder)
  }

  /// Starts it, again or for the first time, and waits until it takes connections.
  public func start() throws {
    let file = folder.appending(path: "mosquitto.conf")
    try Data((settings.joined(separator: "\n") + "\n").utf8).write(to: file)
    broker = try Self.begin("sbin/mosquitto", ["-c", file.path])
    let end = ContinuousClock.now + .seconds(60)
    while (try? TestWire(port: UInt16(port))) == nil {
      guard broker?.isRunning == true, ContinuousClock.now < end else {
        throw Complaint(
          "mosquitto", "does not start: \(broker?.error ?? "")", remedy: "run Tools/setup")
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
  }

  /// Kills it.
  public func stop() {
    guard let broker else { return }
    broker.send(SIGKILL)
    _ = broker.finish()
    self.broker = nil
  }

  /// Listens to all topics below a prefix; gives a line a message: `r topic payload`, with `r` 1
  /// where the broker kept it.
  public func listen(below prefix: String, user: (String, String)? = nil) throws -> RunningProgram {
    let listener = try Self.begin(
      "bin/mosquitto_sub",
      ["-p", "\(port)", "-t", "\(prefix)/#", "-q", "1", "-F", "%r %t %p"]
        + (user.map { ["-u", $0.0, "-P", $0.1] } ?? []))
    return listener
  }

  private static func begin(_ program: String, _ arguments: [String]) throws -> RunningProgram {
    let own = unpacked.appending(path: "usr/\(program)").path
    guard FileManager.default.isExecutableFile(atPath: own) else {
      throw Complaint(own, "is not there", remedy: "run Tools/setup, which unpacks a broker")
    }
    let libraries = unpacked.appending(path: "libraries").path
    return try RunningProgram(
      "/usr/bin/env", ["LD_LIBRARY_PATH=\(libraries)", own] + arguments)
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> ProgramResult {
    try begin(program, arguments).finish()
  }
}
