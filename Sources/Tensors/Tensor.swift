/// A dense array of `Float`, row-major; pictures and features are `[N, H, W, C]`.
public struct Tensor: Sendable, Equatable {
  /// The extents, slowest first.
  public let shape: [Int]
  /// The elements, row-major.
  public var values: [Float]

  public var count: Int { values.count }

  public init(shape: [Int], values: [Float]) {
    let wanted = shape.reduce(1, *)
    precondition(
      values.count == wanted, "tensor \(shape): \(values.count) values, \(wanted) wanted")
    self.shape = shape
    self.values = values
  }

  public init(shape: [Int], repeating value: Float = 0) {
    self.shape = shape
    values = [Float](repeating: value, count: shape.reduce(1, *))
  }

  /// Normal numbers with mean 0 and the given standard deviation.
  public init(
    normal shape: [Int], deviation: Float, using random: inout some RandomNumberGenerator
  ) {
    self.shape = shape
    values = (0..<shape.reduce(1, *)).map { _ in Float(random.nextNormal()) * deviation }
  }

  /// The same elements under another shape of equal count.
  public func reshaped(_ shape: [Int]) -> Tensor { Tensor(shape: shape, values: values) }

  /// Elements per entry of the first extent.
  public var rowCount: Int { shape.isEmpty ? 1 : shape.dropFirst().reduce(1, *) }

  /// The entries of the first extent with the given numbers, in that order.
  public func rows(_ numbers: [Int]) -> Tensor {
    var gathered: [Float] = []
    gathered.reserveCapacity(numbers.count * rowCount)
    for number in numbers {
      gathered.append(contentsOf: values[(number * rowCount)..<((number + 1) * rowCount)])
    }
    return Tensor(shape: [numbers.count] + shape.dropFirst(), values: gathered)
  }

  /// Puts tensors of equal inner shape behind one another along the first extent.
  public static func stacked(_ parts: [Tensor]) -> Tensor {
    guard let first = parts.first else { return Tensor(shape: [0]) }
    var values: [Float] = []
    values.reserveCapacity(parts.reduce(0) { $0 + $1.count })
    var rows = 0
    for part in parts {
      precondition(
        part.shape.dropFirst() == first.shape.dropFirst(),
        "stacked: inner shape \(part.shape.dropFirst()), \(first.shape.dropFirst()) wanted")
      values.append(contentsOf: part.values)
      rows += part.shape[0]
    }
    return Tensor(shape: [rows] + first.shape.dropFirst(), values: values)
  }
}
