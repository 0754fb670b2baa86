import Diagnostics
import Models

extension Experiment {
  /// Refuses settings that cannot work, by name; `place` is the experiment's file.
  ///
  /// What a plan of the split or a recipe cannot do is refused where the recordings are known.
  public func check(place: String) throws {
    let check = SettingCheck(place: place)
    try check.want(
      !name.isEmpty && !name.contains("/") && !name.hasPrefix("."), "name", "'\(name)'",
      "a name that a folder can have")
    try check.want(!seeds.isEmpty, "seeds", "empty", "at least one")
    try check.want(Set(seeds).count == seeds.count, "seeds", "naming a seed twice", "each once")
    try check.want(!arms.isEmpty, "arms", "empty", "at least one")
    try check.want(Set(arms).count == arms.count, "arms", "naming an arm twice", "each once")
    let (color, cube) = (data.recipe.colorSize, data.recipe.cubeSize)
    try check.want(
      color == cube || color == 2 * cube, "data.recipe.colorSize", "\(color)",
      "'data.recipe.cubeSize' (\(cube)) or twice it")
    if let noise = data.centerPixelNoise {
      try check.want(noise, "data.centerPixelNoise", within: 0...1000)
    }
    try network.check(check)
    try training.check(check)
    try distillation.check(check)
    try training.optimizer.check(place: "\(place): 'training.optimizer'")
  }
}

/// Refuses a setting by its name, with what was found and what was wanted.
struct SettingCheck {
  let place: String

  func want(
    _ holds: Bool, _ name: String, _ found: @autoclosure () -> String, _ wanted: String
  ) throws {
    guard !holds else { return }
    throw Complaint(place, "'\(name)' is \(found()), \(wanted) was wanted")
  }

  /// Not a number lies in no range.
  func want<Number: Comparable>(
    _ number: Number, _ name: String, within range: ClosedRange<Number>
  ) throws {
    try want(
      range.contains(number), name, "\(number)",
      "a number from \(range.lowerBound) to \(range.upperBound)")
  }
}

extension NetworkSettings {
  fileprivate func check(_ check: SettingCheck) throws {
    for (name, filters) in [
      ("stem", stem), ("spectralStem", spectralStem), ("compactStem", compactStem),
    ] { try check.want(filters, "network.\(name)", within: 1...4096) }
    for (name, list) in [("stages", stages), ("compactStages", compactStages)] {
      try check.want(
        (1...16).contains(list.count), "network.\(name)", "\(list.count) stages", "1 to 16")
      for (number, stage) in list.enumerated() {
        let key = "network.\(name)[\(number)]"
        try check.want(stage.filters, "\(key).filters", within: 1...4096)
        try check.want(stage.stride, "\(key).stride", within: 1...2)
        try check.want(stage.blocks, "\(key).blocks", within: 1...64)
      }
    }
  }
}

extension TrainingSettings {
  fileprivate func check(_ check: SettingCheck) throws {
    try check.want(steps, "training.steps", within: 1...10_000_000)
    try check.want(labelledBatch, "training.labelledBatch", within: 1...16384)
    try check.want(pairBatch, "training.pairBatch", within: 0...16384)
    try check.want(
      (0...steps).contains(warmUpSteps), "training.warmUpSteps", "\(warmUpSteps)",
      "0 to all of 'training.steps' (\(steps))")
    try check.want(labelSmoothing, "training.labelSmoothing", within: 0...0.9)
    try check.want(threads, "training.threads", within: 1...256)
    try check.want(checkpointSeconds, "training.checkpointSeconds", within: 0...86400)
  }
}

extension DistillationSettings {
  fileprivate func check(_ check: SettingCheck) throws {
    try check.want(temperature, "distillation.temperature", within: 0.01...1000)
    try check.want(softWeight, "distillation.softWeight", within: 0...1_000_000)
    try check.want(hintRatio, "distillation.hintRatio", within: 0...1_000_000)
    if let hintWeight {
      try check.want(hintWeight, "distillation.hintWeight", within: 0...1_000_000)
    }
    try check.want(hintOnlyShare, "distillation.hintOnlyShare", within: 0...1)
    try check.want(modalityDropout, "distillation.modalityDropout", within: 0...1)
  }
}
