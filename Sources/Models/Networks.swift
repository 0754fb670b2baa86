import NeuralNetworks

/// The networks of an experiment, each declared once as a graph of named parts.
///
/// Inputs are `color` `[colorSize, colorSize, 3]` and `spectra` `[cubeSize, cubeSize, bands]`.
/// Parts of a stream begin with its name (`color.`, `spectral.`, `hallucination.`), so weights
/// move from network to network by name.
public enum Networks {
  /// How the streams of a joint network meet.
  public enum Joining: String, Codable, Sendable, CaseIterable {
    /// The mean of both logits (late fusion).
    case mean
    /// The mean of both logits, and the second stream's features gate the first's.
    case product
  }

  /// RGB alone; outputs `logits`, `features`, `pooled`.
  public static func color(_ architecture: Architecture) -> Graph {
    single("color", seeing: .color, architecture)
  }

  /// Hyperspectral alone: the teacher of steps 1 and 3; outputs `logits`, `features`, `pooled`.
  public static func spectral(_ architecture: Architecture) -> Graph {
    single("spectral", seeing: .spectra, architecture)
  }

  /// The hallucination stream: sees RGB, learns the spectral stream's features.
  public static func hallucination(_ architecture: Architecture) -> Graph {
    single("hallucination", seeing: .color, architecture)
  }

  /// RGB and spectra together; outputs `logits`, `color.logits`, `spectral.logits`,
  /// `spectral.features`, `spectral.pooled`.
  public static func fusion(_ architecture: Architecture, joining: Joining) -> Graph {
    joint("fusion", second: "spectral", seeing: .spectra, architecture, joining)
  }

  /// RGB and hallucination together, from RGB only; outputs as `fusion` with `hallucination.`.
  public static func student(_ architecture: Architecture, joining: Joining) -> Graph {
    joint("student", second: "hallucination", seeing: .color, architecture, joining)
  }

  /// One small network for the line; outputs `logits`, `pooled`.
  public static func compact(_ architecture: Architecture) -> Graph {
    var graph = Graph(name: "compact")
    var sizes = architecture
    sizes.stem = architecture.compactStem
    let color = graph.input(
      "color", shape: [architecture.colorSize, architecture.colorSize, 3])
    let stem = graph.colorStem("compact", color, sizes)
    let stream = graph.trunk(
      "compact", stem, stages: architecture.compactStages, classes: architecture.classes)
    graph.output("logits", stream.logits)
    graph.output("pooled", stream.pooled)
    return graph
  }

  private enum Sensor { case color, spectra }

  private static func single(
    _ name: String, seeing sensor: Sensor, _ architecture: Architecture
  ) -> Graph {
    var graph = Graph(name: name)
    let stream = stream(
      name, seeing: sensor, input(sensor, architecture, in: &graph), architecture, in: &graph)
    graph.output("logits", stream.logits)
    graph.output("features", stream.features)
    graph.output("pooled", stream.pooled)
    return graph
  }

  private static func joint(
    _ name: String, second: String, seeing sensor: Sensor, _ architecture: Architecture,
    _ joining: Joining
  ) -> Graph {
    var graph = Graph(name: name)
    let color = input(.color, architecture, in: &graph)
    let other = sensor == .color ? color : input(sensor, architecture, in: &graph)
    let partner = stream(second, seeing: sensor, other, architecture, in: &graph)
    let first = stream(
      "color", seeing: .color, color, architecture, gatedBy: joining == .product ? partner : nil,
      in: &graph)
    graph.output("logits", graph.mean(first.logits, partner.logits))
    graph.output("color.logits", first.logits)
    graph.output("\(second).logits", partner.logits)
    graph.output("\(second).features", partner.features)
    graph.output("\(second).pooled", partner.pooled)
    return graph
  }

  private static func input(
    _ sensor: Sensor, _ architecture: Architecture, in graph: inout Graph
  ) -> Graph.Value {
    switch sensor {
    case .color:
      graph.input("color", shape: [architecture.colorSize, architecture.colorSize, 3])
    case .spectra:
      graph.input(
        "spectra", shape: [architecture.cubeSize, architecture.cubeSize, architecture.bands])
    }
  }

  private static func stream(
    _ name: String, seeing sensor: Sensor, _ x: Graph.Value, _ architecture: Architecture,
    gatedBy partner: Stream? = nil, in graph: inout Graph
  ) -> Stream {
    let stem =
      sensor == .color
      ? graph.colorStem(name, x, architecture) : graph.spectralStem(name, x, architecture)
    return graph.trunk(
      name, stem, stages: architecture.stages, classes: architecture.classes, gatedBy: partner)
  }
}
