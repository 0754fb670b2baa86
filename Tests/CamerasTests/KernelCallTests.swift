import Cameras
import Foundation
import TestSupport
import Testing

extension KernelCameraTests {
  /// Single system calls fail while the reader runs on a real driver, as strace lets them.
  @Suite("Calls that fail", .serialized)
  struct CallTests {
    /// One call that is to fail.
    struct Fault: Sendable {
      /// The call as the kernel's documentation names it.
      let name: String
      /// `ioctl`, `mmap`, `ppoll` or `openat`.
      let call: String
      /// Which of all calls of that kind.
      let number: Int
      let error: String
    }

    private static let errors = ["EIO", "ENODEV", "ENOSPC", "ENOMEM", "EINTR", "EAGAIN"]
    /// What a person must read somewhere when the call is one that cannot be done without.
    private static let words = [
      "EIO": "Input/output error", "ENODEV": "the camera is gone", "ENOSPC": "has no room left",
      "ENOMEM": "not enough memory", "EAGAIN": "Resource temporarily unavailable",
    ]
    private static let needed: Set = [
      "VIDIOC_QUERYCAP", "VIDIOC_G_FMT", "VIDIOC_S_FMT", "VIDIOC_REQBUFS", "VIDIOC_QUERYBUF",
      "VIDIOC_QBUF", "VIDIOC_STREAMON", "mmap",
    ]

    private static var program: String {
      URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "miraged").path
    }

    /// Watches the camera for some seconds under strace.
    private func watch(_ strace: [String], seconds: Double = 3) throws -> ProgramResult {
      try run(
        "/usr/bin/strace",
        ["-f", "-qq", "-P", "/dev/video0"] + strace + [
          Self.program, "cameras", "watch", "/dev/video0", "--lock", "--json", "--format", "MJPG",
          "--width", "640", "--height", "480", "--seconds", "\(seconds)",
        ])
    }

    /// The calls of a run without faults, in their order, of the thread that reads the camera.
    private func calls() throws -> [(name: String, call: String)] {
      let file = FileManager.default.temporaryDirectory.appending(path: "calls")
      let result = try watch(
        ["-o", file.path, "-e", "trace=openat,ioctl,mmap,poll,ppoll"])
      #expect(result.status == 0, "\(result.error)")
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      var threads: [Substring: [(String, String)]] = [:]
      for line in lines {
        let words = line.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let end = words[1].firstIndex(of: "(") else { continue }
        // Numbers of processes are padded.
        let call = words[1][..<end].trimmingCharacters(in: .whitespaces)
        let name = words[1].split(whereSeparator: { ",( ".contains($0) }).first {
          $0.hasPrefix("VIDIOC_")
        }
        threads[words[0], default: []].append((name.map(String.init) ?? call, call))
      }
      let own = try #require(threads.values.max { $0.count < $1.count })
      return own.map { (name: $0.0, call: $0.1) }
    }

    /// The first, the second and a later call of each kind, each with errors in turn; with all of
    /// them in the long form.
    private func faults() throws -> [Fault] {
      let calls = try calls()
      var (counts, places): ([String: Int], [String: [Int]]) = ([:], [:])
      var kinds: [String: String] = [:]
      for (name, call) in calls {
        counts[call, default: 0] += 1
        places[name, default: []].append(counts[call, default: 0])
        kinds[name] = call
      }
      #expect(places.count >= 20, "\(places.keys.sorted())")
      var faults: [Fault] = []
      for (turn, name) in places.keys.sorted().enumerated() {
        let (all, call) = (places[name, default: []], kinds[name, default: ""])
        let chosen = [0, 1, 6].filter { all.indices.contains($0) }
        for (place, index) in chosen.enumerated() {
          let errors =
            Guest.isLong
            ? Self.errors
            : place == turn % chosen.count ? [Self.errors[(turn + place) % Self.errors.count]] : []
          faults += errors.map {
            Fault(name: name, call: call, number: all[index], error: $0)
          }
        }
      }
      let first = { (name: String) in places[name]?.first ?? 0 }
      // Those that the rotation may leave out and a plant meets.
      let known = [
        ("VIDIOC_STREAMON", "ENOSPC"), ("VIDIOC_DQBUF", "EIO"), ("VIDIOC_QBUF", "ENODEV"),
      ]
      faults += known.map {
        Fault(name: $0.0, call: "ioctl", number: first($0.0), error: $0.1)
      }
      let second = try #require(places["mmap"]?.dropFirst().first)
      return faults + [Fault(name: "mmap", call: "mmap", number: second, error: "ENOMEM")]
    }

