import Cameras
import Foundation
import Synchronization

/// Says on standard error what becomes of a camera, also while no frame comes.
final class CameraTeller: Sendable {
  private let isStopped = Mutex(false)

  init(_ source: V4L2Source) {
    let thread = Thread { [self] in
      var told = 0
      while !isStopped.withLock({ $0 }) {
        let events = source.events
        for event in events.since(told) {
          say("camera: \(event.state.rawValue): \(event.reason)")
        }
        told = events.count
        Thread.sleep(forTimeInterval: 0.1)
      }
    }
    thread.name = "camera states"
    thread.start()
  }

  func stop() { isStopped.withLock { $0 = true } }
}
