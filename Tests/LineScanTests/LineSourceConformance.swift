import LineScan
import Testing

/// What every source of lines keeps to.
struct LineSourceConformance {
  /// Reads a source to its end, checking each promise of the protocol on the way.
  ///
  /// `exposed` is how many lines the camera took, lost ones included; nil where nobody can know.
  @discardableResult
  static func check(
    _ source: some LineSource, exposed: Int?, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [ScanLine] {
    var source = source
    let format = source.format
    #expect(!source.name.isEmpty, sourceLocation: sourceLocation)
    var lines: [ScanLine] = []
    var silences = 0
    reading: while silences < 100 {
      guard let event = try source.next(within: .milliseconds(200)) else {
        silences += 1
        continue
      }
      switch event {
      case .state(.ended): break reading
      case .state: continue
      case .line(let line):
        silences = 0
        let expected = (lines.last?.sequence ?? -1) + line.lostBefore + 1
        #expect(line.sequence == expected, "gaps are told", sourceLocation: sourceLocation)
        #expect(line.counts.count == format.countsPerLine, sourceLocation: sourceLocation)
        #expect(
          line.counts.allSatisfy { $0 <= format.fullScale }, sourceLocation: sourceLocation)
        if let last = lines.last {
          #expect(line.arrivedAt >= last.arrivedAt, sourceLocation: sourceLocation)
        }
        lines.append(line)
        let account = source.account
        #expect(account.delivered == lines.count, sourceLocation: sourceLocation)
      }
    }
    #expect(silences < 100, "the source never ended", sourceLocation: sourceLocation)
    for _ in 0..<2 {
      let event = try source.next(within: .milliseconds(1))
      guard case .state(.ended) = event else {
        Issue.record("after the end comes \(String(describing: event))")
        return lines
      }
    }
    let account = source.account
    #expect(account.queued == 0, sourceLocation: sourceLocation)
    #expect(account.delivered == lines.count, sourceLocation: sourceLocation)
    let told = lines.reduce(0) { $0 + $1.lostBefore }
    #expect(account.lost >= told, "every told loss is counted", sourceLocation: sourceLocation)
    if let exposed { #expect(account.exposed == exposed, sourceLocation: sourceLocation) }
    return lines
  }

  /// Checks that a stopped source ends, with what it had before.
  static func checkStop(
    _ source: some LineSource, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var source = source
    #expect(try source.nextLine() != nil, sourceLocation: sourceLocation)
    source.stop()
    let rest = try check(source.afterFirst, exposed: nil, sourceLocation: sourceLocation)
    #expect(rest.count < 10_000, sourceLocation: sourceLocation)
  }
}

extension LineSource {
  /// The same source for a check that counts from its next line on.
  var afterFirst: some LineSource { LaterLines(self) }
}

/// A source some of whose lines were taken already.
private struct LaterLines<Whole: LineSource>: LineSource {
  private var whole: Whole
  private let taken: Int
  private var shift: Int?

  init(_ whole: Whole) {
    self.whole = whole
    taken = whole.account.delivered
  }

  var name: String { whole.name }
  var format: LineFormat { whole.format }
  var account: LineAccount {
    var account = whole.account
    account.delivered -= taken
    return account
  }

  mutating func next(within patience: Duration) throws -> LineEvent? {
    let event = try whole.next(within: patience)
    guard case .line(var line) = event else { return event }
    let shift = self.shift ?? (line.sequence - line.lostBefore)
    self.shift = shift
    line.sequence -= shift
    return .line(line)
  }

  mutating func stop() { whole.stop() }
}

extension LineFormat {
  /// A camera small enough for tests: 16 samples, 5 bands.
  static var small: LineFormat {
    var format = LineFormat(
      camera: "small", samples: 16, bands: 5,
      wavelengths: [400, 500, 600.5, 700, 999].map { .init(nanometers: $0) }, fullScale: 4095)
    format.linesPerSecond = 2000
    format.millimetersPerLine = 0.25
    return format
  }
}
