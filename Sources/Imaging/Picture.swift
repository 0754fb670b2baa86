/// An 8-bit picture, `[height, width, channels]`, interleaved, row-major; 1 or 3 channels (RGB).
public struct Picture: Sendable, Equatable {
  public let width: Int
  public let height: Int
  public let channels: Int
  /// `height · width · channels` bytes.
  public var pixels: [UInt8]

  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(channels == 1 || channels == 3, "picture: \(channels) channels, 1 or 3 wanted")
    precondition(
      pixels.count == width * height * channels,
      "picture \(width) × \(height) × \(channels): \(pixels.count) bytes")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// A picture of one value everywhere.
  public init(width: Int, height: Int, channels: Int = 3, repeating value: UInt8 = 0) {
    self.init(
      width: width, height: height, channels: channels,
      pixels: [UInt8](repeating: value, count: width * height * channels))
  }

  /// The byte of one channel; `x` is the column, `y` the row.
  @inlinable
  public subscript(x: Int, y: Int, channel: Int) -> UInt8 {
    get { pixels[(y * width + x) * channels + channel] }
    set { pixels[(y * width + x) * channels + channel] = newValue }
  }
}

/// A number for each pixel: 0 is background, others are labels or pieces.
public struct LabelMap: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// `height · width` numbers, row-major.
  public var labels: [UInt16]

  public init(width: Int, height: Int, labels: [UInt16]) {
    precondition(
      labels.count == width * height, "label map \(width) × \(height): \(labels.count) labels")
    self.width = width
    self.height = height
    self.labels = labels
  }

  public init(width: Int, height: Int) {
    self.init(width: width, height: height, labels: .init(repeating: 0, count: width * height))
  }

  @inlinable
  public subscript(x: Int, y: Int) -> UInt16 {
    get { labels[y * width + x] }
    set { labels[y * width + x] = newValue }
  }
}
