import BeltSimulation
import Bundles
import CameraCalibration
import Cameras
import Conveyor
import Imaging
import Models
import NeuralNetworks
import Samples
import Sorting
import Tensors
import TestSupport
import Units

/// A stretch of the simulated belt as a fast camera sees it, drawn beforehand.
///
/// Its end shows what its beginning shows, so that it can come by again and again.
struct LineRecording: Sendable {
  /// How large the view is.
  enum Size {
    /// 1920 × 1080 pixels of half a millimeter, about 60 pieces in view.
    case full
    /// The same belt in pixels of a millimeter.
    case half
    /// A sixth of it each way.
    case small
  }

  static let framesPerSecond = 60.0
  /// Sections of belt after which it repeats itself.
  private static let sections = 4
  /// The way that the belt is to go from frame to frame, about.
  private static let stepMillimeters = 1000 / framesPerSecond

  let belt: SimulatedBelt
  let frames: [CameraFrame]
  /// After so much belt the first frame is right again.
  let lengthMillimeters: Double

  /// Draws as many frames as the belt has before it repeats itself: 130, or 22 small ones.
  init(_ size: Size) {
    var settings = BeltSettings()
    settings.widthMillimeters = size == .small ? 160 : 960
    settings.sectionMillimeters = size == .small ? 90 : 540
    settings.piecesPerSection = size == .small ? 3 : 60
    if size == .half { settings.colorCamera.pixelMillimeters = 1 }
    settings.valveBarMillimeters = settings.sectionMillimeters + 200
    let length = settings.sectionMillimeters * Double(Self.sections)
    let count = (length / Self.stepMillimeters).rounded()
    belt = SimulatedBelt(settings, seed: 3)
    lengthMillimeters = length
    frames = (0..<Int(count)).map { [belt] number in
      let position = length * Double(number) / count
      return CameraFrame(
        picture: Self.picture(of: belt, at: position, repeatingAfter: length), sequence: number,
        exposedAt: LineInstant(seconds: Double(number) / Self.framesPerSecond),
        beltMillimeters: position)
    }
  }

  /// The belt at `position`; what lies beyond `length` is its beginning.
  private static func picture(
    of belt: SimulatedBelt, at position: Double, repeatingAfter length: Double
  ) -> Picture {
    var picture = belt.picture(atBeltMillimeters: position)
    let (width, height) = (picture.width, picture.height)
    let view = BeltView(
      camera: belt.calibration.color, beltMillimeters: position,
      exposedAt: LineInstant(seconds: 0), width: width, height: height)
    guard view.along.upperBound > length else { return picture }
    let beginning = belt.picture(atBeltMillimeters: position - length)
    for row in 0..<height {
      let middle = Point<ColorFrame>(x: Double(width) / 2, y: Double(row) + 0.5)
      guard view(middle).y >= length else { continue }
      let bytes = (row * width * 3)..<((row + 1) * width * 3)
      picture.pixels.replaceSubrange(bytes, with: beginning.pixels[bytes])
    }
    return picture
  }

  /// The full recording, drawn once for all that time it.
  static let full = LineRecording(.full)

  /// Hands the frames out, one after the other, and from the first one again until `count`.
  struct Source: FrameSource {
    let recording: LineRecording
    let count: Int
    private(set) var account = SourceAccount()
    private(set) var troubles = SourceTroubles()
    var nextExposure: LineInstant? { nil }

    init(_ recording: LineRecording, count: Int? = nil) {
      self.recording = recording
      self.count = count ?? recording.frames.count
    }

    mutating func skip() {}

    mutating func next() throws -> CameraFrame? {
      let number = account.delivered
      guard number < count else { return nil }
      account.delivered += 1
      let frames = recording.frames
      var frame = frames[number % frames.count]
      frame.sequence = number
      frame.exposedAt = LineInstant(seconds: Double(number) / LineRecording.framesPerSecond)
      frame.beltMillimeters += Double(number / frames.count) * recording.lengthMillimeters
      return frame
    }
  }

