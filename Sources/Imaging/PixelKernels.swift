/// Rows of camera pixels to rows of RGB: the one file of plain loops over pointers here.
///
/// The layout was checked against the bytes at hand before a kernel runs.
enum PixelKernels {
  /// A row of source bytes.
  typealias Source = UnsafePointer<UInt8>
  /// A row of RGB bytes.
  typealias Target = UnsafeMutablePointer<UInt8>

  /// Converts a whole frame; `pixels` has `3 · width · height` bytes.
  static func convert(
    _ bytes: RawSpan, layout: PixelLayout, weights: ColorWeights, into pixels: inout [UInt8]
  ) {
    precondition(bytes.byteCount >= layout.byteCount && layout.format.hasRows)
    precondition(pixels.count == 3 * layout.width * layout.height)
    bytes.withUnsafeBytes { source in
      pixels.withUnsafeMutableBufferPointer { target in
        guard let start = source.baseAddress, let target = target.baseAddress else { return }
        convert(start.assumingMemoryBound(to: UInt8.self), layout, weights, target)
      }
    }
  }

  private static func convert(
    _ source: Source, _ layout: PixelLayout, _ weights: ColorWeights, _ target: Target
  ) {
    let (width, height, stride) = (layout.width, layout.height, layout.bytesPerLine)
    for y in 0..<height {
      let row = source + y * stride
      let out = target + y * width * 3
      switch layout.format {
      case .yuyv: packed(row, luma: 0, chroma: 1, weights, width, out)
      case .uyvy: packed(row, luma: 1, chroma: 0, weights, width, out)
      case .nv12: planar(row, source + (height + y / 2) * stride, weights, width, out)
      case .rgb24: channels(row, red: 0, weights, width, out)
      case .bgr24: channels(row, red: 2, weights, width, out)
      case .gray: gray(row, weights, width, out)
      case .bayerRGGB: bayer(source, layout, y, redColumn: 0, redRow: 0, weights, out)
      case .bayerGRBG: bayer(source, layout, y, redColumn: 1, redRow: 0, weights, out)
      case .bayerGBRG: bayer(source, layout, y, redColumn: 0, redRow: 1, weights, out)
      case .bayerBGGR: bayer(source, layout, y, redColumn: 1, redRow: 1, weights, out)
      case .motionJPEG: break
      }
    }
  }

  private static func packed(
    _ row: Source, luma: Int, chroma: Int, _ weights: ColorWeights, _ width: Int, _ out: Target
  ) {
    for x in 0..<width {
      let pair = row + x / 2 * 4
      let color = weights.color(
        luma: pair[luma + (x & 1) * 2], cb: pair[chroma], cr: pair[chroma + 2])
      (out[3 * x], out[3 * x + 1], out[3 * x + 2]) = color
    }
  }

  private static func planar(
    _ luma: Source, _ chroma: Source, _ weights: ColorWeights, _ width: Int, _ out: Target
  ) {
    for x in 0..<width {
      let pair = chroma + x / 2 * 2
      let color = weights.color(luma: luma[x], cb: pair[0], cr: pair[1])
      (out[3 * x], out[3 * x + 1], out[3 * x + 2]) = color
    }
  }

  private static func channels(
    _ row: Source, red: Int, _ weights: ColorWeights, _ width: Int, _ out: Target
  ) {
    for x in 0..<width {
      out[3 * x] = weights.level(row[3 * x + red])
      out[3 * x + 1] = weights.level(row[3 * x + 1])
      out[3 * x + 2] = weights.level(row[3 * x + 2 - red])
    }
  }

  private static func gray(_ row: Source, _ weights: ColorWeights, _ width: Int, _ out: Target) {
    for x in 0..<width {
      let value = weights.level(row[x])
      (out[3 * x], out[3 * x + 1], out[3 * x + 2]) = (value, value, value)
    }
  }

  /// Bilinear: what a pixel does not see is the mean of its nearest neighbors that do; beyond the
  /// border the mosaic is mirrored about its last pixel, which keeps its colors in place.
  private static func bayer(
    _ source: Source, _ layout: PixelLayout, _ y: Int, redColumn: Int, redRow: Int,
    _ weights: ColorWeights, _ out: Target
  ) {
    let (width, height, stride) = (layout.width, layout.height, layout.bytesPerLine)
    func mirrored(_ index: Int, _ count: Int) -> Int {
      count == 1 ? 0 : index < 0 ? -index : index >= count ? 2 * count - 2 - index : index
    }
    let (above, here, below) = (
      source + mirrored(y - 1, height) * stride, source + y * stride,
      source + mirrored(y + 1, height) * stride
    )
    for x in 0..<width {
      let (left, right) = (mirrored(x - 1, width), mirrored(x + 1, width))
      let own = here[x]
      let beside = mean(here[left], here[right])
      let over = mean(above[x], below[x])
      let (isRedRow, isRedColumn) = (y & 1 == redRow, x & 1 == redColumn)
      let color: (UInt8, UInt8, UInt8)
      if isRedRow == isRedColumn {
        let cross = mean(here[left], here[right], above[x], below[x])
        let corners = mean(above[left], above[right], below[left], below[right])
        color = isRedRow ? (own, cross, corners) : (corners, cross, own)
      } else {
        color = isRedRow ? (beside, own, over) : (over, own, beside)
      }
      out[3 * x] = weights.level(color.0)
      out[3 * x + 1] = weights.level(color.1)
      out[3 * x + 2] = weights.level(color.2)
    }
  }

  private static func mean(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((UInt(a) + UInt(b) + 1) / 2) }

  private static func mean(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> UInt8 {
    UInt8((UInt(a) + UInt(b) + UInt(c) + UInt(d) + 2) / 4)
  }
}
