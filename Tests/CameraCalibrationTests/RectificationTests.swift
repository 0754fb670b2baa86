@testable import CameraCalibration
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@Suite("Rectification")
struct RectificationTests {
  /// A picture of noise; gray or color.
  static func noise(_ width: Int, _ height: Int, channels: Int = 3, seed: UInt64 = 1) -> Picture {
    var random = SplitMix64(seed: seed)
    return Picture(
      width: width, height: height, channels: channels,
      pixels: (0..<(width * height * channels)).map { _ in UInt8(random.nextIndex(below: 256)) })
  }

  /// Bends, turns and leaves some pixels outside.
  static func bent(_ width: Int, _ height: Int, from extent: (width: Int, height: Int))
    -> Rectification
  {
    Rectification(width: width, height: height, from: extent) { x, y in
      let (u, v) = (Double(x) - Double(width) / 2, Double(y) - Double(height) / 2)
      let bend = 1 + 1e-6 * (u * u + v * v)
      return Point(
        x: Double(extent.width) / 2 + (u * 1.05 - 0.1 * v) * bend * Double(extent.width)
          / Double(width),
        y: Double(extent.height) / 2 + (v * 1.05 + 0.1 * u) * bend * Double(extent.height)
          / Double(height))
    }
  }

  @Test(
    "wide registers and single pixels agree to the bit",
    arguments: [(64, 48), (61, 37), (13, 5), (9, 9), (3, 2), (1, 1), (640, 31)])
  func twins(width: Int, height: Int) {
    for (sourceWidth, sourceHeight) in [(width, height), (101, 67), (2, 2), (7, 50)] {
      let map = Self.bent(width, height, from: (sourceWidth, sourceHeight))
      let picture = Self.noise(sourceWidth, sourceHeight)
      var fast = Picture(width: width, height: height)
      var slow = fast
      map.kernel.color(picture.pixels, into: &fast.pixels)
      var single = map.kernel
      single.registers = .single
      single.color(picture.pixels, into: &slow.pixels)
      #expect(fast == slow)
    }
  }

  @Test("a pixel is within one level of bilinear interpolation")
  func interpolation() throws {
    let map = Self.bent(160, 90, from: (150, 100))
    let picture = Self.noise(150, 100)
    let found = try map(picture, place: "test")
    for y in 0..<90 {
      for x in 0..<160 {
        let at = y * 160 + x
        let (left, top) = (Int(map.places[2 * at]), Int(map.places[2 * at + 1]))
        let (right, down) = (Double(map.shares[at] & 31) / 32, Double(map.shares[at] >> 5) / 32)
        for channel in 0..<3 {
          func byte(_ x: Int, _ y: Int) -> Double {
            (0..<150).contains(x) && (0..<100).contains(y) ? Double(picture[x, y, channel]) : 0
          }
          let upper = byte(left, top) * (1 - right) + byte(left + 1, top) * right
          let lower = byte(left, top + 1) * (1 - right) + byte(left + 1, top + 1) * right
          let wanted = upper * (1 - down) + lower * down
          #expect(abs(Double(found[x, y, channel]) - wanted) <= 0.55)
        }
      }
    }
  }

  @Test("gray pictures are as each channel of color ones; labels are the nearest")
  func otherPictures() throws {
    let map = Self.bent(70, 50, from: (80, 60))
    let gray = Self.noise(80, 60, channels: 1)
    var color = Picture(width: 80, height: 60)
    var labels = LabelMap(width: 80, height: 60)
    for index in gray.pixels.indices {
      for channel in 0..<3 { color.pixels[3 * index + channel] = gray.pixels[index] }
      labels.labels[index] = UInt16(index + 1)
    }
    let (one, three) = (try map(gray, place: "test"), try map(color, place: "test"))
    let numbers = try map(labels, place: "test")
    for at in 0..<(70 * 50) {
      #expect(one.pixels[at] == three.pixels[3 * at])
      let x = Double(map.places[2 * at]) + Double(map.shares[at] & 31) / 32
      let y = Double(map.places[2 * at + 1]) + Double(map.shares[at] >> 5) / 32
      let (column, row) = (Int((x + 0.5).rounded(.down)), Int((y + 0.5).rounded(.down)))
      let isInside = (0..<80).contains(column) && (0..<60).contains(row)
      #expect(Int(numbers.labels[at]) == (isInside ? row * 80 + column + 1 : 0))
    }
  }

