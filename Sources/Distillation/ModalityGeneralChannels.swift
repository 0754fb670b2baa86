import Tensors

/// Which of the teacher's channels speak of what the student's sensor sees too.
///
/// A teacher that is restricted to them is worse, and teaches better: what only its own sensor can
/// tell, the student can merely memorize. A channel counts by what its loss would cost: it is
/// permuted over the batch, and the teacher's outputs then lie further from the student's. Rank
/// with a teacher and a student that were trained together, each on the labels and both towards
/// equal outputs; otherwise the distance does not know what is shared.
///
/// Source: Xue, Gao, Ren, Zhao, *The Modality Focusing Hypothesis*, ICLR 2023, algorithm 1;
/// arXiv:2206.06487. Differs: the distance is the mean square, as in the authors' code for
/// Gaussian data, for every kind of network.
public struct ModalityGeneralChannels: Sendable, Equatable {
  /// One number in 0...1 per channel; 1 is the channel that is shared most.
  public let saliency: [Float]

  /// Ranks the last extent of `channels`.
  ///
  /// - Parameters:
  ///   - channels: what the teacher has at the layer in question, `[N, …, C]`; its input, say, or
  ///     the features before its classifier.
  ///   - student: the student's outputs for the same N samples, `[N, K]`.
  ///   - permutations: how often each channel is permuted.
  ///   - outputs: the rest of the teacher, from `channels` to its outputs `[N, K]`.
  public init(
    of channels: Tensor, student: Tensor, permutations: Int = 10,
    using random: inout some RandomNumberGenerator, outputs: (Tensor) throws -> Tensor
  ) rethrows {
    precondition(
      channels.shape.count >= 2 && channels.shape[0] == student.shape.first,
      "channel ranking: channels \(channels.shape) and outputs \(student.shape), one N wanted")
    precondition(
      permutations > 0, "channel ranking: \(permutations) permutations, 1 or more wanted")
    let width = channels.shape[channels.shape.count - 1]
    var distances = [Double](repeating: 0, count: width)
    for channel in 0..<width {
      for _ in 0..<permutations {
        let order = random.permutation(channels.shape[0])
        let moved = Self.permuted(channels, channel: channel, order: order)
        distances[channel] += Self.distance(try outputs(moved), student)
      }
    }
    saliency = Self.scaled(distances)
  }

  /// The numbers of the `count` channels that are shared most, in rising order.
  public func mostGeneral(_ count: Int) -> [Int] {
    precondition(
      (0...saliency.count).contains(count),
      "channel ranking: \(count) channels asked for, at most \(saliency.count) wanted")
    let ranked = saliency.indices.sorted {
      saliency[$0] == saliency[$1] ? $0 < $1 : saliency[$0] > saliency[$1]
    }
    return ranked.prefix(count).sorted()
  }

  /// `channels` with all but the `count` most general ones set to 0; `[N, …, C]`.
  ///
  /// What follows from there are the logits of the restricted teacher.
  public func masking(_ channels: Tensor, keeping count: Int) -> Tensor {
    let width = saliency.count
    precondition(
      channels.shape.last == width,
      "channel ranking: channels \(channels.shape), \(width) in the last extent wanted")
    var keeps = [Float](repeating: 0, count: width)
    for channel in mostGeneral(count) { keeps[channel] = 1 }
    var masked = channels
    for index in masked.values.indices { masked.values[index] *= keeps[index % width] }
    return masked
  }

  /// Sample n gets the channel of sample `order[n]`, rows and columns with it.
  private static func permuted(_ channels: Tensor, channel: Int, order: [Int]) -> Tensor {
    let width = channels.shape[channels.shape.count - 1]
    let size = channels.rowCount
    var moved = channels
    for (row, source) in order.enumerated() {
      for offset in stride(from: channel, to: size, by: width) {
        moved.values[row * size + offset] = channels.values[source * size + offset]
      }
    }
    return moved
  }

  private static func distance(_ first: Tensor, _ second: Tensor) -> Double {
    precondition(
      first.shape == second.shape,
      "channel ranking: teacher's outputs \(first.shape), \(second.shape) wanted")
    var sum = 0.0
    for index in first.values.indices {
      let difference = Double(first.values[index]) - Double(second.values[index])
      sum += difference * difference
    }
    return sum / Double(max(first.count, 1))
  }

  /// The least becomes 0, the greatest 1; all 0 if there is no difference.
  private static func scaled(_ distances: [Double]) -> [Float] {
    guard let least = distances.min(), let greatest = distances.max(), greatest > least else {
      return [Float](repeating: 0, count: distances.count)
    }
    return distances.map { Float(($0 - least) / (greatest - least)) }
  }
}
