import Pages

/// A piece's mean spectrum over the mean training spectra of its true and its decided class.
struct SpectrumDrawing {
  let views: PieceViews
  let name: String
  /// Standardized, as the classes' spectra.
  let own: [Double]
  let truth: PieceViews.ClassSpectrum?
  let choice: PieceViews.ClassSpectrum?

  static let ownLook = Plot.Look(color: "ink", width: 2.2)
  static let trueLook = Plot.Look(color: "teal", dash: "7 3", width: 1.8)
  static let decidedLook = Plot.Look(color: "orange", dash: "2 3", width: 1.8)

  var markup: Markup {
    let positions = views.positions
    let isPlain = areFarApart
    func shown(_ spectrum: [Double]) -> [Double] { isPlain ? views.undone(spectrum) : spectrum }
    let low = truth.map { shown(zip($0.mean, $0.deviation).map(-)) } ?? []
    let high = truth.map { shown(zip($0.mean, $0.deviation).map(+)) } ?? []
    let middles = [own, truth?.mean, choice?.mean].compactMap { $0.map(shown) }
    var plot = Plot(
      "Spectrum of \(name) over its true and its decided class", width: 340, height: 190,
      x: Axis(
        views.positionTitle,
        (positions.first ?? 0)...max(positions.first ?? 0, positions.last ?? 1), count: 4),
      y: Axis(
        isPlain ? views.valueTitle : "reflectance, standardized",
        holding: low + high + middles.flatMap(\.self), count: 4))
    if let truth {
      plot.band(
        zip(positions, zip(low, high)).map { ($0, $1.0, $1.1) },
        Plot.Look(color: Self.trueLook.color, opacity: 0.16))
      plot.line(points(shown(truth.mean)), Self.trueLook, title: "mean of the true class")
    }
    if let choice {
      plot.line(points(shown(choice.mean)), Self.decidedLook, title: "mean of the decided class")
    }
    plot.line(points(shown(own)), Self.ownLook, title: name)
    return plot.markup
  }

  /// Whether the two classes can be told apart by eye on the scale of reflectance; where they
  /// cannot, each band is drawn in its own deviations, as the networks see it.
  private var areFarApart: Bool {
    guard let truth, let choice else { return true }
    let (first, second) = (views.undone(truth.mean), views.undone(choice.mean))
    let all = first + second
    let extent = (all.max() ?? 1) - (all.min() ?? 0)
    let apart = zip(first, second).map { abs($0 - $1) }.max() ?? 0
    return apart > 0.2 * extent
  }

  private func points(_ values: [Double]) -> [(x: Double, y: Double)] {
    Curves.thinned(zip(views.positions, values).map { ($0, $1) }, limit: 120)
  }
}
