import Diagnostics
import Foundation
import Hyperspectral
import Tensors

/// What a header says about the layout of its numbers, field by field, as far as each can be
/// understood; a damaged header still claims something.
struct HeaderClaim: Sendable {
  let fields: [ENVIHeader.Field]
  let lines: Int?
  let samples: Int?
  let bands: Int?
  let interleave: Interleave?
  let type: ScalarType?
  let byteOrder: ByteOrder?
  let headerOffset: Int?
  /// Entries of the list `wavelength`.
  let wavelengthCount: Int?

  init(_ bytes: Data, place: String) throws(ENVIError) {
    let fields = try ENVIHeader.fields(of: bytes, place: place)
    func text(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    // A fraction is a mistake; its digits may still tell what was meant.
    func number(_ name: String) -> Int? {
      text(name).flatMap { Int($0) ?? Double($0).flatMap { Int(exactly: $0.rounded()) } }
    }
    func extent(_ name: String) -> Int? { number(name).flatMap { $0 > 0 ? $0 : nil } }
    self.fields = fields
    lines = extent("lines")
    samples = extent("samples")
    bands = extent("bands")
    interleave = text("interleave").flatMap { Interleave(rawValue: $0.lowercased()) }
    type = number("data type").flatMap { ENVIHeader.type(code: $0) }
    byteOrder = number("byte order").flatMap { $0 == 0 ? .little : $0 == 1 ? .big : nil }
    headerOffset = number("header offset").flatMap { $0 >= 0 ? $0 : nil }
    let count = fields.first { $0.name == "wavelength" }?.entries.count ?? 0
    wavelengthCount = count > 0 ? count : nil
  }

  /// The whole reading, where every field is told; nothing in front and little endian are what
  /// programs mean that leave these fields out.
  var reading: CubeReading? {
    guard let lines, let samples, let bands, let interleave, let type else { return nil }
    return CubeReading(
      lines: lines, samples: samples, bands: bands, interleave: interleave, type: type,
      byteOrder: byteOrder ?? .little, headerOffset: headerOffset ?? 0)
  }

  /// The fields in which `reading` is not what the header says, as `lines = 301 (was 320)`.
  func changes(to reading: CubeReading) -> [HeaderChange] {
    var changes: [HeaderChange] = []
    func compare<Value: Equatable>(
      _ name: String, _ claimed: Value?, _ read: Value, unsaid: Value? = nil,
      _ text: (Value) -> String
    ) {
      guard claimed != read, claimed != nil || unsaid != read else { return }
      changes.append(
        HeaderChange(
          name: name, value: text(read), before: fields.first { $0.name == name }?.value))
    }
    // What stands there as a whole number; `6.0` is written anew.
    func plain(_ name: String) -> Int? {
      fields.first { $0.name == name }.flatMap { Int($0.value) }
    }
    compare("lines", plain("lines"), reading.lines) { "\($0)" }
    compare("samples", plain("samples"), reading.samples) { "\($0)" }
    compare("bands", plain("bands"), reading.bands) { "\($0)" }
    compare("interleave", interleave, reading.interleave) { $0.rawValue }
    compare("data type", type, reading.type) { ENVIHeader.code(of: $0).map(String.init) ?? "" }
    compare("byte order", byteOrder, reading.byteOrder, unsaid: .little) {
      $0 == .little ? "0" : "1"
    }
    compare("header offset", headerOffset, reading.headerOffset, unsaid: 0) { "\($0)" }
    return changes
  }
}

/// One field of a header that is written anew.
public struct HeaderChange: Sendable, Equatable, Codable {
  /// As in the header: `data type`.
  public let name: String
  public let value: String
  /// What the header says; nil where it lacks the field.
  public let before: String?

  /// `data type = 4, float32 (was 12, uint16)`.
  public var text: String {
    let was = before.map { "was \(Self.said(name, $0.isEmpty ? "empty" : $0))" } ?? "was missing"
    return "\(name) = \(Self.said(name, value)) (\(was))"
  }

  /// The value with its meaning, where it is a code.
  private static func said(_ name: String, _ value: String) -> String {
    switch name {
    case "data type":
      guard let type = Int(value).flatMap({ ENVIHeader.type(code: $0) }) else { return value }
      return "\(value), \(type.rawValue)"
    case "byte order":
      return value == "0" ? "0, little endian" : value == "1" ? "1, big endian" : value
    default: return value
    }
  }
}
