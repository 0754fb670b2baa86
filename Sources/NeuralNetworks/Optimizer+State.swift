import Diagnostics
import Tensors

extension Optimizer {
  private static let stepsName = "optimizer.steps"
  private static let firstPrefix = "optimizer.first/"
  private static let secondPrefix = "optimizer.second/"
  private static let averagePrefix = "optimizer.average/"

  /// All that the optimizer remembers, as named tensors for a checkpoint.
  public var state: [(String, Tensor)] {
    // In two Floats, its low 12 bits apart, the count is exact for longer than anyone trains.
    let steps = Tensor(
      shape: [2], values: [Float(stepCount >> 12), Float(stepCount & 0xfff)])
    var tensors = [(Self.stepsName, steps)]
    for slot in slots {
      let shape = slot.part.shape
      tensors.append((Self.firstPrefix + slot.part.name, Tensor(shape: shape, values: slot.first)))
      guard !slot.second.isEmpty else { continue }
      tensors.append(
        (Self.secondPrefix + slot.part.name, Tensor(shape: shape, values: slot.second)))
    }
    if let averaged {
      for (name, tensor) in zip(averaged.names, averaged.tensors) {
        tensors.append((Self.averagePrefix + name, tensor))
      }
    }
    return tensors
  }

  /// An optimizer that goes on where the one that gave `state` stood.
  ///
  /// Tensors under other names are left alone, so that a whole checkpoint can be given. Throws a
  /// `Complaint` at `place` if one is missing or has another shape.
  public init(
    _ settings: OptimizerSettings, parts: [Part], restoring state: [(String, Tensor)],
    place: String = "optimizer's state"
  ) throws {
    self.init(settings, parts: parts)
    let stored = Dictionary(state, uniquingKeysWith: { first, _ in first })
    func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
      guard let tensor = stored[name] else {
        throw Complaint(
          place, "'\(name)' is missing",
          remedy: "restore with the network and settings that were saved, or start anew")
      }
      guard tensor.shape == shape else {
        throw Complaint(
          place, "'\(name)' has shape \(tensor.shape), \(shape) was wanted",
          remedy: "restore with the network and settings that were saved, or start anew")
      }
      return tensor
    }
    let steps = try tensor(Self.stepsName, [2]).values
    guard steps.allSatisfy({ $0 >= 0 && $0 < 0x1p24 && $0 == $0.rounded() }) else {
      throw Complaint(place, "'\(Self.stepsName)' is \(steps), two whole numbers were wanted")
    }
    var restored = slots
    for index in restored.indices {
      let part = restored[index].part
      restored[index].first = try tensor(Self.firstPrefix + part.name, part.shape).values
      guard settings.algorithm == .adamW else { continue }
      restored[index].second = try tensor(Self.secondPrefix + part.name, part.shape).values
    }
    let count = Int(steps[0]) << 12 + Int(steps[1])
    restore(
      stepCount: count, slots: restored,
      averaged: try restoredAverage(state, parts: parts, stepCount: count, tensor))
  }

  private func restoredAverage(
    _ state: [(String, Tensor)], parts: [Part], stepCount: Int,
    _ tensor: (String, [Int]) throws -> Tensor
  ) throws -> Parameters? {
    guard settings.averageDecay != nil, stepCount > 0 else { return nil }
    for part in parts { _ = try tensor(Self.averagePrefix + part.name, part.shape) }
    return Parameters(
      state.filter { $0.0.hasPrefix(Self.averagePrefix) }.map {
        (String($0.0.dropFirst(Self.averagePrefix.count)), $0.1)
      })
  }
}
