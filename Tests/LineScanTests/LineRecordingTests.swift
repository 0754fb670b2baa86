import Diagnostics
import Foundation
import Hyperspectral
import TestSupport
import Testing

@testable import LineScan

@Suite("Recordings of lines")
struct LineRecordingTests {
  /// Records `count` lines of which some are missing; gives what was recorded.
  @discardableResult
  private func record(
    _ count: Int, missing: Set<Int>, in folder: URL,
    settings: RecordingSettings = RecordingSettings()
  ) throws -> RecordingSummary {
    var simulation = SimulatedLines.Settings(lineCount: count)
    simulation.missing = missing
    var source = SimulatedLines(.small, settings: simulation)
    let recording = try LineRecording(in: folder, format: source.format, settings: settings)
    while let line = try source.nextLine() { try recording.append(line) }
    return try recording.finish()
  }

  private func storedLines(_ file: ENVIFile) throws -> [[UInt16]] {
    var bytes: [UInt8] = []
    return try (0..<file.shape.lines).map { line in
      try file.readStored(lines: line..<(line + 1), into: &bytes)
      return CountPacking.uint16.unpacked(bytes.span, count: file.shape.valuesPerLine)
    }
  }

  @Test("what was lost is a marked gap, and everything else is as the camera gave it")
  func gaps() throws {
    try withTemporaryFolder { folder in
      let summary = try record(40, missing: [0, 7, 20, 21, 22, 39], in: folder)
      // The lost first line lies before the recording, the lost last one behind it.
      #expect(summary.lines == 38)
      #expect(summary.missing == 4)
      let file = try ENVIFile.open(folder.appending(path: "cube.hdr"))
      #expect(file.notes.isEmpty)
      #expect(file.header.lines == 38)
      #expect(file.header.wavelengths == LineFormat.small.wavelengths)
      #expect(file.header["missing lines"] == "6, 19-21")
      #expect(file.header["missing line count"] == "4")
      #expect(file.header["recording state"] == "complete")
      #expect(file.header["full scale"] == "4095")
      let rows = try LineTable.read(folder.appending(path: "cube.lines.csv"), lineCount: 38)
      let source = SimulatedLines(.small)
      for (line, counts) in try storedLines(file).enumerated() {
        let isMissing = [6, 19, 20, 21].contains(line)
        #expect(rows[line].state == (isMissing ? .missing : .measured))
        #expect(rows[line].sequence == line + 1)
        #expect(rows[line].beltMillimeters == (isMissing ? nil : Double(line + 1) * 0.25))
        #expect(
          counts
            == (isMissing ? [UInt16](repeating: 0, count: 80) : source.counts(line: line + 1)))
      }
      // A recording is a source itself, with the same gaps.
      let replayed = try LineSourceConformance.check(
        ReplayedLines(folder.appending(path: "cube.hdr")), exposed: 38)
      #expect(replayed.map(\.sequence).contains(6) == false)
      #expect(replayed.count == 34)
    }
  }

  @Test("references lie beside the cube, and its header names them")
  func references() throws {
    try withTemporaryFolder { folder in
      try record(3, missing: [], in: folder, settings: RecordingSettings(role: .dark))
      try record(4, missing: [], in: folder, settings: RecordingSettings(role: .white))
      try record(5, missing: [], in: folder)
      let header = try ENVIFile.open(folder.appending(path: "cube.hdr")).header
      #expect(header["dark reference"] == "dark.hdr")
      #expect(header["white reference"] == "white.hdr")
      #expect(try ENVIFile.open(folder.appending(path: "dark.hdr")).header.lines == 3)
      #expect(
        complaint { try record(5, missing: [], in: folder) }
          .hasSuffix(
            "cube.hdr: is there already, nothing is overwritten\n  help: give another folder"))
    }
  }

  @Test("a recording that was never ended opens, and repair tells all its lines")
  func killed() throws {
    try withTemporaryFolder { folder in
      var source = SimulatedLines(.small)
      let recording = try LineRecording(in: folder, format: source.format)
      for _ in 0..<9 {
        let line = try #require(try source.nextLine())
        if line.sequence != 5 { try recording.append(line) }
      }
      // As a kill leaves it: half a line, half a row.
      let header = folder.appending(path: "cube.hdr")
      for name in ["cube.raw", "cube.lines.csv"] {
        let handle = try FileHandle(forWritingTo: folder.appending(path: name))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("9,mea".utf8))
      }
      let early = try ENVIFile.open(header)
      #expect(early.header.lines >= 1)
      #expect(early.notes.count == 1)
      #expect(try LineRecording.repair(header) == 9)
      let file = try ENVIFile.open(header)
      #expect(file.header.lines == 9)
      #expect(file.notes.isEmpty)
      #expect(file.header["missing lines"] == "5")
      #expect(file.header["recording state"] == "cut")
      #expect(file.header.wavelengths == LineFormat.small.wavelengths)
      #expect(try storedLines(file)[8] == source.counts(line: 8))
      #expect(
        complaint { _ = try LineRecording.repair(header) }
          .hasSuffix("cube.hdr: was ended properly, there is nothing to repair"))
      _ = recording.summary
    }
  }

  @Test("without a line nothing is left, and a gap too long is not filled")
  func limits() throws {
    try withTemporaryFolder { folder in
      let empty = try LineRecording(in: folder, format: .small)
      #expect(try empty.finish().lines == 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
      var settings = RecordingSettings()
      settings.longestGap = 3
      #expect(throws: GapTooLong(lines: 4)) {
        try record(20, missing: [8, 9, 10, 11], in: folder, settings: settings)
      }
    }
  }

  @Test("counts at full scale are counted")
  func saturation() throws {
    try withTemporaryFolder { folder in
      let recording = try LineRecording(in: folder, format: .small)
      var counts = [UInt16](repeating: 4094, count: 80)
      counts[3] = 4095
      counts[70] = 4095
      try recording.append(ScanLine(counts: counts, sequence: 5, arrivedAt: .init(nanoseconds: 0)))
      #expect(try recording.finish().saturatedShare == 2 / 80)
    }
  }

  @Test("a damaged table is read or refused")
  func mutatedTable() throws {
    var text = LineTable.heading
    for line in 0..<20 {
      let row = LineRow(
        state: line % 5 == 4 ? .missing : .measured, sequence: line + 3,
        cameraNanoseconds: Int64(line) * 1000, arrivedNanoseconds: 5, beltMillimeters: 0.5)
      text += LineTable.text(row, line: line)
    }
    let rows = try LineTable.rows(of: Data(text.utf8), lineCount: 20, place: "t")
    #expect(rows[4].state == .missing && rows[19].sequence == 22)
    expectNoTrap(reading: Data(text.utf8), headerCount: 200, copies: 2000, seed: 8) { copy in
      _ = try LineTable.rows(of: copy, lineCount: 20, place: "t")
    }
  }
}

