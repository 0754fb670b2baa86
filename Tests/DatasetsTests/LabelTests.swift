import Diagnostics
import Foundation
import Hyperspectral
import Imaging
import TestSupport
import Testing

@testable import Datasets

@Suite("COCO labels")
struct COCOTests {
  static let whole = """
    {
      "info": {"year": 2026},
      "images": [{"id": 7, "file_name": "color.png", "width": 6, "height": 4},
                 {"id": 8, "file_name": "other.png", "width": 6, "height": 4}],
      "categories": [{"id": 3, "name": "brass"}, {"id": 5, "name": "copper"},
                     {"id": 9, "name": "?"}],
      "annotations": [
        {"id": 11, "image_id": 7, "category_id": 5, "segmentation": [[0, 0, 3, 0, 3, 2, 0, 2]]},
        {"id": 12, "image_id": 8, "category_id": 5, "segmentation": [[0, 0, 3, 0, 3, 2, 0, 2]]},
        {"id": 13, "image_id": 7, "category_id": 3,
         "segmentation": {"counts": [14, 2, 2, 2, 4], "size": [4, 6]}},
        {"id": 14, "image_id": 7, "category_id": 9, "bbox": [0, 3, 1, 1],
         "segmentation": [[0, 3, 1.4, 3, 1.4, 4, 0, 4]]}
      ]
    }
    """

  static func pieces(
    _ text: String
  ) throws -> (map: LabelMap, pieces: [(name: String, label: Int?)]) {
    try JSONFile.decode(COCOFile.self, from: Data(text.utf8), place: "coco.json").pieces(
      color: "r1/color.png", width: 6, height: 4, classes: ["copper", "brass"],
      place: "coco.json")
  }

  @Test("polygons and run lengths cover the right pixels and categories go by name")
  func whole() throws {
    let found = try Self.pieces(Self.whole)
    // Runs go down the columns: 14 pixels are three columns and two rows of the fourth.
    #expect(
      found.map.labels == [
        1, 1, 1, 0, 0, 0,
        1, 1, 1, 0, 0, 0,
        0, 0, 0, 2, 2, 0,
        3, 0, 0, 2, 2, 0,
      ])
    #expect(found.pieces.map(\.name) == ["11", "13", "14"])
    #expect(found.pieces.map(\.label) == [0, 1, nil])
  }

  @Test(
    "what is wrong is told with the annotation",
    arguments: [
      (
        "\"color.png\"", "\"photo.png\"",
        "coco.json: no image with 'file_name' r1/color.png, found photo.png, other.png"
      ),
      (
        "\"width\": 6, \"height\": 4},\n", "\"width\": 60, \"height\": 4},\n",
        "coco.json: image color.png is 60 × 4, the picture has 6 × 4"
      ),
      (
        "\"category_id\": 5, \"segmentation\"", "\"category_id\": 4, \"segmentation\"",
        "coco.json: annotation 11: no category has the id 4"
      ),
      (
        "\"brass\"", "\"Brass\"",
        "coco.json: the category 'Brass' is not among the manifest's classes copper, brass"
      ),
      (
        "[14, 2, 2, 2, 4]", "[14, 2, 2, 2]",
        "coco.json: annotation 13: run lengths add up to 20 pixels, 24 were wanted"
      ),
      (
        "[14, 2, 2, 2, 4]", "[14, 9223372036854775807, 9223372036854775807]",
        "coco.json: annotation 13: run lengths add up to"
      ),
      (
        "[14, 2, 2, 2, 4]", "[14, -2, 12]",
        "coco.json: annotation 13: run lengths add up to 26 pixels, 24 were wanted"
      ),
      (
        "[4, 6]", "[6, 4]",
        "coco.json: annotation 13: run lengths for 'size' [6, 4], [4, 6] was wanted"
      ),
      (
        "[14, 2, 2, 2, 4]", "\"eNp\"",
        "coco.json: annotation 13: compressed run lengths (text in 'counts')"
      ),
      (
        "[[0, 3, 1.4, 3, 1.4, 4, 0, 4]]", "[[0, 3, 1.4, 3, 1.4]]",
        "coco.json: annotation 14: a polygon of 5 numbers, 6 or more and even was wanted"
      ),
      (
        "[[0, 3, 1.4, 3, 1.4, 4, 0, 4]]", "[[0, 3, 1e300, 3, 1.4, 4, 0, 4]]",
        "coco.json: annotation 14: a coordinate beyond ±1,000,000 pixels or not a number"
      ),
      (
        "[[0, 3, 1.4, 3, 1.4, 4, 0, 4]]", "[]",
        "coco.json: annotation 14: 'segmentation' is empty"
      ),
      ("\"id\": 14,", "\"id\": 13,", "coco.json: two annotations have the id 13"),
      (
        "[[0, 3, 1.4, 3, 1.4, 4, 0, 4]]", "7",
        "coco.json: 'annotations.[3].segmentation' has the wrong type"
      ),
    ])
  func refusals(old: String, new: String, message: String) throws {
    let text = Self.whole.replacingOccurrences(of: old, with: new)
    try #require(text != Self.whole)
    #expect(complaint { _ = try Self.pieces(text) }.hasPrefix(message))
  }

  @Test("damaged files are read or refused, never a trap")
  func damage() {
    let bytes = Data(Self.whole.utf8)
    expectNoTrap(reading: bytes, headerCount: bytes.count, copies: 600) { copy in
      _ = try JSONFile.decode(COCOFile.self, from: copy, place: "coco.json").pieces(
        color: "color.png", width: 6, height: 4, classes: ["copper", "brass"],
        place: "coco.json")
    }
  }
}

