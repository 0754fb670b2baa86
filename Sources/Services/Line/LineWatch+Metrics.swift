import Foundation

extension LineWatch {
  /// All figures of the line as Prometheus reads them.
  ///
  /// - Parameter requests: what the server answered and sent away.
  public func metrics(requests: (answered: Int, refused: Int)) -> String {
    let state = state()
    let books = books.withLock { $0 }
    var text = MetricsText()
    text.begin("mirage_state", .gauge, "1 for the state of OPC 40100-1 that the line is in.")
    for one in VisionState.allCases {
      text.add("mirage_state", [("state", one.rawValue)], state.state == one ? 1 : 0)
    }
    text.single(
      "mirage_fit_to_sort", .gauge, "1 while the line sorts as it should.", state.isFit ? 1 : 0)
    text.begin("mirage_alarm", .gauge, "1 for each thing that is not as it should be.")
    for reason in state.alarms { text.add("mirage_alarm", [("id", reason.id)], 1) }
    text.single(
      "mirage_recipe_changes_total", .counter, "Changes of recipe.",
      Double(state.facts?.change ?? 0))
    if let recipe = state.facts?.recipe {
      text.begin("mirage_recipe", .gauge, "1 for the recipe that is sorted by.")
      text.add("mirage_recipe", [("recipe", recipe)], 1)
    }
    if let overload = state.overload { Self.add(overload: overload, to: &text) }
    Self.add(frames: state, to: &text)
    Self.add(pieces: books, state, to: &text)
    text.begin(
      "mirage_stage_duration_seconds", .histogram, "Time that a stage of a frame's work took.")
    for (stage, histogram) in zip(books.facts?.stages ?? [], books.stageTimes) {
      text.add("mirage_stage_duration_seconds", [("stage", stage)], histogram)
    }
    text.begin(
      "mirage_frame_latency_seconds", .histogram, "From exposure to the end of a frame's work.")
    text.add("mirage_frame_latency_seconds", [], books.latency)
    text.begin(
      "mirage_decision_slack_seconds", .histogram,
      "From a decision to its deadline; below zero is late.")
    text.add("mirage_decision_slack_seconds", [], books.slack)
    if let speed = state.beltMillimetersPerSecond {
      text.single(
        "mirage_belt_speed_meters_per_second", .gauge, "Speed of the belt.", speed / 1e3)
    }
    if let valves = state.valves { Self.add(valves: valves, to: &text) }
    if let camera = state.camera {
      text.single(
        "mirage_camera_streaming", .gauge, "1 while pictures come.", camera.isStreaming ? 1 : 0)
      text.single(
        "mirage_camera_reconnects_total", .counter, "Times that the camera was found again.",
        Double(camera.reconnects))
    }
    if let store = state.store { Self.add(store: store, to: &text) }
    if let broker = state.broker { Self.add(broker: broker, to: &text) }
    if let recording = state.recording { Self.add(recording: recording, to: &text) }
    if let shadow = state.shadow { Self.add(shadow: shadow, to: &text) }
    text.begin("mirage_http_requests_total", .counter, "Requests for pages by what became of them.")
    text.add("mirage_http_requests_total", [("outcome", "answered")], Double(requests.answered))
    text.add("mirage_http_requests_total", [("outcome", "refused")], Double(requests.refused))
    Self.addProcess(to: &text)
    return text.text
  }

  private static func add(overload: OverloadStatus, to text: inout MetricsText) {
    text.begin("mirage_rung", .gauge, "1 for how closely pieces are looked at.")
    for one in OverloadRung.allCases {
      text.add("mirage_rung", [("rung", one.rawValue)], overload.rung == one ? 1 : 0)
    }
    text.single(
      "mirage_rung_steps_total", .counter, "Changes of how closely pieces are looked at.",
      Double(overload.steps))
  }

  private static func add(frames state: LineState, to text: inout MetricsText) {
    let frames = state.frames
    text.begin("mirage_frames_total", .counter, "Frames by what became of them; they add up.")
    for (outcome, count) in [
      ("decided", frames.decided), ("late", frames.late), ("dropped", frames.dropped),
      ("lost", frames.lost),
    ] {
      text.add("mirage_frames_total", [("outcome", outcome)], Double(count))
    }
    text.single(
      "mirage_frames_exposed_total", .counter, "Frames that the camera exposed.",
      Double(frames.exposed))
  }

