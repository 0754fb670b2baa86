import NeuralNetworks

/// The values of one stream that others attach to.
public struct Stream: Sendable {
  /// Output of the last residual block before its rectifier, `[H, W, C]`: what a hint compares.
  public var features: Graph.Value
  /// The rectified features averaged over rows and columns, `[C]`.
  public var pooled: Graph.Value
  /// `[classes]`.
  public var logits: Graph.Value
  /// What each stage gives: before and after the last rectifier; for cross-stream products.
  var stages: [StageOutput]
}

/// What a stage gives to the stream beside it.
struct StageOutput: Sendable {
  var linear: Graph.Value
  var rectified: Graph.Value
}

extension Graph {
  /// Convolution, batch norm and rectifier, named `<name>.convolution` and `<name>.norm`.
  mutating func block(
    _ name: String, _ x: Value, filters: Int, kernel: Int, stride: Int = 1
  ) -> Value {
    rectified(normalized(name, x, filters: filters, kernel: kernel, stride: stride))
  }

  /// Convolution and batch norm without the rectifier.
  mutating func normalized(
    _ name: String, _ x: Value, filters: Int, kernel: Int, stride: Int = 1
  ) -> Value {
    let mapped = convolution(
      "\(name).convolution", x, filters: filters, kernel: kernel, stride: stride)
    return batchNormalization("\(name).norm", mapped)
  }

  /// Adds what two 3 × 3 convolutions learn to the input they saw.
  ///
  /// Shapes: input `[H, W, C]`, output `[⌈H/stride⌉, ⌈W/stride⌉, filters]`; the result is not yet
  /// rectified.
  ///
  /// Source: He et al., *Deep Residual Learning for Image Recognition*, 2015, Figure 2 and
  /// section 4.1 (projection shortcut where shapes differ).
  mutating func residualBlock(_ name: String, _ x: Value, filters: Int, stride: Int) -> Value {
    let first = block("\(name).first", x, filters: filters, kernel: 3, stride: stride)
    let second = normalized("\(name).second", first, filters: filters, kernel: 3)
    guard stride != 1 || x.shape[2] != filters else { return sum(second, x) }
    let shortcut = normalized("\(name).shortcut", x, filters: filters, kernel: 1, stride: stride)
    return sum(second, shortcut)
  }

  /// The RGB stem: a 3 × 3 convolution, then 2 × 2 averages where the crop is twice the cube's.
  mutating func colorStem(_ name: String, _ x: Value, _ architecture: Architecture) -> Value {
    let seen = block("\(name).stem", x, filters: architecture.stem, kernel: 3)
    return architecture.colorSize > architecture.cubeSize ? averagePool(seen, size: 2) : seen
  }

  /// The spectral stem: two 1 × 1 convolutions, so that each pixel's spectrum is read alone.
  mutating func spectralStem(_ name: String, _ x: Value, _ architecture: Architecture) -> Value {
    let mixed = block("\(name).stem.first", x, filters: architecture.spectralStem, kernel: 1)
    return block("\(name).stem.second", mixed, filters: architecture.stem, kernel: 1)
  }

  /// The residual trunk and the classifier behind a stem.
  ///
  /// With `partner`, each stage but the last hands on
  /// `x + linear(x) ⊙ rectified(partner)`: the partner's features gate this stream's.
  ///
  /// Source: Garcia, Morerio, Murino, *Modality Distillation with Multiple Stream Networks for
  /// Action Recognition*, 2018, section 3.2 (cross-stream multiplicative connection).
  /// Differs: between stages of a small trunk rather than inside each ResNet-50 block.
  mutating func trunk(
    _ name: String, _ stem: Value, stages: [Architecture.Stage], classes: Int,
    gatedBy partner: Stream? = nil
  ) -> Stream {
    var x = stem
    var linear = stem
    var outputs: [StageOutput] = []
    for (number, stage) in stages.enumerated() {
      for unit in 0..<stage.blocks {
        linear = residualBlock(
          "\(name).stage\(number).block\(unit)", x, filters: stage.filters,
          stride: unit == 0 ? stage.stride : 1)
        x = rectified(linear)
      }
      outputs.append(StageOutput(linear: linear, rectified: x))
      if let partner, number + 1 < stages.count {
        x = sum(x, product(linear, partner.stages[number].rectified))
      }
    }
    let pooled = globalAverage(x)
    let logits = dense("\(name).classifier", pooled, outputs: classes)
    return Stream(features: linear, pooled: pooled, logits: logits, stages: outputs)
  }
}
