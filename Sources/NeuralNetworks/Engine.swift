import COneDNN
import Diagnostics
import Foundation
import Synchronization

/// Networks on one dedicated thread: oneDNN, and our own kernels with their helpers.
///
/// oneDNN's OpenMP runtime keeps one pool of workers per calling thread, so all plans of an engine
/// run on the thread that made it or took it over; a call from another thread traps.
public final class Engine {
  /// How many threads compute.
  public let threads: Int
  private var thread: pthread_t
  let handle: dnnl_engine_t
  let stream: dnnl_stream_t
  /// Whose kernels the inference plans of this engine are made of.
  package var inferenceKernels = PlanKernels.fastest
  /// Whose kernels its training plans are made of.
  package var trainingKernels = PlanKernels.fastest
  private var helpers: Crew?

  /// An engine of the calling thread.
  public init(threads: Int) throws {
    precondition(threads > 0, "engine: \(threads) threads found, at least one wanted")
    self.threads = threads
    thread = pthread_self()
    omp_set_num_threads(Int32(threads))
    var engine: dnnl_engine_t?
    try EngineError.check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine")
    var stream: dnnl_stream_t?
    try EngineError.check(
      dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)), "stream")
    guard let engine, let stream else {
      throw EngineError(place: "engine", problem: "oneDNN gave no handle")
    }
    handle = engine
    self.stream = stream
  }

  deinit {
    dnnl_stream_destroy(stream)
    dnnl_engine_destroy(handle)
  }

  /// The threads that compute our own kernels.
  func crew() throws(EngineError) -> Crew {
    if let helpers { return helpers }
    let made = try Crew(threads: threads)
    helpers = made
    return made
  }

  /// Makes the engine and its plans the calling thread's; whose they were may not use them any
  /// more, nor at the same time.
  public func moveToThisThread() {
    let caller = pthread_self()
    guard pthread_equal(thread, caller) == 0 else { return }
    thread = caller
    omp_set_num_threads(Int32(threads))
  }

  func checkThread() {
    precondition(
      pthread_equal(thread, pthread_self()) != 0,
      "engine: called from another thread, its own thread wanted")
  }

  /// Runs `body` on a thread of its own, whose stack has 64 MiB, and waits without blocking.
  public static func onDedicatedThread<Result: Sendable>(
    threads: Int, _ body: @escaping @Sendable (Engine) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      start(threads: threads, body) { continuation.resume(with: $0) }
    }
  }

  /// Runs `body` on a thread of its own, whose stack has 64 MiB, and blocks until it ends.
  public static func onDedicatedThreadBlocking<Result: Sendable>(
    threads: Int, _ body: @escaping @Sendable (Engine) throws -> Result
  ) throws -> Result {
    let ended = DispatchSemaphore(value: 0)
    let outcome = Mutex<Swift.Result<Result, any Error>?>(nil)
    start(threads: threads, body) { result in
      outcome.withLock { $0 = result }
      ended.signal()
    }
    ended.wait()
    guard let result = outcome.withLock({ $0 }) else {
      preconditionFailure("engine: the thread ended without an outcome")
    }
    return try result.get()
  }

  private static func start<Result: Sendable>(
    threads: Int, _ body: @escaping @Sendable (Engine) throws -> Result,
    then finish: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
  ) {
    let thread = Thread {
      finish(Swift.Result { try body(Engine(threads: threads)) })
    }
    thread.name = "mirage.engine"
    thread.stackSize = 64 << 20
    thread.start()
  }
}

/// A call of oneDNN that failed, or a network that it cannot run.
public struct EngineError: Explained, Equatable {
  /// The layer or call at fault.
  public let place: String
  public let problem: String

  init(place: String, problem: String) {
    self.place = place
    self.problem = problem
  }

  static func check(_ status: dnnl_status_t, _ place: @autoclosure () -> String) throws(EngineError)
  {
    guard status != dnnl_success else { return }
    throw EngineError(place: place(), problem: "oneDNN answered '\(text(of: status))'")
  }

  private static func text(of status: dnnl_status_t) -> String {
    switch status {
    case dnnl_out_of_memory: "out of memory"
    case dnnl_invalid_arguments: "invalid arguments"
    case dnnl_unimplemented: "unimplemented"
    case dnnl_runtime_error: "runtime error"
    case dnnl_not_required: "not required"
    default: "status \(status.rawValue)"
    }
  }
}
