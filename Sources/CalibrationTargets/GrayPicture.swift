import Imaging

/// The brightness of a picture as numbers, `[height, width]`.
struct GrayPicture: Sendable {
  let width: Int
  let height: Int
  var values: [Float]

  init(width: Int, height: Int, values: [Float]) {
    precondition(values.count == width * height, "gray: \(values.count) values")
    (self.width, self.height, self.values) = (width, height, values)
  }

  init(_ picture: Picture) {
    self.init(
      width: picture.width, height: picture.height, values: picture.gray.pixels.map(Float.init))
  }

  subscript(x: Int, y: Int) -> Double { Double(values[y * width + x]) }

  func contains(x: Int, y: Int) -> Bool { x >= 0 && y >= 0 && x < width && y < height }

  /// Half as large, each value the mean of four.
  var halved: GrayPicture {
    let (w, h) = (width / 2, height / 2)
    var half = [Float](repeating: 0, count: w * h)
    for y in 0..<h {
      let (upper, lower) = (2 * y * width, (2 * y + 1) * width)
      for x in 0..<w {
        half[y * w + x] =
          (values[upper + 2 * x] + values[upper + 2 * x + 1] + values[lower + 2 * x]
            + values[lower + 2 * x + 1]) / 4
      }
    }
    return GrayPicture(width: w, height: h, values: half)
  }
}

extension Picture {
  /// One channel: the brightness of a colored picture (ITU-R BT.601), a gray one as it is.
  var gray: Picture {
    guard channels == 3 else { return self }
    var gray = Picture(width: width, height: height, channels: 1)
    for index in gray.pixels.indices {
      let (red, green, blue) = (
        UInt32(pixels[3 * index]), UInt32(pixels[3 * index + 1]), UInt32(pixels[3 * index + 2])
      )
      gray.pixels[index] = UInt8((299 * red + 587 * green + 114 * blue + 500) / 1000)
    }
    return gray
  }
}
