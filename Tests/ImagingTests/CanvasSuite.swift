import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Imaging

@Suite("Canvas")
struct CanvasSuite {
  /// The pixels of one color, as (column, row).
  static func places(_ color: Color, in picture: Picture) -> Set<[Int]> {
    var places: Set<[Int]> = []
    for y in 0..<picture.height {
      for x in 0..<picture.width
      where picture[x, y, 0] == color.red && picture[x, y, 1] == color.green
        && picture[x, y, 2] == color.blue
      {
        places.insert([x, y])
      }
    }
    return places
  }

  @Test("a picture passes through unchanged, gray as color", arguments: [1, 3])
  func unchanged(channels: Int) {
    var random = SplitMix64(seed: 2)
    let picture = Picture(
      width: 13, height: 5, channels: channels,
      pixels: (0..<(65 * channels)).map { _ in UInt8(random.nextIndex(below: 256)) })
    #expect(Canvas(picture).picture == picture.colored)
  }

  @Test("a rectangle fills the pixels whose centers it holds")
  func fill() {
    let canvas = Canvas(width: 8, height: 6, color: .black)
    canvas.fill(Rectangle(x: 1.5, y: 0.5, width: 3, height: 2), Color(255, 0, 7))
    let wanted: Set = [[2, 1], [3, 1], [4, 1], [2, 2], [3, 2], [4, 2]]
    #expect(Self.places(Color(255, 0, 7), in: canvas.picture) == wanted)
  }

  @Test("half-transparent paint mixes with what is below")
  func opacity() {
    let canvas = Canvas(width: 2, height: 2, color: Color(100, 100, 100))
    canvas.fill(Rectangle(x: -1, y: -1, width: 5, height: 5), Color(200, 0, 100, opacity: 0.5))
    expectClose(canvas.picture.pixels[0..<3].map(Float.init), [150, 50, 100], absolute: 1)
  }

  @Test("polygons, lines and boxes touch the pixels on their way")
  func strokes() {
    let canvas = Canvas(width: 20, height: 20, color: .black)
    let corners = [(2, 2), (12, 2), (12, 12), (2, 12)]
    let points = corners.map { Point<ColorFrame>(x: Double($0.0), y: Double($0.1)) }
    canvas.stroke(polygon: points, .white, width: 1)
    canvas.stroke(line: [Point(x: 0, y: 18), Point(x: 19, y: 18)], Color(0, 255, 0), width: 1)
    canvas.fill(polygon: Array(points.prefix(3)), Color(0, 0, 255))
    let picture = canvas.picture
    #expect(Self.places(Color(0, 255, 0), in: picture).isSuperset(of: [[1, 18], [10, 18]]))
    #expect(Self.places(.white, in: picture).isSuperset(of: [[2, 7], [7, 12]]))
    #expect(Self.places(Color(0, 0, 255), in: picture).contains([9, 5]))
    #expect(Self.places(.black, in: picture).contains([4, 9]))
  }

  @Test("the outline of a piece lies on its border and nowhere else")
  func outline() {
    var map = LabelMap(width: 12, height: 10)
    for y in 3...6 { for x in 4...8 { map[x, y] = 7 } }
    map[5, 4] = 0
    map[0, 0] = 3
    let canvas = Canvas(Picture(width: 12, height: 10))
    canvas.outline(of: 7, in: map, .white, width: 2)
    let white = Self.places(.white, in: canvas.picture)
    // Each border pixel, inside and outside, is half covered at least; the middle is not.
    #expect(canvas.picture[7, 5, 0] == 0)
    #expect(canvas.picture[0, 0, 0] == 0 && canvas.picture[11, 9, 0] == 0)
    #expect(white.isSuperset(of: [[5, 3], [5, 2], [4, 4], [3, 4], [8, 5], [9, 5], [5, 4]]))
  }

