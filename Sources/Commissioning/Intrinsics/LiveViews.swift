import CalibrationTargets
import CameraCalibration
import Cameras
import Diagnostics
import Foundation
import Imaging

/// Takes views of a board from a camera that runs, and tells a person how to hold it.
///
/// A view is saved the moment it is accepted, so stopping leaves whole pictures; pictures that are
/// there already count, so the work goes on where it stopped.
public struct LiveViews {
  /// What a person is told after each frame.
  public struct Guidance: Sendable {
    public var wish: CoachWish
    public var accepted: Int
    public var wanted: Int
    /// Share of the picture in which corners were seen.
    public var covered: Double
    /// Why the last frame was not taken; nil where it was.
    public var refusal: ViewRefusal?
    /// The file that the last frame was saved as.
    public var saved: String?

    /// One line: `[3/12, 42 % covered] hold the board …`.
    public var text: String {
      "[\(accepted)/\(max(wanted, accepted)), \(Int((100 * covered).rounded())) % covered] "
        + wish.text
    }
  }

  public let folder: URL
  public private(set) var coach: BoardCoach
  private let detector: BoardDetector
  private var number = 0

  /// Begins with the pictures that `folder` holds already.
  public init(_ board: CalibrationBoard, into folder: URL, goals: CoachGoals = CoachGoals()) throws
  {
    try board.check(place: "board")
    self.folder = folder
    coach = BoardCoach(goals)
    detector = BoardDetector(board)
    // No folder yet is one without pictures.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names.sorted() {
      guard let taken = Self.number(of: name) else { continue }
      number = max(number, taken)
      do {
        let picture = try PictureFile.read(folder.appending(path: name))
        try coach.take(detector.sighting(in: picture, named: name))
      } catch is any Explained {
        // What cannot be used now is told when the folder is worked on.
        continue
      }
    }
    coach.lose()
  }

  /// Looks at frames until the views are enough, the source ends or `isAskedToStop` says so.
  ///
  /// Returns the names of the pictures that were saved.
  public mutating func take(
    from source: inout some FrameSource, until isAskedToStop: () -> Bool = { false },
    tell: (Guidance) throws -> Void
  ) throws -> [String] {
    var saved: [String] = []
    try tell(guidance())
    while !coach.isDone, !isAskedToStop(), let frame = try source.next() {
      let name = Self.name(number + 1)
      do {
        try look(at: frame, as: name)
        try PictureFile.write(frame.picture, to: folder.appending(path: name))
        number += 1
        saved.append(name)
        try tell(guidance(saved: name))
      } catch let refusal as ViewRefusal {
        try tell(guidance(refusal))
      }
    }
    return saved
  }

  private mutating func look(at frame: CameraFrame, as name: String) throws(ViewRefusal) {
    let sighting: BoardSighting
    do throws(ViewRefusal) {
      sighting = try detector.sighting(in: frame.picture, named: name)
    } catch {
      coach.lose()
      throw error
    }
    try coach.look(at: sighting)
  }

  private func guidance(_ refusal: ViewRefusal? = nil, saved: String? = nil) -> Guidance {
    Guidance(
      wish: coach.wish, accepted: coach.accepted.count, wanted: coach.goals.views,
      covered: coach.coverage?.share ?? 0, refusal: refusal, saved: saved)
  }

  /// `view-007.png`.
  static func name(_ number: Int) -> String {
    let text = "\(number)"
    return "view-" + String(repeating: "0", count: max(0, 3 - text.count)) + text + ".png"
  }

  static func number(of name: String) -> Int? {
    guard name.hasPrefix("view-"), name.hasSuffix(".png") else { return nil }
    return Int(name.dropFirst(5).dropLast(4)).flatMap { $0 > 0 ? $0 : nil }
  }
}
