import Diagnostics

/// One file that a step was given, and what became of it.
public struct StepInput: Codable, Equatable, Sendable {
  /// The file's name, as the person gave it.
  public var name: String
  public var digest: Digest
  /// Why it was not used, with the number; `nil` where it was.
  public var rejection: String?
  /// Name of a small picture of it in the step's folder, where there is one.
  public var picture: String?

  public init(_ name: String, digest: Digest, rejection: String? = nil, picture: String? = nil) {
    self.name = name
    self.digest = digest
    self.rejection = rejection
    self.picture = picture
  }
}

/// A file that a step wrote beside its document: a map (safetensors) or a picture.
public struct StepFile: Codable, Equatable, Sendable {
  /// A plain name: `flat-field.safetensors`.
  public var name: String
  public var digest: Digest
}

/// Which document of an earlier step a step was made with.
public struct StepReference: Codable, Equatable, Sendable {
  public var step: StepName
  /// The content hash of that document.
  public var content: Digest
}
