import Foundation

/// Where and how much is stored.
public struct StoreSettings: Sendable, Equatable {
  public var file: URL
  /// What is older goes.
  public var days: Int
  /// What is more goes, the oldest first; in millions of bytes.
  public var megabytes: Int

  public static let standardDays = 30
  public static let standardMegabytes = 2000

  public init(
    file: URL, days: Int = standardDays, megabytes: Int = standardMegabytes
  ) {
    self.file = file
    self.days = days
    self.megabytes = megabytes
  }
}

/// How storing goes.
public struct StoreStatus: Sendable, Codable, Equatable {
  public var file: String
  /// Pieces that a killed daemon would not lose.
  public var stored = 0
  /// Pieces, blasts and losses that wait for the next batch.
  public var waiting = 0
  /// Pieces, blasts and losses that never will be stored, for want of room.
  public var missed = 0
  /// What the file holds.
  public var bytes = 0
  /// Why nothing is stored just now.
  public var trouble: LineReason?

  public init(file: String) { self.file = file }
}
