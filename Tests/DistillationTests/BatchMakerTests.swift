import TestSupport
import Testing

@testable import Distillation

@Suite("Batch maker")
struct BatchMakerTests {
  private static func maker(seed: UInt64 = 4, stage: String = "color") -> BatchMaker {
    BatchMaker(
      dataset: TinyPairs.dataset(), split: TinyPairs.split,
      settings: TinyPairs.experiment().training, seed: seed, stage: stage)
  }

  @Test("goes through every pair once before it meets one again, in ever new order")
  func epochs() throws {
    let maker = Self.maker()
    // 60 training pairs, 8 a step: 15 steps are two epochs.
    let pairs = try (0..<15).flatMap { number in
      let batch = try maker.batch(number, filling: .pairs)
      return Array(batch.rows[batch.labelledCount...])
    }
    #expect(Set(pairs.prefix(60)) == Set(0..<60))
    #expect(Set(pairs.suffix(60)) == Set(0..<60))
    #expect(pairs.prefix(60) != pairs.suffix(60))
  }

  @Test("a step's batch follows from seed, stage and number alone")
  func deterministic() throws {
    let batch = try Self.maker().batch(7, filling: .pairs)
    let again = try Self.maker().batch(7, filling: .pairs)
    #expect(batch.rows == again.rows)
    #expect(batch.inputs == again.inputs)
    #expect(try Self.maker(seed: 5).batch(7, filling: .pairs).rows != batch.rows)
    #expect(try Self.maker(stage: "fusion").batch(7, filling: .pairs).rows != batch.rows)
    #expect(try Self.maker().batch(8, filling: .pairs).rows != batch.rows)
  }

  @Test("labels are those of labelled samples, unless it is told to use all")
  func labels() throws {
    let maker = Self.maker()
    let pairs = try maker.batch(2, filling: .pairs)
    #expect(pairs.labelledCount == 8 && pairs.labels.count == 8 && pairs.count == 16)
    #expect(pairs.rows.prefix(8).allSatisfy { $0 < 24 })
    let labelled = try maker.batch(2, filling: .labelled)
    #expect(labelled.labelledCount == 16 && labelled.rows.allSatisfy { $0 < 24 })
    let oracle = try maker.batch(2, filling: .pairsWithLabels)
    #expect(oracle.labelledCount == 16)
    #expect(oracle.labels == oracle.rows.map { maker.dataset.labels[$0] ?? -1 })
  }
}
