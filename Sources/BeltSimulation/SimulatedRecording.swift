import CameraCalibration
import Hyperspectral
import Imaging
import Tensors
import Units

/// What both cameras recorded of one section of belt, with everything that is true of it.
public struct SimulatedRecording: Sendable {
  /// Belt position at which the picture was exposed; the cube's first line sees the same place.
  public let beltMillimeters: Double
  public let picture: Picture
  /// Raw counts, `[lines, samples, bands]`, 0 to 4095.
  public let counts: Cube<RawCounts>
  /// Lines with closed shutter and lines of a white tile.
  public let dark: Cube<RawCounts>
  public let white: Cube<RawCounts>
  /// Class index + 1 at each pixel of the picture; 0 belt, 65535 a piece that nobody labelled.
  public let labels: LabelMap
  /// Number of the piece, from 1, at each pixel of the picture; 0 belt.
  public let pieceNumbers: LabelMap
  /// Piece number n is entry n − 1.
  public let pieces: [PieceTruth]

  /// The label of a piece without label.
  public static let unlabelled: UInt16 = 65535

  /// How many pieces have a label.
  public var labelledPieceCount: Int {
    var labelled = Set<UInt16>()
    for (number, label) in zip(pieceNumbers.labels, labels.labels)
    where number > 0 && label != Self.unlabelled { labelled.insert(number) }
    return labelled.count
  }
}

extension SimulatedBelt {
  /// Records one section of the belt with both cameras.
  ///
  /// - Parameter unlabelledShare: share of pieces whose label is withheld from `labels`; strangers
  ///   never have one.
  public func recording(section number: Int, unlabelledShare: Double = 0) -> SimulatedRecording {
    let position = Double(number) * settings.sectionMillimeters
    let pieces = section(number).pieces
    let rasters = pieces.map(PieceRaster.init)
    let scanner = LineScanner(
      settings.lineScanner, samples: geometry.samples, session: settings.session,
      rigSeed: settings.rigSeed)
    let reflectance = scannedReflectance(pieces, rasters, scanner: scanner, position: position)
    var scanNoise = SplitMix64(seed: seed, purpose: "scan noise/\(number)")
    let counts = scanner.counts(of: reflectance, lines: geometry.lines, using: &scanNoise)
    let dark = scanner.darkReference(using: &scanNoise)
    let white = scanner.whiteReference(using: &scanNoise)

    var choice = SplitMix64(seed: seed, purpose: "unlabelled/\(number)")
    let classLabels = pieces.map { piece in
      let isWithheld = choice.nextUniform() < unlabelledShare
      guard let index = piece.classIndex, !isWithheld else { return SimulatedRecording.unlabelled }
      return UInt16(index + 1)
    }
    let numbers = pieceNumbers(rasters, position: position)
    let labels = LabelMap(
      width: numbers.width, height: numbers.height,
      labels: numbers.labels.map { $0 == 0 ? 0 : classLabels[Int($0) - 1] })
    return SimulatedRecording(
      beltMillimeters: position, picture: picture(atBeltMillimeters: position), counts: counts,
      dark: dark, white: white, labels: labels, pieceNumbers: numbers,
      pieces: pieces.map(\.truth))
  }

  /// Noise-free reflectance at each pixel of the line scanner.
  private func scannedReflectance(
    _ pieces: [BeltPiece], _ rasters: [PieceRaster], scanner: LineScanner, position: Double
  ) -> [Float] {
    let view = geometry.cube.advanced(byBeltMillimeters: position)
    var canvas = CubeCanvas(
      lines: geometry.lines, samples: geometry.samples, bands: settings.lineScanner.bands)
    for (piece, raster) in zip(pieces, rasters) {
      canvas.draw(
        raster, layerBands: piece.surface.layers.flatMap(scanner.bandValues(of:)), view: view,
        deviation: scanner.footprintDeviation)
    }
    canvas.drawBelt(scanner.bandValues(of: beltReflectance), texture: texture, view: view)
    return canvas.reflectance
  }

  /// Which piece the center of each picture pixel shows.
  private func pieceNumbers(_ rasters: [PieceRaster], position: Double) -> LabelMap {
    var map = LabelMap(width: geometry.colorWidth, height: geometry.colorHeight)
    let view = geometry.color.advanced(byBeltMillimeters: position)
    guard let inverse = view.inverse else { return map }
    let scale = Double(BeltRaster.millimeters)
    for (index, raster) in rasters.enumerated() {
      let window = raster.window
      let corners = [(0, 0), (window.width, 0), (0, window.height), (window.width, window.height)]
        .map { x, y in
          inverse(Point(x: Double(window.left + x) * scale, y: Double(window.top + y) * scale))
        }
      let (xs, ys) = (corners.map(\.x), corners.map(\.y))
      let columns =
        max(0, Int(xs.min() ?? 0))..<max(0, min(map.width, Int(xs.max() ?? 0) + 2))
      let rows = max(0, Int(ys.min() ?? 0))..<max(0, min(map.height, Int(ys.max() ?? 0) + 2))
      for row in rows {
        for column in columns {
          let point = view(Point(x: Double(column), y: Double(row)))
          let x = BeltRaster.sample(before: point.x) - window.left
          let y = BeltRaster.sample(before: point.y) - window.top
          guard x >= 0, y >= 0, x < window.width, y < window.height else { continue }
          if raster.isInside[y * window.width + x] { map[column, row] = UInt16(index + 1) }
        }
      }
    }
    return map
  }
}
