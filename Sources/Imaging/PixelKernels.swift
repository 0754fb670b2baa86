import CPixelRows

/// Rows of camera pixels to rows of RGB.
///
/// The layout was checked against the bytes at hand before a kernel runs. Each kernel lets
/// `CPixelRows` do the pixels that it can and does the others itself, to the same bits.
struct PixelKernels {
  /// A row of source bytes.
  typealias Source = UnsafePointer<UInt8>
  /// A row of RGB bytes.
  typealias Target = UnsafeMutablePointer<UInt8>

  /// Which pixels go to the processor's wide registers.
  enum Width {
    case widest
    /// None: for the comparison of both ways.
    case single
  }

  let layout: PixelLayout
  let weights: ColorWeights
  var width = Width.widest

  /// Converts a whole frame; `pixels` has `3 · width · height` bytes.
  func convert(_ bytes: RawSpan, into pixels: inout [UInt8]) {
    precondition(bytes.byteCount >= layout.byteCount && layout.format.hasRows)
    precondition(pixels.count == 3 * layout.width * layout.height)
    bytes.withUnsafeBytes { source in
      pixels.withUnsafeMutableBufferPointer { target in
        guard let start = source.baseAddress, let target = target.baseAddress else { return }
        convert(start.assumingMemoryBound(to: UInt8.self), target)
      }
    }
  }

  /// Converts luma and two planes of chroma without padding, of which each sample stands for one
  /// or two columns and rows.
  func convertPlanes(
    _ bytes: RawSpan, chromaWidth: Int, chromaHeight: Int, into pixels: inout [UInt8]
  ) {
    let (luma, chroma) = (layout.width * layout.height, chromaWidth * chromaHeight)
    precondition(bytes.byteCount >= luma + 2 * chroma && pixels.count == 3 * luma)
    bytes.withUnsafeBytes { source in
      pixels.withUnsafeMutableBufferPointer { target in
        guard let start = source.baseAddress, let target = target.baseAddress else { return }
        let first = start.assumingMemoryBound(to: UInt8.self)
        for y in 0..<layout.height {
          let row = (chromaHeight == layout.height ? y : y / 2) * chromaWidth
          planes(
            first + y * layout.width, cb: first + luma + row, cr: first + luma + chroma + row,
            shift: chromaWidth == layout.width ? 0 : 1, target + 3 * y * layout.width)
        }
      }
    }
  }

  private func planes(_ luma: Source, cb: Source, cr: Source, shift: Int, _ out: Target) {
    for x in 0..<layout.width {
      let tint = weights.chroma(cb: cb[x >> shift], cr: cr[x >> shift])
      put(weights.color(luma: luma[x], tint), out + 3 * x)
    }
  }

  private func convert(_ source: Source, _ target: Target) {
    let (height, stride) = (layout.height, layout.bytesPerLine)
    for y in 0..<height {
      let row = source + y * stride
      let out = target + y * layout.width * 3
      switch layout.format {
      case .yuyv: yuyv(row, out)
      case .uyvy: uyvy(row, out)
      case .nv12: planar(row, source + (height + y / 2) * stride, out)
      case .rgb24: out.update(from: row, count: 3 * layout.width)
      case .bgr24: swapped(row, out)
      case .gray: gray(row, out)
      case .bayerRGGB: mosaic(source, y, redColumn: 0, redRow: 0, out)
      case .bayerGRBG: mosaic(source, y, redColumn: 1, redRow: 0, out)
      case .bayerGBRG: mosaic(source, y, redColumn: 0, redRow: 1, out)
      case .bayerBGGR: mosaic(source, y, redColumn: 1, redRow: 1, out)
      case .motionJPEG: break
      }
      if !layout.format.hasChroma, layout.color.range == .limited { stretch(out) }
    }
  }

  private func yuyv(_ row: Source, _ out: Target) {
    let done = width == .single ? 0 : pixel_row_yuyv(row, weights.row, layout.width, out)
    packed(row, from: done, luma: 0, chroma: 1, out)
  }

  private func uyvy(_ row: Source, _ out: Target) {
    let done = width == .single ? 0 : pixel_row_uyvy(row, weights.row, layout.width, out)
    packed(row, from: done, luma: 1, chroma: 0, out)
  }

  private func packed(_ row: Source, from done: Int, luma: Int, chroma: Int, _ out: Target) {
    for first in stride(from: done, to: layout.width, by: 2) {
      let pair = row + first * 2
      let tint = weights.chroma(cb: pair[chroma], cr: pair[chroma + 2])
      put(weights.color(luma: pair[luma], tint), out + 3 * first)
      if first + 1 < layout.width {
        put(weights.color(luma: pair[luma + 2], tint), out + 3 * first + 3)
      }
    }
  }

