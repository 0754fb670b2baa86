#if GigEVision
  import Diagnostics
  import Foundation
  import Hyperspectral
  import TestSupport
  import Testing
  import Units

  @testable import LineScan

  @Suite("GigE Vision line scan", .serialized, .timeLimit(.minutes(20)))
  struct GigEVisionTests {
    private var quick: GigEVisionSettings {
      var settings = GigEVisionSettings()
      settings.packetSize = 9000
      settings.queueCapacity = 10_000
      settings.patience = .seconds(5)
      return settings
    }

    private func open(_ settings: GigEVisionSettings) throws -> GigEVisionLines {
      try GigEVisionLines(SimulatedFX10.address, settings: settings)
    }

    private func take(_ count: Int, from source: inout GigEVisionLines) throws -> [ScanLine] {
      var lines: [ScanLine] = []
      while lines.count < count, let line = try source.nextLine() { lines.append(line) }
      return lines
    }

    @Test(
      "every count of every pixel format arrives as it was sent",
      arguments: [
        SimulatedFX10.Pixels.mono8, .mono12, .mono12p, .mono12Packed, .mono16,
      ])
    func formats(pixels: SimulatedFX10.Pixels) throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(pixels: pixels, in: folder)
        var source = try open(quick)
        #expect(source.format.camera == "Specim FX10")
        #expect(source.format.samples == 256 && source.format.bands == 32)
        #expect(source.format.packing == pixels.packing)
        #expect(source.format.fullScale == pixels.fullScale)
        let rate = try #require(source.format.linesPerSecond)
        expectClose(rate, 200, absolute: 0.1)
        let lines = try take(40, from: &source)
        camera.check(lines)
        source.stop()
        try LineSourceConformance.check(source.afterFirst, exposed: nil)
      }
    }

    @Test(
      "an FX10's lines at a third of its rate and at all of it, through packet and plain socket",
      arguments: [100, 330], [true, false])
    func fullRate(rate: Double, usesPacketSocket: Bool) throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(samples: 1024, bands: 224, rate: rate, in: folder)
        var settings = quick
        settings.usesPacketSocket = usesPacketSocket
        var source = try open(settings)
        let start = ContinuousClock.now
        // The camera's frame numbers begin just below their wrap.
        let lines = try take(400, from: &source)
        let seconds = start.duration(to: .now).seconds
        // Busy computers lose some; `check` sees that each loss is told exactly.
        camera.check(lines)
        let lost = source.account.lost
        // A busy computer sends late and loses some; where it is asked for, few.
        let isLong = ProcessInfo.processInfo.environment["MIRAGE_FORM"] == "long"
        #expect(!isLong || lost * 100 <= 400 + lost, "\(lost) of \(400 + lost) lines")
        print(
          String(
            format:
              "GigE Vision, 1024 × 224 Mono12 at %.0f lines/s, %@: %.0f lines/s, %d lost of %d",
            rate, usesPacketSocket ? "packet socket" : "plain socket", Double(400 + lost) / seconds,
            lost,
            400 + lost))
      }
    }

    // One packet of a thousand is one frame of a hundred: it may be that none is lost.
    @Test(
      "frames that lack packets are never used, counted, and gaps in the recording",
      arguments: [(0.001, 0), (0.005, 1), (0.02, 6)])
    func lostPackets(share: Double, least: Int) throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(in: folder)
        camera.losePackets(share: share)
        var settings = quick
        settings.packetSize = 1500
        var source = try open(settings)
        let recording = try LineRecording(
          in: folder.appending(path: "r"), format: source.format)
        let lines = try take(200, from: &source)
        for line in lines { try recording.append(line) }
        camera.check(lines)
        let gaps = lines.dropFirst().reduce(0) { $0 + $1.lostBefore }
        #expect(gaps >= least)
        #expect(source.account.damaged + source.account.missing >= gaps)
        #expect(source.account.damaged > 0 || least == 0)
        let summary = try recording.finish()
        #expect(summary.missing == gaps)
        #expect(summary.lines == 200 + gaps)
        let header = try ENVIFile.open(folder.appending(path: "r/cube.hdr")).header
        #expect(header["missing line count"] == "\(gaps)")
      }
    }

    @Test("a slow reader loses lines that are counted, none in the network's buffers")
    func overflow() throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(in: folder)
        var settings = quick
        settings.queueCapacity = 5
        var source = try open(settings)
        while source.account.overflowed < 20 { Thread.sleep(forTimeInterval: 0.01) }
        let lines = try take(30, from: &source)
        camera.check(lines)
        #expect(lines.contains { $0.lostBefore >= 20 })
      }
    }

    @Test("a line is taken for each trigger, neither more nor less")
    func triggers() throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(in: folder)
        var settings = quick
        settings.features = ["TriggerMode=On", "TriggerSource=Software"]
        settings.stillAfter = .milliseconds(200)
        var source = try open(settings)
        var lines: [ScanLine] = []
        for _ in 0..<8 {
          source.trigger()
          lines.append(try #require(try source.nextLine(within: .seconds(3))))
        }
        camera.check(lines)
        #expect(lines.map(\.sequence) == Array(0..<8))
        // Without a trigger the camera is still there, and waits.
        var states: [LineSourceState] = []
        while states.isEmpty {
          if case .state(let state) = try source.next(within: .seconds(3)), state != .running {
            states.append(state)
          }
        }
        #expect(states == [.waiting(reason: "no line for 0.2 s, the belt may stand")])
        #expect(source.account.exposed == 8)
      }
    }

    @Test("a belt that slows down and stands is told, and nothing is lost")
    func beltStands() throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(in: folder)
        var settings = quick
        settings.stillAfter = .milliseconds(300)
        var source = try open(settings)
        var lines = try take(10, from: &source)
        camera.setRate(1)
        var isTold = false
        while !isTold {
          switch try source.next(within: .seconds(5)) {
          case .line(let line): lines.append(line)
          case .state(.waiting): isTold = true
          default: continue
          }
        }
        camera.setRate(200)
        lines += try take(10, from: &source)
        camera.check(lines)
      }
    }

    @Test("a free-running camera that sends nothing after its start is opened anew")
    func silentStart() throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(tellsTrigger: false, in: folder)
        // It waits for a trigger, of which it does not tell.
        camera.set(0x304, 1)
        camera.set(0x300, 1)
        var settings = quick
        settings.stillAfter = .milliseconds(200)
        settings.firstPause = .milliseconds(50)
        var source = try open(settings)
        var reason = ""
        while reason.isEmpty {
          if case .state(.disconnected(let why, _)) = try source.next(within: .seconds(5)) {
            reason = why
          }
        }
        #expect(reason == "no line for 0.2 s after the start")
        camera.set(0x300, 0)
        camera.check(try take(5, from: &source))
      }
    }

    @Test("a camera that is switched off and on again goes on, with an estimated gap")
    func restarted() throws {
      try withTemporaryFolder { folder in
        var camera: SimulatedFX10? = try SimulatedFX10(rate: 100, in: folder)
        var source = try open(quick)
        _ = try take(20, from: &source)
        camera = nil
        var reason = ""
        while reason.isEmpty {
          if case .state(.disconnected(let why, _)) = try source.next(within: .seconds(10)) {
            reason = why
          }
        }
        #expect(reason == "the camera does not answer any more")
        camera = try SimulatedFX10(rate: 100, in: folder)
        let back = ContinuousClock.now
        var later: [ScanLine] = []
        while later.count < 10 {
          if case .line(let line) = try source.next(within: .seconds(10)) { later.append(line) }
        }
        #expect(back.duration(to: .now) < .seconds(10))
        // Lines that were under way when the camera went come first.
        let first = try #require(later.first { $0.isLossEstimated })
        #expect(first.lostBefore > 20)
        #expect(source.account.estimated > 20)
        camera?.check(later.filter { $0.sequence >= first.sequence })
        source.stop()
      }
    }

    @Test("a camera that another program holds is waited for, then told")
    func held() throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(in: folder)
        var settings = quick
        var holder: GigEVisionLines? = try open(settings)
        settings.patience = .milliseconds(600)
        #expect(
          complaint { _ = try open(settings) } == """
            gige:127.0.0.1: is held by another program, for 0.6 s now
              help: end that program; after a crash the camera frees itself within seconds
            """)
        holder?.stop()
        holder = nil
        settings.patience = .seconds(10)
        var source = try open(settings)
        camera.check(try take(5, from: &source))
      }
    }

    @Test("a camera that a killed program held is taken when its heartbeat has ended")
    func heldByKilled() throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(in: folder)
        try camera.takeControlAndVanish()
        let start = ContinuousClock.now
        var settings = quick
        settings.patience = .seconds(15)
        var source = try open(settings)
        let waited = start.duration(to: .now)
        // The camera waits three seconds for a sign of life before it takes another master.
        #expect(waited > .seconds(1) && waited < .seconds(10), "\(waited)")
        camera.check(try take(5, from: &source))
      }
    }

    @Test("a camera whose program stands still and goes on is taken again, with an estimated gap")
    func frozen() throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(rate: 100, in: folder)
        var source = try open(quick)
        camera.check(try take(20, from: &source))
        camera.freeze()
        var reason = ""
        while reason.isEmpty {
          if case .state(.disconnected(let why, _)) = try source.next(within: .seconds(10)) {
            reason = why
          }
        }
        #expect(reason == "the camera does not answer any more")
        camera.thaw()
        let back = ContinuousClock.now
        var later: [ScanLine] = []
        while later.count < 10 {
          if case .line(let line) = try source.next(within: .seconds(10)) { later.append(line) }
        }
        #expect(back.duration(to: .now) < .seconds(10))
        let first = try #require(later.first { $0.isLossEstimated })
        #expect(first.lostBefore > 20)
        camera.check(later.filter { $0.sequence >= first.sequence })
        source.stop()
      }
    }

    @Test("a camera that was left running is stopped before it is set up")
    func leftRunning() throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(in: folder)
        camera.set(0x124, 1)
        var settings = quick
        settings.features = ["Width=128", "SpectralBinning=2", "AcquisitionFrameRate=150"]
        var source = try open(settings)
        #expect(source.format.samples == 128)
        expectClose(try #require(source.format.linesPerSecond), 150, absolute: 0.1)
        #expect(try take(5, from: &source).allSatisfy { $0.counts.count == 128 * 32 })
      }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
      var features: [String] = []
      var packetSize = 9000
      var wavelengths: [Wavelength]?
      let message: String
      var testDescription: String { message }
    }

    static let refusals = [
      Refusal(features: ["Width=257"], message: "does not take 'Width=257': "),
      Refusal(features: ["NoSuchFeature=1"], message: "does not take 'NoSuchFeature=1': "),
      Refusal(features: ["PixelFormat=RGB8"], message: "sends 'RGB8', one of Mono10, Mono12, "),
      Refusal(packetSize: 1_000_000, message: "packets of "),
      Refusal(
        wavelengths: [Wavelength(nanometers: 500)],
        message: "has 32 bands, 1 wavelengths were given"),
    ]

    @Test("a setting that the camera cannot take is refused with the reason", arguments: refusals)
    func refused(refusal: Refusal) throws {
      try withTemporaryFolder { folder in
        let camera = try SimulatedFX10(in: folder)
        var settings = quick
        settings.features = refusal.features
        settings.packetSize = refusal.packetSize
        settings.wavelengths = refusal.wavelengths
        let message = complaint { _ = try open(settings) }
        #expect(message.hasPrefix("gige:127.0.0.1: "), "\(message)")
        #expect(message.contains(refusal.message), "\(message)")
        _ = camera.samples
      }
    }

    @Test("where no camera is, that is what is said")
    func nobody() {
      let message = complaint { _ = try open(quick) }
      #expect(message.hasPrefix("gige:127.0.0.1: cannot be opened: "), "\(message)")
      #expect(message.hasSuffix("help: check address, cable and power"))
    }

    @Test("frame numbers of 16 bits go on over their wrap, which passes over 0")
    func wrap() {
      var counter = FrameCounter()
      let frames: [UInt64] = [65_533, 65_534, 65_535, 1, 2, 5, 4, 30_000, 60_000, 3]
      let first: UInt64 = 65_533
      #expect(
        frames.map { counter.number(of: $0) &- first }
          == [0, 1, 2, 3, 4, 7, 6, 30_002, 60_002, 65_540])
      var wide = FrameCounter()
      #expect(
        [65_535, 65_536, 200_000, 1 << 40].map { wide.number(of: $0) }
          == [65_535, 65_536, 200_000, 1 << 40])
    }
  }
#endif
