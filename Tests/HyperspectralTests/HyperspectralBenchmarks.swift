import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

/// A cube of 640 samples × 224 bands as a line-scan camera writes it, and one four times as long.
///
/// The files lie in `.build/benchmarks` while they are measured, in the system's memory, and are
/// deleted. All is done by one thread, and timed by what it takes of a processor.
@Suite("Hyperspectral benchmarks", .tags(.benchmark), .serialized)
struct HyperspectralBenchmarks {
  /// A recording and its references.
  final class Recording {
    let folder: URL
    let lines: Int
    let samples: Int
    let bands: Int

    /// Writes lines of made-up counts; the same some lines over and over.
    init(lines: Int) throws {
      self.lines = lines
      (samples, bands) = Benchmark.isFull ? (640, 224) : (24, 18)
      folder = packageRoot.appending(path: ".build/benchmarks/cube-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      var random = SplitMix64(seed: 7)
      let count = samples * bands
      let lamp = (0..<count).map { _ in Float(random.nextUniform(1500, 3500).rounded()) }
      let block = (0..<20).map { _ in
        ScalarType.uint16.encode((0..<count).map { _ in Float(random.nextIndex(below: 3600)) })
      }
      try write("counts", lines: lines) { block[$0 % block.count] }
      let dark = ScalarType.uint16.encode([Float](repeating: 100, count: count))
      try write("dark", lines: 10) { _ in dark }
      let white = ScalarType.uint16.encode(lamp.map { $0 + 100 })
      try write("white", lines: 10) { _ in white }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }  // Nothing reads it any more.

    private func write(_ name: String, lines: Int, _ line: (Int) -> [UInt8]) throws {
      let numbers = file("\(name).raw")
      try Data().write(to: numbers)
      let handle = try FileHandle(forWritingTo: numbers)
      for number in 0..<lines { try handle.write(contentsOf: line(number)) }
      try handle.close()
      let axis = (0..<bands).map { "\(400 + 2.7 * Double($0))" }.joined(separator: ", ")
      try Data(
        """
        ENVI
        samples = \(samples)
        lines = \(lines)
        bands = \(bands)
        header offset = 0
        data type = 12
        interleave = bil
        byte order = 0
        wavelength units = nm
        wavelength = {\(axis)}

        """.utf8
      ).write(to: file("\(name).hdr"))
    }

    func file(_ name: String) -> URL { folder.appending(path: name) }
    func reader(_ name: String) throws -> any CubeReader { try CubeFile.open(file("\(name).hdr")) }
    var bytes: Double { Double(lines * samples * bands * 2) }

    func calibration(_ recipe: ReflectanceRecipe = ReflectanceRecipe()) throws
      -> ReflectanceCalibration
    {
      try ReflectanceCalibration(dark: reader("dark"), white: reader("white"), recipe: recipe)
    }

    /// Opens the cube and corrects it line by line; the sum of some values cannot be left out.
    @discardableResult
    func stream(_ calibration: ReflectanceCalibration) throws -> Float {
      var sum: Float = 0
      let report = try ReflectanceCorrector.stream(reader("counts"), calibration) { line, spectra in
        sum += spectra[line % spectra.count]
      }
      #expect(report.lines == lines && sum.isFinite)
      return sum
    }
  }

  /// The most memory the process held since it was asked last, in MB.
  static func peak(during work: () throws -> Void) throws -> Double {
    // 5 forgets the largest size so far.
    try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
    try work()
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    let kilobytes = try #require(Double(line.split(whereSeparator: \.isWhitespace)[1]))
    return kilobytes / 1000
  }

  @Test("hyperspectral lines into reflectance, beside cat and a copy of memory")
  func reading() throws {
    let recording = try Recording(lines: Benchmark.isFull ? 2000 : 5)
    let calibration = try recording.calibration()
    let count = Int(recording.bytes)
    let first = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
    let second = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
    defer {
      first.deallocate()
      second.deallocate()
    }
    memset(first, 1, count)
    memset(second, 1, count)
    try Benchmark("reading BIL counts into reflectance, 2000 lines", unit: "bytes").race(
      work: recording.bytes, against: "cat into memory, then memcpy", target: 0.8, turns: 9,
      tries: 1, by: .processor, ours: { _ in try recording.stream(calibration) },
      peer: { _ in
        let start = Benchmark.Timing.processor.now + Benchmark.processorTimeOfPrograms
        try Self.cat(recording.file("counts.raw"), into: first, count: count)
        memcpy(second, first, count)
        return Benchmark.Timing.processor.now + Benchmark.processorTimeOfPrograms - start
      })
    #expect(!Benchmark.isFull || second.load(as: UInt8.self) == first.load(as: UInt8.self))
    // A fifth of a core is five times the camera's rate.
    try Benchmark("lines of a camera on one core", unit: "lines").race(
      work: Double(recording.lines), against: "line-scan camera, 640 × 224, 670 lines/s", target: 5,
      turns: 9, tries: 1, by: .processor, ours: { _ in try recording.stream(calibration) },
      peer: { _ in .seconds(Double(recording.lines) / 670) })
  }

