import Diagnostics
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@testable import USBCameraSimulation

@Suite("Simulated USB camera")
struct SimulatedUSBCameraTests {
  /// The bytes of one submitted transfer, as the kernel writes them.
  static func submit(
    _ sequence: UInt32, endpoint: UInt32 = 0, length: Int = 0, setup: [UInt8] = [],
    output: [UInt8]? = nil, packets: [Int] = []
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in [1, sequence, 65_538, output == nil ? 1 : 0, endpoint, 0] as [UInt32] {
      bytes.appendBig(word)
    }
    for word in [output?.count ?? length, 0, packets.count, 0] { bytes.appendBig(UInt32(word)) }
    bytes += setup.isEmpty ? [UInt8](repeating: 0, count: 8) : setup
    bytes += output ?? []
    for (index, packet) in packets.enumerated() {
      for word in [index * packet, packet, 0, 0] { bytes.appendBig(UInt32(word)) }
    }
    return bytes
  }

  /// A setup packet.
  static func setup(
    _ kind: UInt8, _ request: UInt8, value: UInt16, index: UInt16, length: UInt16
  ) -> [UInt8] {
    var bytes = [kind, request]
    for word in [value, index, length] { bytes.appendLittle(word) }
    return bytes
  }

  static func request(_ bytes: [UInt8]) throws -> USBIPRequest {
    let (request, following) = try USBIPRequest.read(header: Array(bytes.prefix(48)))
    #expect(bytes.count == 48 + following)
    return try request.with(following: Array(bytes.dropFirst(48)))
  }

  /// Status and payload of an answer.
  static func answer(_ bytes: [UInt8]) -> (status: Int32, payload: [UInt8]) {
    (Int32(bitPattern: bytes.bigWord(at: 20)), Array(bytes.dropFirst(48)))
  }

  static func at(_ seconds: Double) -> LineInstant { LineInstant(seconds: seconds) }

  /// Chooses a format, frame and interval, and starts the stream at time 0.
  static func start(
    _ camera: inout SimulatedUSBCamera, format: UInt8, frame: UInt8, interval: UInt32 = 333_333
  ) throws {
    var wish: [UInt8] = [1, 0, format, frame]
    wish.appendLittle(interval)
    wish += [UInt8](repeating: 0, count: 26)
    for (selector, sequence) in [(0x0100, 1), (0x0200, 2)] as [(UInt16, UInt32)] {
      let bytes = submit(
        sequence, setup: setup(0x21, 1, value: selector, index: 1, length: 34), output: wish)
      let reply = try camera.receive(request(bytes), at: at(0))
      #expect(answer(reply).status == 0)
    }
  }

  /// The payloads that the camera sends for `count` transfers asked at once.
  static func payloads(
    _ camera: inout SimulatedUSBCamera, count: Int, at instant: LineInstant
  ) throws -> [[UInt8]] {
    var reply: [UInt8] = []
    for sequence in 0..<count {
      let bytes = submit(100 + UInt32(sequence), endpoint: 1, length: 16_384)
      reply += try camera.receive(request(bytes), at: instant)
    }
    var payloads: [[UInt8]] = []
    while !reply.isEmpty {
      let end = 48 + Int(reply.bigWord(at: 24))
      payloads.append(Array(reply[48..<end]))
      reply.removeSubrange(..<end)
    }
    return payloads
  }

  @Test("the descriptors add up to the length that they tell", arguments: ["bulk", "isochronous"])
  func descriptors(transport: String) throws {
    let transport = try #require(USBCameraSettings.Transport(rawValue: transport))
    let bytes = USBDescriptors.configuration(transport)
    #expect(bytes.littleNumber(at: 2, count: 2) == UInt32(bytes.count))
    var position = 0
    var interfaces: [[UInt8]] = []
    while position < bytes.count {
      let length = Int(bytes[position])
      try #require(length >= 2 && position + length <= bytes.count)
      if bytes[position + 1] == 4 { interfaces.append(Array(bytes[position..<(position + 5)])) }
      position += length
    }
    let setups: [[UInt8]] =
      transport == .bulk
      ? [[9, 4, 0, 0, 0], [9, 4, 1, 0, 1]] : [[9, 4, 0, 0, 0], [9, 4, 1, 0, 0], [9, 4, 1, 1, 1]]
    #expect(interfaces == setups)
  }

