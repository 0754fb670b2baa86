import Foundation

/// How much light a tilted surface sends up to the cameras, a white tile lying flat being 1.
///
/// Two halogen line lamps lie across the belt, ahead and behind, at 45°; a line lamp's mirror light
/// depends on the tilt along the belt and hardly on that across. Lobes are spherical Gaussians.
/// Source: Wang et al., *All-Frequency Rendering of Dynamic, Spatially-Varying Reflectance*, 2009,
/// section 4 (Gaussian lobes around the half vector).
struct SurfaceLight {
  private let surface: Surface
  /// Light that comes from everywhere: housing, neighbors, the lamps' own width.
  private let ambient: Float = 0.16

  init(_ surface: Surface) { self.surface = surface }

  struct Lit {
    /// From bare metal, to be multiplied with its reflectance.
    var metal: Float
    /// From a matt layer.
    var diffuse: Float
    /// From the clear film on top, of no color.
    var film: Float
  }

  @inline(__always)
  func callAsFunction(slopeX: Float, slopeY: Float) -> Lit {
    let length = (1 + slopeX * slopeX + slopeY * slopeY).squareRoot()
    let nz = 1 / length
    let ny = -slopeY * nz
    // Each lamp alone gives a flat white tile ½: 0.7071 · 0.7071.
    let ahead = max(0, 0.7071 * (ny + nz)) * 0.7071
    let behind = max(0, 0.7071 * (nz - ny)) * 0.7071
    let sky = 0.5 + 0.5 * nz
    let diffuse = (1 - ambient) * (ahead + behind) + ambient * sky
    // The half vectors lie 22.5° off the vertical; the tilt across counts a third.
    let narrowed = slopeX * 0.33
    let mirrorScale = 1 / (1 + narrowed * narrowed + slopeY * slopeY).squareRoot()
    let nearAhead = (0.9239 - slopeY * 0.3827) * mirrorScale - 1
    let nearBehind = (0.9239 + slopeY * 0.3827) * mirrorScale - 1
    let broad =
      exp(surface.broadSharpness * nearAhead) + exp(surface.broadSharpness * nearBehind)
    let glint =
      exp(surface.glintSharpness * nearAhead) + exp(surface.glintSharpness * nearBehind)
    return Lit(
      metal: surface.diffuse * diffuse + surface.broad * broad + surface.glint * glint,
      diffuse: diffuse, film: surface.film * (0.9 * broad + 6 * glint))
  }
}

/// Which layer shows where on a piece.
struct SurfaceCovers {
  private let surface: Surface
  private let thresholds: (tarnish: Float, corrosion: Float, dirt: Float, paint: Float)
  /// The noise tile's axes on this piece, so that its lattice never shows.
  private let turned: Offset
  let hasPatterns: Bool

  /// Shares of the area at one place.
  struct Cover {
    /// Of the bare part, the share that is tarnished.
    var tarnish: Float
    var corrosion: Float
    var dirt: Float
    var paint: Float
    var bare: Float
  }

  init(_ surface: Surface) {
    self.surface = surface
    turned = .direction(surface.noiseY)
    hasPatterns = surface.patterns.contains { $0 > 0 }
    thresholds = (
      Self.threshold(surface.tarnish.area), Self.threshold(surface.corrosion.area),
      Self.threshold(surface.dirt.area), Self.threshold(surface.paint.area)
    )
  }

  /// The level that a standard normal number exceeds with the given share.
  ///
  /// Source: the logistic approximation to the normal distribution, scale 1.702.
  private static func threshold(_ area: Float) -> Float {
    guard area > 0.001 else { return 100 }
    guard area < 0.999 else { return -100 }
    return log((1 - area) / area) / 1.702
  }

  @inline(__always)
  func callAsFunction(at place: Offset) -> Cover {
    let tarnish = clump(surface.tarnish, thresholds.tarnish, softness: 1.2, shift: 17, place)
    let corrosion = clump(surface.corrosion, thresholds.corrosion, softness: 0.5, shift: 91, place)
    let clumped = clump(surface.dirt, thresholds.dirt, softness: 0.6, shift: 143, place)
    let paint = clump(surface.paint, thresholds.paint, softness: 0.15, shift: 201, place)
    let dirt = 1 - (1 - surface.haze) * (1 - 0.85 * clumped)
    let body = (1 - paint) * corrosion
    return Cover(
      tarnish: tarnish, corrosion: body * (1 - dirt), dirt: dirt, paint: paint * (1 - dirt),
      bare: (1 - paint) * (1 - corrosion) * (1 - dirt))
  }

  @inline(__always)
  private func clump(
    _ patch: Surface.Patch, _ threshold: Float, softness: Float, shift: Float, _ place: Offset
  ) -> Float {
    if threshold > 99 { return 0 }
    if threshold < -99 { return 1 }
    // The clouds' coarsest features are 32 samples wide.
    let scale = 32 / patch.millimeters
    let (u, v) = (
      place.x * turned.x - place.y * turned.y, place.x * turned.y + place.y * turned.x
    )
    let level = NoiseTile.clouds.value(
      u * scale + surface.noiseX + shift, v * scale + surface.noiseY + shift)
    return min(1, max(0, (level - threshold) / softness + 0.5))
  }
}
