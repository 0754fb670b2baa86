import Cameras

/// Says on standard error what becomes of a camera, also while no frame comes.
final class CameraTeller: Sendable {
  private let task: Task<Void, Never>

  init(_ source: V4L2Source) {
    let changes = source.changes
    task = Task.detached {
      for await event in changes { say("camera: \(event.state.rawValue): \(event.reason)") }
    }
  }

  func stop() { task.cancel() }
}
