import Datasets
import Tensors

/// One batch: labelled samples first, then pairs whose labels are not used.
public struct Batch {
  /// Rows of the dataset.
  public let rows: [Int]
  /// How many of the rows, from the front, are labelled.
  public let labelledCount: Int
  /// Classes of the labelled rows.
  public let labels: [Int]
  /// `color` `[N, h, w, 3]` and `spectra` `[N, h', w', bands]`, augmented alike.
  public let inputs: [String: Tensor]

  public var count: Int { rows.count }
}

/// Makes the batch of any step from the step's number alone, so that a run can go on anywhere.
public struct BatchMaker {
  /// What fills the second part of a batch.
  public enum Filling: Sendable {
    /// Labelled samples, for arms without a teacher.
    case labelled
    /// Pairs from all training samples.
    case pairs
    /// Pairs whose labels are used: the oracle.
    case pairsWithLabels
  }

  let dataset: PairedDataset
  let split: Split
  let settings: TrainingSettings
  /// Seed of the run and name of the stage: together they fix every batch.
  let seed: UInt64
  let stage: String
  /// Chance that a sample's spectra become zeros (their mean), for modality dropout.
  var blanksSpectra = 0.0

  /// - Parameter number: the step, counted from 0.
  public func batch(_ number: Int, filling: Filling) throws -> Batch {
    let everything = split.labelled + split.unlabelled
    var rows = cycled(split.labelled, purpose: "labelled", settings.labelledBatch, number)
    var labelledCount = rows.count
    switch filling {
    case .labelled:
      rows += cycled(split.labelled, purpose: "more", settings.pairBatch, number)
      labelledCount = rows.count
    case .pairs:
      rows += cycled(everything, purpose: "pairs", settings.pairBatch, number)
    case .pairsWithLabels:
      rows = cycled(everything, purpose: "pairs", rows.count + settings.pairBatch, number)
      labelledCount = rows.count
    }
    var made = dataset.batch(rows)
    var random = SplitMix64(seed: seed, purpose: "\(stage)/augmentation/\(number)")
    settings.augmentation.augmentation.apply(to: &made, recipe: dataset.recipe, using: &random)
    var spectra = made.spectra
    if blanksSpectra > 0 {
      var random = SplitMix64(seed: seed, purpose: "\(stage)/blank/\(number)")
      for row in 0..<rows.count where random.nextUniform() < blanksSpectra {
        let start = row * spectra.rowCount
        for index in start..<(start + spectra.rowCount) { spectra.values[index] = 0 }
      }
    }
    return Batch(
      rows: rows, labelledCount: labelledCount,
      labels: try rows.prefix(labelledCount).map(truth(of:)),
      inputs: ["color": made.color, "spectra": spectra])
  }

  private func truth(of row: Int) throws -> Int {
    guard let label = dataset.labels[row] else {
      throw MissingLabel(piece: dataset.pieces[row])
    }
    return label
  }

  /// The rows of one step when `pool` is gone through again and again in ever new order.
  private func cycled(_ pool: [Int], purpose: String, _ size: Int, _ number: Int) -> [Int] {
    guard !pool.isEmpty else { return [] }
    var rows: [Int] = []
    var epoch = -1
    var order: [Int] = []
    for position in (number * size)..<((number + 1) * size) {
      if position / pool.count != epoch {
        epoch = position / pool.count
        var random = SplitMix64(seed: seed, purpose: "\(stage)/\(purpose)/\(epoch)")
        order = random.permutation(pool.count)
      }
      rows.append(pool[order[position % pool.count]])
    }
    return rows
  }
}
