import CCrypto
import Foundation

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
///
/// Source: NIST, *Secure Hash Standard*, FIPS 180-4, 2015; computed by OpenSSL's libcrypto.
public struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
  public let hexadecimal: String

  public var description: String { hexadecimal }
  /// The first twelve digits, enough for a person to tell two apart.
  public var short: String { String(hexadecimal.prefix(12)) }

  public init(hexadecimal: String) {
    self.hexadecimal = hexadecimal
  }

  public init(of data: Data) {
    let hasher = Hasher()
    hasher.update(data)
    self = hasher.finalize()
  }

  public init(of text: String) {
    self.init(of: Data(text.utf8))
  }

  /// Reads the file in pieces, so that its size does not matter.
  public init(ofFile file: URL) throws {
    guard let handle = try? FileHandle(forReadingFrom: file) else {
      throw Complaint(file.relativePath, "cannot be opened for reading")
    }
    defer { try? handle.close() }  // Reading is over; a failed close loses nothing.
    let hasher = Hasher()
    while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hasher.update(piece) }
    self = hasher.finalize()
  }

  public init(from decoder: any Decoder) throws {
    hexadecimal = try decoder.singleValueContainer().decode(String.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hexadecimal)
  }

  /// Collects bytes; gives the digest once.
  public final class Hasher {
    private let context: OpaquePointer?

    public init() {
      context = EVP_MD_CTX_new()
      precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds `data` behind what was added before.
    public func update(_ data: Data) {
      data.withUnsafeBytes { _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// The digest of all that was added; called once.
    public func finalize() -> Digest {
      var bytes = [UInt8](repeating: 0, count: 32)
      var count: UInt32 = 0
      EVP_DigestFinal_ex(context, &bytes, &count)
      let digits = Array("0123456789abcdef")
      return Digest(
        hexadecimal: String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }))
    }
  }
}
