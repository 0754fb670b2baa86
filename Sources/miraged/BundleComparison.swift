import Bundles
import CameraCalibration
import Foundation

extension Run {
  /// Says which numbers of the rig's calibration are not those of training, and gives those that
  /// matter.
  func compare(_ bundle: StudentBundle, with input: LineInput) throws -> [Advice] {
    let rig = try input.calibration.id
    let today = String(Date().formatted(.iso8601).prefix(10))
    guard let trained = bundle.contents.rigs, !trained.isEmpty else {
      if bundle.contents.calibration != rig {
        say(
          "note: trained through calibration \(bundle.contents.calibration), sorting through "
            + "\(rig)")
      }
      return []
    }
    // Of several calibrations trained through, the one that is most like this one counts.
    let all = try trained.map { try $0.mismatches(with: input.calibration, today: today) }
    let nearest = all.min(by: { Self.weight($0) < Self.weight($1) }) ?? []
    for advice in nearest {
      say("\(advice.weight.rawValue): \(advice.problem)\n  help: \(advice.remedy)")
    }
    return nearest.filter { $0.weight > .note }
  }

  private static func weight(_ advice: [Advice]) -> Int {
    advice.count { $0.weight > .note } * 100 + advice.count
  }
}
