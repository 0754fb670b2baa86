import Datasets
import Diagnostics
import Distillation
import Foundation
import Pages
import Tensors

/// What the figures rest on: data, splits, digests, settings, and how to get them again.
struct OriginSection {
  let evidence: Evidence

  func section() throws -> PageSection {
    let configuration = String(
      decoding: try JSONFile.encode(evidence.run.experiment), as: UTF8.self)
    let recipe = String(
      decoding: try JSONFile.encode(evidence.run.dataset.recipe), as: UTF8.self)
    return PageSection("origin", "Data and honesty") {
      flattery
      honesty
      element("h3") { "Samples of each class" }
      counts
      element("h3") { "What else the figures depend on" }
      facts
      element("h3") { "How to get them again" }
      paragraph(
        "With the experiment below in a file beside its data, the same seeds, threads and program "
          + "give the same bits:")
      element("pre") { commands }
      element("details") {
        element("summary") { "Full configuration of the experiment" }
        element("pre") { configuration }
      }
      element("details") {
        element("summary") { "Recipe: how pixels became samples" }
        element("pre") { recipe }
      }
    }
  }

  private var commands: String {
    let name = evidence.run.folder.lastPathComponent
    return """
      mirage-train fit experiment.json5 --out \(name)
      mirage-train evaluate \(name)
      mirage-train report \(name)
      """
  }

  private var split: Split? {
    evidence.run.experiment.seeds.first.flatMap { evidence.run.splits[$0] }
  }

  @MarkupBuilder private var flattery: Markup {
    if let found = evidence.results.flattery {
      element("div", ["class": "flattery"]) {
        element("strong") { NumberText.percent(found.accuracy) }
        element("p") {
          "is what a random split would have said for \(found.arm.title); "
            + "the honest figure is \(NumberText.percent(found.honestAccuracy)). In that random "
            + "split \(NumberText.percent(found.overlapOfPatches)) of the test samples share a "
            + "pixel or piece with training, and \(NumberText.percent(found.overlapOfCenters)) "
            + "contain a training center of their own class."
        }
      }
    }
  }

  private var honesty: Markup {
    let facts = evidence.results.data
    let isSeparate = facts.overlapOfCenters == 0 && facts.overlapOfPatches == 0
    let standing: String =
      switch split?.standing {
      case .acceptedOverlap?:
        "The overlap is accepted because the recordings come with a published split."
      case .flattering?: "This split exists only to show a flattering figure."
      case .clean?, nil: ""
      }
    return element("ul") {
      element("li") {
        isSeparate
          ? "Training has seen no pixel and no piece of the test."
          : "\(NumberText.percent(facts.overlapOfPatches)) of the test samples share a pixel or "
            + "piece with training; \(NumberText.percent(facts.overlapOfCenters)) see a training "
            + "center of their class. \(standing)"
      }
      element("li") {
        "The seed whose network is sealed is chosen on validation \(evidence.units); temperature "
          + "and thresholds are fitted on calibration \(evidence.units); the test serves for the "
          + "figures on this page alone."
      }
      element("li") {
        "All arms share seeds, labelled samples, batch size and optimizer settings; the two-RGB "
          + "control has the student's size and total steps."
      }
    }
  }

  private var counts: Markup {
    guard let split else { return Markup() }
    let dataset = evidence.run.dataset
    let parts: [(String, [Int])] = [
      ("labelled", split.labelled), ("unlabelled pairs", split.unlabelled),
      ("validation", split.validation), ("calibration", split.calibration), ("test", split.test),
    ]
    func row(_ name: String, _ value: ([Int]) -> Int) -> [Markup] {
      [Markup(text: name)] + parts.map { Markup(text: NumberText.count(value($0.1))) }
    }
    var rows = dataset.classes.enumerated().map { label, name in
      Table.Row.cells(row(name) { part in part.count { dataset.labels[$0] == label } })
    }
    if dataset.labels.contains(where: { $0 == nil }) {
      rows.append(.cells(row("no label") { part in part.count { dataset.labels[$0] == nil } }))
    }
    rows.append(.emphasized(row("samples", \.count)))
    rows.append(.cells(row(evidence.units) { part in Set(part.map { dataset.pieces[$0] }).count }))
    rows.append(.cells(row("groups") { part in Set(part.map { dataset.groups[$0] }).count }))
    return Table(
      columns: [.text("class")] + parts.map { .number($0.0) }, rows: rows,
      note: "Of seed \(evidence.results.seeds.first ?? 0); other seeds choose other labelled "
        + "samples where labels are rationed. Labels of unlabelled pairs, where known, are used by "
        + "the oracle alone."
    ).markup
  }

  private var facts: Markup {
    let results = evidence.results
    let dataset = evidence.run.dataset
    let wavelengths = dataset.recipe.wavelengths
    var rows: [(String, String)] = [
      ("manifest", results.data.manifest),
      ("digest of the data", results.data.manifestDigest.hexadecimal),
      ("samples", NumberText.count(results.data.samples)),
      (
        "a sample",
        "RGB \(Self.extents(dataset.color)), spectra \(Self.extents(dataset.spectra))"
          + (dataset.recipe.cropMillimeters.map {
            ", \(NumberText.coordinate($0))\(NumberText.space)mm square on the belt"
          } ?? ", a patch of a scene")
      ),
    ]
    if let first = wavelengths.first, let last = wavelengths.last {
      rows.append(
        (
          "wavelengths",
          "\(wavelengths.count) bands, \(NumberText.coordinate(first.nanometers)) to "
            + "\(NumberText.coordinate(last.nanometers))\(NumberText.space)nm"
        ))
    }
    rows += [
      ("calibration of the cameras", results.data.calibrationID),
      ("seeds", results.seeds.map(String.init).joined(separator: ", ")),
      (
        "optimizer steps",
        "\(NumberText.count(evidence.run.experiment.training.steps)) a stage, "
          + "\(NumberText.count(evidence.run.totalSteps)) in all"
      ),
      ("Mirage", Release.version),
    ]
    rows += results.environment.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return Table(
      columns: [.text("fact"), .text("value")],
      rows: rows.map { .cells([Markup(text: $0.0), Markup(text: $0.1)]) }
    ).markup
  }

  private static func extents(_ tensor: Tensor) -> String {
    tensor.shape.dropFirst().map(String.init).joined(separator: " × ")
  }
}
