import Cameras
import Foundation

extension CameraReport {
  /// The report as a person reads it, several lines.
  var text: String {
    let name = capabilities?.card ?? node.identity.name
    var lines = ["\(isChosen ? "*" : " ") \(node.path)  \(name)"]
    lines.append("    identity  \(identity)")
    if let capabilities {
      lines.append("    bus       \(capabilities.bus) (\(capabilities.driver))")
    }
    if let serial = node.identity.serial { lines.append("    serial    \(serial)") }
    for link in node.links { lines.append("    link      \(link)") }
    lines.append("    \(isChosen ? "chosen    " : "note      ")\(reason)")
    if let remedy { lines.append("    help      \(remedy)") }
    if let choice {
      let rate = choice.rate.map { " at \(Self.short($0)) frames/s" } ?? ""
      lines.append("    would run \(choice.format) \(choice.width) × \(choice.height)\(rate)")
      lines.append("    because   \(choice.reason)")
    }
    for format in offer?.formats ?? [] {
      lines.append(
        "    \(format.name.padding(toLength: 9, withPad: " ", startingAt: 0)) "
          + format.description + (format.isDecodable ? "" : "; cannot be decoded"))
      lines += format.sizes.map { "      \($0.text)" }
    }
    lines += controls.map { "    \($0.text)" }
    return lines.joined(separator: "\n")
  }

  static func short(_ value: Double) -> String {
    value == value.rounded() ? "\(Int(value))" : String(format: "%.2f", value)
  }
}

extension CameraOffer.Size {
  var text: String {
    let extent =
      isFixed
      ? "\(width) × \(height)"
      : "\(width) × \(height) to \(widthMost) × \(heightMost) "
        + "in steps of \(widthStep) × \(heightStep)"
    guard !rates.isEmpty else { return extent }
    let list = rates.map(CameraReport.short).joined(separator: isAnyRate ? " down to " : ", ")
    return "\(extent): \(list) frames/s"
  }
}

extension CameraControl {
  var text: String {
    let now = value.map { number in menu[number].map { "\(number) (\($0))" } ?? "\(number)" }
    let choices =
      menu.isEmpty
      ? "\(least) to \(most)" + (step > 1 ? " in steps of \(step)" : "")
      : menu.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    let rests = isInactive ? "; rests under an automatic" : ""
    return "\(name.padding(toLength: max(32, name.count), withPad: " ", startingAt: 0)) "
      + "\(now ?? "–")  [\(choices)]\(rests)"
  }
}