    @Test("once, anywhere, cost neither the reader nor what it holds", .timeLimit(.minutes(60)))
    func once() throws {
      let usb = try USBCamera()
      let faults = try faults()
      let plain = try end(of: watch([]))
      for fault in faults {
        let started = ContinuousClock.now
        let result = try watch([
          "-o", "/dev/null", "-e", "trace=\(fault.call)",
          "-e", "inject=\(fault.call):error=\(fault.error):when=\(fault.number)",
        ])
        let label = "\(fault.name), call \(fault.number) of \(fault.call): \(fault.error)"
        // Three seconds of watching, and no more than five on top.
        #expect(started.duration(to: .now).seconds < 8, "\(label)")
        #expect(result.status == 0, "\(label): status \(result.status)\n\(result.error)")
        let last = try end(of: result)
        #expect(last.frames > 2, "\(label): \(last.frames) frames\n\(result.output)")
        #expect(last.files <= plain.files, "\(label): \(last.files) files, \(plain.files) usually")
        if Self.needed.contains(fault.name), let words = Self.words[fault.error] {
          #expect(result.output.contains(words), "\(label) is not told:\n\(result.output)")
        }
      }
      say("\(faults.count) calls failed, \(Set(faults.map(\.name)).count) kinds")
      try usb.remove()
    }

    @Test(
      "for good, end with the reason and what to do", .timeLimit(.minutes(1)),
      arguments: [
        ("VIDIOC_STREAMON", "ENOSPC", "the USB bus has no room left for this stream", "controller"),
        ("mmap", "ENOMEM", "not enough memory for the camera's buffers (at mmap)", "smaller size"),
        ("VIDIOC_REQBUFS", "EIO", "REQBUFS failed: Input/output error (5)", "plug it in again"),
      ])
    func forGood(name: String, error: String, problem: String, remedy: String) throws {
      let usb = try USBCamera()
      let calls = try calls()
      let call = name == "mmap" ? "mmap" : "ioctl"
      let number =
        try #require(
          calls.filter { $0.call == call }.firstIndex { $0.name == name }) + 1
      let started = ContinuousClock.now
      let result = try watch(
        [
          "-o", "/dev/null", "-e", "trace=\(call)", "-e",
          "inject=\(call):error=\(error):when=\(number)+",
        ],
        seconds: 20)
      #expect(started.duration(to: .now).seconds < 6.5)
      #expect(result.status == 1)
      #expect((result.output + result.error).contains(problem), "\(result.output)\(result.error)")
      #expect(result.error.contains("  help: "))
      if call == "mmap" { #expect(result.error.contains(remedy)) }
      try usb.remove()
    }

    /// Frames shown and files open, as the last line of a watch tells.
    private func end(of result: ProgramResult) throws -> (frames: Int, files: Int) {
      func number(_ key: String, in line: Substring) throws -> Int {
        let place = try #require(line.range(of: "\"\(key)\":"), "no \(key) in \(line)")
        return try #require(Int(line[place.upperBound...].prefix { $0.isNumber }))
      }
      let line = try #require(
        result.output.split(separator: "\n").last { $0.contains(#""kind":"end""#) },
        "\(result.output)\(result.error)")
      return (try number("delivered", in: line), try number("openFiles", in: line))
    }

    /// On the console of the guest.
    private func say(_ text: String) {
      FileHandle.standardError.write(Data("calls: \(text)\n".utf8))
    }
  }
}
