import CameraCalibration
import Foundation
import Imaging
import Units

/// The cube laid on the picture: green where the cube is bright, magenta where the picture is, gray
/// where both agree.
enum CubeOverlay {
  static func picture(
    _ scene: RegisteredScene, _ registration: CubeRegistration,
    _ color: Homography<ColorFrame, BeltFrame>
  ) -> Picture {
    let area = registration.uncertainty.area
    let width = 640
    let step = area.width / Double(width)
    let height = max(1, min(2000, Int(area.height / step)))
    guard let colorOfBelt = color.inverse, let cubeOfBelt = registration.cube.inverse else {
      return scene.picture
    }
    let scan = scene.scan.picture
    var own = [Float](repeating: 0, count: width * height)
    var other = own
    for row in 0..<height {
      for column in 0..<width {
        let belt = Point<BeltFrame>(
          x: area.x + (Double(column) + 0.5) * step, y: area.y + (Double(row) + 0.5) * step)
        let (place, sample) = (colorOfBelt(belt), cubeOfBelt(belt))
        own[row * width + column] = value(scene.picture, place.x, place.y)
        other[row * width + column] = value(scan, sample.x, sample.y)
      }
    }
    let (first, second) = (stretched(own), stretched(other))
    var overlay = Picture(width: width, height: height)
    for place in first.indices {
      overlay.pixels[place * 3] = first[place]
      overlay.pixels[place * 3 + 1] = second[place]
      overlay.pixels[place * 3 + 2] = first[place]
    }
    return overlay
  }

  private static func value(_ picture: Picture, _ x: Double, _ y: Double) -> Float {
    let (column, row) = (Int(x.rounded()), Int(y.rounded()))
    guard column >= 0, row >= 0, column < picture.width, row < picture.height else { return 0 }
    return (0..<picture.channels).reduce(0) { $0 + Float(picture[column, row, $1]) }
  }

  /// Spread over all gray values between the darkest and the brightest hundredth.
  private static func stretched(_ values: [Float]) -> [UInt8] {
    let sorted = values.sorted()
    let (low, high) = (sorted[sorted.count / 100], sorted[sorted.count * 99 / 100])
    let scale = 255 / max(1e-6, high - low)
    return values.map { UInt8(min(255, max(0, ($0 - low) * scale))) }
  }
}
