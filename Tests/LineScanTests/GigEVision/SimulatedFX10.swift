#if GigEVision
  import CAravis
  import Foundation
  import LineScan
  import TestSupport
  import Testing

  /// A GigE Vision line scan camera in this process: real packets over the loopback interface, and
  /// every count known.
  final class SimulatedFX10 {
    /// What the camera sends.
    struct Pixels: Sendable {
      let name: String
      let code: UInt32
      let packing: CountPacking
      let fullScale: UInt16

      static let mono8 = Pixels(name: "Mono8", code: 0x0108_0001, packing: .uint8, fullScale: 0xff)
      static let mono12 = Pixels(
        name: "Mono12", code: 0x0110_0005, packing: .uint16, fullScale: 0xfff)
      static let mono12p = Pixels(
        name: "Mono12p", code: 0x010c_0047, packing: .mono12p, fullScale: 0xfff)
      static let mono12Packed = Pixels(
        name: "Mono12Packed", code: 0x010c_0006, packing: .mono12Packed, fullScale: 0xfff)
      static let mono16 = Pixels(
        name: "Mono16", code: 0x0110_0007, packing: .uint16, fullScale: 0xffff)
    }

    /// What the camera's thread fills frames from.
    struct Fill {
      var number: UInt32 = 0
      let camera: OpaquePointer?
      let table: UnsafeMutablePointer<UInt8>
      let tableSize: Int
      /// Bytes by which each frame's picture is further into the table than the one before.
      let step: Int
      /// Held by who stops the camera.
      let running = NSLock()
    }

    static let address = "127.0.0.1"

    let samples: Int
    let bands: Int
    let pixels: Pixels
    /// Counts of the longest picture, of which each frame shows a part.
    private let counts: [UInt16]
    private let fill: UnsafeMutablePointer<Fill>
    private let camera: OpaquePointer

    init(
      samples: Int = 256, bands: Int = 32, pixels: Pixels = .mono12, rate: Double = 200,
      tellsTrigger: Bool = true, in folder: URL
    ) throws {
      let description = folder.appending(path: "camera.xml")
      let xml =
        tellsTrigger
        ? CameraDescription.xml
        : CameraDescription.xml.replacing("TriggerMode", with: "HiddenMode")
      try Data(xml.utf8).write(to: description)
      self.samples = samples
      self.bands = bands
      self.pixels = pixels
      self.rate = rate
      counts = (0..<(samples * bands + 128)).map {
        UInt16(truncatingIfNeeded: ($0 &* 2654) >> 3) & (pixels.fullScale > 4095 ? 0xffff : 0xff)
      }
      let bytes = pixels.packing.packed(counts)
      let table = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
      table.initialize(from: bytes, count: bytes.count)
      let made = arv_gv_fake_camera_new_full(Self.address, "FX10-1", description.path)
      camera = try #require(made)
      fill = .allocate(capacity: 1)
      fill.initialize(
        to: Fill(
          camera: arv_gv_fake_camera_get_fake_camera(camera), table: table,
          tableSize: bytes.count, step: pixels.packing.byteCount(of: 2)))
      #expect(arv_gv_fake_camera_is_running(camera) != 0, "another camera listens on this computer")
      write("Specim", at: 0x48)
      write("FX10", at: 0x68)
      for (register, value) in [
        (0x11c, samples), (0x118, bands), (0x100, samples), (0x104, bands),
        (0x128, Int(pixels.code)),
      ] { set(UInt32(register), UInt32(value)) }
      setRate(rate)
      arv_fake_camera_set_fill_pattern(inner, Self.fillFrame, fill)
    }

    deinit {
      // Ends the camera's thread first, which uses the memory.
      g_object_unref(UnsafeMutableRawPointer(camera))
      fill.pointee.table.deallocate()
      fill.deinitialize(count: 1)
      fill.deallocate()
    }

    private(set) var rate: Double
    private var inner: OpaquePointer? { arv_gv_fake_camera_get_fake_camera(camera) }

    func set(_ register: UInt32, _ value: UInt32) {
      arv_fake_camera_write_register(inner, register, value)
    }

    /// Varies the rate of lines, as an encoder does with the belt's speed.
    func setRate(_ rate: Double) {
      self.rate = rate
      set(0x138, UInt32(1e6 / rate))
    }

    /// Stops the camera's thread at its next frame, as a stopped process: it neither sends nor
    /// answers, and its sockets stay.
    func freeze() { fill.pointee.running.lock() }

    func thaw() { fill.pointee.running.unlock() }

    func losePackets(share: Double) { mirage_lose_packets(camera, share) }

    /// Takes control of the camera as a program does that is killed at once: nobody gives control
    /// back, and no sign of life follows.
    func takeControlAndVanish() throws {
      let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
      defer { close(descriptor) }
      var target = sockaddr_in()
      target.sin_family = sa_family_t(AF_INET)
      target.sin_port = UInt16(3956).bigEndian
      target.sin_addr.s_addr = inet_addr(Self.address)
      // GigE Vision 1.0, WRITEREG_CMD: key and flags (an answer is wanted), command, length and
      // request; then the register that holds who controls the camera, and exclusive control.
      let words: [UInt16] = [0x4201, 0x0082, 8, 1, 0, 0x0a00, 0, 2]
      let request = words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
      let sent = withUnsafeBytes(of: &target) {
        sendto(
          descriptor, request, request.count, 0,
          $0.baseAddress?.assumingMemoryBound(to: sockaddr.self),
          socklen_t($0.count))
      }
      #expect(sent == request.count)
      var answer = [UInt8](repeating: 0, count: 64)
      let count = recv(descriptor, &answer, answer.count, 0)
      // WRITEREG_ACK with the status 0.
      #expect(count >= 8 && answer[0...3] == [0, 0, 0, 0x83], "\(answer.prefix(max(0, count)))")
    }

    private func write(_ text: String, at address: UInt32) {
      let bytes = Array(text.utf8) + [0]
      arv_fake_camera_write_memory(inner, address, UInt32(bytes.count), bytes)
    }

    /// Lays the frame's own number into its first two counts, and a part of the table behind them.
    private static let fillFrame: ArvFakeCameraFillPattern = { buffer, data, _, _, _ in
      guard let fill = data?.assumingMemoryBound(to: Fill.self),
        let bytes = arv_buffer_get_data(buffer, nil)
      else { return }
      fill.pointee.running.lock()
      fill.pointee.running.unlock()
      let size = arv_fake_camera_get_payload(fill.pointee.camera)
      let number = fill.pointee.number
      fill.pointee.number += 1
      let start = Int(number % 64) * fill.pointee.step
      let target = UnsafeMutableRawPointer(mutating: bytes)
      memcpy(target, fill.pointee.table + start, min(size, fill.pointee.tableSize - start))
      let front: [UInt8] =
        fill.pointee.step == 4
        ? [
          UInt8(number & 0xff), UInt8(number >> 8 & 0xf), UInt8(number >> 12 & 0xff),
          UInt8(number >> 20 & 0xf),
        ] : [UInt8(number & 0xff), UInt8(number >> 8 & 0xff), UInt8(number >> 16 & 0xff)]
      target.copyMemory(from: front, byteCount: min(front.count, fill.pointee.step))
    }

    /// The number that the camera gave to the line, if all its counts are those that it sent.
    func number(of line: ScanLine) -> Int? {
      let number: Int
      switch pixels.packing {
      case .uint8: number = Int(line.counts[0]) | Int(line.counts[1]) << 8
      case .uint16, .mono12p: number = Int(line.counts[0]) | Int(line.counts[1]) << 12
      case .mono12Packed:
        let bytes = pixels.packing.packed(Array(line.counts[..<2]))
        number = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
      }
      let start = 2 * (number % 64)
      let wanted = counts[(start + 2)..<(start + samples * bands)]
      return line.counts[2...].elementsEqual(wanted) ? number : nil
    }

    /// Checks that every line is exact, and that every gap between them is told to the line.
    func check(_ lines: [ScanLine], sourceLocation: SourceLocation = #_sourceLocation) {
      var before: (number: Int, line: ScanLine)?
      for line in lines {
        guard let number = number(of: line) else {
          Issue.record(
            "line \(line.sequence) has wrong counts: \(line.counts.prefix(8))",
            sourceLocation: sourceLocation)
          return
        }
        if let before {
          #expect(
            number - before.number == line.lostBefore + 1, "before line \(line.sequence)",
            sourceLocation: sourceLocation)
          #expect(line.sequence == before.line.sequence + line.lostBefore + 1)
          #expect(line.cameraNanoseconds ?? 0 > before.line.cameraNanoseconds ?? 0)
          #expect(line.arrivedAt >= before.line.arrivedAt)
        }
        before = (number, line)
      }
    }
  }
#endif
