import CModbus
import Diagnostics
import Foundation
import Synchronization

/// The sockets of a Modbus server and the library's parts, for one thread at a time.
final class ModbusListener: Sendable {
  /// One who is connected, and when he asked last.
  fileprivate struct Peer: Sendable {
    var socket: Int32
    var askedAt: ContinuousClock.Instant
    /// When the first part came of a request that is not whole yet.
    var begunAt: ContinuousClock.Instant?
  }

  fileprivate struct Parts: Sendable {
    /// The library's, as numbers: pointers may not change threads, and these do when it ends.
    let contextBits: UInt
    let registerBits: UInt
    var listening: Int32
    var peers: [Peer] = []
  }

  let address: ModbusAddress
  private let parts: Mutex<Parts?>

  init(_ wanted: ModbusAddress) throws(Complaint) {
    guard let context = modbus_new_tcp(wanted.host, Int32(wanted.port)),
      let registers = modbus_mapping_new(0, 0, 1, Int32(RegisterMap.count))
    else { throw Complaint("\(wanted)", "there is no memory for a server") }
    // Requests are whole before the library reads them; one that lies about its length must not
    // stop the others.
    modbus_set_indication_timeout(context, 0, 20_000)
    modbus_set_byte_timeout(context, 0, 20_000)
    let listening = modbus_tcp_listen(context, Int32(ModbusServer.connections))
    guard listening >= 0 else {
      let reason = String(cString: modbus_strerror(errno))
      modbus_mapping_free(registers)
      modbus_free(context)
      throw Complaint(
        "\(wanted)", "cannot be served: \(reason)",
        remedy: "choose a number of this machine, and a port above 1023 that is free")
    }
    var found = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &found) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(listening, $0, &length)
      }
    }
    address = ModbusAddress(host: wanted.host, port: UInt16(bigEndian: found.sin_port))
    parts = Mutex(
      Parts(
        contextBits: UInt(bitPattern: context), registerBits: UInt(bitPattern: registers),
        listening: listening))
  }

  deinit { close() }

  /// Waits for requests, at most `patience`, and answers them.
  ///
  /// - Parameters:
  ///   - map: what the registers hold now; asked for only where there is a request.
  ///   - acknowledged: gets the number that was written into holding register 0.
  func serveOnce(
    within patience: Duration, map: () -> RegisterMap, acknowledged: (UInt16) -> Void
  ) {
    parts.withLock { parts in
      guard var open = parts else { return }
      open.serve(patience, map, acknowledged)
      parts = open
    }
  }

  func close() {
    parts.withLock { parts in
      guard let open = parts else { return }
      for peer in open.peers { Foundation.close(peer.socket) }
      Foundation.close(open.listening)
      modbus_mapping_free(open.registers)
      modbus_free(open.context)
      parts = nil
    }
  }
}

extension ModbusListener.Parts {
  fileprivate var context: OpaquePointer? { OpaquePointer(bitPattern: contextBits) }
  fileprivate var registers: UnsafeMutablePointer<modbus_mapping_t>? {
    UnsafeMutablePointer(bitPattern: registerBits)
  }

  fileprivate mutating func serve(
    _ patience: Duration, _ map: () -> RegisterMap, _ acknowledged: (UInt16) -> Void
  ) {
    var waiting = ([listening] + peers.map(\.socket)).map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    guard poll(&waiting, nfds_t(waiting.count), Int32(patience / .milliseconds(1))) > 0 else {
      return
    }
    let ready = Set(waiting.filter { $0.revents != 0 }.map(\.fd))
    var hasAnswered = false
    for (index, peer) in peers.enumerated().reversed() where ready.contains(peer.socket) {
      let request = RequestPart(of: peer.socket)
      if request == .begun, (peer.begunAt ?? .now).duration(to: .now) < .milliseconds(200) {
        peers[index].begunAt = peer.begunAt ?? .now
      } else if request == .whole, answer(peer.socket, map, acknowledged) {
        peers[index].askedAt = .now
        peers[index].begunAt = nil
        hasAnswered = true
      } else {
        Foundation.close(peer.socket)
        peers.remove(at: index)
      }
    }
    if ready.contains(listening) {
      welcome()
    } else if !hasAnswered {
      // The rest of a request is waited for without asking again at once.
      Thread.sleep(forTimeInterval: 0.001)
    }
  }

  private mutating func welcome() {
    let socket = accept(listening, nil, nil)
    guard socket >= 0 else { return }
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    if peers.count == ModbusServer.connections,
      let oldest = peers.indices.min(by: { peers[$0].askedAt < peers[$1].askedAt })
    {
      Foundation.close(peers[oldest].socket)
      peers.remove(at: oldest)
    }
    peers.append(.init(socket: socket, askedAt: .now))
  }

  /// Answers one request; false where the connection has ended or says nothing sensible.
  private func answer(
    _ socket: Int32, _ map: () -> RegisterMap, _ acknowledged: (UInt16) -> Void
  ) -> Bool {
    guard let context, let registers else { return false }
    modbus_set_socket(context, socket)
    var request = [UInt8](repeating: 0, count: Int(mirage_modbus_longest))
    let count = modbus_receive(context, &request)
    guard count > 0 else { return count == 0 }
    let words = map().words
    for (index, word) in words.enumerated() {
      registers.pointee.tab_input_registers[index] = word
    }
    registers.pointee.tab_registers[0] = 0
    guard modbus_reply(context, request, count, registers) > 0 else { return false }
    let written = registers.pointee.tab_registers[0]
    if written != 0 { acknowledged(written) }
    return true
  }
}

/// How much of a request lies in a socket.
private enum RequestPart {
  case begun
  case whole
  /// Nothing that could become one, or the end of the connection.
  case none

  /// Looks at what came, and leaves it there.
  init(of socket: Int32) {
    var bytes = [UInt8](repeating: 0, count: Int(mirage_modbus_longest))
    let count = recv(socket, &bytes, bytes.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    guard count > 0 else {
      self = .none
      return
    }
    guard count >= 6 else {
      self = .begun
      return
    }
    // The header: transaction, protocol 0, the number of bytes that follow.
    let length = Int(bytes[4]) << 8 | Int(bytes[5])
    guard bytes[2] == 0, bytes[3] == 0, (2...254).contains(length) else {
      self = .none
      return
    }
    self = count >= 6 + length ? .whole : .begun
  }
}
