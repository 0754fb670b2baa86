import Diagnostics
import Foundation
import Synchronization

/// The secret without which nothing can be changed over HTTP.
public struct AccessToken: Sendable {
  /// 32 hexadecimal digits, or 22 letters of any kind, are 128 bits.
  static let leastDigits = 32
  static let leastLetters = 22
  private static let most = 512

  private let digest: [UInt8]

  /// Takes a token; refuses one that could be guessed, or that no header could carry.
  init(_ text: String, place: String) throws(Complaint) {
    let remedy = "make one with 'miraged token FILE'"
    let letters = Array(text.utf8)
    guard letters.count <= Self.most, letters.allSatisfy(Self.isLetter) else {
      throw Complaint(
        place, "holds no token: letters, digits, '-' and '_' were wanted, \(Self.most) at most",
        remedy: remedy)
    }
    let isHexadecimal = text.allSatisfy(\.isHexDigit)
    let least = isHexadecimal ? Self.leastDigits : Self.leastLetters
    guard letters.count >= least, Set(letters).count >= 8 else {
      throw Complaint(
        place,
        "holds a token that could be guessed: \(letters.count) letters, "
          + "\(Set(letters).count) of them different; \(least) at random were wanted",
        remedy: remedy)
    }
    digest = Self.digest(of: letters)
  }

  /// Reads a token that nobody else can read.
  public init(file: URL) throws(Complaint) {
    let place = file.relativePath
    let bytes = try BoundedFile.read(file, limit: 4096)
    let path = file.resolvingSymlinksInPath().path(percentEncoded: false)
    var facts = stat()
    guard stat(path, &facts) == 0 else {
      throw Complaint(place, "cannot be looked at: \(String(cString: strerror(errno)))")
    }
    guard facts.st_mode & 0o077 == 0 else {
      throw Complaint(
        place,
        "can be read by others: its mode is \(String(facts.st_mode & 0o777, radix: 8)), "
          + "600 was wanted",
        remedy: "chmod 600 it, and make a new token if others may have read it")
    }
    guard facts.st_uid == geteuid() || facts.st_uid == 0 else {
      throw Complaint(
        place, "belongs to user \(facts.st_uid), user \(geteuid()) or root was wanted",
        remedy: "chown it to the user that runs miraged")
    }
    try self.init(
      String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines),
      place: place)
  }

  /// Writes a new token of 256 bits into `file`, which only its owner can read; never over another.
  public static func make(at file: URL) throws(Complaint) {
    let place = file.relativePath
    let random: Data?
    do {
      random = try FileHandle(forReadingFrom: URL(filePath: "/dev/urandom")).read(upToCount: 32)
    } catch {
      throw Complaint("/dev/urandom", "cannot be read: \(error.localizedDescription)")
    }
    guard let random, random.count == 32 else {
      throw Complaint("/dev/urandom", "gave no random bytes")
    }
    let text = random.map { String(format: "%02x", $0) }.joined() + "\n"
    let descriptor = open(
      file.path(percentEncoded: false), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Complaint(
        place, "cannot be made: \(String(cString: strerror(errno)))",
        remedy: "choose a new name in a folder of yours; to change a token, remove the old file")
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try handle.write(contentsOf: Data(text.utf8))
      try handle.synchronize()
    } catch {
      throw Complaint(place, "cannot be written: \(error.localizedDescription)")
    }
  }

  /// Whether `text` is the token; takes as long whatever is wrong with it.
  func matches(_ text: some StringProtocol) -> Bool {
    let other = Self.digest(of: Array(text.utf8))
    var difference: UInt8 = 0
    for index in digest.indices { difference |= digest[index] ^ other[index] }
    return difference == 0
  }

  private static func digest(of letters: [UInt8]) -> [UInt8] {
    Array(Digest(of: Data(letters)).hexadecimal.utf8)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

/// Who may change something: whoever shows the token, in the header `Authorization: Bearer …`.
///
/// The right token always opens. Of wrong ones so many a minute are told apart and written down;
/// the rest are sent away unseen, so that whoever tries fills no disk.
final class TokenGuard: Sendable {
  enum Verdict: Equatable, Sendable {
    case right
    case missing
    case wrong
    /// Wrong, and not for the first time.
    case tooOften
  }

  /// Wrong tokens a minute that are told as such.
  static let triesPerMinute = 5

  private struct Tries {
    var start: ContinuousClock.Instant?
    var count = 0
    var total = 0
  }

  private let token: AccessToken
  private let tries = Mutex(Tries())

  init(_ token: AccessToken) { self.token = token }

  /// Wrong tokens so far.
  var wrong: Int { tries.withLock { $0.total } }

  func judge(_ authorization: String?, at now: ContinuousClock.Instant = .now) -> Verdict {
    guard let authorization else { return .missing }
    if let shown = Self.token(in: authorization), token.matches(shown) { return .right }
    return tries.withLock { tries in
      tries.total += 1
      if tries.start.map({ $0.duration(to: now) >= .seconds(60) }) ?? true {
        (tries.start, tries.count) = (now, 0)
      }
      tries.count += 1
      return tries.count <= Self.triesPerMinute ? .wrong : .tooOften
    }
  }

  /// What stands behind `Bearer`.
  static func token(in authorization: String) -> Substring? {
    let parts = authorization.split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return parts[1]
  }
}
