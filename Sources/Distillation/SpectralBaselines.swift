import Tensors

/// The mean spectrum of each crop, `[N, bands]`.
public func meanSpectra(_ crops: Tensor) -> Tensor {
  let bands = crops.shape[crops.shape.count - 1]
  let pixels = crops.rowCount / bands
  var means = [Float](repeating: 0, count: crops.shape[0] * bands)
  for row in 0..<crops.shape[0] {
    for pixel in 0..<pixels {
      let start = row * crops.rowCount + pixel * bands
      for band in 0..<bands { means[row * bands + band] += crops.values[start + band] }
    }
  }
  let share = 1 / Float(pixels)
  return Tensor(shape: [crops.shape[0], bands], values: means.map { $0 * share })
}
