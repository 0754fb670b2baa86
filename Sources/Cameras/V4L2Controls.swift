import CV4L2
import Diagnostics
import Foundation

/// A control of a camera, as `miraged cameras` lists it.
public struct CameraControl: Sendable, Equatable, Codable {
  /// V4L2's number for it.
  public var id: UInt32
  /// The driver's own name, as `Exposure Time, Absolute`.
  public var name: String
  public var least: Int
  public var most: Int
  public var step: Int
  public var usual: Int
  /// nil where it cannot be read.
  public var value: Int?
  /// The names of a menu's values.
  public var menu: [Int: String]
  /// Whether it rests because an automatic rules it.
  public var isInactive: Bool
  public var isReadOnly: Bool

  private static let limit = 256

  /// All controls of a device, with their values.
  static func all(of device: VideoDevice) throws(CameraRefusal) -> [CameraControl] {
    var controls: [CameraControl] = []
    var id: UInt32 = 0
    while controls.count < limit {
      var question = v4l2_queryctrl()
      question.id = id | UInt32(V4L2_CTRL_FLAG_NEXT_CTRL)
      guard let answer = try device.answer(.queryControl, to: question), answer.id > id else {
        break
      }
      id = answer.id
      let isListed =
        answer.type != V4L2_CTRL_TYPE_CTRL_CLASS.rawValue
        && answer.type != V4L2_CTRL_TYPE_BUTTON.rawValue
        && answer.flags & UInt32(V4L2_CTRL_FLAG_DISABLED) == 0
      if isListed { controls.append(try CameraControl(answer, of: device)) }
    }
    return controls
  }

  /// One control; nil where the camera has none of this number.
  static func named(_ id: UInt32, of device: VideoDevice) throws(CameraRefusal) -> CameraControl? {
    var question = v4l2_queryctrl()
    question.id = id
    guard let answer = try device.answer(.queryControl, to: question),
      answer.flags & UInt32(V4L2_CTRL_FLAG_DISABLED) == 0
    else { return nil }
    return try CameraControl(answer, of: device)
  }

  private init(_ answer: v4l2_queryctrl, of device: VideoDevice) throws(CameraRefusal) {
    id = answer.id
    name = text(of: answer.name)
    least = Int(answer.minimum)
    most = Int(answer.maximum)
    step = max(1, Int(answer.step))
    usual = Int(answer.default_value)
    isInactive = answer.flags & UInt32(V4L2_CTRL_FLAG_INACTIVE) != 0
    isReadOnly = answer.flags & UInt32(V4L2_CTRL_FLAG_READ_ONLY) != 0
    let isPlain =
      [
        V4L2_CTRL_TYPE_INTEGER, V4L2_CTRL_TYPE_BOOLEAN, V4L2_CTRL_TYPE_MENU,
        V4L2_CTRL_TYPE_INTEGER_MENU, V4L2_CTRL_TYPE_BITMASK,
      ].map(\.rawValue).contains(answer.type)
    value = isPlain ? try Self.value(of: answer.id, device) : nil
    menu = [:]
    guard answer.type == V4L2_CTRL_TYPE_MENU.rawValue, least >= 0, most < 64, least <= most else {
      return
    }
    for index in least...most {
      var question = v4l2_querymenu()
      question.id = id
      question.index = UInt32(index)
      if let entry = try device.answer(.queryMenu, to: question) {
        menu[index] = text(of: entry.name)
      }
    }
  }

  /// The value of a control as it is now; nil where it cannot be read.
  static func value(of id: UInt32, _ device: VideoDevice) throws(CameraRefusal) -> Int? {
    try device.answer(.getControl, to: v4l2_control(id: id, value: 0)).map { Int($0.value) }
  }
}

/// The controls that were fixed, in the order in which they are set, and their guard.
struct LockedControls: Sendable {
  private struct Entry: Sendable {
    let id: UInt32
    let name: String
    var value: Int
  }

  private var entries: [Entry] = []
  private var next = 0
  /// How often a control was found changed.
  private(set) var drifts = 0

  /// What each control was fixed to, to be fixed so again after a reconnect.
  var values: [UInt32: Int] {
    Dictionary(entries.map { ($0.id, $0.value) }) { first, _ in first }
  }

  /// The names and values, for a person.
  var text: String { entries.map { "\($0.name) \($0.value)" }.joined(separator: ", ") }

  /// Fixes the camera's exposure and color: each automatic is switched off before the value that
  /// it rules is set, and each value is read back.
  ///
  /// - Parameters:
  ///   - remembered: what they were fixed to before the camera was lost.
  ///   - complain: gets each control that did not take its value.
  /// - Throws: a `CameraRefusal` where a value that was asked for cannot be.
  init(
    _ lock: ControlLock, remembered: [UInt32: Int], on device: VideoDevice,
    complain: (any Explained) -> Void
  ) throws(CameraRefusal) {
    var steps: [(control: CameraControl, value: Int)] = []
    // Values are read while the automatics still rule, so that what they found is what is frozen.
    for step in Self.order {
      guard let control = try CameraControl.named(step.id, of: device), !control.isReadOnly else {
        if let asked = step.asked(lock) {
          throw CameraRefusal(
            device.place,
            .control(name: step.name, found: "the camera has no such control", wanted: "\(asked)"))
        }
        continue
      }
      if let asked = step.asked(lock),
        !(control.least...max(control.least, control.most))
          .contains(asked)
      {
        throw CameraRefusal(
          device.place,
          .control(
            name: control.name, found: "\(asked) was asked for",
            wanted: "\(control.least) to \(control.most)"))
      }
      let value = step.asked(lock) ?? remembered[step.id] ?? step.value(control)
      if let value { steps.append((control, value)) }
    }
    for (control, value) in steps {
      try fix(control, to: value, on: device, complain: complain)
    }
  }

