#if GigEVision
  import CAravis
  import Diagnostics
  import Dispatch
  import Foundation
  import Synchronization
  import Units

  /// Lines of a GigE Vision camera: each frame is one line, its width across the belt, its height
  /// the bands.
  ///
  /// A thread of its own receives. A camera that is gone is opened anew, after pauses that double
  /// up to a limit; since it counts from the start then, the lines that passed meanwhile are
  /// reckoned from time.
  public struct GigEVisionLines: LineSource {
    public let name: String
    public let format: LineFormat
    private let owner: QueueOwner
    private let control: GigEVisionControl

    /// What became of the lines so far.
    public var account: LineAccount { owner.queue.account }

    /// Opens the camera at `address`, such as `192.168.1.20`.
    public init(_ address: String, settings: GigEVisionSettings = GigEVisionSettings()) throws {
      let control = GigEVisionControl(
        address: address, settings: settings, queue: LineQueue(capacity: settings.queueCapacity))
      GigEVisionControl.startThread(control, after: nil)
      format = try control.awaitFormat()
      name = "gige:\(address)"
      owner = QueueOwner(control.queue)
      self.control = control
    }

    /// As `LineSource` says.
    public mutating func next(within patience: Duration) throws -> LineEvent? {
      try owner.queue.next(within: patience)
    }

    /// As `LineSource` says.
    public mutating func stop() { owner.queue.stop() }

    /// Makes the camera take one line, where its trigger is set to the software.
    public func trigger() { control.triggers.add(1, ordering: .relaxed) }
  }

  /// What the receiving threads of one source share; each lives as long as its connection.
  private final class GigEVisionControl: Sendable {
    /// What goes from one connection to the next.
    struct Passed: Sendable {
      var intake: LineIntake
      var pause: Duration
    }

    let address: String
    let settings: GigEVisionSettings
    let queue: LineQueue
    let triggers = Atomic<Int>(0)
    private let format = Mutex<Result<LineFormat, any Error>?>(nil)
    private let isOpen = DispatchSemaphore(value: 0)

    init(address: String, settings: GigEVisionSettings, queue: LineQueue) {
      self.address = address
      self.settings = settings
      self.queue = queue
    }

    /// Waits for the first connection.
    func awaitFormat() throws -> LineFormat {
      isOpen.wait()
      guard let result = format.withLock({ $0 }) else {
        throw Complaint("gige:\(address)", "was not opened")
      }
      return try result.get()
    }

    /// Receives on a new thread; `passed` is nil for the first connection.
    static func startThread(_ control: GigEVisionControl, after passed: Passed?) {
      let thread = Thread { control.run(passed) }
      thread.name = "lines"
      thread.start()
    }

    private func run(_ passed: Passed?) {
      // It empties what the network's thread fills.
      mirage_prefer_thread(nil, ARV_STREAM_CALLBACK_TYPE_INIT, nil)
      var passed =
        passed ?? Passed(intake: LineIntake(queue: queue), pause: settings.firstPause)
      while !queue.isStopped {
        let reason: String
        do {
          let camera = try GigEVisionCamera(address, settings: settings) { queue.isStopped }
          guard try accept(camera.format) else {
            return queue.fail(LineStreamError("gige:\(address)", .formatChanged))
          }
          passed.intake.connect(camera.format, stream: nil)
          reason = receive(camera, &passed)
          guard !queue.isStopped else { break }
          if !camera.isControlled {
            // Taking leave of a dead camera takes seconds: the next connection does not wait.
            passed.intake.disconnect(reason: reason, retryAfter: passed.pause)
            let next = passed
            return Self.startThread(self, after: next)
          }
        } catch {
          let isFirst = format.withLock { format in
            defer { if format == nil { format = .failure(error) } }
            return format == nil
          }
          if isFirst {
            isOpen.signal()
            return
          }
          reason = (error as? any Explained)?.problem ?? "\(error)"
        }
        passed.intake.disconnect(reason: reason, retryAfter: passed.pause)
        rest(&passed)
      }
      queue.close(reason: "stopped")
    }

    /// Takes the first format; whether a later one is the same.
    private func accept(_ found: LineFormat) throws -> Bool {
      let known = format.withLock { format in
        let known = format
        if known == nil { format = .success(found) }
        return known
      }
      guard let known else {
        isOpen.signal()
        return true
      }
      return try known.get().agrees(with: found)
    }

    private func rest(_ passed: inout Passed) {
      let end = ContinuousClock.now + passed.pause
      while !queue.isStopped, ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.02) }
      passed.pause = min(passed.pause * 2, settings.longestPause)
    }

    /// Receives until the camera is gone; gives the reason.
    private func receive(_ camera: GigEVisionCamera, _ passed: inout Passed) -> String {
      var lineAt = ContinuousClock.now
      var isFirst = true
      passed.intake.run()
      while !queue.isStopped {
        if triggers.load(ordering: .relaxed) > 0 {
          triggers.subtract(1, ordering: .relaxed)
          do { try camera.trigger() } catch { return error.problem }
        }
        switch camera.next(within: .milliseconds(10)) {
        case .line(let line):
          passed.intake.take(line)
          passed.pause = settings.firstPause
          lineAt = .now
          isFirst = false
        case .damaged:
          passed.intake.noteDamage()
          isFirst = false
        case .nothing:
          guard camera.isControlled else { return "the camera does not answer any more" }
          guard ContinuousClock.now - lineAt > settings.stillAfter else { continue }
          let silence = "no line for \(settings.stillAfter.seconds) s"
          if isFirst, !camera.isTriggered { return "\(silence) after the start" }
          passed.intake.wait(for: "\(silence), the belt may stand")
        }
      }
      return "stopped"
    }
  }
#endif
