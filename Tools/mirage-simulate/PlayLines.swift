import CommandKit
import Diagnostics
import Foundation
import LineScan
import Tensors

/// Plays a line scan camera over a socket.
struct PlayLines: Command {
  static let name = "lines"
  static let summary = "Plays a line scan camera over a socket, with faults on request."
  static let examples = [
    "mirage-simulate lines --at tcp://127.0.0.1:5577",
    "mirage-simulate lines --at unix:/tmp/camera --cube cube.hdr --rate 100",
    "mirage-simulate lines --at tcp://127.0.0.1:5577 --lines 5000 --drop 0.01 --corrupt 0.001",
    "mirage-simulate lines --at tcp://127.0.0.1:5577 --cut-before 500 --halt-before 900",
  ]

  var at = "tcp://127.0.0.1:5577"
  var cube: URL?
  var lines: Int?
  var rate = 330.0
  var samples = 1024
  var bands = 224
  var drop = 0.0
  var corrupt = 0.0
  var haltBefore: Int?
  var haltSeconds = 3.0
  var cutBefore: Int?
  var restartsCount = false
  var seed: UInt64 = 1

  static let flags: [Flag<Self>] = [
    .value("--at", \.at, "ADDRESS", "Where to listen: tcp://HOST:PORT or unix:PATH"),
    .optional("--cube", \.cube, "FILE", "Play this ENVI cube (default: a simulated FX10)"),
    .optional("--lines", \.lines, "N", "End after N simulated lines (default: go on)"),
    .value("--rate", \.rate, "HZ", "Lines a second", in: .from(0.1, to: 100_000)),
    .value(
      "--samples", \.samples, "N", "Simulated pixels across the belt", in: .from(1, to: 65_536)),
    .value("--bands", \.bands, "N", "Simulated bands", in: .from(2, to: 256)),
    .value("--drop", \.drop, "SHARE", "Share of lines never sent", in: .from(0, to: 1)),
    .value(
      "--corrupt", \.corrupt, "SHARE", "Share of lines damaged on the way", in: .from(0, to: 1)),
    .optional("--halt-before", \.haltBefore, "N", "Let the belt stand before line N"),
    .value("--halt-seconds", \.haltSeconds, "T", "How long it stands", in: .from(0, to: 3600)),
    .optional("--cut-before", \.cutBefore, "N", "Cut the connection before line N"),
    .toggle("--restart-count", \.restartsCount, "Begin to number anew after the cut"),
    .value("--seed", \.seed, "S", "Same seed, same faults"),
  ]

  func run() async throws {
    Interruption.install()
    let server = try LineServer(at: LineAddress(at))
    print("a camera listens at \(server.address)")
    var faults = LineFaults()
    faults.dropShare = drop
    faults.corruptShare = corrupt
    faults.halt = haltBefore.map { (line: $0, duration: .seconds(haltSeconds)) }
    faults.cutBefore = cutBefore
    faults.restartsCount = restartsCount
    var random = SplitMix64(seed: seed, purpose: "line faults")
    let sent: SentLines?
    if let cube {
      let source = try ReplayedLines(cube, linesPerSecond: rate)
      sent = try server.play(
        source, faults: faults, isLive: true, using: &random,
        unless: { Interruption.isRequested })
    } else {
      sent = try server.play(
        simulated(), faults: faults, isLive: true, using: &random,
        unless: { Interruption.isRequested })
    }
    guard let sent else { return }
    print(
      """
      \(sent.sent) lines sent, \(sent.corrupted) of them damaged; \(sent.dropped) dropped, \
      \(sent.unheard) while nobody listened
      """)
  }

  private func simulated() -> SimulatedLines {
    var format = LineFormat.fx10
    if samples != format.samples || bands != format.bands {
      let rates = format
      format = LineFormat(
        camera: "simulated camera", samples: samples, bands: bands,
        wavelengths: (0..<bands).map {
          .init(nanometers: 400 + 600 * Double($0) / Double(bands - 1))
        }, fullScale: 4095)
      format.millimetersPerLine = rates.millimetersPerLine
    }
    format.linesPerSecond = rate
    var settings = SimulatedLines.Settings(lineCount: lines)
    settings.isPaced = true
    return SimulatedLines(format, settings: settings)
  }
}
