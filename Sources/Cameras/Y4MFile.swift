import Diagnostics
import Foundation
import Imaging

/// A YUV4MPEG2 file: a line of text, then for each frame another and its planes.
///
/// Read are progressive pictures of 8 bits: 4:2:0, 4:2:2, 4:4:4 and luma alone.
///
/// Source: mjpegtools, *yuv4mpeg(5)*, 2004; the range as FFmpeg's `XCOLORRANGE` tells it.
struct Y4MFile: VideoFile {
  static let signature = Array("YUV4MPEG2".utf8)
  /// The longest line of text that is read.
  static let lineLimit = 1024

  private(set) var framesPerSecond: Double?

  private let file: PositionedFile
  private let decoder: PlanarDecoder
  /// Where the next line begins.
  private var offset: Int
  private var frame: [UInt8] = []

  /// Reads the first line.
  ///
  /// - Parameter color: its range holds where the file names none.
  init(_ file: PositionedFile, color: ColorRules) throws {
    guard let line = try Self.line(of: file, at: 0) else {
      throw Complaint(
        file.name, "the first line has no end within \(Self.lineLimit) bytes",
        remedy: "this is no YUV4MPEG2 file: convert the video again")
    }
    let header = try Self.header(line, color, file.name)
    self.file = file
    decoder = header.decoder
    framesPerSecond = header.framesPerSecond
    offset = line.utf8.count + 1
  }

  mutating func advance() throws -> VideoStep {
    guard offset < file.size else { return .end }
    guard let line = try Self.line(of: file, at: offset), line.hasPrefix("FRAME") else {
      return lastDamage("no 'FRAME' where one must begin; the rest is left out")
    }
    let start = offset + line.utf8.count + 1
    guard decoder.byteCount <= file.size - start else {
      return lastDamage("\(file.size - start) bytes left, a frame takes \(decoder.byteCount)")
    }
    if frame.isEmpty { frame = [UInt8](repeating: 0, count: decoder.byteCount) }
    offset = start + decoder.byteCount
    try file.read(from: start, into: &frame, range: frame.indices)
    return .frame
  }

  /// Damage behind which nobody can tell where the next frame begins.
  private mutating func lastDamage(_ problem: String) -> VideoStep {
    offset = file.size
    return .damage(Complaint(file.name, problem))
  }

  mutating func decode(into picture: inout Picture) throws {
    try decoder.decode(frame.span.bytes, into: &picture)
  }

  /// The text from `offset` up to a line feed; nil where there is none near, or no text.
  private static func line(of file: PositionedFile, at offset: Int) throws -> String? {
    var bytes = [UInt8](repeating: 0, count: min(lineLimit, file.size - offset))
    try file.read(from: offset, into: &bytes, range: bytes.indices)
    guard let end = bytes.firstIndex(of: 10) else { return nil }
    let line = bytes[..<end]
    return line.allSatisfy({ $0 < 128 }) ? String(decoding: line, as: UTF8.self) : nil
  }

  private static func header(
    _ line: String, _ color: ColorRules, _ place: String
  ) throws -> (decoder: PlanarDecoder, framesPerSecond: Double?) {
    var (width, height): (Int?, Int?)
    var rate: Double?
    var rules = color
    var sampling = PlanarDecoder.Sampling.halfBoth
    for word in line.split(separator: " ").dropFirst() {
      let value = word.dropFirst()
      switch word.first {
      case "W": width = Int(value)
      case "H": height = Int(value)
      case "F": rate = try ratio(value, place)
      case "I": try checkProgressive(value, place)
      case "C": sampling = try Self.sampling(value, place)
      case "X" where value == "COLORRANGE=FULL": rules.range = .full
      case "X" where value == "COLORRANGE=LIMITED": rules.range = .limited
      default: break
      }
    }
    guard let width, let height else {
      throw Complaint(
        place, "the first line tells no size: '\(line.prefix(80))' found, W and H wanted",
        remedy: "convert the video again")
    }
    let decoder = try PlanarDecoder(
      width: width, height: height, sampling: sampling, color: rules, place: place)
    return (decoder, rate)
  }

  private static func ratio(_ text: Substring, _ place: String) throws -> Double? {
    let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let count = numbers[0], let seconds = numbers[1], count >= 0,
      seconds >= 0
    else {
      throw Complaint(place, "the rate is '\(text.prefix(40))', two numbers as 30:1 wanted")
    }
    // 0:0 is the format's word for unknown.
    return count == 0 || seconds == 0 ? nil : Double(count) / Double(seconds)
  }

  private static func checkProgressive(_ text: Substring, _ place: String) throws {
    guard text == "p" || text == "?" else {
      throw Complaint(
        place, "the pictures are interlaced ('I\(text.prefix(40))'), progressive ones are read",
        remedy: "convert it: ffmpeg -i FILE -vf yadif FRAMES.y4m")
    }
  }

  private static func sampling(
    _ text: Substring, _ place: String
  ) throws -> PlanarDecoder.Sampling {
    switch text {
    case "420", "420jpeg", "420mpeg2", "420paldv": return .halfBoth
    case "422": return .halfWidth
    case "444": return .full
    case "mono": return .lumaAlone
    default:
      throw Complaint(
        place, "the pixels are 'C\(text.prefix(40))', 420, 422, 444 and mono of 8 bits are read",
        remedy: "convert it: ffmpeg -i FILE -pix_fmt yuv420p FRAMES.y4m")
    }
  }
}
