import Tensors

/// Named tensors in the order of the graph's parts.
public struct Parameters: Sendable, Equatable {
  /// The names, in order.
  public private(set) var names: [String] = []
  /// The tensors, in the order of `names`; their shapes stay as they are.
  public private(set) var tensors: [Tensor] = []
  private var places: [String: Int] = [:]

  /// Collects tensors under their names; two tensors of one name are a programmer's mistake.
  public init(_ tensors: [(String, Tensor)]) {
    for (name, tensor) in tensors {
      precondition(places[name] == nil, "parameters: '\(name)' found twice")
      append(name, tensor)
    }
  }

  /// Draws the tensors that training starts from.
  ///
  /// Kernels of convolutions are normal with deviation `√(2 / inputs)`; dense kernels and biases
  /// are uniform within `±1 / √inputs`, as in PyTorch; scales and variances are 1, the rest 0.
  ///
  /// Source: He et al., *Delving Deep into Rectifiers*, 2015, Equation 10; arXiv:1502.01852.
  public init(initializing graph: Graph, using random: inout some RandomNumberGenerator) {
    var denseInputs = 1
    for part in graph.parts {
      let inputs = part.shape.dropFirst().reduce(1, *)
      let tensor: Tensor
      switch part.role {
      case .kernel where part.shape.count == 4:
        let deviation = (2 / Float(inputs)).squareRoot()
        tensor = Tensor(normal: part.shape, deviation: deviation, using: &random)
        denseInputs = 0
      case .kernel:
        tensor = Self.uniform(part.shape, inputs: inputs, using: &random)
        denseInputs = inputs
      case .bias where denseInputs > 0:
        tensor = Self.uniform(part.shape, inputs: denseInputs, using: &random)
      case .scale, .runningVariance: tensor = Tensor(shape: part.shape, repeating: 1)
      case .bias, .shift, .runningMean: tensor = Tensor(shape: part.shape)
      }
      append(part.name, tensor)
    }
  }

  /// The tensor of that name.
  ///
  /// A tensor under a new name goes to the end; `nil` takes one out. A tensor that replaces
  /// another has its shape.
  public subscript(name: String) -> Tensor? {
    get { places[name].map { tensors[$0] } }
    set {
      switch (places[name], newValue) {
      case (let place?, let tensor?): replace(place, with: tensor)
      case (nil, let tensor?): append(name, tensor)
      case (let place?, nil): remove(place)
      case (nil, nil): break
      }
    }
  }

  /// Changes the tensor at `place` of `names` without copying it; its shape stays.
  public mutating func update<Result>(
    at place: Int, _ change: (inout [Float]) throws -> Result
  ) rethrows -> Result {
    try change(&tensors[place].values)
  }

  /// Copies tensors of `other` whose renamed name exists here with an equal shape.
  ///
  /// `renaming` gives the name here, or `nil` to leave a tensor out. Returns the adopted names,
  /// as they are here.
  @discardableResult
  public mutating func adopt(
    _ other: Parameters, renaming: (String) -> String? = { $0 }
  ) -> [String] {
    var adopted: [String] = []
    for (name, tensor) in zip(other.names, other.tensors) {
      guard let here = renaming(name), let place = places[here],
        tensors[place].shape == tensor.shape
      else { continue }
      tensors[place] = tensor
      adopted.append(here)
    }
    return adopted
  }

  /// How many numbers there are in all.
  public var count: Int { tensors.reduce(0) { $0 + $1.count } }

  private mutating func append(_ name: String, _ tensor: Tensor) {
    places[name] = names.count
    names.append(name)
    tensors.append(tensor)
  }

  private mutating func replace(_ place: Int, with tensor: Tensor) {
    precondition(
      tensor.shape == tensors[place].shape,
      "parameters '\(names[place])': shape \(tensor.shape) found, \(tensors[place].shape) wanted")
    tensors[place] = tensor
  }

  private mutating func remove(_ place: Int) {
    names.remove(at: place)
    tensors.remove(at: place)
    places = [:]
    for (index, name) in names.enumerated() { places[name] = index }
  }

  private static func uniform(
    _ shape: [Int], inputs: Int, using random: inout some RandomNumberGenerator
  ) -> Tensor {
    let limit = 1 / Double(inputs).squareRoot()
    let count = shape.reduce(1, *)
    return Tensor(
      shape: shape, values: (0..<count).map { _ in Float(random.nextUniform(-limit, limit)) })
  }
}
