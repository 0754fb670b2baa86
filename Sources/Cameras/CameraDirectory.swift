import Foundation

/// A video node that the system knows, before it is opened.
public struct CameraNode: Sendable, Equatable, Codable {
  /// The device file, as `/dev/video0`.
  public var path: String
  public var identity: CameraIdentity
  /// Links that stay the same: by serial number and by port, where the system makes them.
  public var links: [String]
}

/// Where the system keeps what it knows about cameras.
public struct CameraDirectory: Sendable {
  /// Usually `/sys`.
  public let system: URL
  /// Usually `/dev`.
  public let devices: URL
  /// Usually `/proc`.
  public let processes: URL

  public init(
    system: URL = URL(filePath: "/sys"), devices: URL = URL(filePath: "/dev"),
    processes: URL = URL(filePath: "/proc")
  ) {
    self.system = system
    self.devices = devices
    self.processes = processes
  }

  /// All video nodes, by number; none is opened.
  public func nodes() -> [CameraNode] {
    let folder = system.appending(path: "class/video4linux")
    // No folder means no camera: the kernel makes it with the first one.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let links = stableLinks()
    return names.filter { $0.hasPrefix("video") }
      .sorted { $0.compare($1, options: .numeric) == .orderedAscending }
      .map { name in
        CameraNode(
          path: devices.appending(path: name).path,
          identity: identity(of: folder.appending(path: name)), links: links[name] ?? [])
      }
  }

  private func identity(of node: URL) -> CameraIdentity {
    let device = node.appending(path: "device").resolvingSymlinksInPath()
    let parent = device.deletingLastPathComponent()
    let interface = line(of: device.appending(path: "bInterfaceNumber"))
    let usb = interface == nil ? device : parent
    let vendor = line(of: usb.appending(path: "idVendor"))
    return CameraIdentity(
      vendor: vendor, product: line(of: usb.appending(path: "idProduct")),
      serial: line(of: usb.appending(path: "serial")), interface: interface,
      index: line(of: node.appending(path: "index")).flatMap { Int($0) } ?? 0,
      port: vendor == nil ? device.lastPathComponent : usb.lastPathComponent,
      name: line(of: node.appending(path: "name")) ?? node.lastPathComponent)
  }

  /// The links of `/dev/v4l` by the name of the node that they lead to.
  private func stableLinks() -> [String: [String]] {
    let files = FileManager.default
    var links: [String: [String]] = [:]
    for kind in ["by-id", "by-path"] {
      let folder = devices.appending(path: "v4l/\(kind)")
      // Systems without udev have no such folder.
      for name in ((try? files.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() {
        let link = folder.appending(path: name).path
        guard let target = try? files.destinationOfSymbolicLink(atPath: link) else { continue }
        links[(target as NSString).lastPathComponent, default: []].append(link)
      }
    }
    return links
  }

  /// The first line of a small file without spaces around it; nil where there is none.
  private func line(of file: URL) -> String? {
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first?.trimmingCharacters(in: .whitespaces)
    return line.flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// How a person names a camera.
public enum CameraName: Sendable, Equatable {
  /// The only camera, or the first node of the only one.
  case any
  /// `/dev/video0`, `video0`, a link in `/dev/v4l`, `046d:0825`, `046d:0825:SERIAL`, a serial
  /// number, a port or a part of the camera's name.
  case text(String)
  /// A camera seen before.
  case identity(CameraIdentity)

  /// The nodes that fit, best kind of match first; only first nodes unless one is named itself.
  public func matches(among nodes: [CameraNode]) -> [CameraNode] {
    switch self {
    case .any: return nodes.filter { $0.identity.index == 0 }
    case .identity(let wanted):
      let same = nodes.filter { $0.identity.isSame(as: wanted) }
      guard same.isEmpty, wanted.serial == nil else { return same }
      // Without a serial number a camera at another port is taken for the same if it is alone.
      let model = nodes.filter { $0.identity.isSameModel(as: wanted) }
      return model.count == 1 ? model : []
    case .text(let text):
      let byNode = nodes.filter { node in
        ([node.path] + node.links).contains { path in
          path == text || (path as NSString).lastPathComponent == text
        }
      }
      if !byNode.isEmpty { return byNode }
      let first = nodes.filter { $0.identity.index == 0 }
      let rules: [(CameraIdentity) -> Bool] = [
        { $0.text == text || $0.serial == text || $0.port == text },
        { "\($0.vendor ?? ""):\($0.product ?? "")" == text.lowercased() },
        { $0.name.lowercased().contains(text.lowercased()) },
      ]
      for rule in rules {
        let found = first.filter { rule($0.identity) }
        if !found.isEmpty { return found }
      }
      return []
    }
  }

  /// How messages name the camera before it was found.
  public var text: String {
    switch self {
    case .any: "camera"
    case .text(let text): text
    case .identity(let identity): identity.text
    }
  }
}
