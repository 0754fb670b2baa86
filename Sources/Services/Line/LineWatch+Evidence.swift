extension LineWatch {
  static func add(recording: RecordingStatus, to text: inout MetricsText) {
    text.begin("mirage_recordings_total", .counter, "Recordings of events by outcome.")
    text.add("mirage_recordings_total", [("outcome", "written")], Double(recording.written))
    text.add("mirage_recordings_total", [("outcome", "failed")], Double(recording.failed))
    for (name, kind, help, value) in [
      (
        "recording", .gauge, "1 while an event is recorded.", recording.isRecording ? 1.0 : 0
      ),
      (
        "recordings_used_bytes", .gauge, "What the kept recordings take.", Double(recording.bytes)
      ),
      (
        "recording_memory_bytes", .gauge, "What the last seconds of frames take in memory.",
        Double(recording.bytesInMemory)
      ),
      (
        "recording_missed_frames_total", .counter, "Frames that there was no time to keep.",
        Double(recording.framesMissed)
      ),
      (
        "recording_passed_over_total", .counter, "Events that came too soon after the last.",
        Double(recording.passedOver)
      ),
    ] as [(String, MetricsText.Kind, String, Double)] {
      text.single("mirage_\(name)", kind, help, value)
    }
  }

  static func add(shadow: ShadowStatus, to text: inout MetricsText) {
    text.begin("mirage_shadow_pieces_total", .counter, "Pieces by what the second opinion was.")
    for (outcome, count) in [
      ("agreed", shadow.agreed), ("disagreed", shadow.disagreed), ("skipped", shadow.skipped),
    ] {
      text.add("mirage_shadow_pieces_total", [("outcome", outcome)], Double(count))
    }
    text.begin(
      "mirage_shadow_pairs_total", .counter, "Pieces by their class in force and the second one.")
    for pair in shadow.pairs {
      text.add(
        "mirage_shadow_pairs_total", [("live", pair.live), ("shadow", pair.shadow)],
        Double(pair.pieces))
    }
    text.single(
      "mirage_shadow_working", .gauge, "1 while the second opinion is asked.",
      shadow.trouble == nil ? 1 : 0)
  }
}
