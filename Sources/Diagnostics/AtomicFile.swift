import Foundation

/// Writes files beside their final name and renames them, so that a reader sees all or nothing.
public enum AtomicFile {
  /// Writes `data` to `file`, making its folder if needed.
  public static func write(_ data: Data, to file: URL) throws {
    do {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: file, options: .atomic)
    } catch {
      throw Complaint(
        file.relativePath, "cannot be written: \(error.localizedDescription)",
        remedy: "check that the folder exists, is yours to write and has room left")
    }
  }

  /// Writes `text` as UTF-8 to `file`, making its folder if needed.
  public static func write(_ text: String, to file: URL) throws {
    try write(Data(text.utf8), to: file)
  }
}

/// The one JSON coder: sorted keys and pretty print out, JSON5 (comments, trailing commas) in.
public enum JSONFile {
  /// The largest file that is read: 256 MiB.
  public static let fileLimit = 256 << 20

  /// Several lines, for files that people read.
  public static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }

  /// One line, for JSON Lines files and standard output.
  public static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Reads a value; an error names the file, the key and what was wanted there.
  public static func decode<Value: Decodable>(
    _ type: Value.Type, from data: Data, place: String
  ) throws -> Value {
    // Foundation's JSON5 reader ends the program at a key that begins with a broken character.
    guard String(validating: data, as: UTF8.self) != nil else {
      throw Complaint(place, "not valid JSON: the text is not UTF-8")
    }
    if let wrong = HexadecimalNumbers.firstWrong(in: data) {
      throw Complaint(
        place,
        "not valid JSON: line \(wrong.line) has '\(wrong.text)', digits 0 to 9 and A to F alone "
          + "were wanted after 0x", remedy: "correct the file; nothing was changed")
    }
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      return try decoder.decode(type, from: data)
    } catch let error as DecodingError {
      throw Complaint(place, explain(error), remedy: "correct the file; nothing was changed")
    }
  }

  /// Reads a value from a file; an error names the file, the key and what was wanted there.
  public static func read<Value: Decodable>(_ type: Value.Type, at file: URL) throws -> Value {
    try decode(
      type, from: BoundedFile.read(file, limit: fileLimit), place: file.relativePath)
  }

  private static func path(_ context: DecodingError.Context) -> String {
    context.codingPath.isEmpty
      ? "top level"
      : context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
        .joined(separator: ".")
  }

  private static func explain(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context):
      return "the key '\(key.stringValue)' is missing in '\(path(context))'"
    case .typeMismatch(let type, let context):
      return "'\(path(context))' has the wrong type, \(type) was wanted"
    case .valueNotFound(let type, let context):
      return "'\(path(context))' is null, \(type) was wanted"
    case .dataCorrupted(let context):
      let reason = context.underlyingError.map { "\($0)" } ?? context.debugDescription
      return context.codingPath.isEmpty
        ? "not valid JSON: \(reason)" : "'\(path(context))': \(context.debugDescription)"
    @unknown default: return "\(error)"
    }
  }
}
