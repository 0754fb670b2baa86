import CameraCalibration
import Imaging
import Units

extension SampleRecipe {
  /// Numbers in one RGB crop, `[colorSize, colorSize, 3]`.
  public var colorCount: Int { colorSize * colorSize * 3 }

  /// Writes a piece's RGB crop, `[colorSize, colorSize, 3]`, standardized, into `crop` from
  /// `start` on; training and the live line both call this.
  ///
  /// The crop shows a square of `cropMillimeters` on the belt around the piece. With
  /// `masksBackground`, pixels of `mask` with another number than the piece's have no part in it,
  /// and cells that the piece covers by less than half become 0. Allocates nothing.
  ///
  /// Returns the number of cells that show the piece.
  @discardableResult
  public func colorCrop(
    of piece: PieceRegion, in picture: Picture, mask: LabelMap, through registration: Registration,
    into crop: inout [Float], at start: Int = 0
  ) -> Int {
    let covered = rawColorCrop(
      of: piece, in: picture, mask: mask, through: registration, into: &crop, at: start)
    standardizeColor(&crop, in: start..<(start + colorCount))
    return covered
  }

  /// The crop in shares of 255 before standardization; background cells are not a number.
  ///
  /// Where the calibration has a color correction, each cell's mean color is corrected by it.
  @discardableResult
  public func rawColorCrop(
    of piece: PieceRegion, in picture: Picture, mask: LabelMap, through registration: Registration,
    into crop: inout [Float], at start: Int = 0
  ) -> Int {
    precondition(
      picture.width == mask.width && picture.height == mask.height,
      "color crop: mask \(mask.width) × \(mask.height), "
        + "picture \(picture.width) × \(picture.height)")
    precondition(start + colorCount <= crop.count, "color crop: too little room behind \(start)")
    guard let side = cropMillimeters else {
      preconditionFailure("color crop: a recipe for scenes has no size on the belt")
    }
    let square = registration.square(around: piece.box, sideMillimeters: side)
    let grid = CropGrid(square: square, cells: colorSize, map: registration.colorOfBelt)
    var covered = 0
    for row in 0..<colorSize {
      for column in 0..<colorSize {
        var cell = colorCell(grid, row, column, picture, mask, piece)
        if let correction = registration.colorCorrection, !cell.red.isNaN {
          // The flat field is that of the camera, not of the belt.
          let middle = registration.cameraPoint(
            Point(
              x: square.x + square.width * (Double(column) + 0.5) / Double(colorSize),
              y: square.y + square.height * (Double(row) + 0.5) / Double(colorSize)))
          let right = correction(
            red: 255 * cell.red, green: 255 * cell.green, blue: 255 * cell.blue, at: middle)
          cell = (right.red / 255, right.green / 255, right.blue / 255)
        }
        let place = start + (row * colorSize + column) * 3
        crop[place] = cell.red
        crop[place + 1] = cell.green
        crop[place + 2] = cell.blue
        if !cell.red.isNaN { covered += 1 }
      }
    }
    return covered
  }

  /// The mean of a cell's points, or no numbers where the piece covers less than half of it.
  @inline(__always)
  private func colorCell(
    _ grid: CropGrid, _ row: Int, _ column: Int, _ picture: Picture, _ mask: LabelMap,
    _ piece: PieceRegion
  ) -> (red: Float, green: Float, blue: Float) {
    var sum = ColorSum()
    for tapRow in 0..<grid.taps {
      for tapColumn in 0..<grid.taps {
        let (x, y) = grid.point(row: row, column: column, tapRow: tapRow, tapColumn: tapColumn)
        if masksBackground {
          // Pixels outside the box have other numbers; not looking at them saves half the time.
          guard piece.isNear(x, y),
            let corners = Corners(x: x, y: y, width: picture.width, height: picture.height)
          else { continue }
          sum.add(corners, picture, mask, piece.number)
        } else {
          sum.add(
            Corners(clampingX: x, y: y, width: picture.width, height: picture.height), picture)
        }
      }
    }
    let points = Float(grid.taps * grid.taps)
    guard sum.weight >= 0.5 * points else { return (.nan, .nan, .nan) }
    let scale = 1 / (255 * sum.weight)
    return (sum.red * scale, sum.green * scale, sum.blue * scale)
  }

  /// Standardizes crops in place: `(share - mean) / deviation`; background becomes 0.
  public func standardizeColor(_ values: inout [Float], in range: Range<Int>) {
    let (mean, deviation) = (colorMean, colorDeviation)
    var place = range.lowerBound
    while place < range.upperBound {
      if values[place].isNaN {
        (values[place], values[place + 1], values[place + 2]) = (0, 0, 0)
      } else {
        values[place] = (values[place] - mean[0]) / deviation[0]
        values[place + 1] = (values[place + 1] - mean[1]) / deviation[1]
        values[place + 2] = (values[place + 2] - mean[2]) / deviation[2]
      }
      place += 3
    }
  }
}

/// Weighted bytes of the pixels that a cell reads.
private struct ColorSum {
  var red: Float = 0
  var green: Float = 0
  var blue: Float = 0
  var weight: Float = 0

  @inline(__always)
  mutating func add(_ corners: Corners, _ picture: Picture, _ mask: LabelMap, _ number: UInt16) {
    let (wx, wy) = (corners.weightX, corners.weightY)
    if mask[corners.left, corners.top] == number {
      add(picture, corners.left, corners.top, (1 - wx) * (1 - wy))
    }
    if mask[corners.right, corners.top] == number {
      add(picture, corners.right, corners.top, wx * (1 - wy))
    }
    if mask[corners.left, corners.bottom] == number {
      add(picture, corners.left, corners.bottom, (1 - wx) * wy)
    }
    if mask[corners.right, corners.bottom] == number {
      add(picture, corners.right, corners.bottom, wx * wy)
    }
  }

  @inline(__always)
  mutating func add(_ corners: Corners, _ picture: Picture) {
    let (wx, wy) = (corners.weightX, corners.weightY)
    add(picture, corners.left, corners.top, (1 - wx) * (1 - wy))
    add(picture, corners.right, corners.top, wx * (1 - wy))
    add(picture, corners.left, corners.bottom, (1 - wx) * wy)
    add(picture, corners.right, corners.bottom, wx * wy)
  }

  @inline(__always)
  private mutating func add(_ picture: Picture, _ x: Int, _ y: Int, _ share: Float) {
    // A gray picture counts as equal red, green and blue.
    let place = (y * picture.width + x) * picture.channels
    let last = picture.channels - 1
    red += share * Float(picture.pixels[place])
    green += share * Float(picture.pixels[place + min(1, last)])
    blue += share * Float(picture.pixels[place + last])
    weight += share
  }
}
