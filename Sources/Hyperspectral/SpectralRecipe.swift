import Chemometrics

/// What is done to each spectrum before a model sees it, in order; stored and compared as a value.
public struct SpectralRecipe: Codable, Equatable, Sendable {
  /// One change of a spectrum.
  public enum Step: Equatable, Sendable {
    /// Each spectrum minus its mean, over its deviation (Barnes, Dhanoa, Lister, 1989).
    case standardNormalVariate
    /// Each spectrum as if it had the offset and gain of a reference (Geladi, MacDougall, Martens,
    /// 1985): the mean of the training spectra; nil until it is fitted.
    case scatterCorrection(reference: [Float]?)
    /// One more channel behind the bands: the logarithm of the mean reflectance, which the
    /// standard normal variate removes and metals need.
    case logMeanReflectance
    /// A polynomial fitted to each `window` bands (Savitzky, Golay, 1964): its value, or its first
    /// or second derivative per band.
    case savitzkyGolay(window: Int, order: Int, derivative: Int)
    /// Each spectrum over the convex hull that lies on top of it (Clark, Roush, 1984).
    case continuumRemoval
    /// −log₁₀ of reflectance; what is darker than `floor` counts as that dark.
    case absorbance(floor: Float)
    /// The first principal components instead of the bands, which come last; `axes` is nil until
    /// they are fitted.
    case principalComponents(count: Int, axes: PrincipalComponents?)

    /// A parabola over eleven bands, and its value.
    public static let smoothed = Step.savitzkyGolay(window: 11, order: 2, derivative: 0)
    /// The slope of that parabola, per band.
    public static let firstDerivative = Step.savitzkyGolay(window: 11, order: 2, derivative: 1)
    /// Its curvature.
    public static let secondDerivative = Step.savitzkyGolay(window: 11, order: 2, derivative: 2)
    /// The scatter correction, to be fitted.
    public static let scatterCorrection = Step.scatterCorrection(reference: nil)
    /// Absorbance down to a thousandth of white.
    public static let absorbance = Step.absorbance(floor: 1e-3)
  }

  public var steps: [Step]

  public init(steps: [Step]) { self.steps = steps }
}

/// How a spectrum answers a change of light, after a recipe.
public enum LightResponse: Sendable {
  /// A gain of the light is a gain of every band.
  case scales
  /// A gain of the light changes nothing.
  case cancels
  /// Channels are no longer bands, or no longer in proportion to the light.
  case mingles
}

extension SpectralRecipe {
  /// Channels of a spectrum of `bands` bands after all steps.
  public func outputBands(of bands: Int) -> Int {
    var count = bands
    for case .principalComponents(let kept, _) in steps { count = min(kept, bands) }
    return count + steps.count { $0 == .logMeanReflectance }
  }

  /// Whether a channel is still a band, log-mean channels behind them aside.
  public var keepsBands: Bool {
    !steps.contains {
      if case .principalComponents = $0 { true } else { false }
    }
  }

  /// Whether some step waits for training spectra.
  public var needsFitting: Bool { steps.contains(where: \.needsFitting) }

  /// How the bands answer a change of light.
  public var lightResponse: LightResponse {
    var response = LightResponse.scales
    for step in steps {
      switch step {
      case .standardNormalVariate, .scatterCorrection, .continuumRemoval:
        if case .scales = response { response = .cancels }
      case .absorbance: if case .scales = response { response = .mingles }
      case .principalComponents: response = .mingles
      case .logMeanReflectance, .savitzkyGolay: break
      }
    }
    return response
  }

  /// Why spectra of `bands` bands cannot be treated; nil where they can.
  public func problem(bands: Int) -> String? {
    for (number, step) in steps.enumerated() {
      if step.needsFitting { return "the step '\(step.name)' is not fitted to training spectra" }
      switch step {
      case .scatterCorrection(let reference?) where reference.count != bands:
        return "the reference of 'msc' has \(reference.count) bands, the spectra have \(bands)"
      case .principalComponents(let count, let axes?):
        guard axes.bands == bands, axes.count == min(count, bands) else {
          return "'pca' has \(axes.count) components of \(axes.bands) bands, \(min(count, bands))"
            + " of \(bands) were wanted"
        }
        let later = steps[(number + 1)...].first { $0 != .logMeanReflectance }
        if let later { return "the step '\(later.name)' follows 'pca', which leaves no bands" }
      default: break
      }
    }
    return nil
  }

  /// The recipe with every step that waits for it fitted to training spectra, `[pixels, bands]` of
  /// reflectance; pixels that are not a number are left out.
  public func fitted(to spectra: [Float], bands: Int) -> SpectralRecipe {
    precondition(
      bands > 0 && spectra.count % bands == 0,
      "pretreatment: \(spectra.count) values are not spectra of \(bands) bands")
    var pixels: [Float] = []
    for start in stride(from: 0, to: spectra.count, by: bands) where spectra[start].isFinite {
      pixels.append(contentsOf: spectra[start..<(start + bands)])
    }
    precondition(!pixels.isEmpty, "pretreatment: no training spectrum to fit to")
    var fitted = SpectralRecipe(steps: [])
    for step in steps {
      guard step.needsFitting else {
        fitted.steps.append(step)
        continue
      }
      var treated = pixels
      // Channels behind the bands are not what a step is fitted to.
      SpectralRecipe(steps: fitted.steps.filter { $0 != .logMeanReflectance })
        .apply(to: &treated, bands: bands)
      switch step {
      case .principalComponents(let count, _):
        let kept = min(count, bands)
        fitted.steps.append(
          .principalComponents(
            count: count, axes: PrincipalComponents(of: treated, bands: bands, count: kept)))
      default: fitted.steps.append(.scatterCorrection(reference: mean(treated, bands: bands)))
      }
    }
    return fitted
  }

  private func mean(_ spectra: [Float], bands: Int) -> [Float] {
    var sums = [Double](repeating: 0, count: bands)
    for start in stride(from: 0, to: spectra.count, by: bands) {
      for band in 0..<bands { sums[band] += Double(spectra[start + band]) }
    }
    let share = Double(bands) / Double(spectra.count)
    return sums.map { Float($0 * share) }
  }
}

extension SpectralRecipe.Step {
  var needsFitting: Bool {
    switch self {
    case .scatterCorrection(nil), .principalComponents(_, nil): true
    default: false
    }
  }
}
