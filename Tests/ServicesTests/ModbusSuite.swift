import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Services

@Suite("Registers for a PLC", .serialized, .timeLimit(.minutes(20)))
struct ModbusSuite {
  /// What `plc.py` prints.
  private struct Read: Decodable {
    struct Result: Decodable {
      let number: Int
      let piece: Int
      let `class`: Int
      let confidence: Double
      let isEjected: Bool
      let isLate: Bool
      let slack: Int
      let across: Int
      let waiting: Int
      let dropped: Int
    }
    let version: Int
    let isBeating: Bool
    let state: Int
    let isFit: Bool
    let alarms: Int
    let alarmBits: Int
    let decided: Int
    let late: Int
    let dropped: Int
    let lost: Int
    let pieces: Int
    let minute: Int
    let speed: Int
    let slack: Int
    let rate: Double
    let valves: Int
    let results: [Result]
    let refused: [Bool]
  }

  private func withServer(_ body: (ModbusServer, ToldLine) throws -> Void) throws {
    let line = ToldLine()
    let server = try ModbusServer(ModbusAddress("127.0.0.1:0"), watch: line.watch)
    defer { server.close() }
    try body(server, line)
  }

  private func piece(_ number: Int, _ name: String = "copper") -> PieceReport {
    var piece = PieceReport(
      piece: number, class: name, likeliest: name, confidence: 0.75, probabilities: [0.75, 0.25],
      exposedAt: .init(seconds: 1), decidedAt: .init(seconds: 1.1))
    piece.slackMilliseconds = Double(number % 50 - 20)
    piece.acrossMillimeters = -12.4
    piece.isEjected = name == "copper"
    return piece
  }

  @Test("pymodbus reads what the line tells, and acknowledges each result once, in order")
  func plc() throws {
    try withServer { server, line in
      line.begin()
      line.set(ToldLine.readyValves)
      line.play(seconds: 5)
      line.miss(dropped: 70_000, lost: 4)
      for number in 1...40 {
        server.put(piece(70_000 + number, number.isMultiple(of: 2) ? "copper" : "unknown"))
      }
      let plc = try run(
        packageRoot.appending(path: "Tools/modbus/plc.py").path,
        ["\(server.address)", "--results", "30", "--seconds", "30"])
      guard plc.status != 4 else {
        print("skipped: pymodbus cannot be had: \(plc.error)")
        return
      }
      try #require(plc.status == 0, "\(plc.error)")
      let read = try JSONFile.decode(Read.self, from: Data(plc.output.utf8), place: "plc.py")
      #expect(read.version == 1 && read.isBeating)
      #expect(read.state == 3 && !read.isFit)
      #expect(read.alarms == 1 && read.alarmBits == 1 << 4)
      #expect(read.decided == 50 && read.late == 0 && read.dropped == 70_000 && read.lost == 4)
      #expect(read.pieces == 50 && read.minute == 50)
      #expect(read.speed == 500 && read.slack == 80 && abs(read.rate - 10) < 0.5)
      #expect(read.valves == 2)
      #expect(read.results.map(\.piece) == Array(70_001...70_030))
      #expect(read.results.map(\.number) == Array(1...30))
      for (index, result) in read.results.enumerated() {
        let isCopper = (index + 1).isMultiple(of: 2)
        #expect(result.class == (isCopper ? 1 : 0) && result.isEjected == isCopper)
        #expect(result.confidence == 0.75 && !result.isLate && result.across == -12)
        #expect(result.slack == (70_001 + index) % 50 - 20)
        #expect(result.waiting == 39 - index && result.dropped == 0)
      }
      #expect(read.refused == [true, true, true])
    }
  }

  /// One request over a plain connection: transaction 7, unit 1.
  private func ask(_ wire: TestWire, _ request: [UInt8]) -> [UInt8] {
    wire.send([0, 7, 0, 0, 0, UInt8(request.count + 1), 1] + request)
    return Array(wire.read(within: .seconds(5)).dropFirst(7))
  }

