import Diagnostics
import Foundation
import Synchronization
import Units

/// Where counts come from: a file that holds the present one, or a stream of lines.
enum CounterInput: Sendable {
  case file(CounterFile, intervalMilliseconds: Double)
  case stream(CountStream)

  /// - Throws: an `EncoderFault` where nothing of that name can be read.
  init(_ settings: CounterSettings) throws(EncoderFault) {
    // Serial ports have links that stay, in /dev/serial/by-id.
    let path = settings.file.resolvingSymlinksInPath().path(percentEncoded: false)
    // What is not there is told by what opens files.
    let kind = (try? FileManager.default.attributesOfItem(atPath: path))?[.type]
    let (serial, other) = (FileAttributeType.typeCharacterSpecial, FileAttributeType.typeUnknown)
    switch kind as? FileAttributeType {
    case serial, other: self = .stream(try CountStream(settings.file))
    default:
      self = .file(
        try CounterFile(settings.file), intervalMilliseconds: settings.intervalMilliseconds)
    }
  }

  var place: String {
    switch self {
    case .file(let file, _): file.place
    case .stream(let stream): stream.place
    }
  }

  /// How many numbers there are before the count begins anew; nil where nothing tells.
  var modulus: UInt64? {
    if case .file(let file, _) = self { file.modulus } else { nil }
  }

  /// Waits for the next reading: the count, and when it was that; nil where none came so far.
  func next(_ clock: any LineClock) throws(EncoderFault) -> (Int64, LineInstant)? {
    switch self {
    case .file(let file, let milliseconds):
      Thread.sleep(forTimeInterval: milliseconds / 1000)
      let start = clock.now
      let count = try Self.count(in: file.line(), place: file.place)
      // The middle of the time in which it was read.
      return (count, start.advanced(by: start.duration(to: clock.now) / 2))
    case .stream(let stream):
      guard let line = try stream.line() else { return nil }
      return (try Self.count(in: line, place: stream.place), clock.now)
    }
  }

  private static func count(in line: String, place: String) throws(EncoderFault) -> Int64 {
    // Counts without a sign may use the 64th bit; from there they wrap like those with one.
    guard let count = Int64(line) ?? UInt64(line).map({ Int64(bitPattern: $0) }) else {
      throw EncoderFault(place, .noCount(found: line))
    }
    return count
  }
}

/// A file whose first line is the present count.
final class CounterFile: Sendable {
  let place: String
  let modulus: UInt64?
  private let url: URL
  private let file: Mutex<PositionedFile>

  /// - Parameter named: the file, or the folder of a counter.
  init(_ named: URL) throws(EncoderFault) {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: named.path, isDirectory: &isFolder)
    let url = isThere && isFolder.boolValue ? named.appending(path: "count") : named
    self.url = url
    place = url.relativePath
    do throws(Complaint) {
      file = Mutex(try PositionedFile(url))
    } catch {
      throw EncoderFault(url.relativePath, .unreadable(error.problem))
    }
    let folder = url.deletingLastPathComponent()
    if Self.line(of: folder.appending(path: "enable")) == "0" {
      throw EncoderFault(place, .disabled)
    }
    guard let text = Self.line(of: folder.appending(path: "ceiling")) else {
      modulus = nil
      return
    }
    // A ceiling of 0 is that of a counter that was never given one.
    guard let ceiling = UInt64(text), ceiling == 0 || (255...UInt64(Int64.max)).contains(ceiling)
    else { throw EncoderFault(place, .ceiling(found: text)) }
    modulus = ceiling == 0 || ceiling > 1 << 62 ? nil : ceiling + 1
  }

  /// The first line, read anew.
  func line() throws(EncoderFault) -> String {
    do {
      return try file.withLock { file in
        // Some write a new file beside the old one and give it its name.
        if !file.hasName { file = try PositionedFile(url) }
        return try file.firstLine(atMost: 64)
      }
    } catch {
      throw EncoderFault(place, .unreadable((error as? any Explained)?.problem ?? "\(error)"))
    }
  }

  /// The first line of a small file; nil where there is none: not every driver has these.
  private static func line(of file: URL) -> String? {
    try? PositionedFile(file).firstLine(atMost: 64)  // See above.
  }
}