@Suite("A recorder of lines")
struct LineRecorderTests {
  @Test("behind a gap too long to fill a new cube begins")
  func parts() throws {
    try withTemporaryFolder { folder in
      var simulation = SimulatedLines.Settings(lineCount: 30)
      simulation.missing = Set(10..<20)
      var source = SimulatedLines(.small, settings: simulation)
      var settings = RecordingSettings()
      settings.longestGap = 5
      var recorder = try LineRecorder(in: folder, format: source.format, settings: settings)
      while let line = try source.nextLine() { try recorder.append(line) }
      try recorder.finish()
      #expect(recorder.headerFiles.map(\.lastPathComponent) == ["cube.hdr", "cube-2.hdr"])
      #expect(recorder.summary.lines == 20)
      #expect(recorder.summary.missing == 0)
      for file in recorder.headerFiles { #expect(try ENVIFile.open(file).header.lines == 10) }
    }
  }

  @Test("references are copied from another recording, and missing ones are told")
  func references() throws {
    try withTemporaryFolder { folder in
      let (first, second) = (folder.appending(path: "a"), folder.appending(path: "b"))
      let dark = try LineRecording(
        in: first, format: .small, settings: RecordingSettings(role: .dark))
      let counts = [UInt16](repeating: 60, count: 80)
      try dark.append(ScanLine(counts: counts, sequence: 0, arrivedAt: .init(nanoseconds: 0)))
      try dark.finish()
      try LineRecorder.copyReferences(from: first, to: second)
      #expect(try ENVIFile.open(second.appending(path: "dark.hdr")).header.lines == 1)
      #expect(
        complaint { try LineRecorder.copyReferences(from: folder, to: second) }
          .contains("holds neither dark.hdr nor white.hdr"))
    }
  }

  @Test("a source is named as the help says, or refused")
  func names() throws {
    #expect(try LineSourceName.open("simulated").format == .fx10)
    #expect(
      complaint { _ = try LineSourceName.open("/nowhere/x.hdr") }
        .hasPrefix("/nowhere/x.hdr: is no file and no source of lines\n  help: write it as tcp://"))
    #expect(throws: Complaint.self) { _ = try LineSourceName.open("http://host:1") }
    var options = LineSourceOptions()
    options.packetSize = 9000
    #expect(
      complaint { _ = try LineSourceName.open("simulated", options: options) } == """
        simulated: features, wavelengths and packet size are for GigE Vision cameras
          help: leave them out: this source tells its own
        """)
    #if !GigEVision
      #expect(
        complaint { _ = try LineSourceName.open("gige:10.0.0.9", options: options) } == """
          gige:10.0.0.9: this program was built without GigE Vision
            help: build it with: swift build -c release --traits GigEVision
          """)
    #endif
  }

  @Test("wavelengths of a camera that does not tell them are read from a file")
  func wavelengths() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "w.json")
      try AtomicFile.write("[400, 500.5]", to: file)
      #expect(try LineSourceName.wavelengths(file).map(\.nanometers) == [400, 500.5])
      try AtomicFile.write("[0.4, 0.5]", to: file)
      #expect(
        complaint { _ = try LineSourceName.wavelengths(file) }
          .contains("holds no list of wavelengths from 100 to 30,000 nm"))
    }
  }
}
