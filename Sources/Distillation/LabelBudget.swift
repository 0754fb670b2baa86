import Datasets
import Tensors

extension Split {
  /// Keeps the labels of `perClass` training samples of each class, chosen by `seed`; all other
  /// training samples become unlabelled pairs.
  ///
  /// The other sets stay, so that seeds differ in what was labelled and not in what is judged.
  public func rationed(perClass: Int, labels: [Int?], classes: Int, seed: UInt64) -> Split {
    var random = SplitMix64(seed: seed, purpose: "label budget")
    var used: Set<Int> = []
    for label in 0..<classes {
      let own = labelled.filter { labels[$0] == label }
      for chosen in random.permutation(own.count).prefix(perClass) { used.insert(own[chosen]) }
    }
    var rationed = self
    rationed.labelled = labelled.filter(used.contains)
    rationed.unlabelled = (unlabelled + labelled.filter { !used.contains($0) }).sorted()
    return rationed
  }
}