  @Test("a frame comes whole, in payloads whose last one says so")
  func frame() throws {
    var camera = SimulatedUSBCamera(USBCameraSettings())
    try Self.start(&camera, format: 2, frame: 1)
    #expect(try Self.payloads(&camera, count: 1, at: Self.at(0.01)).isEmpty)
    #expect(camera.nextDeadline == LineInstant(nanoseconds: 33_333_300))
    let payloads = try Self.payloads(&camera, count: 40, at: Self.at(0.04))
    // 614,400 bytes in payloads of 16,372, and one transfer was waiting already.
    #expect(payloads.count == 38)
    #expect(payloads.dropLast().allSatisfy { $0.count == 16_384 && $0[1] & 0x02 == 0 })
    #expect(payloads.last.map { $0[1] & 0x02 } == 0x02)
    let bytes = payloads.flatMap { $0.dropFirst(12) }
    var card = TestCard.yuyv(width: 640, height: 480)
    TestCard.stamp(0, on: &card, width: 640, height: 480)
    #expect(bytes == card)
  }

  @Test("a JPEG frame shows the card and its number, with and without Huffman tables")
  func jpeg() throws {
    var settings = USBCameraSettings()
    var frames: [[UInt8]] = []
    for tables in USBCameraSettings.HuffmanTables.allCases {
      settings.huffmanTables = tables
      var camera = SimulatedUSBCamera(settings)
      try Self.start(&camera, format: 1, frame: 1)
      _ = try Self.payloads(&camera, count: 10, at: Self.at(0.04))
      let second = try Self.payloads(&camera, count: 10, at: Self.at(0.08))
      frames.append(second.flatMap { $0.dropFirst(12) })
    }
    let picture = try PictureFile.decode(Data(frames[0]), place: "frame")
    #expect(TestCard.number(on: picture) == 1)
    #expect(TestCard.worstDifference(of: picture) <= 3)
    // Four tables of the standard: 420 bytes and their markers.
    #expect(frames[0].count - frames[1].count == 432)
  }

  @Test("each fault damages the frames that it was ordered for, and no other")
  func faults() throws {
    var camera = SimulatedUSBCamera(USBCameraSettings())
    try Self.start(&camera, format: 2, frame: 1)
    camera.inject(.errorBit, count: 1)
    camera.inject(.truncated, count: 1)
    camera.inject(.empty, count: 2)
    var found: [(length: Int, hasError: Bool)] = []
    for number in 1...5 {
      let payloads = try Self.payloads(&camera, count: 38, at: Self.at(Double(number) / 30 + 0.001))
      // Those not needed wait for the next frame.
      let length = payloads.reduce(0) { $0 + $1.count - 12 }
      found.append((length, payloads.contains { $0[1] & 0x40 != 0 }))
    }
    #expect(found.map(\.length) == [614_400, 307_200, 0, 0, 614_400])
    #expect(found.map(\.hasError) == [true, false, false, false, false])
  }

  @Test("in the dark a camera left to itself is slower than it said, and a fixed one is not")
  func darkness() throws {
    var camera = SimulatedUSBCamera(USBCameraSettings())
    camera.set(.dark)
    func seconds() throws -> Double {
      try Self.start(&camera, format: 2, frame: 1)
      _ = try Self.payloads(&camera, count: 40, at: Self.at(0.034))
      return camera.nextDeadline?.seconds ?? 0
    }
    #expect(abs(try seconds() - 4 / 30.0) < 1e-4)
    let priority = Self.setup(0x21, 1, value: 0x0300, index: 0x0100, length: 1)
    let bytes = Self.submit(3, setup: priority, output: [0])
    _ = try camera.receive(Self.request(bytes), at: Self.at(0))
    #expect(abs(try seconds() - 2 / 30.0) < 1e-4)
  }

