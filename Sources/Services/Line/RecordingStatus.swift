/// How recording of events goes.
public struct RecordingStatus: Sendable, Codable, Equatable {
  public var folder: String
  /// Recordings in the folder, and what they take.
  public var kept = 0
  public var bytes = 0
  /// Recordings written since the start, and such that could not be.
  public var written = 0
  public var failed = 0
  /// Frames of the last seconds in memory, and what they take.
  public var framesInMemory = 0
  public var bytesInMemory = 0
  /// Frames that are in no recording, as there was no time for them.
  public var framesMissed = 0
  /// Events that came too soon after the last.
  public var passedOver = 0
  public var isRecording = false
  /// Why the last recording could not be written.
  public var trouble: LineReason?

  public init(folder: String) { self.folder = folder }
}

/// How a second opinion goes: pieces that another recipe judges beside the one in force.
public struct ShadowStatus: Sendable, Codable, Equatable {
  /// The other recipe and its bundle.
  public var recipe: String
  /// Pieces of which both had the same views, by whether they were told alike.
  public var agreed = 0
  public var disagreed = 0
  /// Pieces that were not judged, as there was no time.
  public var skipped = 0
  /// How often which class in force was which of the other's.
  public var pairs: [Pair] = []
  /// Why it judges nothing any more.
  public var trouble: LineReason?

  /// A class in force and one of the other recipe's, and how many pieces were told so.
  public struct Pair: Sendable, Codable, Equatable {
    public var live: String
    public var shadow: String
    public var pieces: Int

    public init(live: String, shadow: String, pieces: Int) {
      (self.live, self.shadow, self.pieces) = (live, shadow, pieces)
    }
  }

  public init(recipe: String) { self.recipe = recipe }
}
