import CameraCalibration
import Foundation
import Tensors
import Units

/// A flat thing on the simulated belt: where it lies and what it reflects at each of its places.
public protocol FlatTarget: Sendable {
  /// Reflectance at a place of the target, 0 to 1; nil where there is nothing of it.
  func reflectance(x: Double, y: Double) -> Float?
  /// Places beyond this rectangle reflect nothing of it.
  var extent: Rectangle<BoardFrame> { get }
}

/// What lies on a stretch of belt: texture, a target, scrap, a disc.
public struct RigScene: Sendable {
  /// A target laid on the belt: where its zero lies and how it is turned.
  public struct Laid: Sendable {
    public var target: any FlatTarget
    public var x: Double
    public var y: Double
    public let degrees: Double
    let cosine: Double
    let sine: Double

    public init(_ target: any FlatTarget, x: Double, y: Double, degrees: Double) {
      (self.target, self.x, self.y, self.degrees) = (target, x, y, degrees)
      (cosine, sine) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
    }

    /// Where a place of the target lies on the belt.
    public func belt(_ point: Point<BoardFrame>) -> Point<BeltFrame> {
      Point(
        x: x + cosine * point.x - sine * point.y, y: y + sine * point.x + cosine * point.y)
    }
  }

  /// A round piece with its own color in the visible and beyond.
  struct Chip: Sendable {
    var x: Double
    var y: Double
    var radius: Double
    var visible: Float
    var infrared: Float
  }

  public var laid: Laid?
  private(set) var chips: [Chip] = []
  private let texture: BeltTexture
  private let contrast: Float

  /// - Parameters:
  ///   - contrast: of the belt's own texture; 1 is the usual one.
  public init(seed: UInt64, contrast: Double = 1) {
    var random = SplitMix64(seed: seed, purpose: "rig scene")
    texture = BeltTexture(seed: random.next())
    self.contrast = Float(contrast)
  }

  /// The same belt strewn with round pieces over a rectangle.
  public func strewn(
    with count: Int, over area: Rectangle<BeltFrame>, seed: UInt64
  ) -> RigScene {
    var random = SplitMix64(seed: seed, purpose: "chips")
    var scene = self
    for _ in 0..<count {
      scene.chips.append(
        Chip(
          x: random.nextUniform(area.x, area.x + area.width),
          y: random.nextUniform(area.y, area.y + area.height),
          radius: random.nextUniform(4, 16), visible: Float(random.nextUniform(0.15, 0.8)),
          infrared: Float(random.nextUniform(0.15, 0.8))))
    }
    return scene
  }

  /// The same belt with one dark disc.
  public func withDisc(x: Double, y: Double, radius: Double) -> RigScene {
    var scene = self
    scene.chips.append(Chip(x: x, y: y, radius: radius, visible: 0.75, infrared: 0.7))
    return scene
  }

  /// Whether nothing but the belt's own texture is near a place.
  func isBare(_ point: Point<BeltFrame>, within distance: Double) -> Bool {
    if let laid {
      let (dx, dy) = (point.x - laid.x, point.y - laid.y)
      let (x, y) = (laid.cosine * dx + laid.sine * dy, -laid.sine * dx + laid.cosine * dy)
      let extent = laid.target.extent
      let isAcross =
        x > extent.x - distance && x < extent.x + extent.width + distance
      let isAlong =
        y > extent.y - distance && y < extent.y + extent.height + distance
      if isAcross && isAlong { return false }
    }
    return chips.allSatisfy { chip in
      let (dx, dy) = (point.x - chip.x, point.y - chip.y)
      let reach = chip.radius + distance
      return dx * dx + dy * dy > reach * reach
    }
  }

  /// Reflectance at a belt place, in the visible and beyond.
  func reflectance(_ point: Point<BeltFrame>) -> (visible: Float, infrared: Float) {
    if let laid {
      let (dx, dy) = (point.x - laid.x, point.y - laid.y)
      let (x, y) = (laid.cosine * dx + laid.sine * dy, -laid.sine * dx + laid.cosine * dy)
      let extent = laid.target.extent
      if x >= extent.x, y >= extent.y, x <= extent.x + extent.width, y <= extent.y + extent.height,
        let value = laid.target.reflectance(x: x, y: y)
      {
        return (value, value)
      }
    }
    for chip in chips.reversed() {
      let (dx, dy) = (point.x - chip.x, point.y - chip.y)
      if dx * dx + dy * dy <= chip.radius * chip.radius { return (chip.visible, chip.infrared) }
    }
    let level = 0.14 * max(0.2, 1 + contrast * (texture.smoothLevel(x: point.x, y: point.y) - 1))
    return (level, level)
  }
}

extension BeltTexture {
  /// The factor between samples of the belt raster.
  func smoothLevel(x: Double, y: Double) -> Float {
    let scale = Double(BeltRaster.samplesPerMillimeter)
    let (u, v) = (x * scale - 0.5, y * scale - 0.5)
    let (column, row) = (Int(u.rounded(.down)), Int(v.rounded(.down)))
    let (s, t) = (Float(u - Double(column)), Float(v - Double(row)))
    let upper = level(column: column, row: row) * (1 - s) + level(column: column + 1, row: row) * s
    let lower =
      level(column: column, row: row + 1) * (1 - s) + level(column: column + 1, row: row + 1) * s
    return upper * (1 - t) + lower * t
  }
}
