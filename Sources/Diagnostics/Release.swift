/// Which Mirage this is.
public enum Release {
  /// The version of all programs, as in `CHANGELOG.md`.
  public static let version = "0.1.0"
}
