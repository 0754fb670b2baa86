import Models
import Samples

extension StudentBundle.Contents {
  /// Refuses values that no network and no line can work with, by name.
  ///
  /// A seal shows that nobody changed the file since; not that it made sense before.
  func check(place: String) throws(BundleError) {
    func want(
      _ holds: Bool, _ name: String, _ found: @autoclosure () -> Any, _ wanted: String
    ) throws(BundleError) {
      guard !holds else { return }
      throw BundleError(place, .value(name, found: "\(found())", wanted: wanted))
    }
    try want(!classes.isEmpty, "classes", classes, "at least one")
    for (what, found) in [
      ("thresholds", thresholds.count), ("network outputs", architecture.classes),
    ] where found != classes.count {
      throw BundleError(place, .count(what, found: found, wanted: classes.count))
    }
    try want(temperature > 0 && temperature.isFinite, "temperature", temperature, "above 0")
    try want(
      thresholds.allSatisfy { (0...1).contains($0) }, "thresholds", thresholds, "each 0 to 1")
    try want(energyLimit?.isFinite ?? true, "energyLimit", energyLimit ?? 0, "finite")
    if let conformal {
      let found = conformal.classes
      try want(found.count == classes.count, "conformal", found.count, "one entry for each class")
      for one in found {
        let isWhole = one.largest.count == min(one.count, ConformalScores.kept)
        try want(isWhole, "conformal", one.largest.count, "as many scores as pieces, up to a bound")
        let isRising = zip(one.largest, one.largest.dropFirst()).allSatisfy { $0 <= $1 }
        let isInRange = one.largest.allSatisfy { (0...1).contains($0) }
        try want(isRising && isInRange, "conformal", one.largest, "each 0 to 1, rising")
      }
    }
    try want(recipe.colorMean.count == 3, "recipe.colorMean", recipe.colorMean, "three numbers")
    try want(
      recipe.colorMean.allSatisfy(\.isFinite), "recipe.colorMean", recipe.colorMean, "finite")
    try want(
      recipe.colorDeviation.count == 3
        && recipe.colorDeviation.allSatisfy { $0 > 0 && $0.isFinite },
      "recipe.colorDeviation", recipe.colorDeviation, "three numbers above 0")
    try want(
      recipe.cropMillimeters.map { $0 > 0 && $0 <= 10_000 } ?? true, "recipe.cropMillimeters",
      recipe.cropMillimeters ?? 0, "above 0, at most 10000")
    for (name, number) in sizes {
      try want((1...4096).contains(number), name, number, "1 to 4096")
    }
    let (color, cube) = (architecture.colorSize, architecture.cubeSize)
    try want(color == recipe.colorSize, "architecture.colorSize", color, "\(recipe.colorSize)")
    try want(color == cube || color == 2 * cube, "architecture.cubeSize", cube, "all or half of it")
    for (name, stages) in [
      ("stages", architecture.stages), ("compactStages", architecture.compactStages),
    ] {
      try want((1...64).contains(stages.count), "architecture.\(name)", stages.count, "1 to 64")
      for stage in stages {
        try want(
          (1...4096).contains(stage.filters) && (1...2).contains(stage.stride)
            && (1...256).contains(stage.blocks), "architecture.\(name)", stage,
          "1 to 4096 filters, stride 1 or 2, 1 to 256 blocks")
      }
    }
  }

  private var sizes: [(String, Int)] {
    [
      ("architecture.colorSize", architecture.colorSize),
      ("architecture.cubeSize", architecture.cubeSize),
      ("architecture.classes", architecture.classes), ("architecture.stem", architecture.stem),
      ("architecture.compactStem", architecture.compactStem),
    ]
  }
}
