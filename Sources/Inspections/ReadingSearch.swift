import Diagnostics
import Foundation
import Hyperspectral
import Tensors

/// A reading that fits the file, what it changes in the header, and what speaks for it.
public struct PlausibleReading: Sendable {
  public let reading: CubeReading
  /// Empty for what the header says.
  public let changes: [HeaderChange]
  /// Bytes behind the numbers, fewer than a line: 0 where the size fits exactly.
  public let trailingBytes: Int
  public let evidence: ReadingEvidence
  /// How many mistakes it takes to have written the header that way: a swap of two is one.
  let mistakes: Int
  /// Whether the header lists another number of wavelengths than this reading has bands.
  let isUnlisted: Bool

  /// `lines = 301 (was 320)`, or that nothing changes.
  public var text: String {
    var parts = changes.map(\.text)
    if parts.isEmpty { parts = ["as the header says"] }
    if trailingBytes > 0 { parts.append("\(trailingBytes) bytes behind it unused") }
    return parts.joined(separator: "; ")
  }
}

/// Finds the readings that a file's size allows, and ranks them by what its numbers say.
struct ReadingSearch {
  let claim: HeaderClaim
  /// Bytes of the file.
  let size: Int

  /// So many readings are told; nobody reads more.
  static let limit = 8
  /// What is far behind the best is not worth a look.
  private static let leastShare = 0.4

  /// The best first; where the header's own reading fits the size, it is among them.
  func readings(in numbers: inout StoredNumbers) throws -> [PlausibleReading] {
    var found: [PlausibleReading] = []
    for candidate in distinct(candidates()) {
      let evidence = try ReadingEvidence(candidate.reading, in: &numbers)
      found.append(
        PlausibleReading(
          reading: candidate.reading, changes: claim.changes(to: candidate.reading),
          trailingBytes: size - (candidate.reading.byteCount ?? size), evidence: evidence,
          mistakes: candidate.mistakes,
          isUnlisted: different(claim.wavelengthCount, candidate.reading.bands) > 0))
    }
    let ranked = found.enumerated()
      .sorted { (Self.rank($0.element), $1.offset) > (Self.rank($1.element), $0.offset) }
      .map(\.element)
    guard let first = ranked.first else { return [] }
    let best = Self.rank(first)
    let least = best > 0.2 ? Self.leastShare * best : -1
    let kept = withoutTwins(ranked)
      .filter { Self.rank($0) >= least || $0.changes.isEmpty }
    let own = kept.firstIndex(where: \.changes.isEmpty)
    guard let own, own >= Self.limit else { return Array(kept.prefix(Self.limit)) }
    return kept.prefix(Self.limit - 1) + [kept[own]]
  }

  /// Evidence, less a little for each mistake that the header would need, for bytes unused, and
  /// where the header lists wavelengths of another number of bands.
  static func rank(_ found: PlausibleReading) -> Double {
    let unused = found.trailingBytes > 0 ? 0.02 : 0
    let unlisted = found.isUnlisted ? 0.08 : 0
    return found.evidence.score - 0.02 * Double(found.mistakes) - unused - unlisted
  }

  /// Of readings that name the axes of the same numbers differently, which no number can tell
  /// apart, the one with the fewest mistakes.
  private func distinct(_ candidates: [Candidate]) -> [Candidate] {
    var best: [StoredOrder: Candidate] = [:]
    for candidate in candidates {
      let order = StoredOrder(candidate.reading)
      if let known = best[order], doubts(known) <= doubts(candidate) { continue }
      best[order] = candidate
    }
    return candidates.filter { best[StoredOrder($0.reading)] == $0 }
  }

  /// A list of wavelengths tells how many bands there are.
  private func doubts(_ candidate: Candidate) -> Int {
    2 * candidate.mistakes + different(claim.wavelengthCount, candidate.reading.bands)
  }

  /// The numbers of a file in their order, whatever their axes are called.
  private struct StoredOrder: Hashable {
    let extents: [Int]
    let type: ScalarType
    let byteOrder: ByteOrder
    let headerOffset: Int

    init(_ reading: CubeReading) {
      extents =
        switch reading.interleave {
        case .bip: [reading.lines, reading.samples, reading.bands]
        case .bil: [reading.lines, reading.bands, reading.samples]
        case .bsq: [reading.bands, reading.lines, reading.samples]
        }
      type = reading.type
      byteOrder = reading.byteOrder
      headerOffset = reading.headerOffset
    }
  }

  /// Of readings that give the very same numbers (such as signed and unsigned ones without a
  /// highest bit), the one with the fewest mistakes.
  private func withoutTwins(_ ranked: [PlausibleReading]) -> [PlausibleReading] {
    var kept: [PlausibleReading] = []
    for one in ranked {
      let isKnown = kept.contains { other in
        var twin = other.reading
        twin.type = one.reading.type
        return twin == one.reading && other.evidence == one.evidence
          && other.reading.type.byteCount == one.reading.type.byteCount
      }
      if !isKnown { kept.append(one) }
    }
    return kept
  }

  private struct Candidate: Hashable {
    let reading: CubeReading
    let mistakes: Int
  }

  private struct Layout: Hashable {
    let lines: Int
    let samples: Int
    let bands: Int
    let headerOffset: Int
    let mistakes: Int
  }

