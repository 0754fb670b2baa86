import Services
import Synchronization

/// Says on standard error how closely is looked, whenever that changes.
final class StepTeller: Sendable {
  private let told = Mutex<OverloadStatus?>(nil)

  func tell(_ overload: OverloadStatus?) {
    guard let overload, told.withLock({ $0 }) != overload else { return }
    let isFirst = told.withLock { told in
      defer { told = overload }
      return told == nil
    }
    if !isFirst || overload.coming != nil { say("time: \(overload.sentence)") }
  }
}