@Suite("Piece finder")
struct PieceFinderTests {
  @Test("pixels of one label that touch, corners included, are one piece")
  func regions() {
    let labels = LabelMap(
      width: 5, height: 4,
      labels: [
        1, 1, 0, 2, 2,
        0, 0, 1, 0, 0,
        2, 2, 2, 0, 1,
        0, 0, 0, 0, 1,
      ])
    let found = PieceFinder.regions(of: labels)
    #expect(found.count == 4)
    #expect(
      found.map.labels == [
        1, 1, 0, 2, 2,
        0, 0, 1, 0, 0,
        3, 3, 3, 0, 4,
        0, 0, 0, 0, 4,
      ])
  }

  @Test("pieces stand out from the belt; dust and pieces cut off by the border do not count")
  func pieces() {
    var picture = Picture(width: 60, height: 40, repeating: 25)
    func paint(_ columns: Range<Int>, _ rows: Range<Int>, _ value: UInt8) {
      for y in rows { for x in columns { for c in 0..<3 { picture[x, y, c] = value } } }
    }
    paint(5..<20, 5..<18, 170)
    paint(30..<45, 8..<22, 140)
    paint(50..<60, 5..<20, 160)
    paint(30..<33, 30..<33, 200)
    let found = PieceFinder.pieces(in: picture)
    #expect(found.count == 2)
    #expect(found.map.labels.count { $0 == 1 } == 15 * 13)
    #expect(found.map.labels.count { $0 == 2 } == 15 * 14)
  }

  @Test("Otsu's threshold parts two heaps")
  func otsu() {
    var histogram = [Int](repeating: 0, count: 256)
    for value in 10...30 { histogram[value] = 100 }
    for value in 90...120 { histogram[value] = 20 }
    #expect((30..<90).contains(PieceFinder.otsuThreshold(of: histogram)))
  }
}

@Suite("Labels of belt recordings")
struct RecordedPiecesTests {
  /// The catalog of the fixture after a change of manifest and files.
  private func catalog(
    _ change: (inout Manifest, URL) throws -> Void
  ) throws -> Result<SampleCatalog, any Error> {
    try withTemporaryFolder { folder in
      var manifest = try BeltFixture.write(in: folder)
      try change(&manifest, folder)
      try manifest.seal(in: folder)
      return Result { try SampleCatalog.open(folder) }
    }
  }

