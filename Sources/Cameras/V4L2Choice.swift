import CV4L2
import Foundation
import Imaging

/// The format, size and rate to ask a camera for, and why these.
public struct CameraChoice: Sendable, Equatable, Codable {
  /// V4L2's number for the format.
  public var code: UInt32
  /// Its four letters.
  public var format: String
  public var width: Int
  public var height: Int
  /// Frames a second; nil where the driver does not list rates.
  public var rate: Double?
  /// In one sentence for a person.
  public var reason: String
}

extension CameraOffer {
  /// The rate that is wanted where nobody names one.
  static let usualRate = 30.0
  /// The largest picture that is chosen where nobody names a size.
  static let usualPixels = 1920 * 1080

  /// One format at one size.
  private struct Candidate {
    let format: Format
    let width: Int
    let height: Int
    /// The rate nearest to the wanted one that reaches it, or else the highest.
    let rate: Double?
    let rank: Int

    func reaches(_ wanted: Double) -> Bool { rate.map { $0 >= wanted * 0.99 } ?? true }
  }

  /// Chooses by policy: what was named is kept, the size is the largest usual one that reaches the
  /// rate, and of the formats that reach it there the one that loses and costs least.
  ///
  /// - Throws: a `CameraRefusal` where what was named is not offered, with what is.
  public func choice(for settings: CameraSettings, place: String) throws(CameraRefusal)
    -> CameraChoice
  {
    let named = try namedFormats(settings, place: place)
    let wanted = settings.framesPerSecond ?? Self.usualRate
    var candidates = named.flatMap { self.candidates(of: $0, settings, rate: wanted) }
    guard !candidates.isEmpty else {
      throw CameraRefusal(
        place,
        .notOffered(
          what: "size",
          wanted: "\(settings.width.map { "\($0)" } ?? "any") × "
            + "\(settings.height.map { "\($0)" } ?? "any")",
          offered: sizesText(of: named)))
    }
    let reaching = candidates.filter { $0.reaches(wanted) }
    if !reaching.isEmpty {
      candidates = Self.largest(of: reaching)
    } else if settings.framesPerSecond != nil {
      let best = candidates.compactMap(\.rate).max() ?? 0
      throw CameraRefusal(
        place,
        .notOffered(
          what: "rate", wanted: "\(short(wanted)) frames/s",
          offered: "\(short(best)) at most with the format and size asked for"))
    } else {
      let best = candidates.compactMap(\.rate).max() ?? 0
      candidates = Self.largest(of: candidates.filter { ($0.rate ?? 0) >= best * 0.99 })
    }
    guard let chosen = candidates.min(by: { $0.rank < $1.rank }) else {
      throw CameraRefusal(
        place, .notOffered(what: "format", wanted: "any", offered: "none"))
    }
    return CameraChoice(
      code: chosen.format.code, format: chosen.format.name, width: chosen.width,
      height: chosen.height, rate: chosen.rate,
      reason: reason(for: chosen, settings, among: named, rate: wanted))
  }

  private func namedFormats(
    _ settings: CameraSettings, place: String
  ) throws(CameraRefusal) -> [Format] {
    guard let wanted = settings.format else {
      // Every camera has a format; one that names none is not ready yet.
      guard !formats.isEmpty else {
        throw CameraRefusal(place, .call(request: "ENUM_FMT", number: EINVAL))
      }
      let decodable = formats.filter(\.isDecodable)
      guard !decodable.isEmpty else {
        throw CameraRefusal(
          place, .undecodable(format: formats.map(\.name).joined(separator: ", ")))
      }
      return decodable
    }
    let found = formats.filter { $0.name.lowercased() == wanted.lowercased() }
    guard !found.isEmpty else {
      throw CameraRefusal(
        place,
        .notOffered(
          what: "format", wanted: wanted,
          offered: formats.isEmpty ? "none" : formats.map(\.name).joined(separator: ", ")))
    }
    guard found.contains(where: \.isDecodable) else {
      throw CameraRefusal(place, .undecodable(format: wanted))
    }
    return found
  }

