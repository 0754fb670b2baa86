import CameraCalibration
import Hyperspectral
import Imaging
import Units

extension SampleRecipe {
  /// Writes a piece's cube crop, `[cubeSize, cubeSize, spectralChannels]`, standardized, into
  /// `crop` from `start` on.
  ///
  /// The square on the belt is that of the color crop. Reflectances are averaged over each cell,
  /// each mean spectrum is pretreated, then standardized; background cells become 0.
  ///
  /// Returns the number of cells that show the piece.
  @discardableResult
  public func cubeCrop(
    of piece: PieceRegion, in scan: RegisteredCube, into crop: inout [Float], at start: Int = 0
  ) -> Int {
    let covered = rawCubeCrop(of: piece, in: scan, into: &crop, at: start)
    standardizeSpectra(&crop, in: start..<(start + cubeCount))
    return covered
  }

  /// The pretreated crop before standardization; background cells are not a number.
  @discardableResult
  public func rawCubeCrop(
    of piece: PieceRegion, in scan: RegisteredCube, into crop: inout [Float], at start: Int = 0
  ) -> Int {
    precondition(start + cubeCount <= crop.count, "cube crop: too little room behind \(start)")
    precondition(
      scan.bands.positions.count == wavelengths.count, "cube crop: bands of another recipe")
    guard let side = cropMillimeters else {
      preconditionFailure("cube crop: a recipe for scenes has no size on the belt")
    }
    let square = scan.registration.square(around: piece.box, sideMillimeters: side)
    let grid = CropGrid(square: square, cells: cubeSize, map: scan.registration.cubeOfBelt)
    let bands = wavelengths.count
    var spectra = [Float](repeating: 0, count: cubeSize * cubeSize * bands)
    var weights = [Float](repeating: 0, count: cubeSize * cubeSize)
    for cell in 0..<(cubeSize * cubeSize) {
      for tap in 0..<(grid.taps * grid.taps) {
        let (x, y) = grid.point(
          row: cell / cubeSize, column: cell % cubeSize, tapRow: tap / grid.taps,
          tapColumn: tap % grid.taps)
        weights[cell] += scan.add(
          x, y, of: masksBackground ? piece.number : nil, to: &spectra, at: cell * bands)
      }
    }
    let points = Float(grid.taps * grid.taps)
    for cell in weights.indices where weights[cell] > 0 {
      for band in 0..<bands { spectra[cell * bands + band] /= weights[cell] }
    }
    pretreatment.apply(to: &spectra, bands: bands, wavelengths: wavelengths)
    let channels = spectralChannels
    var covered = 0
    for cell in weights.indices {
      let isCovered = weights[cell] >= 0.5 * points
      if isCovered { covered += 1 }
      for channel in 0..<channels {
        crop[start + cell * channels + channel] =
          isCovered ? spectra[cell * channels + channel] : .nan
      }
    }
    return covered
  }
}

/// A cube with what is needed to look a piece up in it.
public struct RegisteredCube: Sendable {
  public let cube: Cube<Reflectance>
  public let bands: KeptBands
  /// Piece numbers in the pixels of the picture that goes with the cube.
  public let mask: LabelMap
  public let registration: Registration
  private let colorOfBelt: PixelMap
  private let beltOfCube: PixelMap

  public init(
    _ cube: Cube<Reflectance>, bands: KeptBands, mask: LabelMap, registration: Registration
  ) {
    self.cube = cube
    self.bands = bands
    self.mask = mask
    self.registration = registration
    colorOfBelt = PixelMap(registration.colorOfBelt)
    beltOfCube = PixelMap(registration.beltOfCube)
  }

  /// Adds the spectrum at a point, bilinearly, from those neighbors that show the piece (from all
  /// where `number` is nil); returns the sum of their weights.
  func add(
    _ x: Double, _ y: Double, of number: UInt16?, to spectra: inout [Float], at start: Int
  ) -> Float {
    let corners: Corners
    if number == nil {
      corners = Corners(clampingX: x, y: y, width: cube.samples, height: cube.lines)
    } else {
      guard let inside = Corners(x: x, y: y, width: cube.samples, height: cube.lines) else {
        return 0
      }
      corners = inside
    }
    let (wx, wy) = (corners.weightX, corners.weightY)
    return add(corners.left, corners.top, (1 - wx) * (1 - wy), number, &spectra, start)
      + add(corners.right, corners.top, wx * (1 - wy), number, &spectra, start)
      + add(corners.left, corners.bottom, (1 - wx) * wy, number, &spectra, start)
      + add(corners.right, corners.bottom, wx * wy, number, &spectra, start)
  }

  private func add(
    _ sample: Int, _ line: Int, _ weight: Float, _ number: UInt16?, _ spectra: inout [Float],
    _ start: Int
  ) -> Float {
    guard weight > 0 else { return 0 }
    if let number, !shows(number, sample, line) { return 0 }
    let pixel = (line * cube.samples + sample) * cube.bands
    for (offset, position) in bands.positions.enumerated() {
      spectra[start + offset] += weight * cube.values[pixel + position]
    }
    return weight
  }

  /// Whether the picture shows the piece where the cube has this pixel's center.
  private func shows(_ number: UInt16, _ sample: Int, _ line: Int) -> Bool {
    let belt = beltOfCube(Double(sample), Double(line))
    let (x, y) = colorOfBelt(belt.x, belt.y)
    guard x > -0.5, y > -0.5, x < Double(mask.width) - 0.5, y < Double(mask.height) - 0.5 else {
      return false
    }
    return mask[Int(x.rounded()), Int(y.rounded())] == number
  }
}

extension RegisteredCube {
  /// Whether the cube shows the whole of a piece's bounding box, give or take one pixel.
  public func sees(_ piece: PieceRegion) -> Bool {
    let box = piece.box
    return [(0.0, 0.0), (1, 0), (0, 1), (1, 1)].allSatisfy { right, down in
      let point = registration.cubePoint(
        Point(x: box.x + right * box.width, y: box.y + down * box.height))
      return point.x >= -1.5 && point.x <= Double(cube.samples) + 0.5
        && point.y >= -1.5 && point.y <= Double(cube.lines) + 0.5
    }
  }
}
