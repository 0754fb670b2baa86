import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import ModelExchange

/// The golden is written by `Tools/make-goldens/exchange-events.py`, TensorBoard's own writer.
@Suite("TensorBoard logs")
struct EventFileTests {
  static let golden = sampleData.appending(path: "Golden/events/three-steps.tfevents")
  static let events = [(1, 2.25, 0.25), (200, 1.5, 0.5), (70000, 0.125, 0.9375)]
    .map { (step, loss, accuracy) in
      EventFile.Event(
        step: step, time: 1000.5 + Double(step),
        scalars: [
          EventFile.Scalar("loss/student", Float(loss)),
          EventFile.Scalar("accuracy", Float(accuracy)),
        ])
    }

  static func content(of folder: URL) throws -> Data {
    try Data(contentsOf: folder.appending(path: "events.out.tfevents.0.mirage"))
  }

  @Test("a log is TensorBoard's, byte by byte", .tags(.golden))
  func bytes() throws {
    try withTemporaryFolder { folder in
      let log = try EventFile(in: folder, time: 1000.5)
      for event in Self.events { try log.append(event) }
      #expect(try Self.content(of: folder) == Data(contentsOf: Self.golden))
    }
  }

  @Test("a finished log is written whole and read back")
  func whole() throws {
    try withTemporaryFolder { folder in
      try EventFile.write(Self.events, in: folder)
      let file = folder.appending(path: "events.out.tfevents.0.mirage")
      #expect(try EventFile.read(file) == Self.events)
      try EventFile.write([], in: folder)
      #expect(try EventFile.read(file).isEmpty)
    }
  }

  @Test("a log is read back")
  func read() throws {
    #expect(try EventFile.read(Self.golden) == Self.events)
  }

  @Test(
    "a run that was killed and resumed leaves the log of one that was not", arguments: [1, 200])
  func resumed(step: Int) throws {
    try withTemporaryFolder { folder in
      do {
        let log = try EventFile(in: folder, time: 1000.5)
        for event in Self.events.dropLast() { try log.append(event) }
      }
      // The kill came within a record.
      var torn = try Self.content(of: folder)
      torn.append(torn.suffix(50).prefix(33))
      try torn.write(to: folder.appending(path: "events.out.tfevents.0.mirage"))
      let log = try EventFile(in: folder, resumingAfter: step, time: 5000)
      for event in Self.events where event.step > step { try log.append(event) }
      #expect(try Self.content(of: folder) == Data(contentsOf: Self.golden))
    }
  }

  @Test("a run from the start begins the log anew")
  func anew() throws {
    try withTemporaryFolder { folder in
      for _ in 1...2 {
        let log = try EventFile(in: folder, time: 1000.5)
        for event in Self.events { try log.append(event) }
      }
      #expect(try Self.content(of: folder) == Data(contentsOf: Self.golden))
    }
  }

  @Test("a damaged log gives the records before the damage and never traps")
  func damaged() throws {
    let data = try Data(contentsOf: Self.golden)
    try withTemporaryFolder { folder in
      for copy in mutations(of: data, count: 300, seed: 3) where copy != data {
        let file = folder.appending(path: "log")
        try copy.write(to: file)
        let events = try EventFile.read(file)
        // A record may be doubled whole; what is read was written.
        #expect(events.allSatisfy { Self.events.contains($0) })
      }
    }
  }

  @Test("damaged messages never trap")
  func damagedMessages() {
    let message = EventFile.message(Self.events[0]).bytes
    for copy in mutations(of: message, count: 2000, seed: 4) {
      for field in ProtobufFields.all(of: Array(copy)[...]) ?? [] { #expect(field.number > 0) }
    }
  }

  @Test("a folder that cannot be made is named")
  func unwritable() throws {
    let error = try #require(throws: Complaint.self) {
      try EventFile(in: URL(filePath: "/proc/mirage"), time: 0)
    }
    #expect(error.place.hasPrefix("/proc/mirage"))
  }

  @Test(
    "CRC-32C agrees with the examples of RFC 3720",
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
      ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
      (Array(0..<32), 0x46dd_794e),
      (Array((0..<32).reversed()), 0x113f_db5c),
    ] as [([UInt8], UInt32)])
  func checksum(bytes: [UInt8], wanted: UInt32) {
    #expect(Checksum.crc32c(of: bytes[...]) == wanted)
  }
}