  private func candidates(
    of format: Format, _ settings: CameraSettings, rate wanted: Double
  ) -> [Candidate] {
    let rank = Self.rank(of: format)
    guard !format.sizes.isEmpty else {
      // Such drivers take the size that is set, or say what they made of another.
      return [
        Candidate(
          format: format, width: settings.width ?? currentWidth,
          height: settings.height ?? currentHeight, rate: nil, rank: rank)
      ]
    }
    return format.sizes.compactMap { size in
      guard let (width, height) = extent(of: size, settings) else { return nil }
      let reaching = size.rates.filter { $0 >= wanted * 0.99 }
      let rate =
        size.isAnyRate && (size.rates.first ?? 0) >= wanted
        ? max(wanted, size.rates.last ?? wanted) : reaching.min() ?? size.rates.first
      return Candidate(format: format, width: width, height: height, rate: rate, rank: rank)
    }
  }

  /// The pixels to take of a size, or of sizes in steps; nil where they do not fit the wish.
  private func extent(of size: Size, _ settings: CameraSettings) -> (Int, Int)? {
    if size.isFixed {
      let fits =
        settings.width ?? size.width == size.width && settings.height ?? size.height == size.height
      return fits ? (size.width, size.height) : nil
    }
    let (width, height) = (settings.width ?? currentWidth, settings.height ?? currentHeight)
    if size.contains(width, height) { return (width, height) }
    guard settings.width == nil, settings.height == nil else { return nil }
    return (size.widthMost, size.heightMost)
  }

  /// Those of the largest usual size; where all are larger, those of the smallest.
  private static func largest(of candidates: [Candidate]) -> [Candidate] {
    let areas = candidates.map { $0.width * $0.height }
    guard let area = areas.filter({ $0 <= usualPixels }).max() ?? areas.min() else { return [] }
    return candidates.filter { $0.width * $0.height == area }
  }

  private func reason(
    for chosen: Candidate, _ settings: CameraSettings, among named: [Format], rate wanted: Double
  ) -> String {
    let place = "at \(chosen.width) × \(chosen.height)"
    if settings.format != nil { return "\(chosen.format.name), as asked for, \(place)" }
    // A better format that was passed over is what a person wonders about.
    let passed = named.filter { Self.rank(of: $0) < chosen.rank }
      .flatMap { candidates(of: $0, settings, rate: wanted) }
      .filter { $0.width == chosen.width && $0.height == chosen.height && !$0.reaches(wanted) }
      .min { $0.rank < $1.rank }
    let rate = chosen.rate.map { "\(short($0)) frames/s" } ?? "the driver's own rate"
    if let passed, let best = passed.rate {
      return "\(chosen.format.name) reaches \(rate) \(place), "
        + "\(passed.format.name) only \(short(best))"
    }
    if !chosen.reaches(wanted) {
      return "\(chosen.format.name): no format is faster than \(rate) \(place)"
    }
    return "\(chosen.format.name) is the best of the formats with \(rate) \(place)"
  }

  private func sizesText(of formats: [Format]) -> String {
    var texts: [String] = []
    for size in formats.flatMap(\.sizes) {
      let text =
        size.isFixed
        ? "\(size.width) × \(size.height)"
        : "\(size.width) × \(size.height) to \(size.widthMost) × \(size.heightMost)"
      if !texts.contains(text) { texts.append(text) }
    }
    return texts.prefix(12).joined(separator: ", ") + (texts.count > 12 ? ", …" : "")
  }

  /// Less is better: first what loses nothing, then what loses half or three quarters of the
  /// color, then what is compressed, then what has one color a pixel or none.
  static func rank(of format: Format) -> Int {
    let order: [PixelFormat] = [
      .rgb24, .bgr24, .yuyv, .uyvy, .nv12, .motionJPEG, .bayerRGGB, .bayerBGGR, .bayerGRBG,
      .bayerGBRG, .gray,
    ]
    guard let own = PixelFormat(code: format.code), let index = order.firstIndex(of: own) else {
      // Through libv4lconvert: plain ones before MJPG, compressed ones last of all.
      return format.isCompressed ? 200 : 45
    }
    return index * 10
  }
}

extension PixelFormat {
  /// The format that V4L2 knows by this number; nil where it is none of those decoded here.
  init?(code: UInt32) {
    // Some drivers say JPEG and mean MJPG: one whole picture a frame either way.
    self.init(rawValue: code == mirage_v4l2_JPEG ? "MJPG" : fourCharacters(code))
  }
}

/// A number with at most two digits behind the point.
func short(_ value: Double) -> String {
  let text = String(format: "%.2f", value)
  guard text.contains(".") else { return text }
  return String(text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed())
}
