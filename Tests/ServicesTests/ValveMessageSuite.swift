import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Services

@Suite("Valve messages")
struct ValveMessageSuite {
  static let examples: [ValveMessage] = [
    .beat(hostSent: 1_234_567_890_123, silenceMilliseconds: 500),
    .pulse(
      BoxPulse(
        boot: 7, hostSent: 1, boxReceived: 2, boxSent: 3, state: .closed, nozzles: 64, fired: 4,
        failed: 5)),
    .blast(BoxBlast(boxOn: 100, boxOff: 200, nozzles: [3])),
    .blast(BoxBlast(boxOn: 0, boxOff: 1 << 61, nozzles: [0, 8, 9, 511])),
    .blast(BoxBlast(boxOn: 5, boxOff: 6, nozzles: [4095])),
    .answer(boot: 9, .noRoom), .closeAll,
  ]

  @Test("each message is read as it was written, over a socket and stuffed", arguments: examples)
  func roundTrip(_ message: ValveMessage) throws {
    let envelope = ValveEnvelope(session: 0xfeed_beef, sequence: 42, message)
    #expect(envelope.bytes.count <= ValveMessage.longest)
    #expect(ValveEnvelope(envelope.bytes) == envelope)
    let stuffed = StuffedBytes.stuffed(envelope.bytes)
    #expect(stuffed.last == 0 && !stuffed.dropLast().contains(0))
    #expect(StuffedBytes.message(stuffed.dropLast()) == envelope.bytes)
  }

  @Test("no damaged message is taken for one, and none ends the program")
  func damage() {
    for message in Self.examples {
      let bytes = ValveEnvelope(session: 1, sequence: 2, message).bytes
      for copy in mutations(of: Data(bytes), count: 400, seed: 3) where Array(copy) != bytes {
        #expect(ValveEnvelope(Array(copy)) == nil)
        var reader = StuffedReader()
        reader.take(Array(copy) + [0])
        while reader.next() != nil { #expect(reader.damaged >= 0) }
      }
    }
  }

  @Test("a message whose checksum is right and whose numbers are not is refused")
  func wrongNumbers() {
    func sealed(_ kind: UInt8, _ body: [UInt8]) -> [UInt8] {
      var bytes = Array("MVLV".utf8) + [1, kind, UInt8(body.count + 20), 0]
      bytes += [0, 0, 0, 0, 0, 0, 0, 0] + body
      LittleEndian.append(CRC32.checksum(bytes.span), to: &bytes)
      return bytes
    }
    let far: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x40]
    let near: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
    #expect(ValveEnvelope(sealed(1, near + [0, 0, 0, 0])) != nil)
    #expect(ValveEnvelope(sealed(1, far + [0, 0, 0, 0])) == nil)
    #expect(ValveEnvelope(sealed(3, near + near + [0, 0, 1, 0, 1])) == nil, "no length")
    let later: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0]
    #expect(ValveEnvelope(sealed(3, near + later + [0, 0, 1, 0, 1])) != nil)
    #expect(ValveEnvelope(sealed(3, near + later + [0, 0, 1, 0, 2])) == nil, "first is not set")
    #expect(ValveEnvelope(sealed(3, near + later + [0, 0, 9, 0, 1])) == nil, "cut short")
    #expect(ValveEnvelope(sealed(3, near + later + [255, 15, 1, 0, 3])) == nil, "nozzle 4096")
    #expect(ValveEnvelope(sealed(4, [0, 0, 0, 0, 9, 0, 0, 0])) == nil, "no such answer")
    #expect(ValveEnvelope(sealed(6, [])) == nil, "no such kind")
  }

  @Test(
    "stuffing is that of the paper, at its corners, too", arguments: [0, 1, 253, 254, 255, 600])
  func stuffing(count: Int) {
    let full = [UInt8](repeating: 7, count: count)
    for message in [full, full + [0], [0] + full, [UInt8](repeating: 0, count: count)] {
      let stuffed = StuffedBytes.stuffed(message)
      #expect(StuffedBytes.message(stuffed.dropLast()) == message)
      #expect(stuffed.count <= message.count + message.count / 254 + 2)
    }
    #expect(StuffedBytes.stuffed([0x11, 0x22, 0, 0x33]) == [3, 0x11, 0x22, 2, 0x33, 0])
  }

  @Test("a line that never ends costs no memory, and the next message is read")
  func endless() {
    var reader = StuffedReader()
    reader.take([UInt8](repeating: 1, count: 100_000))
    #expect(reader.next() == nil)
    reader.take([0] + StuffedBytes.stuffed([9, 0, 9]))
    #expect(reader.next() == [9, 0, 9])
    #expect(reader.damaged == 1)
  }

  @Test(
    "an address is read, and a wrong one is answered with the right form",
    arguments: [
      ("udp://10.0.0.7:5588", "udp://10.0.0.7:5588"), ("udp://[::1]:9", "udp://[::1]:9"),
      ("serial:/dev/ttyACM0", "serial:/dev/ttyACM0,115200"),
      ("serial:/dev/ttyUSB0,921600", "serial:/dev/ttyUSB0,921600"), ("udp://host", nil),
      ("udp://:5", nil), ("udp://h:0", nil), ("udp://h:99999", nil), ("serial:ttyACM0", nil),
      ("serial:/dev/x,1200", nil), ("serial:/dev/x,1,2", nil), ("tcp://h:1", nil), ("", nil),
    ] as [(String, String?)])
  func address(_ text: String, _ wanted: String?) throws {
    if let wanted {
      #expect(try ValveAddress(text).description == wanted)
    } else {
      #expect(complaint { _ = try ValveAddress(text) }.contains("write it as"))
    }
  }

  @Test("a blast that no box could do is none")
  func blasts() {
    let (on, off) = (LineInstant(seconds: 1), LineInstant(seconds: 1.1))
    #expect(Blast(piece: 1, onAt: on, offAt: off, nozzles: [4, 6]) != nil)
    for nozzles in [[], [6, 4], [4, 4], [-1], [4096], [0, 512]] {
      #expect(Blast(piece: 1, onAt: on, offAt: off, nozzles: nozzles) == nil)
    }
    #expect(Blast(piece: 1, onAt: off, offAt: on, nozzles: [1]) == nil)
    #expect(Blast(piece: 1, onAt: on, offAt: LineInstant(seconds: 12), nozzles: [1]) == nil)
  }
}
