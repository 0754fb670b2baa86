import Diagnostics
import Foundation
import Hyperspectral
import LineScan
import Tensors
import TestSupport
import Testing
import Units

@Suite("Line sources")
struct LineSourceTests {
  @Test("a simulated camera keeps the promises, and every count is known")
  func simulated() throws {
    var settings = SimulatedLines.Settings(lineCount: 40)
    settings.missing = [3, 4, 39]
    let source = SimulatedLines(.small, settings: settings)
    let lines = try LineSourceConformance.check(source, exposed: 40)
    #expect(lines.count == 37)
    #expect(lines.map(\.sequence).filter { $0 < 7 } == [0, 1, 2, 5, 6])
    #expect(lines[3].lostBefore == 2)
    for line in lines {
      #expect(line.counts == source.counts(line: line.sequence))
      #expect(line.beltMillimeters == Double(line.sequence) * 0.25)
    }
    #expect(source.counts(line: 9)[3 * 16 + 7] == source.count(line: 9, band: 3, sample: 7))
    try LineSourceConformance.checkStop(SimulatedLines(.small))
  }

  @Test("a simulated belt that stands says so, and lines come after it")
  func halt() throws {
    var settings = SimulatedLines.Settings(lineCount: 6)
    settings.halt = (line: 4, duration: .milliseconds(50))
    var source = SimulatedLines(.small, settings: settings)
    var states: [LineSourceState] = []
    var arrivals: [LineInstant] = []
    reading: while let event = try source.next(within: .seconds(1)) {
      switch event {
      case .line(let line): arrivals.append(line.arrivedAt)
      case .state(.ended): break reading
      case .state(let state): states.append(state)
      }
    }
    #expect(states == [.waiting(reason: "the belt stands")])
    #expect(arrivals.count == 6)
    #expect(arrivals[3].duration(to: arrivals[4]) >= .milliseconds(30))
  }

  @Test(
    "a cube is replayed as the camera gave it, whatever its order",
    arguments: Interleave.allCases, [ScalarType.uint8, .uint16])
  func replay(interleave: Interleave, type: ScalarType) throws {
    try withTemporaryFolder { folder in
      var random = SplitMix64(seed: 4)
      let values = (0..<(7 * 6 * 3)).map { _ in Float(random.nextIndex(below: 256)) }
      let cube = Cube<RawCounts>(
        lines: 7, samples: 6, wavelengths: [400, 550, 700].map(Wavelength.init), values: values)
      let header = folder.appending(path: "cube.hdr")
      try ENVIFile.write(cube, to: header, interleave: interleave, type: type)
      let lines = try LineSourceConformance.check(ReplayedLines(header), exposed: 7)
      for line in lines {
        for (place, count) in line.counts.enumerated() {
          let (band, sample) = (place / 6, place % 6)
          #expect(Float(count) == values[(line.sequence * 6 + sample) * 3 + band])
        }
      }
      try LineSourceConformance.checkStop(ReplayedLines(header))
    }
  }

  @Test("numbers that are no counts are not replayed")
  func replayRefusals() throws {
    try withTemporaryFolder { folder in
      let header = folder.appending(path: "cube.hdr")
      let cube = Cube<RawCounts>(
        lines: 1, samples: 1, wavelengths: [Wavelength(nanometers: 500)], values: [0.5])
      try ENVIFile.write(cube, to: header, type: .float32)
      #expect(
        complaint { _ = try ReplayedLines(header) }
          .hasSuffix("cube.hdr: holds float32 numbers, uint8 or uint16 counts were wanted"))
    }
  }

  @Test(
    "every packing gives back what was packed", arguments: CountPacking.allCases, [1, 2, 7, 96])
  func packing(_ packing: CountPacking, count: Int) {
    var random = SplitMix64(seed: 5)
    let highest = Int(packing.highestCount)
    let counts = (0..<count).map { _ in UInt16(random.nextIndex(below: highest + 1)) }
    let bytes = packing.packed(counts)
    #expect(bytes.count == packing.byteCount(of: count))
    let unpacked = packing.unpacked(bytes.span, count: count)
    #expect(unpacked == counts)
  }

  @Test("packed counts lie as the conventions say")
  func packedExamples() {
    // 0xabc and 0xdef, written out by hand from the two conventions.
    #expect(CountPacking.mono12p.packed([0xabc, 0xdef]) == [0xbc, 0xfa, 0xde])
    #expect(CountPacking.mono12Packed.packed([0xabc, 0xdef]) == [0xab, 0xfc, 0xde])
    #expect(CountPacking.uint16.packed([0xabc]) == [0xbc, 0x0a])
    #expect(CountPacking.uint8.packed([0xabc]) == [0xff])
  }

  @Test(
    "addresses are read, and others are refused with the reason",
    arguments: [
      ("tcp://10.0.0.7:5577", "tcp://10.0.0.7:5577"), ("tcp://[::1]:9", "tcp://[::1]:9"),
      ("unix:/run/a b", "unix:/run/a b"),
    ])
  func addresses(text: String, shown: String) throws {
    #expect(try LineAddress(text).description == shown)
    for wrong in ["tcp://host", "tcp://:1", "tcp://h:70000", "unix:", "http://h:1", ""] {
      #expect(throws: Complaint.self) { try LineAddress(wrong) }
    }
  }
}
