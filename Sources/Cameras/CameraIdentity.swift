/// Which camera it is, whatever number its device has today.
public struct CameraIdentity: Sendable, Equatable, Codable {
  /// USB vendor and product, four hexadecimal digits each; nil where it is no USB camera.
  public var vendor: String?
  public var product: String?
  /// The USB serial number; nil where the camera has none.
  public var serial: String?
  /// The USB interface that the node belongs to, two hexadecimal digits.
  public var interface: String?
  /// The number of the node among those of its camera; 0 is the first.
  public var index: Int
  /// Where it is attached: a USB port as `1-2.3`, or the name of a device on another bus.
  public var port: String
  /// The camera's own name.
  public var name: String

  public init(
    vendor: String? = nil, product: String? = nil, serial: String? = nil, interface: String? = nil,
    index: Int = 0, port: String, name: String
  ) {
    self.vendor = vendor
    self.product = product
    self.serial = serial
    self.interface = interface
    self.index = index
    self.port = port
    self.name = name
  }

  /// The identity as a person types it: `046d:0825:SERIAL`, or the port where there is no serial.
  public var text: String {
    guard let vendor, let product else { return port }
    return "\(vendor):\(product)" + (serial.map { ":\($0)" } ?? "@\(port)")
  }

  /// Whether both are nodes of the same kind of camera, of which there may be several.
  func isSameModel(as other: CameraIdentity) -> Bool {
    vendor == other.vendor && product == other.product && serial == other.serial
      && interface == other.interface && index == other.index
      && (vendor != nil || name == other.name)
  }

  /// Whether it is this very camera: by its serial number, or by its port where it has none.
  func isSame(as other: CameraIdentity) -> Bool {
    isSameModel(as: other) && (serial != nil || port == other.port)
  }
}
