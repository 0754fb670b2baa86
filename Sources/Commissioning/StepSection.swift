import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Pages

/// A step on the certificate: the same frame for all, around what only that step can show.
struct StepSection {
  let entry: Certificate.Entry
  let folder: URL
  /// What the step's own code draws.
  let own: Markup

  /// More rejected inputs than these are counted, not shown.
  private static let pictureLimit = 60

  func section() throws -> PageSection {
    let record = entry.record
    let pictures = try inputPictures
    return PageSection(anchor(entry), record.step.title) {
      badge(entry.verdict)
      advice
      FigureText.table(record.judgement.figures)
      own
      record.inputs.isEmpty ? nil : element("h3") { "Inputs" }
      inputs
      pictures
      element("h3") { "How it was done" }
      origin
    }
  }

  @MarkupBuilder private var advice: Markup {
    let all = (entry.record.judgement.advice + entry.remarks).sorted { $0.weight > $1.weight }
    if !all.isEmpty {
      element("ul", ["class": "checks"]) {
        all.map { advice in
          element("li", ["class": advice.weight == .failure ? "unmet" : ""]) {
            element("b") { advice.weight == .failure ? "✕" : advice.weight == .warning ? "!" : "·" }
            element("span") {
              element("em") { advice.problem }
              ". Next: \(advice.remedy)."
            }
          }
        }
      }
    }
  }

  @MarkupBuilder private var inputs: Markup {
    let all = entry.record.inputs
    let rejected = all.filter { $0.rejection != nil }
    if !all.isEmpty {
      paragraph("\(all.count - rejected.count) of \(all.count) were used.")
    }
    if !rejected.isEmpty {
      Table(
        columns: [.text("not used"), .text("why")],
        rows: rejected.map { .cells([Markup(text: $0.name), Markup(text: $0.rejection ?? "")]) }
      ).markup
    }
    if !all.isEmpty {
      element("details") {
        element("summary") { "Digests of all inputs" }
        Table(
          columns: [.text("input"), .text("SHA-256"), .text("")],
          rows: all.map { input in
            .cells([
              Markup(text: input.name), Markup(text: input.digest.short),
              Markup(text: input.rejection == nil ? "used" : "not used"),
            ])
          }
        ).markup
      }
    }
  }

  private var inputPictures: Markup {
    get throws {
      let shown = entry.record.inputs.filter { $0.picture != nil }.prefix(Self.pictureLimit)
      if shown.isEmpty { return Markup() }
      let cards = try shown.map { input in
        let picture = try Self.image(input.picture ?? "", in: folder, alternative: input.name)
        return element("figure", ["class": input.rejection == nil ? "used" : "refused"]) {
          picture
          element("figcaption") {
            input.rejection == nil ? "✓ \(input.name)" : "✕ \(input.name): \(input.rejection ?? "")"
          }
        }
      }
      return element("div", ["class": "thumbnails"]) { cards }
    }
  }

  /// A picture of the step's folder, held by the page itself.
  static func image(_ name: String, in folder: URL, alternative: String) throws -> Markup {
    guard RigFolder.isPlain(name) else {
      throw StepError(folder.relativePath, .badFileName(name))
    }
    let bytes = try BoundedFile.read(folder.appending(path: name), limit: 16 << 20)
    let kind = name.hasSuffix(".jpg") ? "jpeg" : "png"
    return leaf(
      "img",
      ["src": "data:image/\(kind);base64,\(bytes.base64EncodedString())", "alt": alternative])
  }

  private var origin: Markup {
    let record = entry.record
    var rows = [
      ("done", "\(record.date) \(record.time) UTC by \(record.operatorName)"),
      ("content hash", entry.content.hexadecimal), ("folder", entry.folder),
      ("Mirage", record.version),
    ]
    rows += record.hardware.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    rows += record.uses.map { ("made with", "\($0.step.rawValue) \($0.content.short)") }
    rows += record.files.map { ($0.name, "SHA-256 \($0.digest.short)") }
    return Table(
      columns: [.text("fact"), .text("value")],
      rows: rows.map { .cells([Markup(text: $0.0), Markup(text: $0.1)]) }
    ).markup
  }
}

/// A picture that a step wrote beside its document, for the step's own section: `document`'s
/// folder, the file's name, and what a person who cannot see it is told.
public func stepImage(_ name: String, in folder: URL, _ alternative: String) throws -> Markup {
  try StepSection.image(name, in: folder, alternative: alternative)
}
