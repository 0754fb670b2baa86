import Diagnostics

/// Why a stream of lines was refused.
public struct LineStreamError: Explained, Equatable {
  /// What is wrong, with the values found.
  public enum Reason: Equatable, Sendable {
    case notLines
    case version(Int)
    case numberType(Int)
    case headerLength(Int, wanted: Int)
    case headerChecksum
    case extents(samples: Int, bands: Int)
    case wavelengthCount(Int, bands: Int)
    case wavelength(Double)
    case fullScale(Int, highest: Int)
    case rate(String, Double)
    case garbled(bytes: Int)
    case formatChanged
  }

  public let place: String
  public let reason: Reason

  init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .notLines: "the stream does not begin with 'MIRLINES'"
    case .version(let version): "the stream has version \(version), version 1 is read"
    case .numberType(let code): "the number type is \(code), not 1, 2, 3 or 4"
    case .headerLength(let found, let wanted):
      "the header says that it has \(found) bytes, its fields make \(wanted)"
    case .headerChecksum: "the header's checksum is wrong"
    case .extents(let samples, let bands):
      "lines have \(samples) samples × \(bands) bands; 1 to \(LineFormat.samplesLimit) samples, "
        + "1 to \(LineFormat.bandsLimit) bands and at most \(LineFormat.countsLimit) counts are "
        + "read"
    case .wavelengthCount(let count, let bands):
      "the header lists \(count) wavelengths for \(bands) bands; none or all were wanted"
    case .wavelength(let value): "the wavelength \(value) nm is not light"
    case .fullScale(let found, let highest):
      "the full scale is \(found); 1 to \(highest) was wanted for this number type"
    case .rate(let name, let value): "\(name) is \(value); 0 or a positive number was wanted"
    case .garbled(let bytes): "\(bytes) bytes in a row held no whole line"
    case .formatChanged: "came back with other samples, bands, wavelengths or full scale"
    }
  }

  public var remedy: String? {
    switch reason {
    case .notLines: "check address and port: something else answers there"
    case .version: "use a bridge of version 1, or a newer Mirage"
    case .formatChanged: "begin a new recording"
    case .garbled: "check cable and bridge"
    default: "correct the bridge; Tools/line-bridge/PROTOCOL.md describes the header"
    }
  }
}