  @Test("requests by hand: registers, an acknowledgement, and the exceptions of the standard")
  func byHand() throws {
    try withServer { server, line in
      line.begin()
      server.put(piece(5))
      server.put(piece(6))
      let wire = try TestWire(port: server.address.port)
      #expect(ask(wire, [4, 0, 0, 0, 1]) == [4, 2, 0, 1])
      #expect(ask(wire, [4, 0, 32, 0, 3]) == [4, 6, 0, 1, 0, 0, 0, 5])
      // Another number than the one that waits acknowledges nothing.
      #expect(ask(wire, [6, 0, 0, 0, 9]) == [6, 0, 0, 0, 9])
      #expect(ask(wire, [4, 0, 32, 0, 1]) == [4, 2, 0, 1])
      #expect(ask(wire, [6, 0, 0, 0, 1]) == [6, 0, 0, 0, 1])
      #expect(ask(wire, [4, 0, 32, 0, 3]) == [4, 6, 0, 2, 0, 0, 0, 6])
      #expect(ask(wire, [16, 0, 0, 0, 1, 2, 0, 2]) == [16, 0, 0, 0, 1])
      #expect(ask(wire, [4, 0, 32, 0, 1]) == [4, 2, 0, 0])
      #expect(ask(wire, [4, 0, 46, 0, 1]) == [0x84, 2], "illegal address")
      #expect(ask(wire, [3, 0, 1, 0, 1]) == [0x83, 2])
      #expect(ask(wire, [5, 0, 0, 0xff, 0]) == [0x85, 2])
      #expect(ask(wire, [99]) == [0xe3, 1], "illegal function")
    }
  }

  @Test("bad requests, silent peers and too many of them keep nobody else from reading")
  func abuse() throws {
    try withServer { server, line in
      line.begin()
      let good: [UInt8] = [0, 7, 0, 0, 0, 6, 1, 4, 0, 0, 0, 1]
      for copy in mutations(of: Data(good), count: 300, seed: 4) {
        let wire = try TestWire(port: server.address.port)
        wire.send(Array(copy))
      }
      // Eight that stop in the middle of a request, and more than there is room for.
      let halves = try (0..<20).map { _ in try TestWire(port: server.address.port) }
      for wire in halves { wire.send([0, 7, 0, 0, 0, 6, 1, 4]) }
      let wire = try TestWire(port: server.address.port)
      #expect(ask(wire, [4, 0, 0, 0, 1]) == [4, 2, 0, 1])
    }
  }

  @Test("at the bound the oldest results go and are counted; numbers skip 0")
  func desk() {
    var desk = ResultDesk()
    for number in 0..<70_000 { desk.put(piece(number)) }
    #expect(desk.dropped == 70_000 - ResultDesk.capacity)
    #expect(desk.first?.piece.piece == 70_000 - ResultDesk.capacity)
    #expect(desk.first?.waiting == ResultDesk.capacity - 1)
    var numbers: [UInt16] = []
    while let first = desk.first {
      numbers.append(first.number)
      desk.acknowledge(first.number)
    }
    #expect(numbers.count == ResultDesk.capacity && !numbers.contains(0))
    #expect(Int(numbers.last ?? 0) == 70_000 - 65_535)
  }

  @Test("numbers that do not fit stop at the ends of their registers")
  func clamping() {
    #expect(RegisterMap.signed(1e9) == 32_767 && RegisterMap.signed(-1e9) == 32_769)
    #expect(RegisterMap.signed(-1) == 65_535 && RegisterMap.signed(.nan) == RegisterMap.none)
    #expect(RegisterMap.unsigned(-3) == 0 && RegisterMap.unsigned(1e9) == 65_534)
    #expect(RegisterMap.unsigned(.infinity) == 65_535)
  }

  @Test(
    "an address is read, and a wrong one is answered with the right form",
    arguments: [
      ("127.0.0.1:502", true), ("0.0.0.0:1502", true), ("plc:502", false), ("1.2.3:502", false),
      ("1.2.3.400:502", false), ("1.2.3.4", false), ("1.2.3.4:99999", false), ("", false),
    ])
  func address(_ text: String, _ isGood: Bool) {
    var read = ""
    let said = complaint { read = try ModbusAddress(text).description }
    #expect(!isGood || read == text)
    #expect(isGood ? said == "no error" : said.contains("write it as 192.168.1.20:1502"))
  }

  @Test("a port that someone has is told")
  func taken() throws {
    try withServer { server, line in
      let text = complaint { _ = try ModbusServer(server.address, watch: line.watch) }
      #expect(text.contains("cannot be served: Address already in use"), "\(text)")
    }
  }
}
