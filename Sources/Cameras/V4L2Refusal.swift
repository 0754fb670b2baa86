import Diagnostics
import Foundation

/// Why a camera cannot be read, or cannot be read any more.
public struct CameraRefusal: Explained, Equatable {
  /// What is wrong, with the values found and wanted.
  public enum Reason: Equatable, Sendable {
    /// No camera fits; the names of those that are there.
    case absent(found: [String])
    /// Several cameras fit; how to tell them apart.
    case ambiguous(found: [String])
    /// The device is gone: unplugged, or its driver unloaded.
    case gone(during: String)
    /// Another program holds the camera; its name where it can be known.
    case busy(during: String, holder: String?)
    case forbidden
    /// The USB bus has no room for the stream.
    case bandwidth
    case memory(during: String)
    /// The HDMI or SDI input has no picture to give.
    case noSignal(String)
    /// The node gives no pictures: what it is instead, and the node that is meant.
    case notPictures(String)
    case noStreaming
    /// A format, size or rate that was asked for and is not to be had.
    case notOffered(what: String, wanted: String, offered: String)
    /// A format that neither we nor libv4lconvert decode.
    case undecodable(format: String)
    /// The driver agreed to something else than it was asked for.
    case changed(what: String, found: String, wanted: String)
    /// Sizes, strides or counts that contradict each other.
    case contradiction(String)
    /// A control that is missing or takes other values.
    case control(name: String, found: String, wanted: String)
    /// No frame came although the stream was started.
    case silent(seconds: Double)
    /// Frames came, and not one could be shown; what was wrong with the last one.
    case useless(seconds: Double, frames: Int, fault: String)
    case call(request: String, number: Int32)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  /// What a failed call means; `number` is the positive `errno`.
  init(_ place: String, request: String, number: Int32, holder: () -> String? = { nil }) {
    self.place = place
    reason =
      switch number {
      case ENODEV, ENXIO, ENOENT: .gone(during: request)
      case EBUSY: .busy(during: request, holder: holder())
      case EACCES where request == "open", EPERM where request == "open": .forbidden
      case ENOSPC: .bandwidth
      case ENOMEM: .memory(during: request)
      case ENOLINK: .noSignal("no cable or no sender at the input")
      case ENOLCK: .noSignal("the input finds no stable signal")
      case ERANGE where request == "QUERY_DV_TIMINGS":
        .noSignal("the signal is outside what the input can take")
      default: .call(request: request, number: number)
      }
  }

  /// Whether waiting cannot help: what was asked for and what the camera is do not fit.
  public var isFinal: Bool {
    switch reason {
    case .ambiguous, .notPictures, .noStreaming, .notOffered, .undecodable, .changed,
      .contradiction, .control:
      true
    case .absent, .gone, .busy, .forbidden, .bandwidth, .memory, .noSignal, .silent, .useless,
      .call:
      false
    }
  }

  /// Whether the device is no longer there.
  var isGone: Bool {
    if case .gone = reason { true } else { false }
  }

  var isNoSignal: Bool {
    if case .noSignal = reason { true } else { false }
  }

  public var problem: String {
    switch reason {
    case .absent(let found):
      found.isEmpty
        ? "no camera is there" : "no such camera; there are \(found.joined(separator: ", "))"
    case .ambiguous(let found): "several cameras fit: \(found.joined(separator: ", "))"
    case .gone(let request): "the camera is gone (noticed at \(request))"
    case .busy(let request, let holder):
      "in use by \(holder ?? "another program") (noticed at \(request))"
    case .forbidden: "this user may not open it"
    case .bandwidth: "the USB bus has no room left for this stream"
    case .memory(let request): "not enough memory for the camera's buffers (at \(request))"
    case .noSignal(let text): "no signal: \(text)"
    case .notPictures(let text): text
    case .noStreaming: "the driver cannot stream into memory, which is wanted"
    case .notOffered(let what, let wanted, let offered):
      "\(what) \(wanted) is not offered; there is \(offered)"
    case .undecodable(let format): "nothing here decodes the format \(format)"
    case .changed(let what, let found, let wanted):
      "the driver set \(what) \(found), \(wanted) was wanted"
    case .contradiction(let text): "the driver contradicts itself: \(text)"
    case .control(let name, let found, let wanted): "\(name): \(found), \(wanted) was wanted"
    case .silent(let seconds):
      "no frame in \(String(format: "%.1f", seconds)) s although the stream was started"
    case .useless(let seconds, let frames, let fault):
      "\(frames) frames in \(String(format: "%.1f", seconds)) s, and not one that can be shown; "
        + "the last one was \(fault)"
    case .call(let request, let number): "\(request) failed: \(Self.text(of: number))"
    }
  }

  public var remedy: String? {
    switch reason {
    case .absent: "plug the camera in; 'miraged cameras' lists what is there"
    case .ambiguous: "name one of them"
    case .gone: "check cable, hub and power; it is taken up again as soon as it is back"
    case .busy: "end the other program, or give it another camera"
    case .forbidden: "add the user to the group 'video' (usermod -aG video NAME) and log in again"
    case .bandwidth:
      "give the camera a USB port on another controller, or ask for MJPG, a smaller size or a "
        + "lower rate"
    case .memory: "ask for a smaller size, or close other programs"
    case .noSignal: "check sender and cable"
    case .notPictures, .noStreaming: "'miraged cameras' lists the nodes that give pictures"
    case .notOffered, .undecodable, .changed: "'miraged cameras' lists formats, sizes and rates"
    case .contradiction: "try another format or size; the driver needs a repair"
    case .control: "'miraged cameras' lists the controls and what they take"
    case .silent: "check cable and power; unplug the camera and plug it in again"
    case .useless: "check cable and port, or choose another format of the camera"
    case .call(_, let number):
      number == EIO ? "unplug the camera and plug it in again" : nil
    }
  }

  private static func text(of number: Int32) -> String {
    "\(String(cString: strerror(number))) (\(number))"
  }
}

/// Which program holds a device open, as `/proc` tells.
struct DeviceHolders: Sendable {
  /// The folder with one folder for each process.
  let processes: URL

  /// "NAME (process NUMBER)" of another program that has `path` open; nil where nobody says.
  func holder(of path: String) -> String? {
    let files = FileManager.default
    // Processes of other users are closed to us; those cannot be named.
    let names = (try? files.contentsOfDirectory(atPath: processes.path)) ?? []
    for name in names.sorted() where Int32(name).map({ $0 != getpid() }) ?? false {
      let folder = processes.appending(path: name)
      let open = (try? files.contentsOfDirectory(atPath: folder.appending(path: "fd").path)) ?? []
      for number in open {
        let link = folder.appending(path: "fd/\(number)").path
        guard (try? files.destinationOfSymbolicLink(atPath: link)) == path else { continue }
        let text = try? String(contentsOf: folder.appending(path: "comm"), encoding: .utf8)
        let program = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "a program"
        return "\(program) (process \(name))"
      }
    }
    return nil
  }
}
