import CommandKit
import Commissioning
import Diagnostics
import Foundation

/// Writes the certificate of a rig.
struct Report: RigCommand {
  static let name = "report"
  static let summary = "Writes the rig's certificate, one HTML page, and its JSON twin."
  static let examples = [
    "mirage-calibrate report --rig line-1",
    "mirage-calibrate report --rig line-1 --out line-1.html",
  ]

  var options = RigOptions()
  var out: URL?

  static let flags: [Flag<Self>] =
    rigFlags + [
      .optional(
        "--out", \.out, "FILE.html",
        "Where the page goes, the JSON beside it (default: certificate-<date>-<time>.html in the "
          + "rig's folder)")
    ]

  func run() async throws {
    let rig = try options.folder()
    let certificate = try Certificate(of: rig, at: Date())
    let moment = "\(certificate.date)-\(certificate.time.replacing(":", with: ""))"
    let page = out ?? rig.folder.appending(path: "certificate-\(moment).html")
    let twin = page.deletingPathExtension().appendingPathExtension("json")
    try CertificatePage(certificate, of: rig).write(to: page)
    try certificate.write(to: twin)
    print("verdict: \(certificate.verdict.rawValue)")
    for advice in certificate.next {
      print("\(advice.weight.rawValue): \(advice.problem)\n  next: \(advice.remedy)")
    }
    print("page: \(page.relativePath)")
    print("twin: \(twin.relativePath), content \(try certificate.content.short)")
    if certificate.verdict == .fail { throw ExitStatus.negative }
  }
}
