import CTIFF
import Diagnostics
import Foundation
import Tensors
import Units

/// Cubes in TIFF files, a page for each band or one page of many samples a pixel: the one file that
/// talks to libtiff.
struct TIFFCube {
  private let place: String
  private let path: String
  private let tiff: OpaquePointer
  private let report: UnsafeMutablePointer<mirage_tiff_report>

  /// Pages of a file, at most.
  private static let pageLimit = 65_535

  /// Reads the cube of `url`.
  static func read(_ url: URL) throws -> HeldCube {
    let (place, path) = (url.relativePath, url.path(percentEncoded: false))
    let bound = HeldCube.bound(ofFile: try BoundedFile.size(of: url))
    let report = UnsafeMutablePointer<mirage_tiff_report>.allocate(capacity: 1)
    report.initialize(to: mirage_tiff_report())
    defer { report.deallocate() }
    guard let tiff = mirage_tiff_open(path, report, Int64(bound)) else {
      throw Complaint(
        place, "is not a TIFF file, or its beginning is damaged: \(Self.message(report))",
        remedy: "export the cube again as TIFF, a page for each band")
    }
    defer { TIFFClose(tiff) }
    return try TIFFCube(place: place, path: path, tiff: tiff, report: report).read(
      url, bound: bound)
  }

  private func read(_ url: URL, bound: Int) throws -> HeldCube {
    let (first, pages) = try pages()
    let isByPage = first.samples == 1
    guard isByPage || pages == 1 else {
      throw Complaint(
        place, "has \(pages) pages of \(first.samples) samples a pixel each",
        remedy: "give each band a page of its own, or put all of them into one page")
    }
    let bands = isByPage ? pages : Int(first.samples)
    let type = try type(of: first)
    let shape = CubeShape(lines: Int(first.height), samples: Int(first.width), bands: bands)
    var size = type.byteCount
    for extent in [shape.lines, shape.samples, bands] {
      let (product, overflows) = size.multipliedReportingOverflow(by: extent)
      guard !overflows, product <= bound else {
        throw Complaint(
          place, "claims \(shape) of \(type.rawValue), more than the file can hold",
          remedy: "the file is damaged: copy or export it again")
      }
      size = product
    }
    let beside = try WavelengthFile.find(beside: url, bands: bands)
    var values = [Float](repeating: 0, count: size / type.byteCount)
    for page in 0..<pages {
      guard TIFFSetDirectory(tiff, tdir_t(page)) == 1 else { throw damaged(page: page) }
      let target = Target(
        shape: shape, type: type, page: page, firstBand: isByPage ? page : 0,
        isSeparate: first.planes == 2 || isByPage)
      if first.tile_width > 0 {
        try readTiles(first, target, bound: bound, into: &values)
      } else {
        try readRows(first, target, into: &values)
      }
    }
    return HeldCube(
      name: place, shape: shape, wavelengths: beside?.wavelengths, numberType: type,
      interleave: isByPage || first.planes == 2 ? .bsq : .bip,
      notes: [
        isByPage ? "\(pages) pages, one for each band" : "one page, \(bands) samples a pixel"
      ],
      files: [url] + (beside.map { [$0.file] } ?? []),
      wavelengthFilesSought: WavelengthFile.names(beside: url), values: values)
  }

  /// The first page, and how many there are; all of them alike.
  private func pages() throws -> (mirage_tiff_page, Int) {
    var first = mirage_tiff_page()
    mirage_tiff_describe(tiff, &first)
    try check(first)
    var count = 1
    while TIFFReadDirectory(tiff) == 1 {
      guard count < Self.pageLimit else {
        throw Complaint(place, "has more than \(Self.pageLimit) pages")
      }
      var page = mirage_tiff_page()
      mirage_tiff_describe(tiff, &page)
      count += 1
      guard
        page.width == first.width, page.height == first.height, page.bits == first.bits,
        page.samples == first.samples, page.format == first.format, page.planes == first.planes,
        page.tile_width == first.tile_width, page.tile_height == first.tile_height
      else {
        throw Complaint(
          place,
          "page \(count) is \(Self.description(page)), page 1 is \(Self.description(first))",
          remedy: "export the bands alone, without a preview, all of one size and type")
      }
    }
    guard report.pointee.message.0 == 0 else { throw damaged(page: count) }
    return (first, count)
  }

  private static func description(_ page: mirage_tiff_page) -> String {
    "\(page.width) × \(page.height) × \(page.samples) of \(page.bits) bits"
  }

  private func check(_ page: mirage_tiff_page) throws {
    guard page.width > 0, page.height > 0, page.samples > 0 else {
      throw Complaint(
        place, "page 1 has no size", remedy: "the file is damaged: copy or export it again")
    }
    let refused = [
      UInt16(PHOTOMETRIC_PALETTE): "a palette", UInt16(PHOTOMETRIC_YCBCR): "colors as YCbCr",
    ]
    if let kind = refused[page.photometric] {
      throw Complaint(
        place, "holds \(kind), plain numbers were wanted",
        remedy: "export the bands as gray pages, uncompressed or without loss")
    }
  }

