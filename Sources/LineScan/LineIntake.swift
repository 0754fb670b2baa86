import Units

/// What every receiving thread does with what it got: numbers lines, counts damages, tells states.
struct LineIntake: Sendable {
  let queue: LineQueue
  private let clock = HostClock()
  private var numbering: LineNumbering?
  private var damaged = 0
  private var isWaiting = false
  private var lastNumber: UInt64?

  init(queue: LineQueue) { self.queue = queue }

  /// A connection stands; `stream` names its count of lines, nil where each connection counts anew.
  mutating func connect(_ format: LineFormat, stream: UInt64?) {
    var numbers = numbering ?? LineNumbering(format)
    numbers.connect(stream: stream)
    numbering = numbers
  }

  /// Lines are about to come.
  mutating func run() {
    isWaiting = false
    queue.push(.running)
  }

  /// Something came that is no whole line.
  mutating func noteDamage() { damaged += 1 }

  /// No line comes, though the camera is there; told once.
  mutating func wait(for reason: String) {
    guard !isWaiting else { return }
    isWaiting = true
    queue.push(.waiting(reason: reason))
  }

  /// The connection is gone.
  mutating func disconnect(reason: String, retryAfter pause: Duration) {
    isWaiting = false
    queue.push(.disconnected(reason: reason, retryAfter: pause))
  }

  mutating func take(_ line: WireLine) {
    if isWaiting { run() }
    let now = clock.now
    guard
      let placed = numbering?.place(
        line.number, arrivedAt: now, beltMillimeters: line.beltMillimeters),
      case .next(let sequence, let lost, let isEstimated) = placed
    else { return }
    lastNumber = line.number
    var found = ScanLine(
      counts: line.counts, sequence: sequence, cameraNanoseconds: line.cameraNanoseconds,
      arrivedAt: now, beltMillimeters: line.beltMillimeters)
    found.lostBefore = lost
    found.isLossEstimated = isEstimated
    queue.push(found, damaged: damaged)
    damaged = 0
  }

  /// The sender has no more; `next` is the number that the next line would have had.
  mutating func end(next: UInt64, reason: String) {
    // Numbers that nobody could have counted are not believed.
    let ahead = lastNumber.map { next &- $0 &- 1 } ?? UInt64(damaged)
    let unseen = ahead > LineNumbering.gapLimit ? 0 : Int(ahead)
    let ofDamage = min(damaged, unseen)
    queue.close(missing: unseen - ofDamage, damaged: ofDamage, reason: reason)
  }
}