  private func message(_ change: (inout Manifest, URL) throws -> Void) throws -> String {
    let found = try catalog(change)
    let text = complaint { _ = try found.get() }
    return text.replacing(/.*mirage-test-[^\/]*\//, with: "")
  }

  @Test("masks, runs of one material and COCO give the same pieces")
  func kinds() throws {
    let found = try catalog { manifest, folder in
      manifest.recordings[1].labels = .mask(file: "r1/labels.png", pieces: nil)
      manifest.recordings[2].labels = .material(class: "copper", pieces: "r2/pieces.png")
      manifest.recordings[3].labels = .material(class: "?", pieces: nil)
      let coco = """
        {"images": [{"id": 1, "file_name": "r4/color.png", "width": 40, "height": 40}],
         "categories": [{"id": 1, "name": "copper"}, {"id": 2, "name": "brass"}],
         "annotations": [
          {"id": 5, "image_id": 1, "category_id": 1, "segmentation": [[4,4,14,4,14,12,4,12]]},
          {"id": 6, "image_id": 1, "category_id": 2, "segmentation": [[24,4,34,4,34,14,24,14]]}
         ]}
        """
      try Data(coco.utf8).write(to: folder.appending(path: "coco.json"))
      manifest.recordings[4].labels = .coco(file: "coco.json")
      manifest.recordings[5].labels = nil
    }.get()
    func entries(_ number: Int) -> [SampleEntry] {
      found.entries.filter { $0.recording == number }
    }
    #expect(entries(0).map(\.piece) == ["r0/1", "r0/2", "r0/3", "r0/4"])
    #expect(entries(0).map(\.label) == [0, 1, 1, 0])
    #expect(entries(0).map(\.region).map(\.columns) == [4...13, 24...33, 6...13, 24...35])
    for number in [1, 3] {
      #expect(
        Set(entries(number).map(\.region.pixelCount))
          == Set(entries(0).map(\.region.pixelCount)))
    }
    #expect(entries(1).map(\.label) == [0, 1, 0, 1])
    #expect(entries(2).map(\.label) == [0, 0, 0, 0])
    #expect(entries(3).map(\.label) == [nil, nil, nil, nil])
    #expect(entries(4).map(\.piece) == ["r4/5", "r4/6"])
    #expect(entries(4).map(\.label) == [0, 1])
    #expect(entries(4).map(\.region.columns) == [4...13, 24...33])
    #expect(entries(5).isEmpty)
  }

  @Test("a piece whose pixels disagree stops loading unless it is excluded")
  func disagreement() throws {
    func spoil(_ folder: URL) throws {
      let file = folder.appending(path: "r2/labels.png")
      var labels = try LabelMapFile.read(file)
      labels[5, 5] = 2
      labels[6, 5] = 0
      try LabelMapFile.write(labels, to: file)
    }
    let text = try message { _, folder in try spoil(folder) }
    #expect(
      text == """
        manifest.json: 24 pieces in, 23 used: r2/1 (its pixels disagree: 1 pixels unlabelled \
        background, 78 pixels copper, 1 pixels brass)
          help: correct the labels, or list the pieces under 'exclude' with the reason
        """)
    let found = try catalog { manifest, folder in
      try spoil(folder)
      manifest.exclude = [.init(piece: "r2/1", reason: "drawn wrongly")]
    }.get()
    #expect(found.entries.count == 23)
    #expect(found.excluded.count == 1)
  }

  @Test("labelled pixels outside every piece, wrong numbers and unknown exclusions are refused")
  func otherFaults() throws {
    let stray = try message { _, folder in
      let file = folder.appending(path: "r0/pieces.png")
      var pieces = try LabelMapFile.read(file)
      for place in pieces.labels.indices where pieces.labels[place] == 2 {
        pieces.labels[place] = 0
      }
      try LabelMapFile.write(pieces, to: file)
    }
    #expect(stray.hasPrefix("manifest.json: 23 pieces in, 23 used: r0 (100 labelled pixels lie in"))
    let wrong = try message { _, folder in
      let file = folder.appending(path: "r0/labels.png")
      var labels = try LabelMapFile.read(file)
      labels[3, 2] = 3
      try LabelMapFile.write(labels, to: file)
    }
    #expect(
      wrong == "r0/labels.png: the label 3 at column 3, row 2 is none of 0 to 2 and not 65535")
    let size = try message { _, folder in
      try LabelMapFile.write(
        LabelMap(width: 20, height: 40), to: folder.appending(path: "r0/labels.png"))
    }
    #expect(size.hasPrefix("r0/labels.png: 20 × 40 pixels, the picture has 40 × 40"))
    let exclusion = try message { manifest, _ in
      manifest.exclude = [.init(piece: "r0/9", reason: "none")]
    }
    #expect(
      exclusion == "manifest.json: 'exclude' names the piece 'r0/9', which no recording has")
  }
}
