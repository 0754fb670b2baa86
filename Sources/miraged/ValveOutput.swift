import Cameras
import Diagnostics
import Dispatch
import Services
import Sorting
import Units

/// The way of blasts from the frame thread to the valves.
struct ValveOutput: Sendable {
  private let driver: any ValveActuator
  private let blasts: HandOver<PieceEjection>

  /// Nil where no valves were asked for.
  init?(_ options: Run, clock: some LineClock) throws {
    guard let address = try options.valveAddress else { return nil }
    // Two starts of the daemon are never as near as a nanosecond.
    let session = UInt32(truncatingIfNeeded: DispatchTime.now().uptimeNanoseconds)
    let driver = try address.actuator(session: session, now: { clock.now })
    self.driver = driver
    blasts = HandOver("blasts", capacity: 256, whenFull: .drop) { driver.fire(Blast($0)) }
  }

  /// Called on the frame thread.
  func put(_ event: SortEvent) {
    if case .ejection(let ejection) = event { blasts.put(ejection) }
  }

  /// How things stand, with what never reached the driver.
  var status: ValveStatus { counted(driver.status) }

  /// Fires what is under way, as long as the end may wait, then closes all valves.
  func close() -> ValveStatus {
    blasts.close()
    let patience: Duration = Interruption.isRequested ? .milliseconds(1200) : .seconds(10)
    let status = counted(driver.close(within: patience))
    say("valves: \(status.account.text)")
    if let advice = status.advice { say("valves: \(advice)") }
    return status
  }

  private func counted(_ status: ValveStatus) -> ValveStatus {
    var status = status
    status.account.taken += blasts.dropped
    status.account.dropped += blasts.dropped
    return status
  }
}

extension Blast {
  /// The current that gives the air of an ejection; nil where no nozzle is over the piece.
  init?(_ ejection: PieceEjection) {
    let length = ejection.opensAt.duration(to: ejection.closesAt)
    self.init(
      piece: ejection.piece, onAt: ejection.commandAt,
      offAt: ejection.commandAt.advanced(by: length), nozzles: ejection.nozzles ?? [])
  }
}

extension Run {
  /// Where the valves are, if any were asked for.
  var valveAddress: ValveAddress? {
    get throws {
      guard let valves else {
        if nozzles != nil { throw WrongOptions("--nozzles", "found without --valves") }
        return nil
      }
      guard isPaced else {
        throw WrongOptions(
          "--valves", "found without real time", remedy: "add --pace real, or a --rate")
      }
      return try ValveAddress(valves)
    }
  }
}
