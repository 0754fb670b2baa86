import BeltSimulation
import CameraCalibration
import Cameras
import Diagnostics
import Foundation
import Sorting
import Units

/// Where the frames of a run come from, the rig that took them, and the truth if it is known.
struct LineInput: Sendable {
  /// Frames that are there already, or a camera that starts once the line's clock runs.
  enum Feed: Sendable {
    case frames(any FrameSource)
    case camera(@Sendable (RunningClock) throws -> V4L2Source)
  }

  /// What the person named, for messages.
  let name: String
  let feed: Feed
  let calibration: RigCalibration
  /// The pieces whose centers lie in a range of the belt; nil where nobody knows.
  let truth: (@Sendable (Range<Double>) -> [TruePiece])?

  /// Opens what the options name.
  ///
  /// - Throws: a `Complaint` where neither or both kinds of input are named, or a file is wrong.
  init(_ options: Run) throws {
    for (name, number) in [
      ("--rate", options.rate), ("--speed", options.speed), ("--seconds", options.seconds),
    ] {
      if let number, number <= 0 {
        throw WrongOptions(name, "\(number) found, a number above 0 wanted")
      }
    }
    if options.camera == nil, options.encoder != nil {
      throw WrongOptions("--encoder", "found without --camera, whose frames it places on the belt")
    }
    switch (options.frames, options.camera, options.isSimulated) {
    case (let frames?, nil, false): try self.init(frames: frames, options)
    case (nil, let camera?, false): try self.init(camera: camera, options)
    case (nil, nil, true): try self.init(simulated: options)
    case (nil, nil, false):
      throw WrongOptions(
        "input", "none of --frames, --camera and --simulate found, one wanted",
        remedy: "give a folder of pictures, a video file or a camera, or sort the simulated belt")
    default:
      throw WrongOptions(
        "input", "more than one of --frames, --camera and --simulate found, one wanted")
    }
  }

  private init(frames: URL, _ options: Run) throws {
    name = frames.relativePath
    let timing = ReplayTiming(
      framesPerSecond: options.rate, speedMillimetersPerSecond: options.speed,
      seconds: options.seconds)
    let isFile = (try? BoundedFile.size(of: frames)) != nil  // Else a folder, or nothing at all.
    feed = .frames(
      isFile ? try VideoSource(frames, timing: timing) : try FolderSource(frames, timing: timing))
    let folder = isFile ? frames.deletingLastPathComponent() : frames
    let beside = folder.appending(path: "calibration.json")
    guard
      let file = options.calibration
        ?? (FileManager.default.fileExists(atPath: beside.path) ? beside : nil)
    else {
      throw Complaint(
        name, "has no calibration.json",
        remedy: "say with --calibration which rig took the frames")
    }
    calibration = try RigCalibration.read(file)
    let truthFile = folder.appending(path: "truth.json")
    guard FileManager.default.fileExists(atPath: truthFile.path) else {
      truth = nil
      return
    }
    let pieces = try JSONFile.read(BeltTruth.self, at: truthFile).pieces.map(TruePiece.init)
    truth = { range in pieces.filter { range.contains($0.bounds.center.y) } }
  }

  private init(simulated options: Run) throws {
    var settings = BeltSettings()
    switch options.scene {
    case .metals:
      var metals = MetalsSettings()
      metals.strangerShare = options.strangers
      settings.scene = .metals(metals)
    case .coated: settings.scene = .coated(CoatedSettings())
    }
    let belt = SimulatedBelt(settings, seed: options.seed)
    var timing = SimulatedSource.Timing()
    timing.framesPerSecond = options.rate ?? timing.framesPerSecond
    timing.speedMillimetersPerSecond = options.speed ?? timing.speedMillimetersPerSecond
    let frames = (options.seconds ?? 10) * timing.framesPerSecond
    timing.frames = Int(min(frames.rounded(.up), 1e9))
    name = "simulated belt \(options.seed)"
    feed = .frames(SimulatedSource(belt, timing: timing))
    calibration = try options.calibration.map { try RigCalibration.read($0) } ?? belt.calibration
    // What is compared at the end is kept until then, and drawn anew: nothing for hours.
    guard (options.seconds ?? 10) <= Self.longestScored else {
      truth = nil
      return
    }
    truth = { range in belt.truth(inBeltRange: range).map(TruePiece.init) }
  }

  /// Longer runs on the simulated belt are not compared with its truth, in seconds.
  private static let longestScored = 1800.0
}

/// Options that cannot be together, or a number that cannot be.
struct WrongOptions: Explained {
  let place: String
  let problem: String
  let remedy: String?
  var exitStatus: ExitStatus { .usage }

  init(_ place: String, _ problem: String, remedy: String? = nil) {
    self.place = place
    self.problem = problem
    self.remedy = remedy
  }
}

extension TruePiece {
  /// A simulated piece, with the rectangle around its outline and its own mass.
  init(_ truth: PieceTruth) {
    let (xs, ys) = (truth.outline.map(\.x), truth.outline.map(\.y))
    let (left, right) = (xs.min() ?? truth.center.x, xs.max() ?? truth.center.x)
    let (first, last) = (ys.min() ?? truth.center.y, ys.max() ?? truth.center.y)
    self.init(
      name: "\(truth.id)", class: truth.className,
      bounds: Rectangle(x: left, y: first, width: right - left, height: last - first),
      grams: truth.massGrams)
  }
}