  /// Reads what `cat` writes.
  static func cat(_ file: URL, into memory: UnsafeMutableRawPointer, count: Int) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/cat")
    process.arguments = [file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    try? pipe.fileHandleForWriting.close()  // The program has its own.
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    var done = 0
    while done < count {
      let more = read(descriptor, memory + done, count - done)
      guard more > 0 else { break }
      done += more
    }
    process.waitUntilExit()
    #expect(done == count)
  }

  @Test("hyperspectral cubes of four times the size, in the same memory")
  func size() throws {
    let short = try Recording(lines: Benchmark.isFull ? 2000 : 4)
    let long = try Recording(lines: Benchmark.isFull ? 8000 : 16)
    let calibration = try short.calibration()
    try Benchmark("four times the lines, 8000", unit: "bytes").race(
      work: long.bytes, against: "2000 lines four times", target: 0.9, turns: 5, tries: 1,
      by: .processor, ours: { _ in try long.stream(calibration) },
      peer: { _ in
        let start = Benchmark.Timing.processor.now
        for _ in 0..<4 { try short.stream(calibration) }
        return Benchmark.Timing.processor.now - start
      })
    let small = try Self.peak { try short.stream(calibration) }
    let large = try Self.peak { try long.stream(calibration) }
    guard Benchmark.isFull else { return }
    Benchmark("peak memory of 8000 lines", unit: "MB").compare(
      large, with: "2000 lines", small, tolerance: 0.02)
  }

  @Test("hyperspectral pretreatment beside Spectral Python and NumPy")
  func pretreatment() throws {
    let recording = try Recording(lines: Benchmark.isFull ? 2000 : 20)
    var recipe = ReflectanceRecipe()
    let kept = recording.bands / 2
    recipe.bands.numbers = Array(0..<kept)
    recipe.pretreatment.steps = [.standardNormalVariate]
    let calibration = try recording.calibration(recipe)
    guard Benchmark.isFull else {
      try recording.stream(calibration)
      return
    }
    let out = recording.file("out.f4")
    let files = ["counts.hdr", "dark.hdr", "white.hdr"].map { recording.file($0).path }
    for (kind, name, turns) in [
      ("reflectance", "Spectral Python + NumPy", 3),
      ("blocks", "the same by hand, in blocks that fit into the cache", 7),
    ] {
      let peer = try AnsweringProgram(
        packageRoot.appending(path: "Tools/time-spectral").path,
        [kind] + files + ["\(kept)", out.path])
      #expect(peer.answer() == "ready")
      let wanted = ScalarType.float32.decoded(try Data(contentsOf: out))
      var found: [Float] = []
      _ = try ReflectanceCorrector.stream(recording.reader("counts"), calibration) {
        line, spectra in
        if line < 20 { for place in spectra.indices { found.append(spectra[place]) } }
      }
      expectClose(found, wanted, absolute: 1e-3, relative: 1e-3)
      try Benchmark("reflectance, 112 bands and SNV of 2000 lines", unit: "bytes").race(
        work: recording.bytes, against: name, target: 5, turns: turns, tries: 1,
        by: .processor, ours: { _ in try recording.stream(calibration) },
        peer: { _ in .seconds(try #require(Double(peer.ask() ?? ""))) })
    }
  }

  @Test("hyperspectral interleaves beside NumPy")
  func interleave() throws {
    let recording = try Recording(lines: Benchmark.isFull ? 2000 : 20)
    let reader = try recording.reader("counts")
    var lines: [UInt8] = []
    try reader.readStored(lines: 0..<recording.lines, into: &lines)
    var turned = [UInt8](repeating: 1, count: lines.count)
    func turn() {
      var target = turned.mutableSpan
      var bytes = target.mutableBytes
      transpose(
        lines.span.bytes, matrices: recording.lines, rows: recording.bands,
        columns: recording.samples, width: 2, into: &bytes)
    }
    guard Benchmark.isFull else {
      turn()
      return
    }
    let out = recording.file("out.u2")
    let peer = try AnsweringProgram(
      packageRoot.appending(path: "Tools/time-spectral").path,
      ["interleave", recording.file("counts.hdr").path, out.path])
    #expect(peer.answer() == "ready")
    turn()
    #expect(try Data(contentsOf: out) == Data(turned.prefix(20 * lines.count / recording.lines)))
    try Benchmark("BIL to BIP in memory, 2000 lines", unit: "bytes").race(
      work: recording.bytes, against: "numpy.copyto", target: 3, turns: 7, tries: 1,
      by: .processor, ours: { _ in turn() },
      peer: { _ in .seconds(try #require(Double(peer.ask() ?? ""))) })
  }
}
