import Diagnostics
import Foundation
import Hyperspectral
import Units

/// The lines of a recorded cube, as the camera gave them.
///
/// With the table that a recording has beside it, numbers, times and belt positions are those of
/// the recording, and lines that were missing then are missing again.
public struct ReplayedLines: LineSource {
  public let name: String
  public let format: LineFormat
  public private(set) var account = LineAccount()
  private let file: ENVIFile
  private let rows: [LineRow]?
  private let isPaced: Bool
  private let clock = HostClock()
  private var bytes: [UInt8] = []
  private var values: [Float] = []
  private var upcoming = 0
  private var lostBefore = 0
  private var isLossEstimated = false
  private var isStopped = false
  private var firstSequence = 0

  /// Opens a cube of whole, unsigned counts.
  ///
  /// `linesPerSecond` plays it at that rate; nil as fast as lines are asked for.
  public init(_ header: URL, linesPerSecond: Double? = nil) throws {
    let file = try ENVIFile.open(header)
    guard [.uint8, .uint16].contains(file.header.type) else {
      throw Complaint(
        header.relativePath,
        "holds \(file.header.type.rawValue) numbers, uint8 or uint16 counts "
          + "were wanted")
    }
    var format = LineFormat(
      camera: file.header["sensor type"] ?? "recording",
      samples: file.header.samples, bands: file.header.bands, wavelengths: file.header.wavelengths,
      packing: file.header.type == .uint8 ? .uint8 : .uint16,
      fullScale: file.header["full scale"].flatMap(UInt16.init))
    try format.check(place: header.relativePath)
    format.linesPerSecond =
      linesPerSecond ?? file.header["lines per second"].flatMap(Double.init)
    format.millimetersPerLine = file.header["millimeters per line"].flatMap(Double.init)
    let table = LineTable.file(besideHeader: file.headerFile)
    let hasTable = FileManager.default.fileExists(atPath: table.path)
    rows = hasTable ? try LineTable.read(table, lineCount: file.header.lines) : nil
    firstSequence = rows?.first?.sequence ?? 0
    name = header.relativePath
    self.format = format
    self.file = file
    isPaced = linesPerSecond != nil
  }

  /// As `LineSource` says.
  public mutating func next(within patience: Duration) throws -> LineEvent? {
    while !isStopped, upcoming < file.header.lines {
      if let row = rows?[upcoming], row.state != .measured {
        if row.state == .estimated { account.estimated += 1 } else { account.missing += 1 }
        isLossEstimated = isLossEstimated || row.state == .estimated
        lostBefore += 1
        upcoming += 1
        continue
      }
      if isPaced, let rate = format.linesPerSecond {
        let left = clock.now.duration(to: LineInstant(seconds: Double(upcoming) / rate))
        if left > .zero {
          Thread.sleep(forTimeInterval: min(left, patience).seconds)
          if left > patience { return nil }
        }
      }
      return .line(try make())
    }
    return .state(.ended(reason: isStopped ? "stopped" : "the recording is over"))
  }

  /// As `LineSource` says.
  public mutating func stop() { isStopped = true }

  private mutating func make() throws -> ScanLine {
    let row = rows?[upcoming]
    var line = ScanLine(
      counts: try counts(of: upcoming),
      sequence: row.map { $0.sequence - firstSequence } ?? upcoming,
      cameraNanoseconds: row?.cameraNanoseconds, arrivedAt: clock.now,
      beltMillimeters: row?.beltMillimeters)
    line.lostBefore = lostBefore
    line.isLossEstimated = isLossEstimated
    (lostBefore, isLossEstimated) = (0, false)
    upcoming += 1
    account.delivered += 1
    return line
  }

  /// `[bands, samples]`, whatever the file's order.
  private mutating func counts(of line: Int) throws -> [UInt16] {
    let (samples, bands) = (format.samples, format.bands)
    let isAsSent =
      file.interleave == .bil && (file.header.byteOrder == .little || format.packing == .uint8)
    if isAsSent {
      try file.readStored(lines: line..<(line + 1), into: &bytes)
      return format.packing.unpacked(bytes.span, count: samples * bands)
    }
    try file.read(lines: line..<(line + 1), into: &values)
    var counts = [UInt16](repeating: 0, count: samples * bands)
    for sample in 0..<samples {
      for band in 0..<bands {
        counts[band * samples + sample] = UInt16(values[sample * bands + band])
      }
    }
    return counts
  }
}
