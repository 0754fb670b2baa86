/// What is done to each spectrum before a model sees it, in order; stored and compared as a value.
public struct SpectralRecipe: Codable, Equatable, Sendable {
  /// One change of a spectrum.
  public enum Step: String, Codable, Sendable, CaseIterable {
    /// Each spectrum minus its mean, over its deviation (Barnes, Dhanoa, Lister, 1989).
    case standardNormalVariate = "snv"
    /// One more channel behind the bands: the logarithm of the mean reflectance, which the
    /// standard normal variate removes and metals need.
    case logMeanReflectance = "log-mean"
    /// A parabola fitted to each eleven bands (Savitzky, Golay, 1964), and its value.
    case smoothed = "savitzky-golay"
    /// The slope of that parabola, per band.
    case firstDerivative = "savitzky-golay-1"
  }

  public var steps: [Step]

  public init(steps: [Step]) { self.steps = steps }
}
