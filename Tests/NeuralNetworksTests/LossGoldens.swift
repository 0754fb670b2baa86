import Diagnostics
import Foundation
import Tensors
import TestSupport

/// A tensor as the generators of goldens write it.
struct GoldenTensor: Decodable {
  let shape: [Int]
  let values: [Float]

  var tensor: Tensor { Tensor(shape: shape, values: values) }
}

/// What PyTorch says about each loss on one small batch; from Tools/make-goldens/losses.py.
struct LossGoldens: Decodable {
  struct Case: Decodable {
    let value: Float
    let gradient: GoldenTensor
  }

  let logits, teacher, targets, features, spectral, other: GoldenTensor
  let pooled, wide, projector, moved: GoldenTensor
  let labels: [Int]
  let weights, deviation: [Float]
  let cases: [String: Case]

  static func read() throws -> LossGoldens {
    try JSONFile.read(
      LossGoldens.self, at: sampleData.appending(path: "Golden/losses/losses.json"))
  }
}
