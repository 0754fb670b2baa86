import Diagnostics

/// A bundle that cannot be sealed because its network was never trained.
public struct BundleUnavailable: Explained, Equatable {
  public let arm: Arm
  public let folder: String
  public var place: String { folder }
  public var problem: String { "the arm '\(arm.rawValue)' is not trained, a bundle needs it" }
  public var remedy: String? {
    "add '\(arm.rawValue)' to the experiment's arms and run 'mirage-train fit'"
  }
}
