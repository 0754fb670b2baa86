import Tensors
import Units

@testable import Hyperspectral

/// The corrector's arithmetic in plain loops, one number after another.
struct ReflectanceTwin {
  let calibration: ReflectanceCalibration

  /// `counts` is `[samples, bands]`; returns `[samples, output bands]`.
  func reflectance(of counts: [Float]) -> [Float] {
    let terms = calibration.terms
    let (samples, kept) = (terms.samples, terms.bands)
    var values = [Float](repeating: 0, count: samples * kept)
    for sample in 0..<samples {
      for (band, stored) in terms.kept.enumerated() {
        let place = sample * kept + band
        let count = counts[sample * terms.storedBands + stored]
        let value = (count - terms.dark[place]) * terms.gain[place]
        values[place] = value > 0 ? min(value, terms.ceiling) : 0
      }
    }
    for repair in calibration.repairs {
      values[repair.place] =
        repair.leftWeight * values[repair.left] + repair.rightWeight * values[repair.right]
    }
    guard let mixing = calibration.mixing else { return values }
    return (0..<samples).flatMap { sample in
      mixing.rows.map { row in
        row.weights.indices.reduce(Float(0)) {
          $0 + row.weights[$1] * values[sample * kept + row.first + $1]
        }
      }
    }
  }
}
