import Distillation
import Tensors
import TestSupport
import Testing

@Suite("Modality-general channels")
struct ModalityGeneralChannelsTests {
  /// Four channels for 50 samples; the student's output follows channel 2, and channel 0 a little.
  private static func ranking() -> (ModalityGeneralChannels, Tensor) {
    var random = SplitMix64(seed: 2, purpose: "ranking")
    let channels = Tensor(normal: [50, 4], deviation: 1, using: &random)
    func outputs(_ channels: Tensor) -> Tensor {
      Tensor(
        shape: [50, 1],
        values: (0..<50).map { channels.values[4 * $0 + 2] + 0.5 * channels.values[4 * $0] })
    }
    let ranking = ModalityGeneralChannels(
      of: channels, student: outputs(channels), using: &random, outputs: outputs)
    return (ranking, channels)
  }

  @Test("the channel that the student's outputs follow most comes first")
  func ranked() {
    let (ranking, _) = Self.ranking()
    #expect(ranking.saliency[2] == 1)
    #expect(ranking.saliency[0] > 0.1 && ranking.saliency[0] < 0.5)
    // Channels that change nothing cost nothing.
    #expect(ranking.saliency[1] == 0 && ranking.saliency[3] == 0)
    #expect(ranking.mostGeneral(1) == [2])
    #expect(ranking.mostGeneral(2) == [0, 2])
    #expect(ranking.mostGeneral(0) == [])
  }

  @Test("masking keeps the shared channels and silences the rest")
  func masked() {
    let (ranking, channels) = Self.ranking()
    let masked = ranking.masking(channels, keeping: 2)
    for (index, value) in masked.values.enumerated() {
      #expect(value == (index % 2 == 0 ? channels.values[index] : 0))
    }
    #expect(ranking.masking(channels, keeping: 4) == channels)
  }

  @Test("a channel of a feature map moves with its rows and columns")
  func featureMaps() {
    var random = SplitMix64(seed: 3, purpose: "ranking")
    let channels = Tensor(normal: [30, 2, 2, 3], deviation: 1, using: &random)
    // The mean over rows and columns: what is left of it tells whether whole maps were moved.
    func pooled(_ maps: Tensor, channel: Int) -> Tensor {
      Tensor(
        shape: [30, 1],
        values: (0..<30).map { row in
          (0..<4).reduce(0) { $0 + maps.values[row * 12 + $1 * 3 + channel] / 4 }
        })
    }
    let wanted = pooled(channels, channel: 1)
    let ranking = ModalityGeneralChannels(of: channels, student: wanted, using: &random) { moved in
      let found = pooled(moved, channel: 1)
      #expect(found.values.sorted() == wanted.values.sorted())
      return found
    }
    #expect(ranking.saliency == [0, 1, 0])
  }

  @Test("a student of another batch traps")
  func wrongBatch() async {
    await #expect(processExitsWith: .failure) {
      var random = SplitMix64(seed: 4)
      _ = ModalityGeneralChannels(
        of: Tensor(shape: [3, 2]), student: Tensor(shape: [2, 2]), using: &random
      ) { $0 }
    }
  }
}