  @Test("a control that the mode forbids is refused, and the camera tells why")
  func forbidden() throws {
    var camera = SimulatedUSBCamera(USBCameraSettings())
    let exposure = Self.setup(0x21, 1, value: 0x0400, index: 0x0100, length: 4)
    let bytes = Self.submit(1, setup: exposure, output: [100, 0, 0, 0])
    let refused = try camera.receive(Self.request(bytes), at: Self.at(0))
    #expect(Self.answer(refused).status == -32)
    let why = Self.setup(0xa1, 0x81, value: 0x0200, index: 0, length: 1)
    let told = try camera.receive(
      Self.request(Self.submit(2, length: 1, setup: why)), at: Self.at(0))
    #expect(Self.answer(told).payload == [2])
  }

  @Test("a transfer that waits is taken back; one that is answered is not")
  func unlinking() throws {
    var camera = SimulatedUSBCamera(USBCameraSettings())
    _ = try camera.receive(Self.request(Self.submit(7, endpoint: 1, length: 512)), at: Self.at(0))
    for status in [-104, 0] as [Int32] {
      let reply = try camera.receive(.unlink(sequence: 8, target: 7), at: Self.at(0))
      #expect(Self.answer(reply).status == status)
    }
  }

  @Test("isochronous packets are filled one after another")
  func isochronous() throws {
    var settings = USBCameraSettings()
    settings.transport = .isochronous
    var camera = SimulatedUSBCamera(settings)
    try Self.start(&camera, format: 2, frame: 1)
    let alternate = Self.setup(0x01, 11, value: 1, index: 1, length: 0)
    let chosen = Self.submit(3, setup: alternate, output: [])
    _ = try camera.receive(Self.request(chosen), at: Self.at(0))
    let packets = [Int](repeating: 3072, count: 32)
    let bytes = Self.submit(4, endpoint: 1, length: 98_304, packets: packets)
    let reply = try camera.receive(Self.request(bytes), at: Self.at(0.04))
    #expect(reply.bigWord(at: 24) == 98_304)
    #expect(reply.count == 48 + 98_304 + 16 * 32)
    #expect(reply.bigWord(at: 48 + 98_304 + 16) == 3072)
  }

  @Test("what no host sends is refused with the reason")
  func refusals() {
    let good = Self.submit(1, length: 18)
    func refusal(_ place: Int, _ value: UInt8) -> String {
      var bytes = good
      bytes[place] = value
      return complaint { _ = try USBIPRequest.read(header: bytes) }
    }
    #expect(refusal(3, 9).contains("command 9 is neither submit (1) nor unlink (2)"))
    #expect(refusal(19, 16).contains("endpoint 16 are not of USB"))
    #expect(refusal(24, 1).contains("bytes, at most 1048576 are taken"))
    #expect(refusal(33, 1).contains("packets, at most 1024 are taken"))
    #expect(complaint { _ = try USBIPRequest.read(header: [1]) }.contains("1 bytes, 48"))
  }

  @Test("damaged requests are refused or answered, and never end the program")
  func damaged() throws {
    let exposure = Self.setup(0x21, 1, value: 0x0400, index: 0x0100, length: 4)
    let samples = [
      Self.submit(1, length: 18, setup: Self.setup(0x80, 6, value: 0x0100, index: 0, length: 18)),
      Self.submit(2, setup: exposure, output: [100, 0, 0, 0]),
      Self.submit(
        3, setup: Self.setup(0x21, 1, value: 0x0200, index: 1, length: 34),
        output: VideoNegotiation().bytes(.bulk)),
      Self.submit(4, endpoint: 1, length: 12_288, packets: [3072, 3072, 3072, 3072]),
    ]
    var camera = SimulatedUSBCamera(USBCameraSettings())
    var (answered, refused) = (0, 0)
    for (index, sample) in samples.enumerated() {
      for damaged in mutations(of: Data(sample), count: 400, seed: UInt64(index)) {
        let (ours, theirs) = try VirtualPort.pair()
        _ = try VirtualPort.send([UInt8](damaged), to: theirs)
        close(theirs)
        do {
          while let request = try VirtualPort.readRequest(from: ours) {
            answered += try camera.receive(request, at: Self.at(0)).isEmpty ? 0 : 1
          }
        } catch is Complaint { refused += 1 }
        close(ours)
      }
    }
    #expect(answered > 200)
    #expect(refused > 100)
  }
}
