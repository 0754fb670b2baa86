import CalibrationTargets
import CameraCalibration
import Diagnostics
import Imaging

/// The boards that a folder of pictures shows; a picture that is no use is named with its reason
/// and stops nothing.
struct SeenBoards {
  private(set) var boards: [RidingBoard] = []
  private(set) var inputs: [StepInput] = []
  /// The picture that shows most of the board.
  private(set) var sample: (picture: Picture, view: BoardView)?

  /// Errors: a folder that cannot be read, and pictures none of which shows the board.
  init(_ board: CalibrationBoard, in folder: String, of work: StepWork) throws {
    let detector = BoardDetector(board)
    for frame in try RecordedFrames(folder, of: work.recordings).frames {
      do {
        let picture = try PictureFile.read(frame.file)
        try check(picture, named: frame.name)
        let view = try detector.sighting(in: picture, named: frame.name).view
        boards.append(
          RidingBoard(view, seconds: frame.seconds, encoderMillimeters: frame.encoderMillimeters))
        if sample.map({ $0.view.corners.count < view.corners.count }) ?? true {
          sample = (picture, view)
        }
        inputs.append(try work.input(frame.name))
        work.tell("\(frame.name): board found")
      } catch let error as any Explained {
        inputs.append(try work.input(frame.name, rejection: error.problem))
        work.tell("\(frame.name): \(error.problem)")
      }
    }
    try NoBoard.check(found: boards.count, of: inputs, place: work.recordings.relativePath)
  }

  private func check(_ picture: Picture, named name: String) throws(BeltError) {
    guard let first = boards.first?.view else { return }
    guard picture.width == first.width, picture.height == first.height else {
      throw BeltError(
        name,
        .otherSize(
          width: picture.width, height: picture.height, wantedWidth: first.width,
          wantedHeight: first.height))
    }
  }
}

/// None of a step's pictures shows the board that they were said to show.
struct NoBoard: Explained {
  let place: String
  /// The pictures with what is wrong with each.
  let refused: [StepInput]

  /// Throws where no picture could be used and there were some.
  static func check(found: Int, of inputs: [StepInput], place: String) throws(NoBoard) {
    let refused = inputs.filter { $0.rejection != nil }
    guard found == 0, !refused.isEmpty else { return }
    throw NoBoard(place: place, refused: refused)
  }

  var problem: String {
    let listed = refused.prefix(4).map { "\($0.name): \($0.rejection ?? "")" }
    let more = refused.count > 4 ? ["and \(refused.count - 4) more"] : []
    return "the board was found in none of the pictures; " + (listed + more).joined(separator: "; ")
  }

  var remedy: String? {
    "check that --board is the board of the pictures, and that all of it lies in even light"
  }
}