  @Test("the edges of a piece are runs around it")
  func edges() {
    let map = LabelMap(width: 3, height: 2, labels: [1, 1, 0, 2, 1, 0])
    let edges = map.edges { $0 == 1 }
    #expect(edges.keys.sorted() == [1])
    let length = (edges[1] ?? []).reduce(0) {
      $0 + abs($1.end.x - $1.start.x) + abs($1.end.y - $1.start.y)
    }
    #expect(length == 8)
    #expect(
      edges[1]?.contains(.init(start: Point(x: -0.5, y: -0.5), end: Point(x: 1.5, y: -0.5)))
        == true)
  }

  @Test("text draws upon its background and measures itself")
  func text() {
    let canvas = Canvas(width: 120, height: 40, color: .black)
    canvas.write(
      "Kupfer 97 %", at: Point(x: 60, y: 25), size: 14, .white, background: Color(0, 0, 200),
      anchor: .center)
    let picture = canvas.picture
    // How many pixels are wholly white depends on the font that is at hand; strokes do not.
    let light = (0..<picture.height).reduce(0) { sum, y in
      sum + (0..<picture.width).count { picture[$0, y, 0] > 127 }
    }
    #expect(light > 100)
    #expect(Self.places(Color(0, 0, 200), in: picture).count > 300)
    #expect(canvas.textWidth("mm", size: 20) > canvas.textWidth("m", size: 20))
    #expect(picture[0, 0, 2] == 0)
  }

  @Test("a bar is filled up to its share", arguments: [(0.5, 5), (0, 0), (1.7, 10), (.nan, 0)])
  func bar(share: Double, filled: Int) {
    let canvas = Canvas(width: 10, height: 1, color: .black)
    canvas.bar(
      Rectangle(x: -0.5, y: -0.5, width: 10, height: 1), share: share, Color(0, 255, 0),
      background: Color(50, 0, 0))
    #expect(Self.places(Color(0, 255, 0), in: canvas.picture).count == filled)
    #expect(Self.places(Color(50, 0, 0), in: canvas.picture).count == 10 - filled)
  }

  @Test("a picture put on the canvas is cut at the border")
  func draw() {
    let canvas = Canvas(width: 6, height: 6, color: .black)
    let stamp = Picture(width: 4, height: 4, channels: 1, repeating: 255)
    canvas.draw(stamp, at: Point(x: -2, y: 4))
    canvas.draw(stamp, at: Point(x: 20, y: -20))
    #expect(Self.places(.white, in: canvas.picture) == [[0, 4], [1, 4], [0, 5], [1, 5]])
  }

  @Test("a contact sheet shows each picture whole and each caption within its cell")
  func contactSheet() {
    var sheet = ContactSheet()
    sheet.columns = 2
    sheet.cellWidth = 40
    sheet.cellHeight = 30
    let colors = [Color(255, 0, 0), Color(0, 255, 0), Color(0, 0, 255)]
    let entries = colors.map { color in
      let canvas = Canvas(width: 80, height: 40, color: color)
      return (picture: canvas.picture, caption: "a caption that is far too long for this cell")
    }
    let picture = sheet.picture(of: entries)
    #expect(picture.width == 2 * 48 + 8 && picture.height == 2 * 56 + 8)
    for color in colors { #expect(Self.places(color, in: picture).count == 40 * 20) }
  }

  @Test("classes beyond the palette take its colors again")
  func palette() {
    #expect(Color.ofClass(9) == Color.ofClass(1))
    #expect(Color.ofClass(-1) == Color.palette[7])
    #expect(Color.black.readable == .white && Color(240, 228, 66).readable == .black)
  }
}

@Suite("Animated pictures")
struct AnimatedPictureSuite {
  /// The names and sizes of the chunks behind the file's first twelve bytes.
  static func chunks(_ bytes: Data) -> [(name: String, content: Data)] {
    var chunks: [(String, Data)] = []
    var place = 12
    while place + 8 <= bytes.count {
      let size = (0..<4).reduce(0) { $0 | Int(bytes[place + 4 + $1]) << (8 * $1) }
      let end = min(bytes.count, place + 8 + size)
      chunks.append(
        (
          String(decoding: bytes[place..<(place + 4)], as: UTF8.self),
          Data(bytes[(place + 8)..<end])
        ))
      place = end + size % 2
    }
    return chunks
  }

  @Test("each picture becomes a frame of the wanted duration, repeated forever")
  func frames() throws {
    let pictures = (0..<5).map { index in
      let canvas = Canvas(width: 64, height: 48, color: .black)
      canvas.fill(
        Rectangle(x: Double(index) * 10, y: 10, width: 12, height: 12), Color.ofClass(index))
      return canvas.picture
    }
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "run.webp")
      try AnimatedPicture.write(pictures, framesPerSecond: 20, to: file)
      let bytes = try Data(contentsOf: file)
      #expect(bytes.prefix(4) == Data("RIFF".utf8) && bytes[8..<12] == Data("WEBP".utf8))
      let chunks = Self.chunks(bytes)
      #expect(chunks.first { $0.name == "ANIM" }.map { Array($0.content.suffix(2)) } == [0, 0])
      let frames = chunks.filter { $0.name == "ANMF" }
      #expect(frames.count == 5)
      #expect(frames.allSatisfy { $0.content[12] == 50 && $0.content[13] == 0 })
    }
  }

  @Test("a picture too large for the format is refused in words")
  func size() {
    #expect(
      complaint {
        _ = try AnimatedPicture.encode([Picture(width: 16_400, height: 1)], framesPerSecond: 5)
      } == "animated picture: is 16400 × 1 pixels, WebP has at most 16383 a side")
  }
}