  private func type(of page: mirage_tiff_page) throws -> ScalarType {
    switch (page.format, page.bits) {
    case (1, 8): return .uint8
    case (1, 16): return .uint16
    case (1, 32): return .uint32
    case (2, 8): return .int8
    case (2, 16): return .int16
    case (2, 32): return .int32
    case (3, 16): return .float16
    case (3, 32): return .float32
    case (3, 64): return .float64
    default:
      let kinds: [UInt16: String] = [
        1: "unsigned", 2: "signed", 3: "floating", 5: "complex", 6: "complex",
      ]
      throw Complaint(
        place,
        "holds \(page.bits)-bit \(kinds[page.format] ?? "unknown") numbers; 8, 16 or 32-bit whole"
          + " and 16, 32 or 64-bit floating ones are read",
        remedy: "export the cube as 16-bit or 32-bit floating TIFF")
    }
  }

  /// Where the numbers of a page go.
  private struct Target {
    let shape: CubeShape
    let type: ScalarType
    let page: Int
    let firstBand: Int
    /// Whether a row holds one band; otherwise all bands, pixel by pixel.
    let isSeparate: Bool

    /// Planes to read in this page.
    func planes(_ page: mirage_tiff_page) -> Int { isSeparate ? Int(page.samples) : 1 }
    /// Numbers of a pixel in a row.
    func depth(_ page: mirage_tiff_page) -> Int { isSeparate ? 1 : Int(page.samples) }
  }

  private func readRows(
    _ page: mirage_tiff_page, _ target: Target, into values: inout [Float]
  ) throws {
    let count = target.shape.samples * target.depth(page)
    guard Int(page.row_bytes) == count * target.type.byteCount else {
      throw damaged(page: target.page)
    }
    var bytes = [UInt8](repeating: 0, count: Int(page.row_bytes))
    var row = [Float](repeating: 0, count: count)
    for plane in 0..<target.planes(page) {
      for line in 0..<target.shape.lines {
        guard TIFFReadScanline(tiff, &bytes, UInt32(line), UInt16(plane)) == 1 else {
          throw damaged(page: target.page)
        }
        target.type.decode(bytes, into: &row)
        let start = line * target.shape.valuesPerLine + target.firstBand + plane
        put(row, depth: target.depth(page), at: start, bands: target.shape.bands, &values)
      }
    }
  }

  /// A tile may be larger than the page that it covers, but no larger than the file can hold.
  private func readTiles(
    _ page: mirage_tiff_page, _ target: Target, bound: Int, into values: inout [Float]
  ) throws {
    let (width, height) = (Int(page.tile_width), Int(page.tile_height))
    let depth = target.depth(page)
    let (count, overflows) = (width * depth).multipliedReportingOverflow(by: height)
    guard !overflows, count > 0, Int(page.tile_bytes) == count * target.type.byteCount,
      Int(page.tile_bytes) <= bound
    else {
      throw Complaint(
        place,
        "has tiles of \(width) × \(height) pixels of \(target.type.rawValue), more than the file"
          + " can hold",
        remedy: "the file is damaged: copy or export it again")
    }
    var bytes = [UInt8](repeating: 0, count: Int(page.tile_bytes))
    var numbers = [Float](repeating: 0, count: count)
    for plane in 0..<target.planes(page) {
      for top in stride(from: 0, to: target.shape.lines, by: height) {
        for left in stride(from: 0, to: target.shape.samples, by: width) {
          guard
            TIFFReadTile(tiff, &bytes, UInt32(left), UInt32(top), 0, UInt16(plane)) >= 0
          else { throw damaged(page: target.page) }
          target.type.decode(bytes, into: &numbers)
          let wide = min(width, target.shape.samples - left)
          for row in 0..<min(height, target.shape.lines - top) {
            let start =
              (top + row) * target.shape.valuesPerLine + left * target.shape.bands
              + target.firstBand + plane
            let part = Array(numbers[(row * width * depth)..<((row * width + wide) * depth)])
            put(part, depth: depth, at: start, bands: target.shape.bands, &values)
          }
        }
      }
    }
  }

  /// Puts pixels of `depth` numbers where they belong.
  private func put(
    _ row: [Float], depth: Int, at start: Int, bands: Int,
    _ values: inout [Float]
  ) {
    if depth == bands {
      for index in row.indices { values[start + index] = row[index] }
    } else {
      for index in row.indices { values[start + index * bands] = row[index] }
    }
  }

  private func damaged(page: Int) -> Complaint {
    Complaint(
      place,
      "page \(page + 1) cannot be read: "
        + Self.message(report).replacing(path + ": ", with: ""),
      remedy: "the file was cut short or is damaged: copy or export it again")
  }

  private static func message(_ report: UnsafeMutablePointer<mirage_tiff_report>) -> String {
    let text = withUnsafeBytes(of: report.pointee.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let line = text.trimmed
    return line.isEmpty ? "its directory is damaged" : line
  }
}