  /// Pieces of the first frame and those beyond it, with what they are.
  func pieces(of recipe: SampleRecipe) throws -> (crops: [Float], classes: [Int]) {
    let registration = try Registration(belt.calibration, place: "recording")
    var segmenter = Segmenter(SegmentationSettings())
    var found = Segmentation(width: 0, height: 0)
    var sightings: [Sighting] = []
    var (crops, classes): ([Float], [Int]) = ([], [])
    let names = belt.settings.scene.classes
    for position in stride(from: -8 * belt.settings.sectionMillimeters, to: 0, by: 100) {
      let picture = belt.picture(atBeltMillimeters: position)
      let view = BeltView(
        camera: belt.calibration.color, beltMillimeters: position,
        exposedAt: LineInstant(seconds: 0), width: picture.width, height: picture.height)
      segmenter.segment(
        picture, squareMillimetersPerPixel: view.squareMillimetersPerPixel, into: &found)
      view.register(found, of: picture, into: &sightings)
      let truth = belt.truth(inBeltRange: view.along.lowerBound..<view.along.upperBound)
      for sighting in sightings where sighting.isWhole {
        let nearest = truth.min {
          distance($0.center, sighting.centroid) < distance($1.center, sighting.centroid)
        }
        guard let nearest, distance(nearest.center, sighting.centroid) < 5,
          let index = names.firstIndex(of: nearest.className)
        else { continue }
        let blob = sighting.blob
        let region = PieceRegion(
          number: blob.label, columns: blob.columns, rows: blob.rows, pixelCount: blob.area)
        var crop = [Float](repeating: 0, count: recipe.colorCount)
        recipe.colorCrop(
          of: region, in: picture, mask: found.labels, through: registration, into: &crop)
        crops += crop
        classes.append(index)
      }
    }
    return (crops, classes)
  }

  private func distance(_ a: Point<BeltFrame>, _ b: Point<BeltFrame>) -> Double {
    ((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)).squareRoot()
  }
}

/// The student for the line as `mirage-train` declares it, with convolutions as they were drawn and
/// a last layer that was fitted: what it costs is what a trained one costs, and its decisions are
/// far from chance.
struct LineStudent: Sendable {
  let contents: StudentBundle.Contents
  let graph: Graph
  let parameters: Parameters

  init(for recording: LineRecording, on engine: Engine) throws {
    let classes = recording.belt.settings.scene.classes
    let architecture = Architecture(
      colorSize: 32, cubeSize: 16, bands: 4, classes: classes.count)
    graph = Networks.compact(architecture)
    let recipe = SampleRecipe(
      colorSize: 32, cubeSize: 16, cropMillimeters: 40, masksBackground: true,
      colorMean: [0.3, 0.3, 0.3], colorDeviation: [0.2, 0.2, 0.2])
    contents = StudentBundle.Contents(
      name: "line", network: .compact, joining: .mean, architecture: architecture,
      classes: classes, recipe: recipe, temperature: 1,
      thresholds: classes.map { _ in 0 }, energyLimit: nil, calibration: "none", origin: [:])
    var random = SplitMix64(seed: 9)
    var parameters = Parameters(initializing: graph, using: &random)
    let (crops, known) = try recording.pieces(of: recipe)
    let input = Tensor(shape: [known.count, 32, 32, 3], values: crops)
    let plan = try InferencePlan(
      graph, batch: known.count, parameters: parameters, on: engine)
    let pooled = try plan(["color": input])["pooled"]
    if let pooled { Self.fitHead(of: &parameters, pooled, known, classes: classes.count) }
    self.parameters = parameters
  }

  var bundle: StudentBundle {
    StudentBundle(
      contents: contents, parameters: parameters,
      golden: (
        Tensor(shape: [1, 32, 32, 3]), Tensor(shape: [1, contents.classes.count])
      ))
  }

  /// The linear discriminant of features that are thought to be independent of each other.
  private static func fitHead(
    of parameters: inout Parameters, _ features: Tensor, _ known: [Int], classes: Int
  ) {
    let width = features.shape[1]
    var means = [[Double]](repeating: [Double](repeating: 0, count: width), count: classes)
    var variance = [Double](repeating: 1e-6, count: width)
    var counts = [Double](repeating: 1e-9, count: classes)
    for (row, label) in known.enumerated() {
      counts[label] += 1
      for j in 0..<width { means[label][j] += Double(features.values[row * width + j]) }
    }
    for label in 0..<classes {
      for j in 0..<width { means[label][j] /= counts[label] }
    }
    for (row, label) in known.enumerated() {
      for j in 0..<width {
        let off = Double(features.values[row * width + j]) - means[label][j]
        variance[j] += off * off / Double(known.count)
      }
    }
    var (kernel, bias): ([Float], [Float]) = ([], [])
    for label in 0..<classes {
      kernel += (0..<width).map { Float(means[label][$0] / variance[$0] / Double(width)) }
      let offset = (0..<width).reduce(0) {
        $0 + means[label][$1] * means[label][$1] / variance[$1]
      }
      bias.append(Float(-offset / 2 / Double(width)))
    }
    let names = parameters.names.filter { $0.hasPrefix("compact.classifier") }
    for name in names {
      let isBias = parameters[name]?.shape.count == 1
      parameters[name] = Tensor(
        shape: isBias ? [classes] : [classes, width], values: isBias ? bias : kernel)
    }
  }
}