  /// All readings of at most two mistakes that the size allows.
  private func candidates() -> [Candidate] {
    var mistakes: [CubeReading: Int] = [:]
    for type in types {
      for interleave in Interleave.allCases {
        for order in type.byteCount == 1 ? [claim.byteOrder ?? .little] : ByteOrder.allCases {
          for layout in layouts(type: type, interleave: interleave) {
            let reading = CubeReading(
              lines: layout.lines, samples: layout.samples, bands: layout.bands,
              interleave: interleave, type: type, byteOrder: order,
              headerOffset: layout.headerOffset)
            guard let bytes = reading.byteCount, bytes <= size,
              size - bytes < reading.unitByteCount
            else { continue }
            let count =
              layout.mistakes + different(claim.type, type)
              + different(claim.interleave, interleave) + different(claim.byteOrder, order)
            guard count <= 2 else { continue }
            mistakes[reading] = min(count, mistakes[reading] ?? count)
          }
        }
      }
    }
    return mistakes.map { Candidate(reading: $0, mistakes: $1) }
      .sorted { ($0.mistakes, key($0.reading)) < ($1.mistakes, key($1.reading)) }
  }

  /// The usual types first; beyond that any fixed order will do.
  private func key(_ reading: CubeReading) -> String {
    "\(types.firstIndex(of: reading.type) ?? 9) \(reading)"
  }

  /// A field that the header does not tell can be anything.
  private func different<Value: Equatable>(_ claimed: Value?, _ read: Value) -> Int {
    claimed == nil || claimed == read ? 0 : 1
  }

  private var types: [ScalarType] {
    let usual: [ScalarType] = [.uint16, .uint8, .float32, .int16, .float64, .uint32, .int32]
    guard let type = claim.type, !usual.contains(type) else { return usual }
    return [type] + usual
  }

  /// Extents and offsets that the size allows for a type.
  private func layouts(type: ScalarType, interleave: Interleave) -> Set<Layout> {
    let offset = claim.headerOffset ?? 0
    var layouts: Set<Layout> = []
    for extents in extentChoices() {
      layouts.formUnion(
        completed(extents, room: size - offset, offset: offset, type: type, interleave))
      // What is too long may lie in front instead of behind.
      let bytes = CubeReading(
        lines: extents.lines ?? 1, samples: extents.samples ?? 1, bands: extents.bands ?? 1,
        interleave: interleave, type: type, byteOrder: .little, headerOffset: 0
      ).byteCount
      // But not whole lines or bands: those are simply more of them.
      let count = (interleave == .bsq ? extents.bands : extents.lines) ?? 1
      let unit = bytes.map { max(1, $0 / max(1, count)) }
      if extents.isWhole, let bytes, let unit, size > bytes, size - bytes < min(1 << 20, bytes),
        size - bytes != offset, !(size - bytes).isMultiple(of: unit)
      {
        layouts.formUnion(
          completed(
            extents, room: bytes, offset: size - bytes, type: type, interleave, mistakes: 1))
      }
    }
    return layouts
  }

  private struct Extents {
    var lines: Int?
    var samples: Int?
    var bands: Int?
    var mistakes: Int

    var isWhole: Bool { lines != nil && samples != nil && bands != nil }
  }

  /// The header's extents, those with two swapped, those with one forgotten, and bands as many as
  /// there are wavelengths.
  private func extentChoices() -> [Extents] {
    let own = Extents(
      lines: claim.lines, samples: claim.samples, bands: claim.bands, mistakes: 0)
    var choices = [own]
    if let wavelengths = claim.wavelengthCount, wavelengths != claim.bands {
      var other = own
      other.bands = wavelengths
      other.mistakes = claim.bands == nil ? 0 : 1
      choices.append(other)
    }
    for choice in choices {
      for pair in [(\Extents.lines, \Extents.samples), (\.samples, \.bands), (\.lines, \.bands)] {
        var swapped = choice
        swapped[keyPath: pair.0] = choice[keyPath: pair.1]
        swapped[keyPath: pair.1] = choice[keyPath: pair.0]
        swapped.mistakes += 1
        choices.append(swapped)
      }
      for forgotten in [\Extents.lines, \.samples, \.bands] where choice.isWhole {
        var open = choice
        open[keyPath: forgotten] = nil
        open.mistakes += 1
        choices.append(open)
      }
    }
    return choices
  }

  /// The one extent that is missing, computed from the size.
  private func completed(
    _ extents: Extents, room: Int, offset: Int, type: ScalarType, _ interleave: Interleave,
    mistakes: Int = 0
  ) -> [Layout] {
    let known = [extents.lines, extents.samples, extents.bands].compactMap(\.self)
    guard known.count >= 2, room > 0 else { return [] }
    var unit = type.byteCount
    for extent in known {
      let (product, overflows) = unit.multipliedReportingOverflow(by: extent)
      guard !overflows, product > 0 else { return [] }
      unit = product
    }
    if let lines = extents.lines, let samples = extents.samples, let bands = extents.bands {
      guard unit <= room else { return [] }
      return [
        Layout(
          lines: lines, samples: samples, bands: bands, headerOffset: offset,
          mistakes: extents.mistakes + mistakes)
      ]
    }
    let amount = room / unit
    // Only what comes last in the file may be there in part.
    let isLast = interleave == .bsq ? extents.bands == nil : extents.lines == nil
    guard amount > 0, room % unit == 0 || isLast else { return [] }
    return [
      Layout(
        lines: extents.lines ?? amount, samples: extents.samples ?? amount,
        bands: extents.bands ?? amount, headerOffset: offset,
        mistakes: extents.mistakes + mistakes)
    ]
  }
}