  /// Looks at one control after the other, one at each call; sets again what has changed.
  mutating func guardNext(
    on device: VideoDevice, complain: (any Explained) -> Void
  ) throws(CameraRefusal) {
    guard !entries.isEmpty else { return }
    next = (next + 1) % entries.count
    let entry = entries[next]
    guard let found = try CameraControl.value(of: entry.id, device), found != entry.value else {
      return
    }
    drifts += 1
    let now = try Self.set(entry.id, to: entry.value, on: device)
    complain(
      Complaint(
        device.place,
        "\(entry.name) changed from \(entry.value) to \(found) while the camera ran; "
          + (now == entry.value ? "it was set again" : "it cannot be set again"),
        remedy: "end the program that changes the camera's controls"))
  }

  private mutating func fix(
    _ control: CameraControl, to value: Int, on device: VideoDevice,
    complain: (any Explained) -> Void
  ) throws(CameraRefusal) {
    guard let found = try Self.set(control.id, to: value, on: device) else {
      complain(
        Complaint(
          device.place, "\(control.name) can be neither set to \(value) nor read",
          remedy: "check its value with 'miraged cameras'"))
      return
    }
    if abs(found - value) >= max(control.step, 1) {
      complain(
        Complaint(
          device.place, "\(control.name) is \(found) although it was set to \(value)",
          remedy: "the camera ignores or rounds this control; choose a value that it keeps"))
    }
    entries.append(Entry(id: control.id, name: control.name, value: found))
  }

  /// Sets a control and reads it back; nil where it cannot be read.
  private static func set(
    _ id: UInt32, to value: Int, on device: VideoDevice
  ) throws(CameraRefusal) -> Int? {
    let question = v4l2_control(id: id, value: Int32(clamping: value))
    // A camera may be busy with its last change; one more try is what helps then.
    if try device.answer(.setControl, to: question) == nil {
      _ = try device.answer(.setControl, to: question)
    }
    return try CameraControl.value(of: id, device)
  }
}

extension LockedControls {
  private struct Step: Sendable {
    let id: UInt32
    let name: String
    /// What a person asked for, in the control's unit.
    var asked: @Sendable (ControlLock) -> Int? = { _ in nil }
    /// What it is fixed to otherwise; nil leaves it alone.
    var value: @Sendable (CameraControl) -> Int? = { $0.value }
  }

  /// Switches before the values they rule; a switch that has no such value is left alone.
  private static let order: [Step] = [
    Step(
      id: UInt32(V4L2_CID_EXPOSURE_AUTO), name: "manual exposure",
      value: { control in
        let manual = Int(V4L2_EXPOSURE_MANUAL.rawValue)
        return control.menu.isEmpty || control.menu[manual] != nil ? manual : nil
      }),
    Step(
      id: UInt32(V4L2_CID_EXPOSURE_AUTO_PRIORITY), name: "dynamic frame rate", value: { _ in 0 }),
    Step(
      id: UInt32(V4L2_CID_EXPOSURE_ABSOLUTE), name: "exposure time",
      asked: { lock in lock.exposureMilliseconds.map { Int(($0 * 10).rounded()) } }),
    Step(id: UInt32(V4L2_CID_AUTOGAIN), name: "automatic gain", value: { _ in 0 }),
    Step(id: UInt32(V4L2_CID_GAIN), name: "gain", asked: { $0.gain }),
    Step(
      id: UInt32(V4L2_CID_AUTO_WHITE_BALANCE), name: "automatic white balance", value: { _ in 0 }),
    Step(
      id: UInt32(V4L2_CID_WHITE_BALANCE_TEMPERATURE), name: "white balance",
      asked: { $0.whiteBalanceKelvin }),
    Step(id: UInt32(V4L2_CID_RED_BALANCE), name: "red balance"),
    Step(id: UInt32(V4L2_CID_BLUE_BALANCE), name: "blue balance"),
    Step(
      id: UInt32(V4L2_CID_POWER_LINE_FREQUENCY), name: "power line frequency",
      asked: { lock in lock.powerLine.map { Int($0.rawValue) } },
      value: { control in
        let isGuessed = control.value == Int(V4L2_CID_POWER_LINE_FREQUENCY_AUTO.rawValue)
        return isGuessed ? Int(V4L2_CID_POWER_LINE_FREQUENCY_50HZ.rawValue) : control.value
      }),
  ]
}