  @Test("a rectified picture shows the belt where its grid says")
  func mount() throws {
    let lens = LensModelTests.barrel
    let toRays = Homography<BeltFrame, RayFrame>(
      matrix: [1, 0.02, -300, -0.01, 0.98, -200, 0.0001, -0.0002, 600])
    let belt = try #require(toRays.inverse)
    let mount = try #require(LensMount(lens: lens, belt: belt))
    let map = Rectification(mount)
    // A picture whose red and green say where on the belt each pixel looks.
    var picture = Picture(width: lens.width, height: lens.height)
    for y in 0..<lens.height {
      for x in 0..<lens.width {
        let place = try #require(mount.beltPoint(Point(x: Double(x), y: Double(y))))
        picture[x, y, 0] = UInt8(min(255, max(0, 128 + 0.2 * (place.x - 300))))
        picture[x, y, 1] = UInt8(min(255, max(0, 128 + 0.2 * (place.y - 200))))
      }
    }
    let found = try map(picture, place: "test")
    let grid = mount.grid.map
    var seen = 0
    for y in stride(from: 0, to: map.height, by: 7) {
      for x in stride(from: 0, to: map.width, by: 7) where found[x, y, 0] > 20 {
        let place = grid(Point(x: Double(x), y: Double(y)))
        guard let pixel = toRays.isInFront(place) ? lens(toRays(place)) : nil,
          (2...Double(lens.width - 3)).contains(pixel.x),
          (2...Double(lens.height - 3)).contains(pixel.y)
        else { continue }
        seen += 1
        #expect(abs(Double(found[x, y, 0]) + 0.5 - (128 + 0.2 * (place.x - 300))) <= 1.1)
        #expect(abs(Double(found[x, y, 1]) + 0.5 - (128 + 0.2 * (place.y - 200))) <= 1.1)
      }
    }
    #expect(seen > 20_000)
  }

  @Test("a grid is seen whole, by a map of the straightened picture too")
  func wholeGrid() throws {
    let lens = LensModelTests.barrel
    for turn in [0.0, 0.2, 1.57, 3.1] {
      let pose = BoardPose(
        rotation: product(rotationMatrix(0.2, -0.15, 0), rotationMatrix(0, 0, turn)),
        translation: [-20, 30, 600])
      let mount = try #require(LensMount(lens: lens, belt: pose))
      let map = Rectification(mount)
      let white = Picture(width: lens.width, height: lens.height, channels: 1, repeating: 255)
      let isWhole = try map(white, place: "test").pixels.allSatisfy { $0 == 255 }
      #expect(isWhole, "turned by \(turn)")
      // Not far less than all that the middle's scale would give.
      #expect(map.width * map.height > lens.width * lens.height / 2)
      let straight = Homography<ColorFrame, BeltFrame>(
        matrix: product(
          mount.belt.matrix,
          [
            1 / lens.focalX, 0, -lens.centerX / lens.focalX, 0, 1 / lens.focalY,
            -lens.centerY / lens.focalY, 0, 0, 1,
          ]))
      let same = try #require(LensMount(lens: lens, straight: straight))
      expectClose(same.belt.matrix, mount.belt.matrix, absolute: 1e-9)
      let pixel = Point<ColorFrame>(x: 300, y: 900)
      let place = straight(try #require(LensInverse(lens).straightened(pixel)))
      let wanted = try #require(mount.beltPoint(pixel))
      expectClose([place.x, place.y], [wanted.x, wanted.y], absolute: 1e-6)
    }
  }

  @Test("a calibration with a lens is written, read and checked")
  func file() throws {
    let belt = try #require(
      Homography<BeltFrame, RayFrame>(matrix: [1, 0, -300, 0, 1, -200, 0, 0, 600]).inverse)
    let mount = try #require(LensMount(lens: LensModelTests.barrel, belt: belt))
    var rig = RigCalibrationTests.rig
    rig.lens = mount
    #expect(complaint { try rig.check(place: "rig") }.contains("'color' is not the map of"))
    rig.color = mount.grid.map
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "rig.json")
      try rig.write(to: file)
      let back = try RigCalibration.read(file)
      #expect(back == rig)
      let registration = try Registration(back, place: "rig")
      #expect(registration.rectification?.width == mount.grid.width)
      // A flat field is that of the camera's own picture.
      let seen = registration.cameraPoint(
        try #require(mount.beltPoint(Point(x: 300, y: 900))))
      expectClose([seen.x, seen.y], [300, 900], absolute: 1e-6)
    }
    rig.picture = PictureExtent(width: 1280, height: 720)
    #expect(
      complaint { try rig.check(place: "rig") } == """
        rig: 'lens.lens' is for 1920 × 1080 pixels, but 'picture' is 1280 × 720
          help: calibrate the geometry again; Calibration/README.md says how the maps are written
        """)
    rig.picture = nil
    #expect(try RigFacts(of: rig).picture == PictureExtent(width: 1920, height: 1080))
    rig.lens?.lens.width = 0
    #expect(
      complaint { try rig.check(place: "rig") } == """
        rig: 'lens.lens.width' is 0, 1 to 16384 was wanted
        """)
    rig.lens?.lens.width = 1920
    rig.lens?.lens.focalX = -3
    #expect(
      complaint { try rig.check(place: "rig") } == """
        rig: 'lens.lens.focalX' is -3.0, a number above 0 was wanted
        """)
    #expect(RigCalibrationTests.rig.lens == nil)
  }
}

extension Homography where From == BeltFrame, To == RayFrame {
  fileprivate func isInFront(_ point: Point<BeltFrame>) -> Bool {
    matrix[6] * point.x + matrix[7] * point.y + matrix[8] > 0
  }
}
