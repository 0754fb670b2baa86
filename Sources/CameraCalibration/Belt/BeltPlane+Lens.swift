import Foundation
import Units

extension BeltPlane {
  /// The same plane with what is not known of its lens added to its error.
  ///
  /// What the lens's errors leave after the plane has taken up all that a map between planes can
  /// is independent of the corners' noise, so squares add up. The largest error anywhere on the
  /// belt grows by the largest of the lens's.
  public func widened(by lens: LensCalibration) -> BeltPlane {
    let own = lens.lens
    // From here the lens sees the belt as large as the plane has it.
    let distance = own.focalX * millimetersPerPixelX
    let map = lens.errorsAfterAlignment(atMillimeters: distance)
    let view = StraightView(own)
    guard let back = color.inverse, map.columns > 1, map.rows > 1 else { return self }
    let grid = UncertaintyMap.grid(
      over: uncertainty.area, columns: uncertainty.columns, rows: uncertainty.rows)
    let errors = grid.map { place -> Double in
      guard let pixel = view.bent(back(place)) else { return map.largest }
      let column = pixel.x / Double(width - 1) * Double(map.columns - 1)
      let row = pixel.y / Double(height - 1) * Double(map.rows - 1)
      let index =
        min(max(Int(row.rounded()), 0), map.rows - 1) * map.columns
        + min(max(Int(column.rounded()), 0), map.columns - 1)
      return map.millimeters[index] ?? map.largest
    }
    var plane = self
    let largest = errors.max() ?? 0
    plane.uncertainty.radii = zip(uncertainty.radii, errors).map { hypot($0, $1) }
    plane.uncertainty.bound = hypot(uncertainty.bound, largest)
    plane.lensErrorMillimeters = largest
    return plane
  }
}

extension CubeRegistration {
  /// The same registration with what is not known of the picture's lens added to its error.
  public func widened(byLens millimeters: Double) -> CubeRegistration {
    var registration = self
    registration.uncertainty.radii = uncertainty.radii.map { hypot($0, millimeters) }
    registration.uncertainty.bound = hypot(uncertainty.bound, millimeters)
    return registration
  }
}