  private static func add(pieces books: Books, _ state: LineState, to text: inout MetricsText) {
    text.begin("mirage_pieces_decided_total", .counter, "Decided pieces by class.")
    for (name, count) in books.decided.sorted(by: { $0.key < $1.key }) {
      text.add("mirage_pieces_decided_total", [("class", name)], Double(count))
    }
    for (name, help, count) in [
      ("late", "Pieces that were decided too late.", books.decidedLate),
      ("ejected", "Pieces that were to be blown out.", books.ejected),
      ("lost", "Pieces that left without a decision.", state.piecesLost),
    ] {
      text.single("mirage_pieces_\(name)_total", .counter, help, Double(count))
    }
    text.begin("mirage_blasts_total", .counter, "Blasts by whether they were due in time.")
    text.add("mirage_blasts_total", [("outcome", "fired")], Double(state.blastsFired))
    text.add("mirage_blasts_total", [("outcome", "late")], Double(state.blastsLate))
    text.add(
      "mirage_blasts_total", [("outcome", "dropped")], Double(state.blastsDropped))
  }

  private static func add(valves: ValveStatus, to text: inout MetricsText) {
    text.single(
      "mirage_valves_ready", .gauge, "1 while the valves' box can be fired by.",
      valves.state == .ready ? 1 : 0)
    text.begin("mirage_valve_blasts_total", .counter, "Blasts for the valves' box by outcome.")
    for (outcome, count) in valves.account.counts.sorted(by: { $0.key < $1.key })
    where !["taken", "waiting"].contains(outcome) {
      text.add("mirage_valve_blasts_total", [("outcome", outcome)], Double(count))
    }
    text.single(
      "mirage_valve_blasts_waiting", .gauge, "Blasts that are not settled yet.",
      Double(valves.account.waiting))
    if let error = valves.clockErrorMilliseconds {
      text.single(
        "mirage_valve_clock_error_seconds", .gauge, "Bound on the error of the box's clock.",
        error / 1e3)
    }
    text.single(
      "mirage_valve_repeats_total", .counter, "Messages that were sent again.",
      Double(valves.repeats))
    text.single(
      "mirage_valve_restarts_total", .counter, "Starts of the box after the first.",
      Double(valves.restarts))
  }

  private static func add(store: StoreStatus, to text: inout MetricsText) {
    text.single(
      "mirage_store_working", .gauge, "1 while what is decided is stored.",
      store.trouble == nil ? 1 : 0)
    text.single(
      "mirage_store_pieces_total", .counter, "Pieces that are stored for good.",
      Double(store.stored))
    text.single(
      "mirage_store_waiting", .gauge, "Pieces, blasts and losses that are not stored yet.",
      Double(store.waiting))
    text.single(
      "mirage_store_missed_total", .counter, "Pieces, blasts and losses that never will be stored.",
      Double(store.missed))
    text.single("mirage_store_used_bytes", .gauge, "What the store holds.", Double(store.bytes))
  }

  private static func add(broker: BrokerStatus, to text: inout MetricsText) {
    text.single(
      "mirage_broker_connected", .gauge, "1 while the MQTT broker is there.",
      broker.isConnected ? 1 : 0)
    for (name, kind, help, count) in [
      ("delivered_total", .counter, "Messages that the broker has.", broker.delivered),
      ("waiting", .gauge, "Messages that wait for the broker.", broker.waiting),
      ("dropped_total", .counter, "Messages that the broker never will get.", broker.dropped),
      ("reconnects_total", .counter, "Times that the broker was found again.", broker.reconnects),
    ] as [(String, MetricsText.Kind, String, Int)] {
      text.single("mirage_broker_\(name)", kind, help, Double(count))
    }
  }

  /// What Prometheus's own libraries tell of a process, under their names.
  private static func addProcess(to text: inout MetricsText) {
    let files = FileManager.default
    // Where the kernel does not tell, the figures are left out.
    if let open = try? files.contentsOfDirectory(atPath: "/proc/self/fd") {
      text.single(
        "process_open_fds", .gauge, "Number of open file descriptors.", Double(open.count))
    }
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    if let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) }) {
      text.single(
        "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.",
        kilobytes * 1024)
    }
  }
}
