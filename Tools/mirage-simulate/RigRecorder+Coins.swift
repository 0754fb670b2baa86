import BeltSimulation
import CameraCalibration
import Cameras

extension RigRecorder {
  /// Shots at two belt speeds, filmed by the camera and at the bar, and nozzles one by one.
  func writeShots(_ count: Int) throws {
    let film = CoinFilm(truth, seed: seed)
    let test = SimulatedCoinTest(truth, seed: seed)
    var recorded: [RecordedShot] = []
    for number in 0..<count {
      let shot = film.shot(
        number: number, speed: number % 2 == 0 ? 500 : 1300,
        aimMillimeters: 6 * (2 * Double(number) / Double(max(1, count - 1)) - 1),
        guessedDelayMilliseconds: test.delayMilliseconds)
      let folder = "shot-\(number + 1)"
      try write(shot.approach, "timing/\(folder)/way")
      try write(shot.bar, "timing/\(folder)/bar")
      var entry = RecordedShot(
        name: "shot \(number + 1)", commandSeconds: shot.commandSeconds)
      entry.frames = "\(folder)/way"
      entry.barFrames = "\(folder)/bar"
      recorded.append(entry)
    }
    var file = RecordedCoinTest(shots: recorded)
    file.nozzleShots = test.nozzles(each: 2)
    file.nozzles = truth.nozzles
    file.barCamera = CoinFilm.barCamera
    try write(file, "timing/timing.json")
  }

  private func write(_ frames: [CoinFilm.Frame], _ folder: String) throws {
    for (number, frame) in frames.enumerated() {
      try write(frame.picture, "\(folder)/frame-\(number + 1).png")
    }
    try write(
      FrameList(
        frames: frames.enumerated().map { number, frame in
          FrameList.Entry(file: "frame-\(number + 1).png", seconds: frame.seconds)
        }), "\(folder)/frames.json")
  }
}