  @inline(__always)
  private func put(_ color: (red: UInt8, green: UInt8, blue: UInt8), _ out: Target) {
    (out[0], out[1], out[2]) = color
  }

  private func planar(_ luma: Source, _ chroma: Source, _ out: Target) {
    let done = width == .single ? 0 : pixel_row_planar(luma, chroma, weights.row, layout.width, out)
    for first in stride(from: done, to: layout.width, by: 2) {
      let tint = weights.chroma(cb: chroma[first], cr: chroma[first + 1])
      put(weights.color(luma: luma[first], tint), out + 3 * first)
      if first + 1 < layout.width {
        put(weights.color(luma: luma[first + 1], tint), out + 3 * first + 3)
      }
    }
  }

  private func swapped(_ row: Source, _ out: Target) {
    let done = width == .single ? 0 : pixel_row_swapped(row, layout.width, out)
    for x in done..<layout.width {
      (out[3 * x], out[3 * x + 1], out[3 * x + 2]) = (row[3 * x + 2], row[3 * x + 1], row[3 * x])
    }
  }

  private func gray(_ row: Source, _ out: Target) {
    let done = width == .single ? 0 : pixel_row_gray(row, layout.width, out)
    for x in done..<layout.width {
      (out[3 * x], out[3 * x + 1], out[3 * x + 2]) = (row[x], row[x], row[x])
    }
  }

  /// From limited range to full, in place.
  private func stretch(_ out: Target) {
    for index in 0..<(3 * layout.width) { out[index] = weights.level(out[index]) }
  }

  /// A row of a Bayer mosaic, bilinear.
  ///
  /// What a pixel does not see is the mean of its nearest neighbors that do. Beyond the border
  /// the mosaic is mirrored about its last pixel, which keeps its colors in place.
  private func mosaic(_ source: Source, _ y: Int, redColumn: Int, redRow: Int, _ out: Target) {
    let stride = layout.bytesPerLine
    let rows = pixel_mosaic(
      above: source + Self.mirrored(y - 1, layout.height) * stride, here: source + y * stride,
      below: source + Self.mirrored(y + 1, layout.height) * stride)
    let isRedRow = y & 1 == redRow
    // Red lies in this column of red rows, blue in the other one of the rows between.
    let column = isRedRow ? redColumn : 1 - redColumn
    let done =
      width == .single
      ? 1 : pixel_row_mosaic(rows, isRedRow ? 1 : 0, Int32(column), layout.width, out)
    mosaic(rows, 0, isRedRow: isRedRow, isColored: column == 0, out)
    for x in done..<max(done, layout.width) {
      mosaic(rows, x, isRedRow: isRedRow, isColored: x & 1 == column, out)
    }
  }

  /// One pixel; `isColored`: it sees red or blue, not green.
  @inline(__always)
  private func mosaic(
    _ rows: pixel_mosaic, _ x: Int, isRedRow: Bool, isColored: Bool, _ out: Target
  ) {
    guard let above = rows.above, let here = rows.here, let below = rows.below else { return }
    let (left, right) = (
      Self.mirrored(x - 1, layout.width), Self.mirrored(x + 1, layout.width)
    )
    let (mine, green, other): (UInt8, UInt8, UInt8)
    if isColored {
      mine = here[x]
      green = Self.mean(here[left], here[right], above[x], below[x])
      other = Self.mean(above[left], above[right], below[left], below[right])
    } else {
      mine = Self.mean(here[left], here[right])
      green = here[x]
      other = Self.mean(above[x], below[x])
    }
    out[3 * x] = isRedRow ? mine : other
    out[3 * x + 1] = green
    out[3 * x + 2] = isRedRow ? other : mine
  }

  @inline(__always)
  private static func mirrored(_ index: Int, _ count: Int) -> Int {
    if count == 1 { return 0 }
    return index < 0 ? -index : index >= count ? 2 * count - 2 - index : index
  }

  @inline(__always)
  private static func mean(_ a: UInt8, _ b: UInt8) -> UInt8 {
    UInt8(truncatingIfNeeded: (UInt32(a) + UInt32(b) + 1) / 2)
  }

  @inline(__always)
  private static func mean(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> UInt8 {
    UInt8(truncatingIfNeeded: (UInt32(a) + UInt32(b) + UInt32(c) + UInt32(d) + 2) / 4)
  }
}
