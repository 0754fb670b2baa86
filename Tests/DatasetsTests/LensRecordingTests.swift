import CameraCalibration
import Datasets
import Foundation
import Imaging
import Samples
import TestSupport
import Testing
import Units

@Suite("Recordings through a lens")
struct LensRecordingTests {
  static let lens = LensModel(
    width: 200, height: 190, focal: (200, 201), center: (101, 93), radial: (-0.3, 0.08, 0),
    tangential: (0.001, -0.001))

  /// The fixture's camera with a lens, rectified to the fixture's own pixels.
  static func mount() throws -> LensMount {
    let toRays = Homography<BeltFrame, RayFrame>(
      matrix: [0.99, 0.02, -20, -0.01, 0.98, -19.5, 0.02, -0.03, 46])
    return LensMount(
      lens: lens, belt: try #require(toRays.inverse),
      grid: BeltGrid(x: 0, y: 0, millimetersPerPixel: 1, width: 40, height: 40))
  }

  /// What the bent camera sees of a picture of the belt: the pixel where each of its own looks.
  static func bent<Pixel>(_ mount: LensMount, outside: Pixel, pixel: (Int, Int) -> Pixel) throws
    -> [Pixel]
  {
    try (0..<(lens.width * lens.height)).map { at in
      let place = try #require(
        mount.beltPoint(Point(x: Double(at % lens.width), y: Double(at / lens.width))))
      let (x, y) = (Int(place.x.rounded()), Int(place.y.rounded()))
      return (0..<40).contains(x) && (0..<40).contains(y) ? pixel(x, y) : outside
    }
  }

  @Test("training through a lens gives the bits of training without one")
  func sameBits() throws {
    let mount = try Self.mount()
    try withTemporaryFolder { folder in
      let straight = folder.appending(path: "straight")
      let curved = folder.appending(path: "curved")
      for place in [straight, curved] {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      }
      try BeltFixture.write(in: straight).seal(in: straight)
      let manifest = try BeltFixture.write(in: curved)
      for recording in manifest.recordings {
        let file = curved.appending(path: recording.color)
        let picture = try PictureFile.read(file)
        let pixels = try Self.bent(mount, outside: [20, 20, 20]) { x, y in
          [picture[x, y, 0], picture[x, y, 1], picture[x, y, 2]]
        }
        try PictureFile.write(
          Picture(
            width: Self.lens.width, height: Self.lens.height, channels: 3,
            pixels: pixels.flatMap { $0 }), to: file)
        for name in ["labels", "pieces"] {
          let file = curved.appending(path: "\(recording.id)/\(name).png")
          let map = try LabelMapFile.read(file)
          try LabelMapFile.write(
            LabelMap(
              width: Self.lens.width, height: Self.lens.height,
              labels: try Self.bent(mount, outside: 0) { x, y in map[x, y] }), to: file)
        }
      }
      var calibration = BeltFixture.calibration
      calibration.lens = mount
      try calibration.write(to: curved.appending(path: "rig.json"))
      try manifest.seal(in: curved)
      let wanted = try PairedDataset.load(
        straight, options: BeltSamplesTests.options, plan: SplitTests.threeDays)
      let found = try PairedDataset.load(
        curved, options: BeltSamplesTests.options, plan: SplitTests.threeDays)
      #expect(found.dataset.color.shape == wanted.dataset.color.shape)
      #expect(
        found.dataset.color.values.map(\.bitPattern)
          == wanted.dataset.color.values.map(\.bitPattern))
      #expect(found.dataset.labels == wanted.dataset.labels)
      #expect(
        found.planned.catalog.entries.map(\.region) == wanted.planned.catalog.entries.map(\.region))
      #expect(found.dataset.calibration == (try calibration.id))
    }
  }

  @Test("a recording of another extent than the lens's is refused with both")
  func extent() throws {
    try withTemporaryFolder { folder in
      let manifest = try BeltFixture.write(in: folder)
      var calibration = BeltFixture.calibration
      calibration.lens = try Self.mount()
      try calibration.write(to: folder.appending(path: "rig.json"))
      try manifest.seal(in: folder)
      let message = complaint { _ = try SampleCatalog.open(folder) }
      #expect(
        message.contains(
          "color.png: the picture has 40 × 40 pixels, but the rig was calibrated on 200 × 190"))
    }
  }
}
