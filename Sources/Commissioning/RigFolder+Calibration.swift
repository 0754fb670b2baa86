import CameraCalibration
import Diagnostics
import Foundation

extension RigFolder {
  static let calibrationName = "calibration.json"

  /// The newest calibration that was assembled for line and training, and its file.
  public func calibration() throws -> (calibration: RigCalibration, file: URL)? {
    let file = days.reversed().map { $0.appending(path: Self.calibrationName) }.first {
      FileManager.default.fileExists(atPath: $0.path)
    }
    return try file.map { (try RigCalibration.read($0), $0) }
  }

  /// Writes `calibration` into the first folder of its date that has none; nothing is edited.
  ///
  /// Where the newest one says the same but for its date, that one is kept.
  public func keep(_ calibration: RigCalibration) throws -> URL {
    if let (newest, file) = try self.calibration() {
      var same = calibration
      same.date = newest.date
      if same == newest { return file }
    }
    for number in 1...10_000 {
      let file = folder.appending(path: Day(calibration.date, number).name)
        .appending(path: Self.calibrationName)
      if FileManager.default.fileExists(atPath: file.path) { continue }
      try calibration.write(to: file)
      return file
    }
    throw Complaint(folder.relativePath, "has ten thousand calibrations of \(calibration.date)")
  }
}
