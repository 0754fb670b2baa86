import Diagnostics

/// What is known about one video node, for a person who looks for a camera.
public struct CameraReport: Sendable, Codable {
  public var node: CameraNode
  /// How the camera is told from others, as a person types it.
  public var identity: String
  /// nil where the node could not be opened.
  public var capabilities: CameraCapabilities?
  public var offer: CameraOffer?
  public var controls: [CameraControl]
  /// What would be asked of it.
  public var choice: CameraChoice?
  /// Why it cannot be read; nil where it can.
  public var refusal: String?
  public var remedy: String?
  /// Whether it would be taken where nobody names a camera.
  public var isChosen: Bool
  /// Why it would, or would not.
  public var reason: String
}

/// Looks at all cameras without changing any of them.
public struct CameraSurvey: Sendable {
  private let directory: CameraDirectory
  private let system: any VideoSystem

  public init() { self.init(CameraDirectory(), KernelVideo()) }

  init(_ directory: CameraDirectory, _ system: any VideoSystem) {
    self.directory = directory
    self.system = system
  }

  /// A report for each node, by number.
  public func reports(for settings: CameraSettings = CameraSettings()) -> [CameraReport] {
    var reports = directory.nodes().map { report(on: $0, settings) }
    let usable = reports.indices.filter {
      reports[$0].refusal == nil && reports[$0].node.identity.index == 0
    }
    for index in reports.indices {
      let report = reports[index]
      reports[index].isChosen = usable == [index]
      reports[index].reason =
        if let refusal = report.refusal {
          refusal
        } else if report.node.identity.index != 0 {
          "a further node of its camera; name it by its number to take it"
        } else if usable == [index] {
          "the only camera that gives pictures"
        } else {
          "one of \(usable.count) cameras; say which with \(report.identity)"
        }
    }
    return reports
  }

  private func report(on node: CameraNode, _ settings: CameraSettings) -> CameraReport {
    var report = CameraReport(
      node: node, identity: node.identity.text, capabilities: nil, offer: nil, controls: [],
      choice: nil, refusal: nil, remedy: nil, isChosen: false, reason: "")
    do throws(CameraRefusal) {
      let device = try VideoDevice(
        node.path, place: node.path, system: system,
        holders: DeviceHolders(processes: directory.processes))
      defer { device.close() }
      let capabilities = try CameraCapabilities(of: device)
      report.capabilities = capabilities
      try capabilities.check(place: node.path)
      report.controls = try CameraControl.all(of: device)
      let wanted = settings.width.flatMap { width in settings.height.map { (width, $0) } }
      let offer = try CameraOffer(of: device, wanted: wanted)
      report.offer = offer
      report.choice = try offer.choice(for: settings, place: node.path)
    } catch {
      report.refusal = error.problem
      report.remedy = error.remedy
    }
    return report
  }
}
