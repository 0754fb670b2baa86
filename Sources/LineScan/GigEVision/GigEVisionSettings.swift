import Units

/// How a GigE Vision line scan camera is taken.
public struct GigEVisionSettings: Sendable {
  /// Features of the camera to set, in their order, such as `Width=1024` or `TriggerMode=On`; what
  /// is not named stays as the maker's program left it.
  public var features: [String] = []
  /// Center of each band, which the camera itself does not tell.
  public var wavelengths: [Wavelength]?
  /// Bytes of a packet; more than 1500 only where every device on the way carries such packets.
  public var packetSize = 1500
  /// Frames that the network thread may fill while the receiving thread is busy.
  public var bufferCount = 64
  /// Whether packets come through a packet socket where the system allows it, or always through
  /// a plain one.
  public var usesPacketSocket = true
  /// Lines that wait to be asked for; what comes beyond is dropped and counted.
  public var queueCapacity = 1024
  /// How long a camera that another program holds is asked for again.
  public var patience = Duration.seconds(10)
  /// Without a line for so long after a start, the camera is opened anew (unless it waits for a
  /// trigger); later, the belt is said to stand.
  public var stillAfter = Duration.seconds(1)
  /// The pause before the first attempt to reconnect; doubles from one to the next.
  public var firstPause = Duration.milliseconds(200)
  public var longestPause = Duration.seconds(5)

  public init() {}
}
