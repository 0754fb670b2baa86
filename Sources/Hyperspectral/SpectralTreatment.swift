import Diagnostics
import Foundation
import Units

/// A recipe made ready for spectra of certain bands; it holds the room that each spectrum needs.
public struct SpectralTreatment: Sendable {
  public let bands: Int
  /// Numbers of a treated spectrum.
  public let channels: Int
  private let stages: [Stage]
  private let logMeans: Int
  private var room: [Float]

  /// One step with what it needs, made once.
  enum Stage: Sendable, Equatable {
    case standardize
    /// The reference minus its mean, over the sum of its squares, and that mean.
    case matchScatter(direction: [Float], mean: Float, reference: [Float])
    case fit(SavitzkyGolay)
    /// Position of each band along the spectrum.
    case removeContinuum([Float])
    case absorb(floor: Float)
    case project(center: [Float], axes: [Float])
  }

  /// Errors: steps that are not fitted, or to spectra of other bands.
  public init(_ recipe: SpectralRecipe, wavelengths: [Wavelength]) throws(Complaint) {
    if let problem = recipe.problem(bands: wavelengths.count) {
      throw Complaint(
        "pretreatment", problem, remedy: "fit the recipe to training spectra of this camera")
    }
    self.init(
      checked: recipe, positions: wavelengths.map { Float($0.nanometers) })
  }

  init(checked recipe: SpectralRecipe, positions: [Float]) {
    bands = positions.count
    channels = recipe.outputBands(of: positions.count)
    logMeans = recipe.steps.count { $0 == .logMeanReflectance }
    let bands = positions.count
    stages = recipe.steps.compactMap { step -> Stage? in
      switch step {
      case .standardNormalVariate: return .standardize
      case .scatterCorrection(let reference): return Self.scatter(reference ?? [])
      case .logMeanReflectance: return nil
      case .savitzkyGolay(let window, let order, let derivative):
        return .fit(
          SavitzkyGolay(window: window, order: order, derivative: derivative, bands: bands))
      case .continuumRemoval: return .removeContinuum(positions)
      case .absorbance(let floor): return .absorb(floor: floor)
      case .principalComponents(_, let axes):
        return .project(center: axes?.center ?? [], axes: axes?.axes ?? [])
      }
    }
    // A spectrum, its next form, and the hull's corners.
    room = [Float](repeating: 0, count: 3 * positions.count)
  }

  private static func scatter(_ reference: [Float]) -> Stage {
    let mean = reference.reduce(0, +) / Float(max(1, reference.count))
    let squares = reference.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let scale = squares > 0 ? 1 / squares : 0
    return .matchScatter(
      direction: reference.map { ($0 - mean) * scale }, mean: mean, reference: reference)
  }

  /// Treats spectra `[pixels, bands]` into `[pixels, channels]`.
  public mutating func apply(
    to source: borrowing Span<Float>, into spectra: inout MutableSpan<Float>
  ) {
    precondition(
      source.count % bands == 0 && spectra.count == source.count / bands * channels,
      "pretreatment: \(source.count) values of \(bands) bands into \(spectra.count)")
    let own = channels - logMeans
    room.withUnsafeMutableBufferPointer { room in
      source.withUnsafeBufferPointer { source in
        spectra.withUnsafeMutableBufferPointer { spectra in
          guard let room = room.baseAddress, let first = source.baseAddress,
            let target = spectra.baseAddress
          else { return }
          var kernel = SpectrumKernel(bands: bands, room: room)
          for pixel in 0..<(source.count / bands) {
            kernel.load(first + pixel * bands)
            let logMean = logMeans > 0 ? kernel.logMean : 0
            for stage in stages { kernel.apply(stage) }
            let place = target + pixel * channels
            place.update(from: kernel.spectrum, count: own)
            for channel in own..<channels { place[channel] = logMean }
          }
        }
      }
    }
  }
}

extension SpectralRecipe {
  /// Changes spectra, `[pixels, bands]` of reflectance, into `[pixels, outputBands(of: bands)]`.
  ///
  /// The log-mean channel is that of the spectrum as it came in, whatever was done before it; the
  /// other steps leave such channels alone. Spectra without variation become 0 under the standard
  /// normal variate. Without `wavelengths` bands count as equally far apart.
  public func apply(to spectra: inout [Float], bands: Int, wavelengths: [Wavelength] = []) {
    precondition(
      bands > 0 && spectra.count % bands == 0,
      "pretreatment: \(spectra.count) values are not spectra of \(bands) bands")
    precondition(
      wavelengths.isEmpty || wavelengths.count == bands,
      "pretreatment: \(wavelengths.count) wavelengths of \(bands) bands")
    guard !steps.isEmpty else { return }
    if let problem = problem(bands: bands) { preconditionFailure("pretreatment: \(problem)") }
    var treatment = SpectralTreatment(
      checked: self,
      positions: wavelengths.isEmpty
        ? (0..<bands).map { Float($0) } : wavelengths.map { Float($0.nanometers) })
    var treated = [Float](repeating: 0, count: spectra.count / bands * treatment.channels)
    var span = treated.mutableSpan
    treatment.apply(to: spectra.span, into: &span)
    spectra = treated
  }
}
