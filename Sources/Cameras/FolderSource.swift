import Diagnostics
import Foundation
import Imaging
import Units

/// What `frames.json` in a folder of frames says; every key but `file` may be left out.
public struct FrameList: Codable, Sendable {
  /// One frame of the list.
  public struct Entry: Codable, Sendable {
    /// Name of the picture, beside `frames.json`.
    public var file: String
    /// Time of exposure since the first frame.
    public var seconds: Double?
    /// The belt's travel at exposure.
    public var beltMillimeters: Double?

    public init(file: String, seconds: Double? = nil, beltMillimeters: Double? = nil) {
      self.file = file
      self.seconds = seconds
      self.beltMillimeters = beltMillimeters
    }
  }

  public var frames: [Entry]

  public init(frames: [Entry]) { self.frames = frames }
}

/// Pictures of a folder, in the order of `frames.json` or of their names.
public struct FolderSource: FrameSource {
  private struct Exposure {
    var file: URL
    var at: LineInstant
    var beltMillimeters: Double
  }

  public private(set) var account = SourceAccount()
  public private(set) var troubles = SourceTroubles()
  /// How many frames there are to come, lost ones included.
  public let count: Int

  private let exposures: [Exposure]
  private var position = 0
  private var lostSinceLast = 0
  private var size: (width: Int, height: Int)?

  /// Opens `folder`, without reading a picture yet.
  ///
  /// - Throws: a `Complaint` where there is no picture, where `frames.json` is not what it should
  ///   be, or where neither it nor `timing` tells the belt's position.
  public init(_ folder: URL, timing: ReplayTiming = ReplayTiming()) throws {
    let entries = try Self.entries(of: folder)
    let end = LineInstant(seconds: timing.seconds ?? .infinity)
    exposures = try Self.exposures(of: entries, in: folder, timing: timing).filter { $0.at <= end }
    count = exposures.count
  }

  public mutating func next() throws -> CameraFrame? {
    while position < exposures.count {
      let exposure = exposures[position]
      defer { position += 1 }
      guard let picture = picture(of: exposure.file) else {
        lose()
        continue
      }
      account.delivered += 1
      defer { lostSinceLast = 0 }
      return CameraFrame(
        picture: picture, sequence: position, exposedAt: exposure.at,
        beltMillimeters: exposure.beltMillimeters, lostBefore: lostSinceLast)
    }
    return nil
  }

  public var nextExposure: LineInstant? {
    position < exposures.count ? exposures[position].at : nil
  }

  /// Passes over the next frame without making its picture.
  public mutating func skip() {
    guard position < exposures.count else { return }
    troubles.note(.passedOver(frame: position))
    lose()
    position += 1
  }

  private mutating func lose() {
    account.lost += 1
    lostSinceLast += 1
  }

  /// The picture in three channels, or nil with the reason noted.
  private mutating func picture(of file: URL) -> Picture? {
    do {
      let picture = try PictureFile.read(file).inColor
      let wanted = size ?? (picture.width, picture.height)
      guard picture.width == wanted.width, picture.height == wanted.height else {
        throw Complaint(
          file.lastPathComponent,
          "is \(picture.width) × \(picture.height) pixels, the frames before it are "
            + "\(wanted.width) × \(wanted.height)")
      }
      size = wanted
      return picture
    } catch let error as any Explained {
      troubles.note(error)
    } catch {
      troubles.note(Complaint(file.lastPathComponent, "cannot be read: \(error)"))
    }
    return nil
  }

  private static func entries(of folder: URL) throws -> [FrameList.Entry] {
    let list = folder.appending(path: "frames.json")
    if FileManager.default.fileExists(atPath: list.path) {
      let entries = try JSONFile.read(FrameList.self, at: list).frames
      guard !entries.isEmpty else { throw Complaint(list.relativePath, "names no frame") }
      for entry in entries where entry.file.contains("..") || entry.file.hasPrefix("/") {
        throw Complaint(
          list.relativePath, "'\(entry.file)' leads out of the folder",
          remedy: "name files beside frames.json")
      }
      return entries
    }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      throw Complaint(folder.relativePath, "no such folder, or it cannot be read")
    }
    let endings: Set = ["png", "jpg", "jpeg"]
    let pictures = names.filter { endings.contains(($0 as NSString).pathExtension.lowercased()) }
    guard !pictures.isEmpty else {
      throw Complaint(
        folder.relativePath, "holds no picture",
        remedy: "give a folder with PNG or JPEG files, one a frame, named in order")
    }
    // Numbers by value: frame-10 comes after frame-9.
    return pictures.sorted {
      $0.compare($1, options: [.numeric, .caseInsensitive]) == .orderedAscending
    }
    .map { FrameList.Entry(file: $0) }
  }

  private static func exposures(
    of entries: [FrameList.Entry], in folder: URL, timing: ReplayTiming
  ) throws -> [Exposure] {
    let place = folder.appending(path: "frames.json").relativePath
    var last = (seconds: -Double.infinity, millimeters: -Double.infinity)
    return try entries.enumerated().map { index, entry in
      let seconds =
        timing.framesPerSecond.map { Double(index) / $0 }
        ?? entry.seconds ?? (Double(index) / ReplayTiming.usualRate)
      guard
        let millimeters = entry.beltMillimeters
          ?? timing.speedMillimetersPerSecond.map({ $0 * seconds })
      else {
        throw Complaint(
          folder.relativePath, "nothing tells how far the belt moved between frames",
          remedy: "give the belt's speed with --speed, or beltMillimeters in frames.json")
      }
      guard seconds.isFinite, millimeters.isFinite else {
        throw Complaint(place, "frame \(index): time or belt position is not a finite number")
      }
      guard seconds >= last.seconds, millimeters >= last.millimeters else {
        throw Complaint(
          place, "frame \(index) (\(entry.file)) lies before the frame above it",
          remedy: "list frames in the order of their exposure")
      }
      last = (seconds, millimeters)
      return Exposure(
        file: folder.appending(path: entry.file), at: LineInstant(seconds: seconds),
        beltMillimeters: millimeters)
    }
  }
}

extension Picture {
  /// Three channels: a gray picture repeated, a colored one as it is.
  fileprivate var inColor: Picture {
    guard channels == 1 else { return self }
    var color = Picture(width: width, height: height, channels: 3)
    for index in pixels.indices {
      for channel in 0..<3 { color.pixels[index * 3 + channel] = pixels[index] }
    }
    return color
  }
}
