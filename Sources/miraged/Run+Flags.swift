import CommandKit

/// What may be said on the command line, and in a configuration.
extension Run {
  static let flags: [Flag<Self>] = [
    .settings("--config", \.config, "FILE", "Settings as JSON5; flags hold against it"),
    .optional("--bundle", \.bundle, "FOLDER", "The bundle that mirage-train made"),
    .optional("--recipes", \.recipes, "FOLDER", "Recipes: bundles with classes and thresholds"),
    .optional(
      "--recipe", \.recipe, "NAME", "Begin with this one, in place of --bundle and --eject"),
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
      "--valves", \.valves, "ADDRESS",
      "The valves: a box, udp://HOST:PORT or serial:/dev/ttyACM0, or lines, gpio:gpiochip0:4-11"),
    .optional(
      "--nozzles", \.nozzles, "N", "Nozzles evenly across the belt, where no calibration knows",
      in: .from(1, to: 4096)),
    .optional("--http", \.http, "ADDRESS", "Serve the operator's page and figures: 127.0.0.1:8080"),
    .optional(
      "--token-file", \.tokenFile, "FILE",
      "The token that changes over HTTP need, made by 'miraged token'; without it none are taken"),
    .optional("--audit", \.audit, "FILE", "Write each start, stop and change into a chained log"),
    .optional(
      "--state", \.remembering.file, "FILE",
      "Keep over a restart what was changed while it sorts; default: in systemd's state folder"),
    .toggle(
      "--as-written", \.remembering.isAsWritten,
      "Start as the configuration says, whatever was changed since"),
    .value(
      "--safe-mode", \.remembering.safeMode, "WHEN",
      "With --state: start by what was last good, or sort nothing, after three failed starts"),
    .optional("--modbus", \.modbus, "ADDRESS", "Serve registers to a PLC: 192.168.1.20:1502"),
    .optional(
      "--store", \.storing.file, "FILE", "Keep pieces, blasts and alarms in an SQLite file"),
    .value(
      "--store-days", \.storing.days, "N", "Days that it keeps", in: .from(1, to: 3650)),
    .value(
      "--store-megabytes", \.storing.megabytes, "N", "What it may hold; the oldest goes",
      in: .from(10, to: 1_000_000)),
    .optional("--lot", \.storing.lot, "NAME", "The lot that is sorted, for the store"),
    .optional(
      "--mqtt", \.telling.address, "ADDRESS", "Tell a broker: mqtt://user@HOST:1883/plant/line-1"),
    .optional("--mqtt-password", \.telling.password, "FILE", "A file whose first line is it"),
    .optional(
      "--recordings", \.recording.folder, "FOLDER", "Record the belt around alarms and events"),
    .value(
      "--recording-before", \.recording.before, "S", "Seconds before an event",
      in: .from(1, to: 60)),
    .value(
      "--recording-after", \.recording.after, "S", "Seconds after it", in: .from(1, to: 60)),
    .value(
      "--recordings-megabytes", \.recording.megabytes, "N", "What they may take; the oldest go",
      in: .from(10, to: 1_000_000)),
    .value(
      "--recording-memory", \.recording.memory, "MB", "What the last seconds may take in memory",
      in: .from(10, to: 100_000)),
    .optional(
      "--shadow", \.shadow, "PATH", "A recipe or bundle that judges too, on spare time alone"),
    .optional("--render", \.render, "FOLDER", "Draw frames, a clip and the pieces into a folder"),
    .optional("--summary", \.summary, "FILE", "Write the summary as JSON"),
    .value("--threads", \.threads, "N", "Threads for a frame's work", in: .from(1, to: 64)),
    .toggle(
      "--ladder", \.hasLadder,
      "While time is short look at pieces less closely, step by step, rather than decide late"),
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
    "miraged run --recipes recipes --recipe copper --simulate",
    "miraged run --bundle Runs/metals/bundle --frames Recordings/monday --eject copper",
    "miraged run --bundle Runs/metals/bundle --frames Recordings/monday --rate 25 > events.jsonl",
    "miraged run --bundle Runs/metals/bundle --simulate --eject copper --pace real "
      + "--valves udp://127.0.0.1:5588 --nozzles 64 --http 127.0.0.1:8080",
    "miraged run --bundle Runs/metals/bundle --simulate --rate 10 --speed 300 --eject copper "
      + "--store line.mirage --lot 4711",
    "miraged run --bundle Runs/metals/bundle --camera 046d:0825 --speed 500 "
      + "--calibration rig.json --exposure 2",
    "miraged run --bundle Runs/metals/bundle --camera 046d:0825 --calibration rig.json "
      + "--encoder /sys/bus/counter/devices/counter0/count0/count --mm-per-count 0.05",
  ]
}
