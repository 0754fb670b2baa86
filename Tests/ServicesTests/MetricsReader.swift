import Foundation

/// Reads the text format of Prometheus as strictly as its own checker, and remembers what is wrong.
struct MetricsReader {
  struct Sample: Equatable {
    let name: String
    let labels: [String: String]
    let value: Double
  }

  private(set) var samples: [Sample] = []
  private(set) var kinds: [String: String] = [:]
  private(set) var problems: [String] = []
  private var helped: Set<String> = []
  private var finished: Set<String> = []
  private var family = ""

  init(_ text: String) {
    if !text.hasSuffix("\n") { problems.append("the last line does not end") }
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      read(String(line))
    }
    for name in helped where kinds[name] == nil { problems.append("\(name): no kind") }
    checkHistograms()
  }

  func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
    samples.first { $0.name == name && $0.labels == labels }?.value
  }

  private mutating func read(_ line: String) {
    let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
    if line.hasPrefix("# HELP ") {
      guard parts.count == 4 else { return problems.append("no help: \(line)") }
      if !helped.insert(parts[2]).inserted { problems.append("twice: \(line)") }
      return
    }
    if line.hasPrefix("# TYPE ") {
      guard parts.count == 4, ["counter", "gauge", "histogram"].contains(parts[3]) else {
        return problems.append("no kind: \(line)")
      }
      if !family.isEmpty { finished.insert(family) }
      family = parts[2]
      if finished.contains(family) || kinds[family] != nil { problems.append("twice: \(line)") }
      if !helped.contains(family) { problems.append("no help before: \(line)") }
      kinds[family] = parts[3]
      return checkName(family, kind: parts[3])
    }
    let pattern = /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/
    guard let match = line.wholeMatch(of: pattern),
      let value = Double(match.3.replacingOccurrences(of: "+Inf", with: "inf"))
    else { return problems.append("not a sample: \(line)") }
    let name = String(match.1)
    var labels: [String: String] = [:]
    if let text = match.2, !text.isEmpty {
      let label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"/
      let found = text.matches(of: label)
      if found.map({ String($0.0) }).joined(separator: ",") != text {
        problems.append("labels: \(line)")
      }
      for one in found where labels.updateValue(String(one.2), forKey: String(one.1)) != nil {
        problems.append("label twice: \(line)")
      }
    }
    let isPart = ["_bucket", "_sum", "_count"].contains { name == family + $0 }
    if kinds[family] == "histogram" ? !isPart : name != family {
      problems.append("outside its family: \(line)")
    }
    if samples.contains(where: { $0.name == name && $0.labels == labels }) {
      problems.append("twice: \(line)")
    }
    samples.append(Sample(name: name, labels: labels, value: value))
  }

  /// The advice of `promtool check metrics`.
  private mutating func checkName(_ name: String, kind: String) {
    if (kind == "counter") != name.hasSuffix("_total") { problems.append("\(name): a \(kind)") }
    for unit in ["milliseconds", "millimeters", "_ms", "_mm", "percent", "kilobytes", "minutes"]
    where name.contains(unit) {
      problems.append("\(name): not a base unit")
    }
    if name.lowercased() != name { problems.append("\(name): camel case") }
  }

  private mutating func checkHistograms() {
    for (name, kind) in kinds where kind == "histogram" {
      let buckets = samples.filter { $0.name == name + "_bucket" }
      let groups = Dictionary(grouping: buckets) { $0.labels.filter { $0.key != "le" } }
      for (labels, group) in groups {
        let bounds = group.compactMap {
          $0.labels["le"].flatMap { Double($0.replacing("+Inf", with: "inf")) }
        }
        let counts = group.map(\.value)
        if bounds.count != group.count || bounds != bounds.sorted() || bounds.last != .infinity {
          problems.append("\(name): bounds \(bounds)")
        }
        if counts != counts.sorted() { problems.append("\(name): counts \(counts)") }
        if value(name + "_count", labels) != counts.last { problems.append("\(name): count") }
        if value(name + "_sum", labels) == nil { problems.append("\(name): sum") }
      }
    }
  }
}
