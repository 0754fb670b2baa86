import Bundles
import CommandKit
import Diagnostics
import Foundation
import NeuralNetworks
import Sorting

/// Whether the line's time is real or stands still while the computer works.
enum Pace: String, CaseIterable, ArgumentValue {
  /// Frames come when they are due; who is late, is late.
  case real
  /// As fast as the computer can; the same decisions every time.
  case fast
}

/// The kinds of simulated belt.
enum SceneChoice: String, CaseIterable, ArgumentValue {
  case metals
  case coated
}

struct Run: Command {
  static let name = "run"
  static let summary = "Sorts pieces on frames of a belt with the student of a bundle."

  var config: URL?
  var bundle = URL(filePath: ".")
  var frames: URL?
  var camera: String?
  var wish = CameraWish()
  var waits = false
  var isSimulated = false
  var scene = SceneChoice.metals
  var strangers = 0.0
  var seed: UInt64 = 1
  var rate: Double?
  var speed: Double?
  var encoder: URL?
  var millimetersPerCount: Double?
  var pace: Pace?
  var calibration: URL?
  var seconds: Double?
  var ejected = ""
  var valveLatency: Double?
  var valves: String?
  var nozzles: Int?
  var http: String?
  var modbus: String?
  var render: URL?
  var summary: URL?
  var threads = 1

  static let flags: [Flag<Self>] = [
    .settings("--config", \.config, "FILE", "Settings as JSON5; flags hold against it"),
    .required("--bundle", \.bundle, "FOLDER", "The bundle that mirage-train made"),
    .optional(
      "--frames", \.frames, "PATH", "A folder of PNG or JPEG pictures, or an MJPEG or Y4M file"),
    .optional("--camera", \.camera, "CAMERA", "Sort what a camera sees; see 'miraged cameras'"),
    .toggle("--simulate", \.isSimulated, "Sort the simulated belt"),
    .value("--scene", \.scene, "SCENE", "What lies on the simulated belt"),
    .value(
      "--strangers", \.strangers, "SHARE", "Share of simulated pieces that are no metal",
      in: .from(0, to: 1)),
    .value("--seed", \.seed, "N", "Which simulated belt"),
    .optional("--rate", \.rate, "FPS", "Frames a second; makes the pace real"),
    .optional("--speed", \.speed, "MM/S", "Belt speed, where frames.json does not tell positions"),
    .optional("--encoder", \.encoder, "FILE", "The count of the belt's encoder, for --camera"),
    .optional("--mm-per-count", \.millimetersPerCount, "MM", "Belt travel for a count of it"),
    .optional("--pace", \.pace, "PACE", "real: frames come when due; fast: as fast as it goes"),
    .optional("--calibration", \.calibration, "FILE", "The rig; default: beside the frames"),
    .optional("--seconds", \.seconds, "S", "Length of the run; default: all frames, or 10 s"),
    .value("--eject", \.ejected, "CLASSES", "Classes to blow out, as copper,brass"),
    .optional(
      "--valve-latency", \.valveLatency, "MS",
      "From command to air at the bar, 0 to 1000; default: as the calibration says, or 15"),
    .optional(
      "--valves", \.valves, "ADDRESS", "The valves' box: udp://HOST:PORT or serial:/dev/ttyACM0"),
    .optional(
      "--nozzles", \.nozzles, "N", "Nozzles evenly across the belt, where no calibration knows",
      in: .from(1, to: 4096)),
    .optional("--http", \.http, "ADDRESS", "Serve the operator's page and figures: 127.0.0.1:8080"),
    .optional("--modbus", \.modbus, "ADDRESS", "Serve registers to a PLC: 192.168.1.20:1502"),
    .optional("--render", \.render, "FOLDER", "Draw frames, a clip and the pieces into a folder"),
    .optional("--summary", \.summary, "FILE", "Write the summary as JSON"),
    .value("--threads", \.threads, "N", "Threads for the network", in: .from(1, to: 64)),
    .optional("--width", \.wish.width, "N", "Width of the camera's pictures"),
    .optional("--height", \.wish.height, "N", "Height of the camera's pictures"),
    .optional("--format", \.wish.format, "FORMAT", "The camera's pixel format, as YUYV or MJPG"),
    .optional("--exposure", \.wish.exposure, "MS", "Exposure time; default: fix the present one"),
    .optional("--gain", \.wish.gain, "N", "Gain, in the camera's own unit; default: as above"),
    .optional("--white-balance", \.wish.whiteBalance, "K", "Color temperature; default: as above"),
    .toggle("--wait", \.waits, "Wait for a camera that is not there yet"),
  ]

  static let examples = [
    "miraged run --config line.json5",
    "miraged run --bundle Runs/metals/bundle --simulate --eject copper,brass --render Runs/line",
    "miraged run --bundle Runs/metals/bundle --frames Recordings/monday --eject copper",
    "miraged run --bundle Runs/metals/bundle --frames Recordings/monday --rate 25 > events.jsonl",
    "miraged run --bundle Runs/metals/bundle --simulate --eject copper --pace real "
      + "--valves udp://127.0.0.1:5588 --nozzles 64 --http 127.0.0.1:8080",
    "miraged run --bundle Runs/metals/bundle --camera 046d:0825 --speed 500 "
      + "--calibration rig.json --exposure 2",
    "miraged run --bundle Runs/metals/bundle --camera 046d:0825 --calibration rig.json "
      + "--encoder /sys/bus/counter/devices/counter0/count0/count --mm-per-count 0.05",
  ]

  /// Decisions go to standard output, one JSON object a line; words for people to standard error.
  func run() async throws {
    _ = try valveAddress
    let input = try LineInput(self)
    Interruption.install()
    let onlookers = try onlookers
    let outcome = try await Engine.onDedicatedThread(threads: threads) { engine in
      try sort(input, with: StudentBundle.open(bundle, on: engine), on: engine, before: onlookers)
    }
    let result = outcome.summary
    if let summary { try AtomicFile.write(JSONFile.encode(result), to: summary) }
    say(result.text)
    if let render { say("drawn: \(render.relativePath)") }
    if let failure = outcome.failure { throw failure }
    if result.isInterrupted { throw ExitStatus.interrupted }
    guard result.frames.decided + result.frames.late > 0 else {
      throw Complaint(input.name, "not one of \(result.framesExposed) frames could be sorted")
    }
  }

  /// The classes named by `--eject`.
  var targets: [String] {
    ejected.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }

  var isPaced: Bool { camera != nil || (pace ?? (rate == nil ? .fast : .real)) == .real }
}

/// One line on standard error.
func say(_ text: String) {
  FileHandle.standardError.write(Data("\(text)\n".utf8))
}
