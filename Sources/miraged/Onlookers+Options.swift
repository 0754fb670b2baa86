import Foundation
import Services
import Sorting

extension Run {
  /// Where those may look on who were asked in.
  var httpAddress: HTTPAddress? {
    get throws {
      guard let http else { return nil }
      guard isPaced else {
        throw WrongOptions(
          "--http", "found without real time", remedy: "add --pace real, or a --rate")
      }
      return try HTTPAddress(http)
    }
  }

  /// Where a PLC finds the line's registers, if one is to.
  var modbusAddress: ModbusAddress? {
    get throws {
      guard let modbus else { return nil }
      guard isPaced else {
        throw WrongOptions(
          "--modbus", "found without real time", remedy: "add --pace real, or a --rate")
      }
      return try ModbusAddress(modbus)
    }
  }

  /// The secret that changes need, if any are taken.
  var token: AccessToken? {
    get throws {
      guard let tokenFile else { return nil }
      guard http != nil else {
        throw WrongOptions("--token-file", "found without --http, over which changes come")
      }
      return try AccessToken(file: tokenFile)
    }
  }

  /// Those who look on, if there are any.
  func onlookers(_ audit: AuditLog?, _ input: LineInput?) throws -> Onlookers? {
    var invited = Invited()
    (invited.page, invited.plant) = try (httpAddress, modbusAddress)
    (invited.token, invited.audit) = (try token, audit)
    (invited.store, invited.broker) = try (storeSettings, broker)
    invited.recordings = try recorderSettings
    if isPaced { invited.supervisor = try Supervisor(ProcessInfo.processInfo.environment) }
    return invited.isEmpty ? nil : try Onlookers(invited, input?.calibration)
  }
}

/// Who is asked to look on, or to keep what happens.
struct Invited {
  var page: HTTPAddress?
  var token: AccessToken?
  var audit: AuditLog?
  var plant: ModbusAddress?
  var supervisor: Supervisor?
  var store: StoreSettings?
  var broker: InvitedBroker?
  var recordings: RecorderSettings?

  var isEmpty: Bool {
    page == nil && plant == nil && supervisor == nil && store == nil && broker == nil
      && recordings == nil
  }
}

/// Who started the daemon and wants to know how it is, as the environment says.
struct Supervisor {
  let notice: LifeNotice
  let watchdog: Duration?

  /// Nil where a person started it.
  init?(_ environment: [String: String]) throws {
    guard let socket = environment["NOTIFY_SOCKET"] else { return nil }
    notice = try LifeNotice(socket: socket)
    let isMine = environment["WATCHDOG_PID"].map {
      $0 == "\(ProcessInfo.processInfo.processIdentifier)"
    }
    let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
    watchdog = isMine ?? true && microseconds > 0 ? .microseconds(microseconds) : nil
  }
}
