import CommandKit
import Diagnostics
import Foundation
import LineScan

extension RecordingRole: ArgumentValue {}

/// Records what a push-broom camera sees.
struct RecordLines: Command {
  static let name = "record"
  static let summary = "Records a live line scan camera into an ENVI cube; Ctrl-C ends it."
  static let examples = [
    "mirage-train record tcp://192.168.1.20:5577 --out Recordings/monday --role dark --lines 200",
    "mirage-train record tcp://192.168.1.20:5577 --out Recordings/monday --role white --lines 200",
    "mirage-train record tcp://192.168.1.20:5577 --out Recordings/monday --seconds 60",
    "mirage-train record gige:192.168.1.30 --feature TriggerMode=Off --wavelengths fx10.json",
    "mirage-train record simulated --out Recordings/trial --lines 1000",
    "mirage-train record --repair Recordings/monday/cube.hdr",
  ]

  var source = ""
  var out = URL(filePath: "Recording")
  var role = RecordingRole.cube
  var lines: Int?
  var seconds: Double?
  var references: URL?
  var options = LineSourceOptions()
  var repairs = false

  static let operands: [Operand<Self>] = [
    .required("SOURCE", \.source, "The camera: " + LineSourceName.forms)
  ]
  static let flags: [Flag<Self>] = [
    .value("--out", \.out, "FOLDER", "Where the recording goes; nothing there is overwritten"),
    .value("--role", \.role, "ROLE", "What the lines show: the belt, no light, or the white tile"),
    .optional("--lines", \.lines, "N", "Stop after N lines (default: Ctrl-C or a full disk)"),
    .optional("--seconds", \.seconds, "T", "Stop after T seconds"),
    .optional(
      "--references", \.references, "FOLDER", "Copy dark and white of another recording beside it"),
    .repeated(
      "--feature", \.options.features, "NAME=VALUE", "Set a feature of a GigE Vision camera"),
    .optional(
      "--wavelengths", \.options.wavelengthFile, "FILE",
      "JSON array of the bands' wavelengths in nm, which a GigE Vision camera does not tell"),
    .optional(
      "--packet-size", \.options.packetSize, "BYTES", "GigE Vision packets (default: 1500)"),
    .toggle("--repair", \.repairs, "SOURCE is the header of a recording that was killed: mend it"),
  ]

  func run() async throws {
    if repairs {
      let count = try LineRecording.repair(URL(filePath: source))
      print("\(source): tells all \(count) lines now")
      return
    }
    guard (lines ?? 1) > 0, (seconds ?? 1) > 0 else {
      throw Complaint("--lines and --seconds", "0 or less, something to record was wanted")
    }
    Interruption.install()
    var source = try LineSourceName.open(self.source, options: options)
    if let references { try LineRecorder.copyReferences(from: references, to: out) }
    var recorder = try LineRecorder(
      in: out, format: source.format, settings: RecordingSettings(role: role))
    let result = Result { try record(&source, into: &recorder) }
    source.stop()
    try recorder.finish()
    report(recorder, losses: source.account)
    try result.get()
  }

  private func record(_ source: inout any LineSource, into recorder: inout LineRecorder) throws {
    let wanted = lines ?? roomForLines(of: source.format)
    var status = RecordingStatus(total: wanted, bytesPerLine: 2 * source.format.countsPerLine)
    defer { status.finish() }
    var end: ContinuousClock.Instant?
    while !Interruption.isRequested, lines.map({ recorder.summary.lines < $0 }) ?? true {
      if let end, ContinuousClock.now >= end { return }
      guard let event = try source.next(within: .milliseconds(100)) else { continue }
      switch event {
      case .line(let line):
        try recorder.append(line)
        // Time counts from the first line: a camera may take a while to start.
        if let seconds, end == nil { end = .now + .seconds(seconds) }
        status.advance(to: recorder.summary, losses: source.account)
      case .state(.ended(let reason)):
        status.say("the source has ended: \(reason)")
        return
      case .state(let state):
        status.say("\(source.name): \(state)")
      }
    }
  }

  /// How many lines the time or the disk allows.
  private func roomForLines(of format: LineFormat) -> Int {
    if let seconds, let rate = format.linesPerSecond { return max(1, Int(seconds * rate)) }
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: out.path)
    // Where the room is not known, the time left is not shown either.
    let free = attributes?[.systemFreeSize] as? Int ?? .max
    return max(1, free / (2 * format.countsPerLine))
  }

  private func report(_ recorder: LineRecorder, losses: LineAccount) {
    let summary = recorder.summary
    guard summary.lines > 0 else {
      print("no line came, nothing was recorded")
      return
    }
    let files = recorder.headerFiles.map(\.relativePath).joined(separator: ", ")
    print(
      """
      \(summary.lines) lines lie in \(files)
      lost lines: \(losses.lossText); marked gaps: \(summary.missing) lines
      counts at full scale: \(String(format: "%.3f", 100 * summary.saturatedShare)) %
      """)
    if role == .cube { print("next: mirage-train inspect \(recorder.headerFiles[0].relativePath)") }
  }
}
