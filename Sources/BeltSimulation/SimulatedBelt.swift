import CameraCalibration
import Hyperspectral
import Imaging
import Synchronization
import Tensors
import Units

/// An endless belt of scrap whose every piece is known, seen by a color camera and a line scanner.
///
/// Everything follows from settings and seed: the same belt shows the same pieces, in any order
/// of asking. A few sections' drawings are kept, so that a live source redraws little.
public final class SimulatedBelt: Sendable {
  public let settings: BeltSettings
  public let seed: UInt64

  let geometry: ViewGeometry
  let camera: ColorCamera
  let texture: BeltTexture
  private let recent = Mutex<[DrawnSection]>([])

  private struct DrawnSection: Sendable {
    let section: BeltSection
    let stamps: [ColorStamp]
  }

  public init(_ settings: BeltSettings = BeltSettings(), seed: UInt64) {
    self.settings = settings
    self.seed = seed
    geometry = ViewGeometry(settings)
    camera = ColorCamera(settings.colorCamera, session: settings.session)
    var random = SplitMix64(seed: seed, purpose: "belt texture")
    texture = BeltTexture(seed: random.next())
  }

  /// What registers pictures and cubes to the belt, as a rig's calibration file says it.
  public var calibration: RigCalibration { geometry.calibration }

  /// The picture that the color camera takes when the belt has traveled this far.
  ///
  /// It shows the belt from about `position` to `position + sectionMillimeters`.
  public func picture(atBeltMillimeters position: Double) -> Picture {
    let view = geometry.color.advanced(byBeltMillimeters: position)
    let window = Self.window(of: view, width: geometry.colorWidth, height: geometry.colorHeight)
    let color = camera.color(of: beltReflectance)
    var canvas = ColorCanvas(window: window, beltColor: color, texture: texture)
    for number in sections(of: window) {
      for stamp in drawn(number).stamps { canvas.draw(stamp) }
    }
    let pixel = Float(settings.colorCamera.pixelMillimeters)
    let lens = pixel * Float(settings.colorCamera.blurPixels)
    let travel = Float(settings.colorCamera.motionBlurMillimeters)
    let across = (lens * lens + pixel * pixel / 12).squareRoot()
    let along = (across * across + travel * travel / 12).squareRoot()
    let scale = BeltRaster.samplesPerMillimeter
    canvas.blur(across: across * scale, along: along * scale)
    var random = SplitMix64(seed: seed, purpose: "picture noise/\(position.bitPattern)")
    return camera.expose(
      canvas, view: view, width: geometry.colorWidth, height: geometry.colorHeight,
      using: &random)
  }

  /// The pieces whose centers lie in a range of belt coordinates `y`, in order of their ids.
  public func truth(inBeltRange range: Range<Double>) -> [PieceTruth] {
    let length = settings.sectionMillimeters
    let first = Int((range.lowerBound / length).rounded(.down))
    let last = Int((range.upperBound / length).rounded(.down))
    return (first...last).flatMap { number in
      drawn(number).section.pieces.map(\.truth).filter { range.contains($0.center.y) }
    }
  }

  /// The pieces of one section, whole.
  func section(_ number: Int) -> BeltSection { drawn(number).section }

  var beltReflectance: Spectrum {
    Float(settings.session.beltReflectance) * PlausibleCurves.belt
  }

  /// The belt raster that a picture of the given size needs.
  private static func window(
    of view: Homography<ColorFrame, BeltFrame>, width: Int, height: Int
  ) -> RasterWindow {
    let corners = [(0, 0), (width, 0), (0, height), (width, height)].map { x, y in
      view(Point(x: Double(x), y: Double(y)))
    }
    let (xs, ys) = (corners.map(\.x), corners.map(\.y))
    return RasterWindow(
      minX: xs.min() ?? 0, minY: ys.min() ?? 0, maxX: xs.max() ?? 0, maxY: ys.max() ?? 0,
      margin: 2)
  }

  /// Numbers of the sections that may show in a window, shadows included.
  private func sections(of window: RasterWindow) -> ClosedRange<Int> {
    let scale = Double(BeltRaster.millimeters)
    let length = settings.sectionMillimeters
    let first = (Double(window.top) * scale - 10) / length
    let last = (Double(window.top + window.height) * scale + 10) / length
    return Int(first.rounded(.down))...Int(last.rounded(.down))
  }

  private func drawn(_ number: Int) -> DrawnSection {
    if let kept = recent.withLock({ $0.first { $0.section.number == number } }) { return kept }
    let section = BeltSection(number, settings: settings, seed: seed)
    let stamps = section.pieces.map { piece in
      ColorStamp(PieceRaster(piece), layerColors: piece.surface.layers.map(camera.color(of:)))
    }
    let drawn = DrawnSection(section: section, stamps: stamps)
    recent.withLock { kept in
      kept.append(drawn)
      if kept.count > 4 { kept.removeFirst() }
    }
    return drawn
  }
}

extension Homography where To == BeltFrame {
  /// The same camera when the belt has traveled further: it sees larger `y`.
  func advanced(byBeltMillimeters position: Double) -> Homography<From, BeltFrame> {
    let m = matrix
    return Homography(
      matrix: [
        m[0], m[1], m[2], m[3] + position * m[6], m[4] + position * m[7], m[5] + position * m[8],
        m[6], m[7], m[8],
      ])
  }
}
