import Diagnostics

/// Where the valves are: a box at `udp://HOST:PORT` or `serial:PATH[,BAUD]`, or lines of a chip of
/// this machine, `gpio:CHIP:LINES[:active-low]`.
public enum ValveAddress: Sendable, Equatable, CustomStringConvertible {
  case datagrams(host: String, port: UInt16)
  case serial(path: String, baud: Int)
  case lines(LineAddress)

  /// The speeds of serial ports that Linux has a name for and that are fast enough.
  static let bauds = [57_600, 115_200, 230_400, 460_800, 921_600, 1_000_000, 2_000_000]

  /// Reads `text`; refuses what is none of the forms.
  public init(_ text: String) throws(Complaint) {
    if text.hasPrefix("gpio:") {
      self = .lines(try LineAddress(text))
      return
    }
    if text.hasPrefix("serial:") {
      let parts = text.dropFirst(7).split(separator: ",", omittingEmptySubsequences: false)
      guard let path = parts.first, path.hasPrefix("/"), parts.count <= 2,
        let baud = parts.count == 1 ? 115_200 : Int(parts[1]), Self.bauds.contains(baud)
      else {
        throw Complaint(
          text,
          "no serial port with a speed of \(Self.bauds.map(String.init).joined(separator: ", "))",
          remedy: "write it as serial:/dev/ttyACM0 or serial:/dev/ttyUSB0,921600")
      }
      self = .serial(path: String(path), baud: baud)
      return
    }
    let rest = text.dropFirst(6)
    guard text.hasPrefix("udp://"), let colon = rest.lastIndex(of: ":"),
      let port = UInt16(rest[rest.index(after: colon)...]), port > 0, colon > rest.startIndex
    else {
      throw Complaint(
        text, "no address of a valve box or of lines",
        remedy: "write it as udp://192.168.1.30:5588, serial:/dev/ttyACM0 or gpio:gpiochip0:4-11")
    }
    var host = String(rest[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    self = .datagrams(host: host, port: port)
  }

  public var description: String {
    switch self {
    case .datagrams(let host, let port):
      host.contains(":") ? "udp://[\(host)]:\(port)" : "udp://\(host):\(port)"
    case .serial(let path, let baud): "serial:\(path),\(baud)"
    case .lines(let address): address.description
    }
  }
}
