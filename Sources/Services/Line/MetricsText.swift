import Foundation

/// Figures in the text format of Prometheus.
///
/// Source: *Prometheus exposition formats*, text format 0.0.4. Base units, one prefix, totals of
/// counters end in `_total`, few values of each label.
struct MetricsText {
  enum Kind: String { case counter, gauge, histogram }

  private(set) var text = ""

  /// Begins a figure: its name, kind and meaning stand once, before all its values.
  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func add(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    let inner = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    text += name + (inner.isEmpty ? "" : "{\(inner)}") + " \(Self.number(value))\n"
  }

  /// A figure with a single value.
  mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    begin(name, kind, help)
    add(name, [], value)
  }

  mutating func add(_ name: String, _ labels: [(String, String)] = [], _ histogram: Histogram) {
    var count = 0
    for (index, bucket) in histogram.counts.enumerated() {
      count += bucket
      let bound = index < histogram.bounds.count ? Self.number(histogram.bounds[index]) : "+Inf"
      add(name + "_bucket", labels + [("le", bound)], Double(count))
    }
    add(name + "_sum", labels, histogram.sum)
    add(name + "_count", labels, Double(count))
  }

  private static func number(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }

  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
      .replacingOccurrences(of: "\n", with: "\\n")
  }
}
