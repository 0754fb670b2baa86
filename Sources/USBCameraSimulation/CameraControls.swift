/// The knobs of the camera: exposure, gain, white balance.
struct CameraControls {
  /// One knob, as requests of the class address it.
  struct Control {
    let entity: UInt8
    let selector: UInt8
    /// Length of its value in bytes.
    let length: Int
    let range: ClosedRange<Int>
    /// The step, or for the exposure mode the set of modes.
    let step: Int
    let initial: Int
    var value: Int

    init(
      _ entity: UInt8, _ selector: UInt8, length: Int, _ range: ClosedRange<Int>, step: Int = 1,
      initial: Int
    ) {
      self.entity = entity
      self.selector = selector
      self.length = length
      self.range = range
      self.step = step
      self.initial = initial
      value = initial
    }
  }

  /// Why a request is refused, as the camera tells when asked.
  enum Refusal: UInt8 {
    case wrongState = 2
    case outOfRange = 4
    case invalidControl = 6
    case invalidRequest = 7
  }

  private var exposureMode = Control(
    USBDescriptors.Entity.cameraTerminal, 2, length: 1, 1...8, step: 0b1001, initial: 8)
  private var exposurePriority = Control(
    USBDescriptors.Entity.cameraTerminal, 3, length: 1, 0...1, initial: 1)
  /// In units of 100 µs.
  private var exposureTime = Control(
    USBDescriptors.Entity.cameraTerminal, 4, length: 4, 1...5000, initial: 156)
  private var brightness = Control(
    USBDescriptors.Entity.processingUnit, 2, length: 2, -64...64, initial: 0)
  private var gain = Control(
    USBDescriptors.Entity.processingUnit, 4, length: 2, 0...100, initial: 10)
  private var powerLine = Control(
    USBDescriptors.Entity.processingUnit, 5, length: 1, 0...2, initial: 2)
  private var whiteBalance = Control(
    USBDescriptors.Entity.processingUnit, 10, length: 2, 2800...6500, step: 10, initial: 4600)
  private var automaticWhiteBalance = Control(
    USBDescriptors.Entity.processingUnit, 11, length: 1, 0...1, initial: 1)

  private static let all: [any WritableKeyPath<CameraControls, Control> & Sendable] = [
    \.exposureMode, \.exposurePriority, \.exposureTime, \.brightness, \.gain, \.powerLine,
    \.whiteBalance, \.automaticWhiteBalance,
  ]

  private var isManual: Bool { exposureMode.value == 1 }

  /// The time between frames in units of 100 ns, where `interval` was agreed on.
  func interval(_ interval: UInt32, light: Light) -> UInt32 {
    if isManual { return max(interval, UInt32(exposureTime.value) * 1000) }
    return light == .dark && exposurePriority.value == 1 ? interval * 3 : interval
  }

  /// The answer to a class request for the units of the control interface.
  mutating func answer(
    request: UInt8, selector: UInt8, entity: UInt8, output: [UInt8]
  ) -> Result<[UInt8], ControlRefused> {
    guard
      let path = Self.all.first(where: {
        self[keyPath: $0].entity == entity && self[keyPath: $0].selector == selector
      })
    else { return .failure(ControlRefused(.invalidControl)) }
    let control = self[keyPath: path]
    switch request {
    case 0x01: return set(path, to: output)
    case 0x81: return .success(control.bytes(control.value))
    case 0x82: return .success(control.bytes(control.range.lowerBound))
    case 0x83: return .success(control.bytes(control.range.upperBound))
    case 0x84: return .success(control.bytes(control.step))
    case 0x85: return .success([UInt8(control.length), 0])
    // May be read and set.
    case 0x86: return .success([3])
    case 0x87: return .success(control.bytes(control.initial))
    default: return .failure(ControlRefused(.invalidRequest))
    }
  }

  private mutating func set(
    _ path: WritableKeyPath<CameraControls, Control>, to output: [UInt8]
  ) -> Result<[UInt8], ControlRefused> {
    let control = self[keyPath: path]
    let value = control.value(of: output)
    let isKnownMode = path != \.exposureMode || value == 1 || value == 8
    guard output.count == control.length, control.range.contains(value), isKnownMode else {
      return .failure(ControlRefused(.outOfRange))
    }
    if path == \.whiteBalance, automaticWhiteBalance.value == 1 {
      return .failure(ControlRefused(.wrongState))
    }
    if path == \.exposureTime, !isManual { return .failure(ControlRefused(.wrongState)) }
    self[keyPath: path].value = value
    return .success([])
  }
}

/// A control request that the camera refuses.
struct ControlRefused: Error {
  let reason: CameraControls.Refusal
  init(_ reason: CameraControls.Refusal) { self.reason = reason }
}

/// How much light the simulated scene has.
public enum Light: Sendable {
  case bright
  /// So little that a camera left to itself exposes longer and sends fewer frames.
  case dark
}

extension CameraControls.Control {
  fileprivate func bytes(_ value: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendLittle(Int32(value))
    return Array(bytes[..<length])
  }

  fileprivate func value(of bytes: [UInt8]) -> Int {
    let plain = Int(bytes.littleNumber(at: 0, count: length))
    let isNegative = range.lowerBound < 0 && plain >= 1 << (8 * length - 1)
    return isNegative ? plain - 1 << (8 * length) : plain
  }
}
