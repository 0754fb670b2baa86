import COneDNN

extension Engine {
  /// The version of oneDNN that runs, as `2.6.3`.
  public static var version: String {
    guard let found = dnnl_version() else { return "unknown" }
    return "\(found.pointee.major).\(found.pointee.minor).\(found.pointee.patch)"
  }
}
