import Diagnostics
import Foundation
import Imaging

/// The camera's frames as bytes; pictures that take time to code are kept.
public struct FrameStore: Sendable {
  private let huffmanTables: USBCameraSettings.HuffmanTables
  private let pictures: URL?
  private var coded: [[UInt8]] = []
  private var card: [UInt8] = []
  private var mode: USBCameraMode?

  init(_ settings: USBCameraSettings) {
    huffmanTables = settings.huffmanTables
    pictures = settings.pictures
  }

  /// Writes all coded frames into `folder`, from where a camera may take them.
  public static func draw(into folder: URL) throws {
    for mode in USBCameraMode.of(.motionJPEG) {
      for number in 0..<cycle(mode) {
        try PictureFile.write(
          TestCard.picture(width: mode.width, height: mode.height, number: number),
          to: folder.appending(path: name(number, mode)))
      }
    }
  }

  private static func name(_ number: Int, _ mode: USBCameraMode) -> String {
    "\(mode.width)x\(mode.height)-\(number).jpg"
  }

  /// How many different numbers the frames of `mode` carry: coding large ones takes long.
  static func cycle(_ mode: USBCameraMode) -> Int {
    switch mode.format {
    case .yuyv: 1 << 16
    case .motionJPEG: mode.width > 640 ? 4 : 32
    }
  }

  /// Makes ready for frames of `wanted`: reads those that are there as files.
  mutating func prepare(_ wanted: USBCameraMode) {
    guard mode != wanted else { return }
    mode = wanted
    coded = []
    card = wanted.format == .yuyv ? TestCard.yuyv(width: wanted.width, height: wanted.height) : []
    guard pictures != nil, wanted.format == .motionJPEG else { return }
    // A file that cannot be read is met again when its frame is due, and told then.
    while coded.count < Self.cycle(wanted), let frame = try? codedFrame(coded.count, wanted) {
      coded.append(frame)
    }
  }

  /// The bytes of the frame `number`.
  ///
  /// - Throws: where a picture cannot be read or coded.
  mutating func frame(_ number: Int, _ wanted: USBCameraMode) throws -> [UInt8] {
    prepare(wanted)
    let shown = number % Self.cycle(wanted)
    guard wanted.format == .motionJPEG else {
      TestCard.stamp(shown, on: &card, width: wanted.width, height: wanted.height)
      return card
    }
    // Numbers come in order from 0, so the next place is this one's.
    if coded.count <= shown { coded.append(try codedFrame(shown, wanted)) }
    return coded[shown]
  }

  private func codedFrame(_ number: Int, _ mode: USBCameraMode) throws -> [UInt8] {
    let bytes: Data
    if let pictures {
      bytes = try BoundedFile.read(
        pictures.appending(path: Self.name(number, mode)), limit: mode.frameLength)
    } else {
      let card = TestCard.picture(width: mode.width, height: mode.height, number: number)
      bytes = try PictureFile.encodeJPEG(card, quality: 90)
    }
    return huffmanTables == .sent ? [UInt8](bytes) : Self.withoutHuffmanTables([UInt8](bytes))
  }

  /// A JPEG picture without its segments of Huffman tables.
  static func withoutHuffmanTables(_ bytes: [UInt8]) -> [UInt8] {
    var kept = Array(bytes.prefix(2))
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xff {
      let length = 2 + Int(bytes[position + 2]) << 8 + Int(bytes[position + 3])
      // Behind the start of scan come the coded pixels, not segments.
      guard bytes[position + 1] != 0xda, position + length <= bytes.count else { break }
      if bytes[position + 1] != 0xc4 { kept += bytes[position..<(position + length)] }
      position += length
    }
    return kept + bytes[position...]
  }
}
