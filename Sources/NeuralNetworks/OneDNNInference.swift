/// An inference plan on oneDNN's kernels, in slices of a fixed number of samples.
final class OneDNNInference: InferenceBackend {
  private let layout: InferenceLayout
  private let inputs: [(count: Int, memory: Memory)]
  private let outputs: [(count: Int, memory: Memory)]

  init(_ layout: InferenceLayout, inputs: [Graph.Value], outputs: [Graph.Value]) {
    self.layout = layout
    self.inputs = inputs.map { ($0.count, layout.memory($0)) }
    self.outputs = outputs.map { ($0.count, layout.memory($0)) }
  }

  var activationBytes: Int { layout.activationBytes }

  var implementations: [(place: String, name: String)] {
    layout.primitives.map { ($0.place, $0.implementation) }
  }

  /// The last slice is padded with zeros.
  func infer(samples: Int, _ inputs: [[Float]], into results: inout [[Float]]) throws {
    let batch = layout.bench.batch
    for first in stride(from: 0, to: samples, by: batch) {
      let slice = min(batch, samples - first)
      for (place, (count, memory)) in self.inputs.enumerated() {
        memory.write(inputs[place], from: first * count, count: slice * count)
      }
      try run()
      for (place, (count, memory)) in outputs.enumerated() {
        results[place].replaceSubrange(
          (first * count)..<((first + slice) * count), with: memory.values(slice * count))
      }
    }
  }

  func infer(samples: Int, _ input: Span<Float>, into result: inout MutableSpan<Float>) throws {
    inputs[0].memory.write(input)
    if samples < layout.bench.batch { inputs[0].memory.clear(from: input.count) }
    try run()
    outputs[0].memory.read(into: &result)
  }

  private func run() throws {
    for primitive in layout.primitives { try primitive.run(on: layout.bench.engine) }
  }
}
